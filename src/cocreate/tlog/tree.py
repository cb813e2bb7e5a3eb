"""The tree of a live log: what its root, tiles and proofs need, kept as it grows.

Of n entries it holds n / 255 hashes: those of level 1 and above whole, as each 256 entries are complete, and of level 0
the last, unfinished tile. An earlier tile of level 0 is one range read of 256 entries, hashed again when it is wanted.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from cocreate.tlog.merkle import HASH_SIZE_BYTES, Frontier, fold, leaf_hash, leaf_hashes, require_hashes
from cocreate.tlog.proofs import ReadTile
from cocreate.tlog.tiles import TILE_WIDTH

_TILE_SIZE_BYTES: Final = TILE_WIDTH * HASH_SIZE_BYTES


class Tree:
    """Appends like `Frontier`, for one node hash an entry; belongs to whoever appends, on one thread."""

    __slots__ = ("_kept", "_open")

    def __init__(self) -> None:
        self._open = [Frontier()]
        """By level: the frontier over the hashes of its unfinished tile."""
        self._kept = [bytearray()]
        """By level: its hashes one after the other; of level 0 those of the unfinished tile alone."""

    @property
    def size(self) -> int:
        """Number of entries appended so far."""
        above = len(self._kept[1]) // HASH_SIZE_BYTES if len(self._kept) > 1 else 0
        return above * TILE_WIDTH + self._open[0].size

    def append_entry(self, entry: bytes) -> bytes:
        """Append an entry and return its leaf hash."""
        leaf = leaf_hash(entry)
        self.append_leaves((leaf,))
        return leaf

    def append_entries(self, entries: Iterable[bytes]) -> list[bytes]:
        """Append entries in order and return their leaf hashes."""
        leaves = leaf_hashes(entries)
        self.append_leaves(leaves)
        return leaves

    def append_leaves(self, leaves: Sequence[bytes]) -> None:
        """Append entries by their leaf hashes, in order."""
        # All before the first: a refused one leaves the tree as it was.
        require_hashes(leaves)
        start = 0
        while start < len(leaves):
            end = start + TILE_WIDTH - self._open[0].size
            self._extend(0, leaves[start:end])
            start = end

    def _extend(self, level: int, hashes: Sequence[bytes]) -> None:
        """Add hashes to a level's unfinished tile, for which there is room; a finished one is a hash above."""
        tile = self._open[level]
        tile.append_all(hashes)
        self._kept[level] += b"".join(hashes)
        if tile.size == TILE_WIDTH:
            self._open[level] = Frontier()
            if level == 0:
                self._kept[0].clear()
            if level + 1 == len(self._open):
                self._open.append(Frontier())
                self._kept.append(bytearray())
            self._extend(level + 1, (tile.root(),))

    def root(self) -> bytes:
        """Root of the tree over everything appended so far."""
        return fold(subtree for tile in reversed(self._open) for subtree in tile.subtrees)

    def leaf_tile(self, index: int) -> bytes | None:
        """The hashes so far of the unfinished level 0 tile, if it is the one at `index`; None: read its entries again.

        Ask before anything else is awaited: with the next entry the tile may be finished and let go.
        """
        return bytes(self._kept[0]) if index == self.size // TILE_WIDTH else None

    def tile(self, level: int, index: int) -> bytes:
        """The hashes so far of a tile of level 1 or above; none where there are none yet."""
        if level < 1:
            raise ValueError("expected a level of 1 or above: the tiles of level 0 are not kept")
        if level >= len(self._kept):
            return b""
        return bytes(self._kept[level][index * _TILE_SIZE_BYTES : (index + 1) * _TILE_SIZE_BYTES])

    def reader(self, leaf_tiles: Mapping[int, bytes]) -> ReadTile:
        """The tiles for a proof, with those of level 0 that `leaf_tiles_of_inclusion` and its twin name."""

        def read(level: int, index: int) -> bytes:
            return self.tile(level, index) if level else leaf_tiles[index]

        return read
