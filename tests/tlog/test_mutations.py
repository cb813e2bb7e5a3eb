"""Thousands of seeded changes to honest files, and no verifier believes one of them."""

from collections import Counter
from collections.abc import Callable, Sequence
from random import Random

from cocreate.tlog.checkpoints import open_checkpoint
from cocreate.tlog.errors import VerificationError
from cocreate.tlog.fsck import check_log
from cocreate.tlog.merkle import leaf_hash
from cocreate.tlog.proofs import (
    consistency_proof,
    inclusion_proof,
    tree_root,
    verify_consistency,
    verify_inclusion,
)
from cocreate.tlog.receipts import verify_receipt
from cocreate.tlog.signatures import Signed
from cocreate.tlog.tiles import Tile, build_bundle, parse_bundle
from cocreate.tlog.vkey import parse_vkey
from tests.tlog.known import LOG, WITNESS, Log, fetch_from, long_log_entry

SIZE = 261
RECORD = Log(map(long_log_entry, range(SIZE)))
FILES = RECORD.files()

FILE_CASES = 3_000
RECEIPT_CASES = 3_500
NOTE_CASES = 2_000
PROOF_CASES = 1_500
"""Of each of the two kinds."""
VKEY_CASES = 1_000


def changed_list(parts: Sequence[bytes], random: Random) -> list[bytes]:
    """With one part dropped, doubled, changed, put elsewhere, or swapped with another."""
    made = list(parts)
    at, other = random.randrange(len(made)), random.randrange(len(made))
    match random.randrange(5):
        case 0:
            del made[at]
        case 1:
            made.insert(other, made[at])
        case 2:
            made[at] = changed_bytes(made[at], random) if made[at] else b"\n"
        case 3:
            made.insert(other, made.pop(at))
        case _:
            made[at], made[other] = made[other], made[at]
    return made


def changed_bytes(data: bytes, random: Random) -> bytes:
    """With another bit or byte, a byte or a run dropped, doubled or moved, or cut; never the same."""
    while True:
        at, length = random.randrange(len(data)), random.choice((1, 1, 1, 2, 32))
        head, run, tail = data[:at], data[at : at + length], data[at + length :]
        match random.randrange(6):
            case 0:
                made = head + bytes([data[at] ^ 1 << random.randrange(8)]) + data[at + 1 :]
            case 1:
                made = head + random.choice((b"\n", b" ", b"+", b"=", b"0", b"\r", b"\0")) + data[at + 1 :]
            case 2:
                made = head + tail
            case 3:
                made = head + run + run + tail
            case 4:
                made = head + tail[:length] + run + tail[length:]
            case _:
                made = head
        if made != data:
            return made


def changed_text(data: bytes, random: Random) -> bytes:
    """With bytes or whole lines changed; never the same."""
    while True:
        if random.random() < 0.5:
            return changed_bytes(data, random)
        lines = changed_list(data.split(b"\n"), random)
        if (made := b"\n".join(lines)) != data:
            return made


def refused(check: Callable[..., object], *read: object) -> str | None:
    """Why it is refused; None if it is believed. Any other error would be a verifier that fell over."""
    try:
        check(*read)
    except VerificationError as error:
        return error.reason
    return None


def test_there_are_enough_cases() -> None:
    """At least ten thousand, each changed, and what they are made from passes."""
    assert FILE_CASES + RECEIPT_CASES + NOTE_CASES + 2 * PROOF_CASES + VKEY_CASES >= 10_000
    assert refused(check_log, fetch_from(FILES), LOG.key) is None
    for index in range(0, SIZE, 20):
        data = RECORD.receipt(index).encode()
        assert refused(verify_receipt, data, RECORD.entries[index], LOG.key) is None


