"""The private key of a witness in a file: one line in the form of Go's note package, `PRIVATE+KEY+name+id+base64(04 ‖ seed)`."""

import os
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cocreate.tlog.encoding import decoded_base64, encoded_base64
from cocreate.tlog.errors import VerificationError
from cocreate.tlog.signatures import Cosigner
from cocreate.tlog.vkey import COSIGNATURE_ED25519

_PREFIX: Final = "PRIVATE+KEY+"
_SEED_SIZE_BYTES: Final = 32


class KeyFileMalformed(Exception):
    """The file holds no key of a witness."""


def make_key_file(path: Path, name: str) -> Cosigner:
    """A new key in a new file, for its owner alone. Raises FileExistsError; ValueError for a name no note can carry."""
    private = Ed25519PrivateKey.generate()
    cosigner = Cosigner(name, private)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(_line(cosigner, private))
        file.flush()
        os.fsync(file.fileno())
    return cosigner


def load_key_file(path: Path) -> Cosigner:
    """The key in the file; only the exact text that it would be written as. Raises KeyFileMalformed, OSError."""
    # Whatever it holds is never told: it may be a key after all.
    malformed = KeyFileMalformed(
        f"{path} holds no key of a witness: expected the file that `cocreate witness keygen` made"
    )
    try:
        text = path.read_text(encoding="utf-8")
        name, _, rest = text.removeprefix(_PREFIX).partition("+")
        typed = decoded_base64(rest.partition("+")[2].removesuffix("\n"), "a key in base64")
        private = Ed25519PrivateKey.from_private_bytes(typed[1:])
        cosigner = Cosigner(name, private)
    except (VerificationError, ValueError):
        raise malformed from None
    if text != _line(cosigner, private):
        raise malformed
    return cosigner


def _line(cosigner: Cosigner, private: Ed25519PrivateKey) -> str:
    typed = bytes([COSIGNATURE_ED25519]) + private.private_bytes_raw()
    return f"{_PREFIX}{cosigner.key.name}+{cosigner.key.id.hex()}+{encoded_base64(typed)}\n"
