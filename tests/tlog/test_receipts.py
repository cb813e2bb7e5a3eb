"""A receipt proves one entry without the record, and nothing else passes for one."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cocreate.tlog.errors import Reason, VerificationError
from cocreate.tlog.notes import NOTE_SIZE_BYTES_MAX
from cocreate.tlog.proofs import PROOF_HASHES_MAX
from cocreate.tlog.receipts import RECEIPT_SIZE_BYTES_MAX, Proven, Receipt, parse_receipt, verify_receipt
from cocreate.tlog.signatures import Signed
from cocreate.tlog.vkey import VerifierKey, parse_vkey
from tests.tlog.known import LOG, ORIGIN, WITNESS, Log, long_log_entry, vectors

HASH_LINE = b"A" * 43 + b"=\n"
RECORD = Log(map(long_log_entry, range(300)))
RECEIPT = RECORD.receipt(100).encode()


def refusal(data: bytes, entry: bytes, key: VerifierKey = LOG.key) -> Reason | None:
    """Why a receipt is not believed, if it is not."""
    try:
        verify_receipt(data, entry, key)
    except VerificationError as error:
        return error.reason
    return None


def test_the_known_receipt_holds_and_is_made_alike() -> None:
    """Entry 85 of the generated log of 257, byte for byte."""
    known = vectors("notes.json")["big"]
    data, key = known["proof_257"].encode(), parse_vkey(known["vkey"])
    proven = verify_receipt(data, long_log_entry(85), key)
    assert (proven.index, proven.opened.checkpoint.size) == (85, 257)
    log = Log(map(long_log_entry, range(257)))
    assert parse_receipt(data).proof == tuple(log.proof(85))
    assert parse_receipt(data).encode() == data
    assert {refusal(data, long_log_entry(at), key) for at in range(257) if at != 85} == {"inclusion"}


@given(st.data())
def test_every_entry_has_a_receipt_at_every_size(data: st.DataObject) -> None:
    """The only entry of a record too, whose proof is empty."""
    size = data.draw(st.sampled_from([1, 2, 3, 255, 256, 257, 300]))
    index = data.draw(st.integers(0, size - 1))
    log = Log(RECORD.entries[:size])
    proven = verify_receipt(log.receipt(index).encode(), log.entries[index], LOG.key)
    assert (proven.index, proven.opened.checkpoint) == (index, log.checkpoint())


def test_a_receipt_carries_what_witnesses_said() -> None:
    """Its checkpoint is verbatim, with their lines."""
    note = RECORD.note().signed_also(WITNESS.sign(RECORD.checkpoint().text, 5))
    data = RECEIPT[: RECEIPT.index(ORIGIN.encode())] + note.encode()
    proven = verify_receipt(data, RECORD.entries[100], LOG.key, [WITNESS.key])
    assert isinstance(proven, Proven)
    assert proven.opened.cosigned == (Signed(WITNESS.key, 5),)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda data: b"", "malformed"),
        (lambda data: data.replace(b"@v1", b"@v2"), "malformed"),
        (lambda data: data.replace(b"\n", b"\r\n"), "malformed"),
        (lambda data: data.replace(b"index 100", b"index 0100"), "malformed"),
        (lambda data: data.replace(b"index 100", b"index"), "malformed"),
        (lambda data: data.replace(b"index 100", b"Index 100"), "malformed"),
        (lambda data: data.replace(b"index 100", b"index  100"), "malformed"),
        (lambda data: data.replace(b"index 100\n", b""), "malformed"),
        (lambda data: data.replace(b"index 100\n", b"extra AAAA\nindex 100\n"), "malformed"),
        (lambda data: data.replace(b"index 100\n", b"index 100\n\n"), "signature"),
        (lambda data: data.replace(b"index 100\n", b"index 100\nAAAA\n"), "malformed"),
        (
            lambda data: data.replace(b"index 100\n", b"index 100\n" + HASH_LINE * PROOF_HASHES_MAX),
            "malformed",
        ),
        (lambda data: data.replace(b"index 100\n", "index 100\n…\n".encode()), "malformed"),
        (lambda data: data.replace(b"\n\n", b"\n", 1), "malformed"),
        (lambda data: data[: data.index(b"\n\n")], "malformed"),
        (lambda data: data + b"\n", "malformed"),
        (lambda data: data.replace(b"index 100", b"index 101"), "inclusion"),
        (lambda data: data.replace(b"index 100", b"index 300"), "inclusion"),
        (lambda data: data.replace(b"index 100\n", b"index 100\n" + HASH_LINE), "inclusion"),
        (lambda data: data.replace(b"\n300\n", b"\n299\n"), "signature"),
    ],
)
def test_a_changed_receipt_proves_nothing(change: Callable[[bytes], bytes], reason: Reason) -> None:
    """Each for its own reason."""
    assert refusal(RECEIPT, RECORD.entries[100]) is None
    changed = change(RECEIPT)
    assert changed != RECEIPT
    assert refusal(changed, RECORD.entries[100]) == reason


def test_a_receipt_longer_than_any_is_not_read() -> None:
    """The longest proof and the longest checkpoint fit."""
    longest = Receipt(2**63 - 1, (bytes(32),) * PROOF_HASHES_MAX, b"a" * NOTE_SIZE_BYTES_MAX)
    assert parse_receipt(longest.encode()) == longest
    with pytest.raises(VerificationError, match="a receipt of at most"):
        parse_receipt(RECEIPT + b"a" * RECEIPT_SIZE_BYTES_MAX)


def test_a_node_never_passes_for_an_entry() -> None:
    """Two hashes that a node is made of are no entry one level up."""
    log = Log([b"left", b"right"])
    receipt = parse_receipt(log.receipt(0).encode())
    up = Log([b"left", b"right", b"third"]).receipt(0)
    pair = log.tree.leaf_tile(0)
    assert pair is not None
    assert refusal(receipt.encode(), pair) == "inclusion"
    assert refusal(up.encode().replace(b"index 0", b"index 1"), pair) == "inclusion"
