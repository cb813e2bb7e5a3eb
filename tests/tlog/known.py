"""Known answers of other implementations, and logs to try things on."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cocreate.tlog.checkpoints import Checkpoint, sign_checkpoint
from cocreate.tlog.errors import VerificationError
from cocreate.tlog.merkle import leaf_hash
from cocreate.tlog.notes import Note
from cocreate.tlog.proofs import inclusion_proof, leaf_tiles_of_inclusion
from cocreate.tlog.receipts import Receipt
from cocreate.tlog.signatures import Cosigner, LogSigner
from cocreate.tlog.tiles import TILE_WIDTH, Tile, build_bundle, tiles_of
from cocreate.tlog.tree import Tree

VECTORS = Path(__file__).resolve().parents[3] / "shared" / "vectors"

ORIGIN = "workshop.example/log/7"
LOG = LogSigner(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
WITNESS = Cosigner("witness.example/w1", Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33))))


def vectors(name: str) -> Any:
    """A file of known answers, or a skip where the folder is absent."""
    path = VECTORS / name
    if not path.is_file():
        pytest.skip(f"known answers not found: {path}")
    return json.loads(path.read_text(encoding="utf-8"))


def long_log_entry(i: int) -> bytes:
    """Entry of the generated logs whose checkpoints four foreign verifiers accepted."""
    return (
        f'{{"at":"2026-11-22T10:{i // 60 % 60:02d}:{i % 60:02d}Z","seq":{i},"type":"IdeaProposed"}}'.encode()
    )


def checkpoint_root(note: str) -> bytes:
    """The third line of a checkpoint."""
    return b64decode(note.split("\n")[2], validate=True)


class Log:
    """A log in memory with all its entries, as a server has them."""

    def __init__(self, entries: Iterable[bytes], signer: LogSigner = LOG) -> None:
        self.entries = list(entries)
        self.signer = signer
        self.tree = Tree()
        self.tree.append_entries(self.entries)

    @property
    def size(self) -> int:
        return len(self.entries)

    def checkpoint(self) -> Checkpoint:
        return Checkpoint(self.signer.key.name, self.size, self.tree.root())

    def note(self) -> Note:
        return sign_checkpoint(self.checkpoint(), self.signer)

    def read(self, level: int, index: int) -> bytes:
        """Tiles for proofs, those of level 0 hashed from the entries."""
        if level:
            return self.tree.tile(level, index)
        return b"".join(map(leaf_hash, self.entries[index * TILE_WIDTH : (index + 1) * TILE_WIDTH]))

    def proof(self, index: int) -> list[bytes]:
        """As a live log makes it: from what the tree keeps, and the entries of at most two tiles."""
        tiles = {}
        for tile in leaf_tiles_of_inclusion(index, self.size):
            kept = self.tree.leaf_tile(tile)
            tiles[tile] = self.read(0, tile) if kept is None else kept
        return inclusion_proof(self.tree.reader(tiles), index, self.size)

    def receipt(self, index: int) -> Receipt:
        return Receipt(index, tuple(self.proof(index)), self.note().encode())

    def files(self) -> dict[str, bytes]:
        """What it would serve at this size, by path."""
        files = {tile.path: self.file(tile) for tile in tiles_of(self.size)}
        return files | {"checkpoint": self.note().encode()}

    def file(self, tile: Tile) -> bytes:
        """The bytes of a tile or bundle."""
        if tile.level is None:
            first = tile.index * TILE_WIDTH
            return build_bundle(self.entries[first : first + tile.width])
        return self.read(tile.level, tile.index)[: tile.width * 32]


def fetch_from(files: dict[str, bytes]) -> Any:
    """The files of a log, one by one; what is missing is told as unavailable."""

    def fetch(path: str) -> bytes:
        if path not in files:
            raise VerificationError("unavailable", expected=path, found="nothing")
        return files[path]

    return fetch
