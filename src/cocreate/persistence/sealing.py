"""Encryption of what may be erased: texts under their subject's key, keys under the instance key.

AES-256-GCM with a random 12-byte nonce (NIST SP 800-38D), from `cryptography`. Callers pass the additional data that
binds a ciphertext to its place; nothing here knows a format.
"""

import fcntl
import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
SALT_BYTES = 32
TAG_BYTES = 16
"""At the end of every ciphertext: what GCM authenticates it by."""
_NONCE_BYTES = 12
_KEY_ID_DOMAIN = b"cocreate/instance-key-id/v1\n"


class Unreadable(Exception):
    """A ciphertext does not open: another key, another place, or altered bytes. GCM does not say which."""


class InstanceKeyMissing(Exception):
    """There is no instance key where one was expected, or the file does not hold one."""


class InstanceKeyHeld(Exception):
    """Somebody else on this machine holds the key file in a way that excludes this one."""


class Vault:
    """The instance key, which wraps the keys that the database holds. It is kept outside the database."""

    def __init__(self, instance_key: bytes) -> None:
        _check_key(instance_key)
        self._cipher = AESGCM(instance_key)
        self._key_id = hashlib.sha256(_KEY_ID_DOMAIN + instance_key).digest()[:8].hex()

    @property
    def key_id(self) -> str:
        """Names the key without telling it."""
        return self._key_id

    def wrap(self, secret: bytes, aad: bytes) -> bytes:
        """nonce ‖ ciphertext of the secret, for this place only."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret, aad)

    def unwrap(self, wrapped: bytes, aad: bytes) -> bytes:
        """The secret. Raises Unreadable."""
        return _decrypt(self._cipher, wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], aad)


def seal(key: bytes, salt: bytes, text: str, aad: bytes) -> tuple[bytes, bytes]:
    """(nonce, ciphertext) of salt ‖ text in UTF-8; the salt is the one of the text's commitment, 32 bytes."""
    _check_key(key)
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes, not {len(salt)}")
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce, AESGCM(key).encrypt(nonce, salt + text.encode(), aad)


def unseal(key: bytes, nonce: bytes, ciphertext: bytes, aad: bytes) -> tuple[bytes, str]:
    """(salt, text). Raises Unreadable."""
    _check_key(key)
    opened = _decrypt(AESGCM(key), nonce, ciphertext, aad)
    return opened[:SALT_BYTES], opened[SALT_BYTES:].decode()


def load_instance_key(path: Path, *, create: bool) -> bytes:
    """The key in the file, as hex; with `create` a new one is made where there is no file, readable by its owner only.

    Of several processes that create it at once, all get the same. Raises InstanceKeyMissing.
    """
    if create and not path.exists():
        _create_key_file(path)
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii"))
    except FileNotFoundError as error:
        raise InstanceKeyMissing(
            f"no instance key at {path}: bring the file that this database was made with, or name it by --key-file"
        ) from error
    except ValueError as error:
        raise InstanceKeyMissing(
            f"{path} holds no instance key: {KEY_BYTES} bytes in hex were expected"
        ) from error
    if len(key) != KEY_BYTES:
        raise InstanceKeyMissing(f"{path} holds {len(key)} bytes in hex, an instance key has {KEY_BYTES}")
    return key


def copy_instance_key(path: Path, copy: Path) -> None:
    """Write the key into a file of its own, readable by its owner only. Raises FileExistsError, InstanceKeyMissing."""
    key = load_instance_key(path, create=False)
    descriptor = os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(key.hex() + "\n")
        file.flush()
        os.fsync(file.fileno())
    _sync_folder(copy.parent)


def move_key_file(path: Path, to: Path) -> None:
    """Put a key file in another's place, so that it stays there whatever happens next."""
    path.replace(to)
    _sync_folder(to.parent)


@contextmanager
def holding_key(path: Path, *, alone: bool) -> Iterator[None]:
    """Hold the key file with others, or alone. Raises InstanceKeyHeld.

    The system lets go of it when a process ends, however that comes.
    """
    with path.open("rb") as file:
        try:
            fcntl.flock(file, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InstanceKeyHeld(
                f"{path} is in use: by a server, which must be stopped first, or by a command that needs it for itself."
            ) from error
        yield


def _create_key_file(path: Path) -> None:
    """Write the whole file under another name and link it into place: nobody ever reads half a key."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(KEY_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            return  # another process was faster: its key is the key
        _sync_folder(path.parent)
    finally:
        draft.unlink()


def _sync_folder(folder: Path) -> None:
    """The key must outlive a power cut that follows the first text sealed with it."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _check_key(key: bytes) -> None:
    if len(key) != KEY_BYTES:
        raise ValueError(f"a key has {KEY_BYTES} bytes, not {len(key)}")


def _decrypt(cipher: AESGCM, nonce: bytes, ciphertext: bytes, aad: bytes) -> bytes:
    try:
        return cipher.decrypt(nonce, ciphertext, aad)
    except (InvalidTag, ValueError) as error:
        raise Unreadable("the ciphertext does not open with this key at this place") from error
