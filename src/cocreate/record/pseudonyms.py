"""Pseudonyms and command ids: HMACs under keys that only the server holds and can destroy (FORMAT.md §6)."""

import hashlib
import hmac

from cocreate.domain.canonical import framed


def command_id(secret: bytes, actor: bytes, key: str) -> str:
    """The id of the command that an actor sent under an idempotency key, in every entry the command causes.

    `actor` is the pseudonym's 16 raw bytes, or what stands for an actor that the command itself creates.
    """
    return hmac.digest(secret, framed("command", actor, key.encode()), "sha256")[:16].hex()


def voter(round_key: bytes, participant: str) -> str:
    """The pseudonym of a participant in one pseudonymous round; without the round key nobody can link the two."""
    return hmac.digest(round_key, framed("voter", bytes.fromhex(participant)), "sha256")[:16].hex()


def round_key_commitment(round_key: bytes) -> str:
    """What the record shows of a round key, so that the key can be proven if it is ever disclosed."""
    return hashlib.sha256(framed("round-key", round_key)).hexdigest()


def request_digest(secret: bytes, request: bytes) -> bytes:
    """Tells a repeat of a request from another one; keyed, since a request may hold what will be erased."""
    return hmac.digest(secret, framed("request", request), "sha256")
