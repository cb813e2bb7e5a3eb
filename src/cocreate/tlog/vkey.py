"""The public name of a signing key, as c2sp.org/signed-note defines verifier keys and key ids."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from cocreate.tlog.encoding import decoded_base64
from cocreate.tlog.errors import VerificationError

LOG_ED25519: Final = 0x01
COSIGNATURE_ED25519: Final = 0x04

PUBLIC_KEY_SIZE_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A key that signatures are checked with: `type_byte` says what it signs, `id` finds its lines in a note."""

    name: str
    type_byte: int
    public: bytes
    id: bytes = field(init=False)

    def __post_init__(self) -> None:
        if self.type_byte not in (LOG_ED25519, COSIGNATURE_ED25519):
            raise ValueError(f"expected a key of type 01 (log) or 04 (witness), found {self.type_byte:02x}")
        if len(self.public) != PUBLIC_KEY_SIZE_BYTES:
            raise ValueError(
                f"expected an Ed25519 public key of {PUBLIC_KEY_SIZE_BYTES} bytes, found {len(self.public)} bytes"
            )
        object.__setattr__(self, "id", key_id(self.name, self.type_byte, self.public))

    def __str__(self) -> str:
        typed = bytes([self.type_byte]) + self.public
        return f"{self.name}+{self.id.hex()}+{b64encode(typed).decode('ascii')}"


def vkey(name: str, public: bytes) -> str:
    """Verifier key of a log's Ed25519 key: `name+<key id as hex>+<base64 of type byte and public key>`."""
    return str(VerifierKey(name, LOG_ED25519, public))


def parse_vkey(text: str) -> VerifierKey:
    """The key that a vkey stands for; only the exact text that it would be written as.

    Split at the first two plus signs: base64 may hold more of them.
    """
    name, _, rest = text.partition("+")
    hexadecimal, _, encoded = rest.partition("+")
    typed = decoded_base64(encoded, "the key of a vkey in base64")
    if not typed:
        raise VerificationError("malformed", expected="name+id+key with a key in it", found=text)
    try:
        key = VerifierKey(name, typed[0], typed[1:])
    except ValueError as error:
        raise VerificationError("malformed", expected="a vkey of an Ed25519 key", found=str(error)) from error
    if key.id.hex() != hexadecimal:
        raise VerificationError("malformed", expected=f"key id {key.id.hex()}", found=hexadecimal)
    return key


def key_id(name: str, type_byte: int, public: bytes) -> bytes:
    """Four bytes that tell keys apart in a note; a hint to the verifier, never a proof.

    A name with `+`, white space or nothing in it is refused: in a note or a vkey it would end too early.
    """
    if not is_key_name(name):
        raise ValueError(f"expected a key name without plus signs and white space, found {name!r}")
    return sha256(name.encode() + b"\n" + bytes([type_byte]) + public).digest()[:4]


def is_key_name(name: str) -> bool:
    """Whether a note and a vkey can carry the name."""
    return bool(name) and not any(character == "+" or character.isspace() for character in name)