def test_no_changed_file_of_a_log_passes() -> None:
    """Bytes of tiles, bundles and checkpoint; entries of bundles; hashes of tiles; one file in the place of another."""
    random, reasons = Random(1), Counter[str | None]()
    for _ in range(FILE_CASES):
        path = random.choice(sorted(FILES))
        data = made = FILES[path]
        while made == data:
            kind = random.randrange(4)
            if kind == 0:
                made = FILES[random.choice(sorted(FILES))]
            elif path == "checkpoint":
                made = changed_text(data, random)
            elif kind == 1:
                made = changed_bytes(data, random)
            elif path.startswith("tile/entries/"):
                entries = parse_bundle(data, Tile(None, 0).width if path.endswith("000") else SIZE - 256)
                made = build_bundle(changed_list(entries, random))
            else:
                hashes = [data[at : at + 32] for at in range(0, len(data), 32)]
                made = b"".join(changed_list(hashes, random))
        files = FILES | {path: made}
        reasons[refused(check_log, fetch_from(files), LOG.key)] += 1
    assert reasons[None] == 0
    assert {"tree", "malformed", "signature"} <= set(reasons)


def test_no_changed_receipt_passes() -> None:
    """Bytes and lines of the receipt, or another entry or position with it."""
    random, reasons = Random(2), Counter[str | None]()
    for _ in range(RECEIPT_CASES):
        index = random.randrange(SIZE)
        data, entry = RECORD.receipt(index).encode(), RECORD.entries[index]
        if random.random() < 0.1:
            entry = changed_bytes(entry, random)
        else:
            data = changed_text(data, random)
        reasons[refused(verify_receipt, data, entry, LOG.key)] += 1
    assert reasons[None] == 0
    assert {"inclusion", "malformed", "signature"} <= set(reasons)


def test_no_changed_note_says_anything_else() -> None:
    """A cosigned checkpoint is refused, or says what it said: without the witness at most, whose line may be gone."""
    random, reasons = Random(3), Counter[str | None]()
    honest = RECORD.note().signed_also(WITNESS.sign(RECORD.checkpoint().text, 1_795_344_000)).encode()
    cosigned = (Signed(WITNESS.key, 1_795_344_000),)
    for _ in range(NOTE_CASES):
        data = changed_text(honest, random)
        try:
            opened = open_checkpoint(data, LOG.key, [WITNESS.key])
        except VerificationError as error:
            reasons[error.reason] += 1
        else:
            reasons[None] += 1
            assert opened.checkpoint == RECORD.checkpoint()
            assert opened.cosigned in ((), cosigned)
    assert {"malformed", "signature", "unsigned"} <= set(reasons)
    assert reasons[None] < NOTE_CASES / 4


def test_no_changed_proof_passes() -> None:
    """Hashes changed, dropped, doubled, moved and swapped; another leaf, position or root.

    Sizes stay: a proof is of the same shape for several, which is why they are signed together with the root.
    """
    random, reasons = Random(4), Counter[str | None]()
    roots = [tree_root(RECORD.read, size) for size in range(SIZE + 1)]
    leaves = [leaf_hash(entry) for entry in RECORD.entries]
    for _ in range(PROOF_CASES):
        new = random.randrange(2, SIZE + 1)
        old = random.randrange(1, new)
        honest = consistency_proof(RECORD.read, old, new)
        proof = honest
        while proof == honest:
            proof = changed_list(honest, random)
        another = random.choice([root for root in roots if root not in (roots[old], roots[new])])
        changed = random.choice(
            [
                (roots[old], roots[new], proof),
                (roots[old], another, honest),
                (another, roots[new], honest),
            ]
        )
        before, after, hashes = changed
        reasons[refused(verify_consistency, old, before, new, after, hashes)] += 1
        index = random.randrange(new)
        honest = proof = inclusion_proof(RECORD.read, index, new)
        while proof == honest:
            proof = changed_list(honest, random)
        place = random.choice([at for at in range(new) if at != index])
        leaf, at, root, hashes = random.choice(
            [
                (leaves[index], index, roots[new], proof),
                (leaves[index], place, roots[new], honest),
                (leaves[place], index, roots[new], honest),
                (leaves[index], index, another, honest),
            ]
        )
        reasons[refused(verify_inclusion, leaf, at, new, hashes, root)] += 1
    assert set(reasons) == {"consistency", "inclusion"}


def test_no_changed_vkey_pins_anything() -> None:
    """Name, id and key hang together."""
    random = Random(5)
    for _ in range(VKEY_CASES):
        key = random.choice((LOG.key, WITNESS.key))
        data = changed_bytes(str(key).encode(), random)
        reason = refused(parse_vkey, data.decode("latin-1"))
        assert reason == "malformed", data
