"""The whole check of a log passes the honest one, and names what is wrong with every other."""

from collections.abc import Callable

import pytest

from cocreate.tlog.checkpoints import Checkpoint
from cocreate.tlog.errors import Reason, VerificationError
from cocreate.tlog.fsck import check_grown, check_log, tile_reader
from cocreate.tlog.merkle import EMPTY_ROOT, leaf_hash
from cocreate.tlog.proofs import inclusion_proof, tree_root, verify_inclusion
from cocreate.tlog.signatures import Signed
from cocreate.tlog.tiles import build_bundle
from cocreate.tlog.vkey import LOG_ED25519, VerifierKey
from tests.tlog.known import LOG, ORIGIN, WITNESS, Log, fetch_from, long_log_entry, vectors

RECORD = Log(map(long_log_entry, range(600)))

Files = dict[str, bytes]


def refusal(files: Files, key: VerifierKey = LOG.key) -> Reason | None:
    """Why a log is not believed, if it is not."""
    try:
        check_log(fetch_from(files), key)
    except VerificationError as error:
        return error.reason
    return None


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 600])
def test_an_honest_log_is_what_was_signed(size: int) -> None:
    """At sizes about full tiles, and with nothing in it."""
    log = Log(RECORD.entries[:size])
    assert check_log(fetch_from(log.files()), LOG.key).checkpoint == log.checkpoint()


def test_a_long_log_is_what_was_signed() -> None:
    """Of three levels; its root is the one that four foreign verifiers accepted."""
    known = vectors("notes.json")["big"]["checkpoints"]["70000"]
    log = Log(map(long_log_entry, range(70_000)))
    opened = check_log(fetch_from(log.files()), LOG.key)
    assert opened.checkpoint.text.split("\n")[1:] == known.split("\n")[1:4]


def test_witnesses_are_told() -> None:
    """As `open_checkpoint` tells them."""
    note = RECORD.note().signed_also(WITNESS.sign(RECORD.checkpoint().text, 9))
    files = RECORD.files() | {"checkpoint": note.encode()}
    assert check_log(fetch_from(files), LOG.key, [WITNESS.key]).cosigned == (Signed(WITNESS.key, 9),)


def flipped(data: bytes, at: int = 40) -> bytes:
    """With one bit another."""
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


@pytest.mark.parametrize("path", sorted(RECORD.files()))
def test_a_flipped_bit_and_a_missing_file_are_caught_everywhere(path: str) -> None:
    """In every tile of every level, every bundle and the checkpoint."""
    files = RECORD.files()
    assert refusal(files | {path: flipped(files[path])}) in {"tree", "malformed", "signature", "origin"}
    assert refusal({name: data for name, data in files.items() if name != path}) == "unavailable"
    assert refusal(files | {path: files[path][:-1]}) in {"tree", "malformed"}
    assert refusal(files | {path: files[path] + b"\0"}) in {"tree", "malformed"}


@pytest.mark.parametrize(
    "change",
    [
        lambda entries: [*entries[:5], b"altered", *entries[6:]],
        lambda entries: [*entries[:5], *entries[6:], b"one behind"],
        lambda entries: [*entries[:5], entries[6], entries[5], *entries[7:]],
    ],
)
def test_entries_and_tiles_that_agree_are_not_those_signed_for(
    change: Callable[[list[bytes]], list[bytes]],
) -> None:
    """Altered, dropped or reordered with every tile forged to fit: the signed root differs."""
    forged = Log(change(RECORD.entries))
    assert forged.size == RECORD.size
    assert refusal(forged.files() | {"checkpoint": RECORD.note().encode()}) == "tree"


def test_a_bundle_with_an_entry_less_or_more_is_refused() -> None:
    """Exactly as many as the size says."""
    path, last = "tile/entries/002.p/88", RECORD.entries[512:]
    assert RECORD.files()[path] == build_bundle(last)
    for entries in (last[:-1], [*last, b"more"]):
        assert refusal(RECORD.files() | {path: build_bundle(entries)}) == "malformed"


def test_another_key_believes_nothing() -> None:
    """However well the log fits together."""
    another = VerifierKey(LOG.key.name, LOG_ED25519, WITNESS.key.public)
    assert refusal(RECORD.files(), another) == "unsigned"


@pytest.mark.parametrize("size", [0, 1, 256, 300, 512, 599, 600])
def test_a_log_that_only_grew_is_shown_to_by_its_own_tiles(size: int) -> None:
    """Whatever was remembered of it, with no help from its server."""
    old = Checkpoint(ORIGIN, size, tree_root(RECORD.read, size))
    check_grown(fetch_from(RECORD.files()), old, RECORD.checkpoint())


def test_a_log_that_was_rewritten_rewound_or_renamed_has_no_tiles_to_show_otherwise() -> None:
    """It is signed again and its own check passes; what is remembered refuses it."""
    now = RECORD.checkpoint()
    rewritten = Log([*RECORD.entries[:7], b"another", *RECORD.entries[8:], b"more"])
    check_log(fetch_from(rewritten.files()), LOG.key)
    rewound = Log(RECORD.entries[:500])
    renamed = Checkpoint("workshop.example/log/8", 600, now.root)
    for log, seen, reason in (
        (rewritten, now, "consistency"),
        (rewound, now, "consistency"),
        (rewound, Checkpoint(ORIGIN, 500, EMPTY_ROOT), "consistency"),
        (RECORD, renamed, "origin"),
    ):
        with pytest.raises(VerificationError) as caught:
            check_grown(fetch_from(log.files()), seen, log.checkpoint())
        assert caught.value.reason == reason


def test_anybody_makes_a_receipts_proof_from_the_tiles() -> None:
    """The same as the log makes; a tile of another width is refused before it is hashed."""
    files = RECORD.files()
    proof = inclusion_proof(tile_reader(fetch_from(files), 600), 300, 600)
    assert proof == RECORD.proof(300)
    verify_inclusion(leaf_hash(RECORD.entries[300]), 300, 600, proof, RECORD.tree.root())
    for wrong in (files["tile/0/001"][:-1], files["tile/0/001"] + b"\0"):
        with pytest.raises(VerificationError, match="8192 bytes"):
            inclusion_proof(tile_reader(fetch_from(files | {"tile/0/001": wrong}), 600), 300, 600)
