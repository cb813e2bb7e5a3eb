"""Receipts: files of c2sp.org/tlog-proof v1, by which one entry is proven to be in the record without the record.

`extra` lines, which the format allows, are refused: nothing signs them, and ours say nothing that is not signed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cocreate.tlog.checkpoints import OpenedCheckpoint, open_checkpoint
from cocreate.tlog.encoding import decoded_decimal, decoded_proof, encoded_base64, split_head
from cocreate.tlog.errors import VerificationError
from cocreate.tlog.merkle import leaf_hash
from cocreate.tlog.notes import NOTE_SIZE_BYTES_MAX
from cocreate.tlog.proofs import PROOF_HASHES_MAX, verify_inclusion
from cocreate.tlog.vkey import VerifierKey

HEADER: Final = "c2sp.org/tlog-proof@v1"
RECEIPT_SIZE_BYTES_MAX: Final = NOTE_SIZE_BYTES_MAX + 4_096
"""Beside the checkpoint: a header, a position, and proof lines of 45 bytes."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Where an entry stands, the hashes that lead from it to the root, and the checkpoint with that root, verbatim."""

    index: int
    proof: tuple[bytes, ...]
    checkpoint: bytes

    def encode(self) -> bytes:
        """The receipt's bytes; those it was parsed from."""
        lines = [HEADER, f"index {self.index}", *map(encoded_base64, self.proof)]
        return "".join(line + "\n" for line in lines).encode() + b"\n" + self.checkpoint


@dataclass(frozen=True, slots=True)
class Proven:
    """An entry that is proven to stand at `index` of the log in this checkpoint."""

    index: int
    opened: OpenedCheckpoint


def parse_receipt(data: bytes) -> Receipt:
    """A receipt in its parts, strictly; nothing in it is proven yet."""
    lines, checkpoint = split_head(data, "a receipt", RECEIPT_SIZE_BYTES_MAX)
    if len(lines) < 2 or lines[0] != HEADER:
        raise VerificationError("malformed", expected=f"{HEADER}, a position, a proof", found=data)
    _, index_line, *proof_lines = lines
    name, _, index = index_line.partition(" ")
    if name != "index":
        raise VerificationError("malformed", expected="index and a position", found=repr(index_line))
    return Receipt(
        decoded_decimal(index, "the position of the entry"),
        decoded_proof(proof_lines, PROOF_HASHES_MAX),
        checkpoint,
    )


def verify_receipt(
    data: bytes, entry: bytes, log: VerifierKey, witnesses: Sequence[VerifierKey] = ()
) -> Proven:
    """Refuse unless the receipt proves that `entry` stands in the log that `log` signs for."""
    receipt = parse_receipt(data)
    opened = open_checkpoint(receipt.checkpoint, log, witnesses)
    verify_inclusion(
        leaf_hash(entry), receipt.index, opened.checkpoint.size, receipt.proof, opened.checkpoint.root
    )
    return Proven(receipt.index, opened)
