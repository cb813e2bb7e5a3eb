"""Checks of a log from its files, as c2sp.org/tlog-tiles lays them out: for tests, operators and auditors.

The files need no trust: every answer comes down to a signed root.
"""

from collections.abc import Callable, Iterable

from cocreate.tlog.checkpoints import Checkpoint, OpenedCheckpoint, open_checkpoint, require_grown
from cocreate.tlog.errors import VerificationError
from cocreate.tlog.merkle import HASH_SIZE_BYTES
from cocreate.tlog.proofs import ReadTile, consistency_proof
from cocreate.tlog.tiles import Tile, parse_bundle, tile_width, tiles_of
from cocreate.tlog.tree import Tree
from cocreate.tlog.vkey import VerifierKey

Fetch = Callable[[str], bytes]
"""The file at a path below the log's prefix; where there is none it raises VerificationError("unavailable", …)."""


def check_log(fetch: Fetch, log: VerifierKey, witnesses: Iterable[VerifierKey] = ()) -> OpenedCheckpoint:
    """Hash every entry again and refuse unless they make every tile and the signed root.

    It shows what the log is, not what it was: without a remembered checkpoint (`check_grown`) or witnesses a log that
    was rewritten and signed again passes. Memory: one bundle and 1/8 byte an entry.
    """
    opened = open_checkpoint(fetch("checkpoint"), log, witnesses)
    tree = Tree()
    # Bundles come first, so that the tiles above are there to compare with.
    for tile in tiles_of(opened.checkpoint.size):
        if tile.level is None:
            leaves = tree.append_entries(parse_bundle(fetch(tile.path), tile.width))
            _require_tile(fetch, Tile(0, tile.index, tile.width), b"".join(leaves))
        elif tile.level > 0:
            _require_tile(fetch, tile, tree.tile(tile.level, tile.index))
    if tree.root() != opened.checkpoint.root:
        raise VerificationError(
            "tree", expected=f"entries of the root {opened.checkpoint.root.hex()}", found=tree.root().hex()
        )
    return opened


def check_grown(fetch: Fetch, old: Checkpoint, new: Checkpoint) -> None:
    """Refuse unless the log of `new` begins with all that `old` holds, by a proof made of its own tiles."""
    proof = (
        consistency_proof(tile_reader(fetch, new.size), old.size, new.size)
        if 0 < old.size <= new.size
        else []
    )
    require_grown(old, new, proof)


def tile_reader(fetch: Fetch, size: int) -> ReadTile:
    """The hash tiles of a log of that size, for proofs, each exactly as wide as the size says."""

    def read(level: int, index: int) -> bytes:
        tile = Tile(level, index, tile_width(level, index, size))
        hashes = fetch(tile.path)
        if len(hashes) != tile.width * HASH_SIZE_BYTES:
            raise VerificationError(
                "malformed",
                expected=f"{tile.path} of {tile.width * HASH_SIZE_BYTES} bytes",
                found=f"{len(hashes)} bytes",
            )
        return hashes

    return read


def _require_tile(fetch: Fetch, tile: Tile, made: bytes) -> None:
    if fetch(tile.path) != made:
        raise VerificationError("tree", expected=f"{tile.path} as its entries make it", found="another")
