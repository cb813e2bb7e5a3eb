"""A workshop's keys in memory: what pseudonyms and command ids are made with, and what its texts are sealed under.

All of them lie wrapped by the instance key beside the record and can be deleted; none ever enters it.
"""

import secrets
from collections.abc import Iterable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cocreate.domain.canonical import framed
from cocreate.persistence.batch import KeyRow
from cocreate.persistence.sealing import Vault
from cocreate.record.pseudonyms import Mac
from cocreate.tlog.signatures import LogSigner

KEY_BYTES = 32


class Keyring:
    """Owner: the live workshop. `pending` are new keys that go into the store with the batch that needs them."""

    def __init__(self, workshop: str, vault: Vault) -> None:
        self._workshop, self._vault = workshop, vault
        self._keys: dict[tuple[str, str], bytes] = {}
        self._wrapped: dict[tuple[str, str], bytes] = {}
        self._macs: dict[tuple[str, str], Mac] = {}
        """What pseudonyms and command ids are made with, of the keys in use: gone with them."""
        self.pending: list[KeyRow] = []
        self._signer: LogSigner | None = None

    def replace(self, rows: Iterable[KeyRow]) -> None:
        """Hold exactly these keys; each is unwrapped when it is first used."""
        self._keys.clear()
        self._macs.clear()
        self._wrapped = {(row.purpose, row.name): row.wrapped for row in rows}
        self.pending.clear()

    def preset(self, keys: Iterable[tuple[str, str, bytes]]) -> None:
        """Use keys that the genesis is about to bring, before it is written."""
        self._macs.clear()
        self._keys.update({(purpose, name): key for purpose, name, key in keys})

    def log_signer(self, origin: str) -> LogSigner:
        """Who signs this record's checkpoints."""
        if self._signer is None:
            self._signer = LogSigner(origin, Ed25519PrivateKey.from_private_bytes(self.log_key))
        return self._signer

    @property
    def log_key(self) -> bytes:
        """The private half of the key that signs this record's checkpoints, 32 bytes."""
        return self._require("log", "ed25519")

    @property
    def command_secret(self) -> bytes:
        return self._require("secret", "command")

    @property
    def command_mac(self) -> Mac:
        """What command ids and request digests are made with."""
        return self._mac("secret", "command") or Mac(self.command_secret)  # which says what is missing

    def round_key(self, round_id: str) -> bytes | None:
        """None where the round is open, or its key was destroyed or lost."""
        return self._find("round", round_id)

    def round_mac(self, round_id: str) -> Mac | None:
        """What voters' pseudonyms in the round are made with; None as above."""
        return self._mac("round", round_id)

    def subject_key(self, subject: str) -> bytes | None:
        return self._find("subject", subject)

    def make(self, purpose: str, name: str) -> bytes:
        """A new random key, written with the next batch."""
        return self.put(purpose, name, secrets.token_bytes(KEY_BYTES))

    def put(self, purpose: str, name: str, key: bytes) -> bytes:
        wrapped = self._vault.wrap(key, self._aad(purpose, name))
        self.pending.append(KeyRow(self._workshop, purpose, name, wrapped))
        self._macs.pop((purpose, name), None)
        self._keys[purpose, name] = key
        self._wrapped[purpose, name] = wrapped
        return key

    def committed(self) -> None:
        self.pending.clear()

    def discard_pending(self) -> None:
        """Forget the keys of a batch that was not written."""
        for row in self.pending:
            self.forget(row.purpose, row.name)
        self.pending.clear()

    def forget(self, purpose: str, name: str) -> None:
        self._keys.pop((purpose, name), None)
        self._macs.pop((purpose, name), None)
        self._wrapped.pop((purpose, name), None)

    def _mac(self, purpose: str, name: str) -> Mac | None:
        mac = self._macs.get((purpose, name))
        if mac is None and (key := self._find(purpose, name)) is not None:
            mac = self._macs[purpose, name] = Mac(key)
        return mac

    def _find(self, purpose: str, name: str) -> bytes | None:
        key = self._keys.get((purpose, name))
        if key is None and (wrapped := self._wrapped.get((purpose, name))) is not None:
            key = self._keys[purpose, name] = self._vault.unwrap(wrapped, self._aad(purpose, name))
        return key

    def _require(self, purpose: str, name: str) -> bytes:
        key = self._find(purpose, name)
        if key is None:
            raise LookupError(f"workshop {self._workshop} has no key {purpose}/{name}")
        return key

    def _aad(self, purpose: str, name: str) -> bytes:
        return place_of_key(self._workshop, purpose, name)


def place_of_key(workshop: str, purpose: str, name: str) -> bytes:
    """What a wrapped key is bound to: it opens at its own place alone."""
    return framed("key", workshop.encode(), purpose.encode(), name.encode())
