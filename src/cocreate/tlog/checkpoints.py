"""Checkpoints of c2sp.org/tlog-checkpoint v1: the signed state of a log, and what witnesses say of it.

Ours hold no extension lines, and none are read: no witness stands for what they say.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cocreate.tlog.encoding import decoded_decimal, decoded_hash, encoded_base64
from cocreate.tlog.errors import VerificationError
from cocreate.tlog.merkle import EMPTY_ROOT
from cocreate.tlog.notes import Note, parse_note
from cocreate.tlog.proofs import verify_consistency
from cocreate.tlog.signatures import LogSigner, Signed
from cocreate.tlog.vkey import LOG_ED25519, VerifierKey


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How large the log named `origin` is, and the root over all its entries."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """What is signed."""
        return f"{self.origin}\n{self.size}\n{encoded_base64(self.root)}\n"


@dataclass(frozen=True, slots=True)
class OpenedCheckpoint:
    """A checkpoint that its log has signed; `cosigned` by which of the witnesses asked about, and when."""

    checkpoint: Checkpoint
    note: Note
    cosigned: tuple[Signed, ...]


def parse_checkpoint(text: str) -> Checkpoint:
    """The three lines of a note's text, strictly."""
    match text.split("\n"):
        case [origin, size_line, root_line, ""] if origin:
            size = decoded_decimal(size_line, "the size of the log")
            root = decoded_hash(root_line, "the root of the log")
        case _:
            raise VerificationError("malformed", expected="the lines origin, size and root", found=repr(text))
    if size == 0 and root != EMPTY_ROOT:
        raise VerificationError("malformed", expected="the root of no entries at size 0", found=root_line)
    return Checkpoint(origin, size, root)


def sign_checkpoint(checkpoint: Checkpoint, signer: LogSigner) -> Note:
    """The checkpoint as a note signed by its log, whose name is the origin.

    It is for the caller to know that nothing inconsistent was ever signed before.
    """
    if signer.key.name != checkpoint.origin:
        raise ValueError(f"expected the key of {checkpoint.origin}, found that of {signer.key.name}")
    # Never sign what no reader would take: a signature cannot be called back.
    if parse_checkpoint(checkpoint.text) != checkpoint:
        raise ValueError(f"expected a checkpoint that reads as it was written, found {checkpoint}")
    return Note(checkpoint.text, (signer.sign(checkpoint.text),))


def open_checkpoint(data: bytes, log: VerifierKey, witnesses: Iterable[VerifierKey] = ()) -> OpenedCheckpoint:
    """A checkpoint signed by `log` for the log of that name, with those of `witnesses` who signed it too.

    How many witnesses are enough is for the caller to say: a line whose key is not known is no fault of the note.
    """
    if log.type_byte != LOG_ED25519:
        raise ValueError(f"expected the key of a log, found a key of type {log.type_byte:02x}")
    note = parse_note(data)
    signed = note.verified([log, *witnesses])
    if all(one.key != log for one in signed):
        raise VerificationError("unsigned", expected=f"a line by {log}", found="lines by witnesses alone")
    checkpoint = parse_checkpoint(note.text)
    if checkpoint.origin != log.name:
        raise VerificationError("origin", expected=log.name, found=checkpoint.origin)
    return OpenedCheckpoint(checkpoint, note, tuple(one for one in signed if one.key != log))


def require_grown(old: Checkpoint, new: Checkpoint, proof: Sequence[bytes]) -> None:
    """Refuse `new` unless it begins with all that `old` holds: what memory is for.

    A log that was empty is the beginning of every log, which no proof can or need say.
    """
    if old.origin != new.origin:
        raise VerificationError("origin", expected=old.origin, found=new.origin)
    if old.size == 0:
        if proof:
            raise VerificationError(
                "consistency", expected="no proof from an empty log", found=f"{len(proof)} hashes"
            )
        return
    verify_consistency(old.size, old.root, new.size, new.root, proof)
