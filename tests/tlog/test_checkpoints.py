"""A checkpoint is signed by its own log, has one form, and never goes back on an earlier one."""

from dataclasses import replace

import pytest

from cocreate.tlog.checkpoints import (
    Checkpoint,
    open_checkpoint,
    parse_checkpoint,
    require_grown,
    sign_checkpoint,
)
from cocreate.tlog.errors import VerificationError
from cocreate.tlog.merkle import EMPTY_ROOT, leaf_hash
from cocreate.tlog.notes import Note
from cocreate.tlog.proofs import consistency_proof, tree_root
from cocreate.tlog.signatures import Signed
from cocreate.tlog.vkey import LOG_ED25519, VerifierKey, parse_vkey
from tests.tlog.known import LOG, ORIGIN, WITNESS, Log, checkpoint_root, long_log_entry, vectors

CHECKPOINT = Checkpoint(ORIGIN, 600, leaf_hash(b"a root"))


def test_every_known_checkpoint_holds_and_is_written_back() -> None:
    """Those of the Tessera test log and of generated logs that four foreign verifiers accepted."""
    tessera, big = vectors("tessera_log.json"), vectors("notes.json")["big"]
    for vkey, published in (
        (tessera["vkey"], tessera["checkpoints_by_size"]),
        (big["vkey"], big["checkpoints"]),
    ):
        log = parse_vkey(vkey)
        for size, note in published.items():
            opened = open_checkpoint(note.encode(), log)
            assert opened.checkpoint == Checkpoint(log.name, int(size), checkpoint_root(note))
            assert opened.checkpoint.text == opened.note.text
            assert opened.cosigned == ()


def test_a_witness_is_told_apart_from_the_log() -> None:
    """By when it saw the checkpoint; one that is not asked about is passed over."""
    note = sign_checkpoint(CHECKPOINT, LOG).signed_also(WITNESS.sign(CHECKPOINT.text, 1_795_344_000))
    assert open_checkpoint(note.encode(), LOG.key, [WITNESS.key]).cosigned == (
        Signed(WITNESS.key, 1_795_344_000),
    )
    assert open_checkpoint(note.encode(), LOG.key).cosigned == ()
    by_witness_alone = replace(note, lines=note.lines[1:])
    with pytest.raises(VerificationError) as caught:
        open_checkpoint(by_witness_alone.encode(), LOG.key, [WITNESS.key])
    assert caught.value.reason == "unsigned"


def test_the_keys_name_is_the_origin() -> None:
    """Neither signed nor believed under another: one key never speaks for two records."""
    other = replace(CHECKPOINT, origin="workshop.example/log/8")
    with pytest.raises(ValueError, match="expected the key of"):
        sign_checkpoint(other, LOG)
    with pytest.raises(VerificationError) as caught:
        open_checkpoint(Note(other.text, (LOG.sign(other.text),)).encode(), LOG.key)
    assert caught.value.reason == "origin"


def test_a_witnesss_key_is_never_pinned_as_a_logs() -> None:
    """It is the caller's mistake, whatever the note."""
    with pytest.raises(ValueError, match="the key of a log"):
        open_checkpoint(sign_checkpoint(CHECKPOINT, LOG).encode(), WITNESS.key)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        CHECKPOINT.text[:-1],
        CHECKPOINT.text + "\n",
        CHECKPOINT.text + "an extension\n",
        CHECKPOINT.text.replace("600", "0600"),
        CHECKPOINT.text.replace("600", "600 "),
        CHECKPOINT.text.replace("600", "-600"),
        CHECKPOINT.text.replace("600", ""),
        CHECKPOINT.text.replace("600", str(2**63)),
        CHECKPOINT.text.replace(ORIGIN, ""),
        CHECKPOINT.text.replace("\n", "\r\n"),
        CHECKPOINT.text.replace("=\n", "\n"),
        CHECKPOINT.text.replace("=\n", "==\n"),
        f"{ORIGIN}\n600\nAAAA\n",
        # Of no entries there is one root.
        CHECKPOINT.text.replace("600", "0"),
    ],
)
def test_another_form_is_refused_though_its_log_signed_it(text: str) -> None:
    """What could be read in two ways is not read at all."""
    with pytest.raises(VerificationError) as caught:
        open_checkpoint(Note(text, (LOG.sign(text),)).encode(), LOG.key)
    assert caught.value.reason == "malformed"


def test_nothing_is_signed_that_no_reader_would_take() -> None:
    """A signature cannot be called back."""
    for wrong in (
        replace(CHECKPOINT, root=b"short"),
        replace(CHECKPOINT, size=0),
        replace(CHECKPOINT, size=-1),
    ):
        with pytest.raises(VerificationError):
            sign_checkpoint(wrong, LOG)
    assert parse_checkpoint(Checkpoint(ORIGIN, 0, EMPTY_ROOT).text).size == 0


def test_a_log_grows_from_every_state_it_had() -> None:
    """Also from the empty one, which needs no proof and takes none."""
    log = Log(map(long_log_entry, range(300)))
    new = log.checkpoint()
    for size in (1, 2, 255, 256, 299, 300):
        old = Checkpoint(ORIGIN, size, tree_root(log.read, size))
        proof = consistency_proof(log.read, size, 300)
        require_grown(old, new, proof)
        for other in (replace(new, root=old.root if size < 300 else EMPTY_ROOT), replace(new, size=size - 1)):
            with pytest.raises(VerificationError) as caught:
                require_grown(old, other, proof)
            assert caught.value.reason == "consistency"
    empty = Checkpoint(ORIGIN, 0, EMPTY_ROOT)
    require_grown(empty, new, [])
    require_grown(empty, empty, [])
    with pytest.raises(VerificationError, match="no proof from an empty log"):
        require_grown(empty, new, [new.root])


def test_a_record_of_another_name_is_no_later_state() -> None:
    """Even with the same entries."""
    log = Log([b"one"])
    with pytest.raises(VerificationError) as caught:
        require_grown(log.checkpoint(), replace(log.checkpoint(), origin="workshop.example/log/8"), [])
    assert caught.value.reason == "origin"


def test_a_log_that_is_rewritten_and_signed_again_is_caught_by_memory_alone() -> None:
    """Its own checkpoint and signature hold: only who remembers the earlier one sees it."""
    honest = Log(map(long_log_entry, range(45)))
    rewritten = Log([*honest.entries[:20], b"another", *honest.entries[21:]])
    seen = Checkpoint(ORIGIN, 40, tree_root(honest.read, 40))
    now = open_checkpoint(rewritten.note().encode(), LOG.key).checkpoint
    for log in (honest, rewritten):
        with pytest.raises(VerificationError) as caught:
            require_grown(seen, now, consistency_proof(log.read, 40, 45))
        assert caught.value.reason == "consistency"


def test_another_key_of_the_same_name_is_not_the_log() -> None:
    """The pinned key decides, not the name."""
    key = VerifierKey(ORIGIN, LOG_ED25519, bytes(range(7, 39)))
    with pytest.raises(VerificationError) as caught:
        open_checkpoint(sign_checkpoint(CHECKPOINT, LOG).encode(), key)
    assert caught.value.reason == "unsigned"
