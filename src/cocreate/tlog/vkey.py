"""The public name of a signing key, as c2sp.org/signed-note defines verifier keys and key ids."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from typing import Final

LOG_ED25519: Final = 0x01
COSIGNATURE_ED25519: Final = 0x04
COSIGNATURE_ML_DSA_44: Final = 0x06

PUBLIC_KEY_SIZE_BYTES: Final = 32


def vkey(name: str, public: bytes) -> str:
    """Verifier key of a log's Ed25519 key: `name+<key id as hex>+<base64 of type byte and public key>`."""
    if len(public) != PUBLIC_KEY_SIZE_BYTES:
        raise ValueError(
            f"expected an Ed25519 public key of {PUBLIC_KEY_SIZE_BYTES} bytes, found {len(public)} bytes"
        )
    typed = bytes([LOG_ED25519]) + public
    return f"{name}+{key_id(name, LOG_ED25519, public).hex()}+{b64encode(typed).decode('ascii')}"


def key_id(name: str, type_byte: int, public: bytes) -> bytes:
    """Four bytes that tell keys apart in a note; a hint to the verifier, never a proof.

    A name with `+`, white space or nothing in it is refused: in a note or a vkey it would end too early.
    """
    if not name or "+" in name or any(character.isspace() for character in name):
        raise ValueError(f"expected a key name without plus signs and white space, found {name!r}")
    return sha256(name.encode() + b"\n" + bytes([type_byte]) + public).digest()[:4]
