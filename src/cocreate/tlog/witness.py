"""What a log asks of a witness and what the witness decides: `add-checkpoint` of c2sp.org/tlog-witness.

A witness remembers of each log the largest state it has signed, and signs another only if that holds the remembered one
as its beginning. Whoever calls `require_cosignable` does so, and keeps the new state, in one step that nothing divides.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from cocreate.tlog.checkpoints import Checkpoint, open_checkpoint, parse_checkpoint, require_grown
from cocreate.tlog.encoding import decoded_decimal, decoded_proof, encoded_base64, split_head
from cocreate.tlog.errors import VerificationError
from cocreate.tlog.notes import NOTE_SIZE_BYTES_MAX, Note, parse_note
from cocreate.tlog.signatures import SignatureLine, Signed
from cocreate.tlog.vkey import VerifierKey

PROOF_LINES_MAX: Final = 63
REQUEST_SIZE_BYTES_MAX: Final = NOTE_SIZE_BYTES_MAX + 4_096
"""Beside the checkpoint: a size, and proof lines of 45 bytes."""
SIZE_CONTENT_TYPE: Final = "text/x.tlog.size"
"""Of a refusal that says what size the witness has seen."""

Status = Literal[400, 403, 404, 409, 422]


class NotCosigned(Exception):
    """The witness does not sign; `status` as the protocol has it.

    400 not a request · 404 a log it does not know · 403 not signed by that log · 409 it has seen `size` entries, not the
    `old` of the request, or another root at that size (`forked`) · 422 the proof does not hold.
    """

    def __init__(self, status: Status, detail: str, *, size: int | None = None, forked: bool = False) -> None:
        super().__init__(detail)
        self.status: Status = status
        self.size = size
        self.forked = forked


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """A signed checkpoint, verbatim, and the proof that it holds the `old` entries which the witness has seen."""

    old: int
    proof: tuple[bytes, ...]
    checkpoint: bytes

    def encode(self) -> bytes:
        """The request's bytes; those it was parsed from."""
        lines = [f"old {self.old}", *map(encoded_base64, self.proof)]
        return "".join(line + "\n" for line in lines).encode() + b"\n" + self.checkpoint


@dataclass(frozen=True, slots=True)
class Submitted:
    """What a log has signed, and the note that says so, with the line of the log alone."""

    checkpoint: Checkpoint
    note: bytes


def parse_add_checkpoint(data: bytes) -> AddCheckpoint:
    """A request in its parts, strictly; nothing in it is proven yet. Raises NotCosigned."""
    try:
        return _parsed(data)
    except VerificationError as error:
        raise NotCosigned(400, str(error)) from error


def _parsed(data: bytes) -> AddCheckpoint:
    (old_line, *proof_lines), checkpoint = split_head(data, "a request", REQUEST_SIZE_BYTES_MAX)
    name, _, old = old_line.partition(" ")
    if name != "old":
        raise VerificationError("malformed", expected="old, a size, a proof, a checkpoint", found=data)
    return AddCheckpoint(
        decoded_decimal(old, "the size that was seen"),
        decoded_proof(proof_lines, PROOF_LINES_MAX),
        checkpoint,
    )


def open_request(request: AddCheckpoint, key_of: Callable[[str], VerifierKey | None]) -> Submitted:
    """The checkpoint that the log itself has signed; `key_of` tells the key of an origin. Raises NotCosigned."""
    try:
        origin = parse_checkpoint(parse_note(request.checkpoint).text).origin
    except VerificationError as error:
        raise NotCosigned(400, str(error)) from error
    if (key := key_of(origin)) is None:
        raise NotCosigned(404, f"the log {origin} is not known here")
    try:
        opened = open_checkpoint(request.checkpoint, key)
    except VerificationError as error:
        raise NotCosigned(403, str(error)) from error
    if request.old > opened.checkpoint.size:
        raise NotCosigned(
            400, f"expected an old size of at most {opened.checkpoint.size}, found {request.old}"
        )
    # Whatever else stands under it may be long, and is nobody's word here.
    line = _line_of(key, opened.note)
    return Submitted(opened.checkpoint, Note(opened.note.text, (line,)).encode())


def require_cosignable(seen: Checkpoint, request: AddCheckpoint, new: Checkpoint) -> None:
    """Refuse `new` unless it grew from `seen`, the largest state that was signed. Raises NotCosigned.

    Of a log of which nothing was signed yet, `seen` is the empty one.
    """
    if request.old != seen.size:
        raise NotCosigned(409, f"expected the old size {seen.size}, found {request.old}", size=seen.size)
    if new.size == seen.size and new.root != seen.root:
        raise NotCosigned(409, f"another root was signed at size {seen.size}", size=seen.size, forked=True)
    try:
        require_grown(seen, new, request.proof)
    except VerificationError as error:
        raise NotCosigned(422, str(error)) from error


def read_cosignature(answer: bytes, text: str, witness: VerifierKey) -> tuple[SignatureLine, Signed]:
    """The witness's line of its answer, checked against the checkpoint's text; lines of other keys are passed over."""
    note = parse_note(text.encode() + b"\n" + answer)
    # A blank line in the answer would make its beginning a part of what is said to be signed.
    if note.text != text:
        raise VerificationError("malformed", expected="signature lines alone", found=answer)
    (signed,) = note.verified([witness])
    return _line_of(witness, note), signed


def _line_of(key: VerifierKey, note: Note) -> SignatureLine:
    """The line of a key that has signed the note."""
    return next(line for line in note.lines if (line.name, line.key_id) == (key.name, key.id))


def read_size(answer: bytes) -> int:
    """The size that a witness has seen, from the body of its 409."""
    line, end, rest = answer.partition(b"\n")
    if not end or rest or not line.isascii():
        raise VerificationError("malformed", expected="a size and a newline", found=answer)
    return decoded_decimal(line.decode("ascii"), "the size that was seen")
