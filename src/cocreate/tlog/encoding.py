"""Numbers and bytes as text, each in one spelling only: what can be written in two ways can be changed unnoticed."""

import re
from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import Final

from cocreate.tlog.errors import VerificationError
from cocreate.tlog.merkle import HASH_SIZE_BYTES

SIZE_MAX: Final = 2**63 - 1
"""Sizes, positions and times are signed 64-bit numbers to most readers of these formats."""

_DECIMAL: Final = re.compile(r"0|[1-9][0-9]{0,18}")


def decoded_decimal(text: str, what: str) -> int:
    """A number of 0 to `SIZE_MAX` in ASCII digits without leading zeroes."""
    if _DECIMAL.fullmatch(text) is None or (value := int(text)) > SIZE_MAX:
        raise VerificationError(
            "malformed", expected=f"{what} as digits without leading zeroes", found=repr(text)
        )
    return value


def decoded_base64(text: str, what: str) -> bytes:
    """Bytes in standard base64 of RFC 4648 section 4: padded, no unused bit set, nothing else between."""
    try:
        value = b64decode(text, validate=True)
    except ValueError as error:
        raise VerificationError("malformed", expected=what, found=repr(text)) from error
    # The decoder overlooks bits that the padding leaves over.
    if encoded_base64(value) != text:
        raise VerificationError("malformed", expected=f"{what} in its one spelling", found=repr(text))
    return value


def decoded_hash(text: str, what: str) -> bytes:
    """A hash of 32 bytes in base64."""
    value = decoded_base64(text, what)
    if len(value) != HASH_SIZE_BYTES:
        raise VerificationError(
            "malformed", expected=f"{what} of {HASH_SIZE_BYTES} bytes", found=f"{len(value)} bytes"
        )
    return value


def split_head(data: bytes, what: str, size_bytes_max: int) -> tuple[list[str], bytes]:
    """The lines before the first blank one, in ASCII, and all that follows it: `what` is a head before a checkpoint."""
    if len(data) > size_bytes_max:
        raise VerificationError(
            "malformed", expected=f"{what} of at most {size_bytes_max} bytes", found=f"{len(data)} bytes"
        )
    head, separator, rest = data.partition(b"\n\n")
    if not separator:
        raise VerificationError("malformed", expected=f"{what} with a blank line in it", found=data)
    try:
        return head.decode("ascii").split("\n"), rest
    except UnicodeDecodeError as error:
        raise VerificationError("malformed", expected=f"{what} in ASCII", found=head) from error


def decoded_proof(lines: Sequence[str], lines_max: int) -> tuple[bytes, ...]:
    """The hashes of a proof, one a line."""
    if len(lines) > lines_max:
        raise VerificationError(
            "malformed", expected=f"at most {lines_max} hashes", found=f"{len(lines)} lines"
        )
    return tuple(decoded_hash(line, "a hash of the proof") for line in lines)


def encoded_base64(value: bytes) -> str:
    """Standard base64, padded."""
    return b64encode(value).decode("ascii")
