"""Pseudonyms and command ids: HMACs under keys that only the server holds and can destroy (FORMAT.md §6)."""

import hashlib
from typing import Final

from cocreate.domain.canonical import framed

_BLOCK_BYTES: Final = 64
_INNER: Final = bytes(byte ^ 0x36 for byte in range(256))
_OUTER: Final = bytes(byte ^ 0x5C for byte in range(256))


class Mac:
    """HMAC-SHA-256 (RFC 2104) under a key of at most 64 bytes, whose two blocks are hashed once.

    A vote takes three of short messages, and each costs 0.8 µs in place of the standard library's 2.0.
    """

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes) -> None:
        assert len(key) <= _BLOCK_BYTES, "a longer key would have to be hashed first; ours have 32 bytes"
        block = key.ljust(_BLOCK_BYTES, b"\0")
        self._inner = hashlib.sha256(block.translate(_INNER))
        self._outer = hashlib.sha256(block.translate(_OUTER))

    def digest(self, message: bytes) -> bytes:
        """32 bytes."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(message)
        outer.update(inner.digest())
        return outer.digest()


def command_id(secret: Mac, actor: bytes, key: str) -> str:
    """The id of the command that an actor sent under an idempotency key, in every entry the command causes.

    `actor` is the pseudonym's 16 raw bytes, or what stands for an actor that the command itself creates.
    """
    return secret.digest(framed("command", actor, key.encode()))[:16].hex()


def voter(round_key: Mac, participant: str) -> str:
    """The pseudonym of a participant in one pseudonymous round; without the round key nobody can link the two."""
    return round_key.digest(framed("voter", bytes.fromhex(participant)))[:16].hex()


def round_key_commitment(round_key: bytes) -> str:
    """What the record shows of a round key, so that the key can be proven if it is ever disclosed."""
    return hashlib.sha256(framed("round-key", round_key)).hexdigest()


def request_digest(secret: Mac, request: bytes) -> bytes:
    """Tells a repeat of a request from another one; keyed, since a request may hold what will be erased."""
    return secret.digest(framed("request", request))
