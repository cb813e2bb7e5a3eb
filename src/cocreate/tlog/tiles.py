"""Tiles and entry bundles of c2sp.org/tlog-tiles v1: a tree and its entries as files of at most 256 hashes or entries.

The tile at level l and index n holds the roots of 256 subtrees of 256^l entries each, from entry n × 256^(l + 1) on.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from cocreate.tlog.errors import VerificationError

TILE_WIDTH: Final = 256
TILE_HEIGHT: Final = 8
"""Levels of the tree that a tile spans: 2^8 = 256."""
ENTRY_SIZE_BYTES_MAX: Final = 65_535

_LENGTH_SIZE_BYTES: Final = 2
_PATH: Final = re.compile(
    r"tile/(?:(?P<entries>entries)|(?P<level>0|[1-9][0-9]?))"
    r"/(?P<index>(?:x[0-9]{3}/){0,5}[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?"
)


@dataclass(frozen=True, slots=True)
class Tile:
    """The place of a tile, or of the bundle of entries under a level 0 tile where `level` is None."""

    level: int | None
    index: int
    width: int = TILE_WIDTH

    @property
    def path(self) -> str:
        """Below the log's prefix: `tile/<level>/<index>[.p/<width>]`, or `entries` for the level."""
        parts = [f"{self.index % 1000:03d}"]
        above = self.index // 1000
        while above:
            parts.append(f"x{above % 1000:03d}")
            above //= 1000
        level = "entries" if self.level is None else self.level
        partial = "" if self.width == TILE_WIDTH else f".p/{self.width}"
        return f"tile/{level}/{'/'.join(reversed(parts))}{partial}"

    def is_of(self, size: int) -> bool:
        """Whether a tree of `size` entries, or a smaller one before it, had this tile.

        A full tile stays; a partial one was there once the tree was that wide, and a checkpoint may say so.
        """
        return 1 <= self.width <= tile_width(self.level or 0, self.index, size)


def parse_tile_path(path: str) -> Tile:
    """The tile that a path names; one spelling each."""
    found = _PATH.fullmatch(path)
    if found is None:
        raise VerificationError("malformed", expected="tile/<level>/<index>[.p/<width>]", found=repr(path))
    index = int(found["index"].replace("x", "").replace("/", ""))
    tile = Tile(None if found["entries"] else int(found["level"]), index, int(found["width"] or TILE_WIDTH))
    # Leading groups of zeroes, a full tile written as a partial one, and levels above the last do not come back alike.
    if tile.path != path or (tile.level or 0) > 63 or tile.width > TILE_WIDTH:
        raise VerificationError("malformed", expected=f"a path like {tile.path}", found=repr(path))
    return tile


def tile_width(level: int, index: int, size: int) -> int:
    """How many hashes the tile holds in a tree of `size` entries: 0 to 256."""
    return max(0, min(TILE_WIDTH, (size >> TILE_HEIGHT * level) - index * TILE_WIDTH))


def tiles_of(size: int) -> Iterator[Tile]:
    """Every tile of a tree of `size` entries and every bundle of its entries, partial ones at the end of their level."""
    levels = max(1, (size.bit_length() + TILE_HEIGHT - 1) // TILE_HEIGHT)
    for level in (None, *range(levels)):
        hashes = size >> TILE_HEIGHT * (level or 0)
        for index in range((hashes + TILE_WIDTH - 1) // TILE_WIDTH):
            yield Tile(level, index, tile_width(level or 0, index, size))


def build_bundle(entries: Iterable[bytes]) -> bytes:
    """Entries one after the other, each behind its length as uint16."""
    parts: list[bytes] = []
    for entry in entries:
        if len(entry) > ENTRY_SIZE_BYTES_MAX:
            raise ValueError(
                f"expected an entry of at most {ENTRY_SIZE_BYTES_MAX} bytes, found {len(entry)} bytes"
            )
        parts += (len(entry).to_bytes(_LENGTH_SIZE_BYTES, "big"), entry)
    return b"".join(parts)


def parse_bundle(data: bytes, width: int) -> list[bytes]:
    """The entries of a bundle of exactly that width."""
    entries: list[bytes] = []
    at = 0
    while at < len(data) and len(entries) < width:
        start = at + _LENGTH_SIZE_BYTES
        at = start + int.from_bytes(data[at:start], "big")
        # So it is, too, where the length itself is cut.
        if at > len(data):
            raise VerificationError(
                "malformed",
                expected=f"a whole entry as number {len(entries)} of the bundle",
                found="a cut one",
            )
        entries.append(data[start:at])
    if len(entries) != width or at != len(data):
        raise VerificationError(
            "malformed",
            expected=f"a bundle of {width} entries",
            found=f"{len(entries)} entries and {len(data) - at} more bytes",
        )
    return entries
