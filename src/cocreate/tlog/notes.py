"""Signed notes of c2sp.org/signed-note v1: a text, a blank line, and the lines of those who signed it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from cocreate.tlog.encoding import decoded_base64
from cocreate.tlog.errors import VerificationError
from cocreate.tlog.signatures import SignatureLine, Signed, checked
from cocreate.tlog.vkey import VerifierKey, is_key_name

NOTE_SIZE_BYTES_MAX: Final = 262_144
"""Room for every line allowed, even of the longest signatures in use (nearly 5 kB)."""
SIGNATURES_MAX: Final = 48
"""The specification asks readers for at least 16; a record has one log and a few witnesses."""

_KEY_ID_SIZE_BYTES: Final = 4
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f]")


@dataclass(frozen=True, slots=True)
class Note:
    """A text, which ends with a newline, and its signature lines; none of them is believed before `verified`."""

    text: str
    lines: tuple[SignatureLine, ...]

    def encode(self) -> bytes:
        """The note's bytes; those it was parsed from."""
        return "".join([self.text, "\n", *map(str, self.lines)]).encode()

    def signed_also(self, line: SignatureLine) -> Note:
        """With one more line; it takes the place of an earlier one by the same key."""
        others = [one for one in self.lines if (one.name, one.key_id) != (line.name, line.key_id)]
        return replace(self, lines=(*others, line))

    def verified(self, keys: Iterable[VerifierKey]) -> tuple[Signed, ...]:
        """Who of `keys` signed, in the order of the lines.

        Lines of unknown keys are passed over. A known key's bad signature, a second line of its own, or no line of any
        known key refuses the whole note.
        """
        known = {(key.name, key.id): key for key in keys}
        signed: dict[VerifierKey, Signed] = {}
        for line in self.lines:
            if (key := known.get((line.name, line.key_id))) is None:
                continue
            if key in signed:
                raise VerificationError("malformed", expected=f"one line by {key.name}", found="another")
            signed[key] = checked(key, line, self.text)
        if not signed:
            names = sorted({line.name for line in self.lines})
            raise VerificationError("unsigned", expected="a line by a known key", found=f"lines by {names}")
        return tuple(signed.values())


def parse_note(data: bytes) -> Note:
    """A note in its parts, strictly; nothing in it is proven yet."""
    if len(data) > NOTE_SIZE_BYTES_MAX:
        raise VerificationError(
            "malformed", expected=f"a note of at most {NOTE_SIZE_BYTES_MAX} bytes", found=f"{len(data)} bytes"
        )
    try:
        decoded = data.decode()
    except UnicodeDecodeError as error:
        raise VerificationError("malformed", expected="a note in UTF-8", found=data) from error
    if (control := _CONTROL.search(decoded)) is not None:
        raise VerificationError(
            "malformed", expected="no control characters but newlines", found=repr(control[0])
        )
    # The last empty line parts text and signatures: the text may hold others.
    body, separator, signed = decoded.rpartition("\n\n")
    lines = signed.split("\n")
    if not separator or lines.pop() != "" or not lines:
        raise VerificationError(
            "malformed", expected="a text, a blank line and signature lines that end in newlines", found=data
        )
    if len(lines) > SIGNATURES_MAX:
        raise VerificationError(
            "malformed", expected=f"at most {SIGNATURES_MAX} signature lines", found=f"{len(lines)} lines"
        )
    return Note(body + "\n", tuple(map(_parse_line, lines)))


def _parse_line(line: str) -> SignatureLine:
    dash, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    if dash != "—" or not is_key_name(name):
        raise VerificationError("malformed", expected="a signature line: — name signature", found=repr(line))
    value = decoded_base64(encoded, "a signature in base64")
    if len(value) <= _KEY_ID_SIZE_BYTES:
        raise VerificationError("malformed", expected="a key id and a signature", found=repr(line))
    return SignatureLine(name, value[:_KEY_ID_SIZE_BYTES], value[_KEY_ID_SIZE_BYTES:])
