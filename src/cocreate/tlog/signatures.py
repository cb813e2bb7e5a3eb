"""Signature lines of notes: c2sp.org/signed-note (Ed25519, type 01) and c2sp.org/tlog-cosignature (type 04).

Both types sign with Ed25519; they differ in the message. A log signs the text itself; a witness signs the text with the
time at which it saw it, under a first line that keeps either from being taken for the other.
"""

from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from cocreate.tlog.encoding import SIZE_MAX, encoded_base64
from cocreate.tlog.errors import VerificationError
from cocreate.tlog.vkey import COSIGNATURE_ED25519, LOG_ED25519, VerifierKey

SIGNATURE_SIZE_BYTES: Final = 64
_TIME_SIZE_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """One line under a note: who claims to have signed, and what that key makes of it."""

    name: str
    key_id: bytes
    signature: bytes

    def __str__(self) -> str:
        return f"— {self.name} {encoded_base64(self.key_id + self.signature)}\n"


@dataclass(frozen=True, slots=True)
class Signed:
    """A key whose signature holds; `time_s` in seconds since 1970 UTC where a witness says when."""

    key: VerifierKey
    time_s: int | None = None


class LogSigner:
    """The private key of a log under its name."""

    __slots__ = ("_private", "key")

    def __init__(self, name: str, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.key = VerifierKey(name, LOG_ED25519, private.public_key().public_bytes_raw())

    def sign(self, text: str) -> SignatureLine:
        return SignatureLine(self.key.name, self.key.id, self._private.sign(text.encode()))


class Cosigner:
    """The private key of a witness under its name. A witness has a key of its own: the message does not hold its name."""

    __slots__ = ("_private", "key")

    def __init__(self, name: str, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.key = VerifierKey(name, COSIGNATURE_ED25519, private.public_key().public_bytes_raw())

    def sign(self, text: str, time_s: int) -> SignatureLine:
        """Say that at `time_s` this was the largest state seen of the log; the caller has checked that it is."""
        if not 0 <= time_s <= SIZE_MAX:
            raise ValueError(f"expected a time of 0 to 2^63 - 1 seconds, found {time_s}")
        signature = self._private.sign(cosigned_message(text, time_s))
        return SignatureLine(self.key.name, self.key.id, time_s.to_bytes(_TIME_SIZE_BYTES, "big") + signature)


def cosigned_message(text: str, time_s: int) -> bytes:
    """What a witness signs of a checkpoint's text."""
    return f"cosignature/v1\ntime {time_s}\n{text}".encode()


def checked(key: VerifierKey, line: SignatureLine, text: str) -> Signed:
    """The key's signature over a note's text, if it holds."""
    message, signature, time_s = text.encode(), line.signature, None
    if key.type_byte == COSIGNATURE_ED25519:
        time_s, signature = int.from_bytes(signature[:_TIME_SIZE_BYTES], "big"), signature[_TIME_SIZE_BYTES:]
        message = cosigned_message(text, time_s)
    if len(signature) != SIGNATURE_SIZE_BYTES or (time_s or 0) > SIZE_MAX:
        raise VerificationError(
            "signature", expected=f"a signature of {key.name} in the form of its type", found=line.signature
        )
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, message)
    except (InvalidSignature, ValueError) as error:
        raise VerificationError(
            "signature", expected=f"a signature that {key} makes over the text", found=line.signature
        ) from error
    return Signed(key, time_s)
