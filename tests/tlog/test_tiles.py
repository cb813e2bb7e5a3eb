"""Tiles have one path each, hold what the tree holds, and nothing that is cut, long or missing passes for one."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cocreate.tlog.errors import VerificationError
from cocreate.tlog.merkle import leaf_hash
from cocreate.tlog.tiles import (
    ENTRY_SIZE_BYTES_MAX,
    Tile,
    build_bundle,
    parse_bundle,
    parse_tile_path,
    tile_width,
    tiles_of,
)
from tests.tlog.known import vectors

TILES = st.builds(Tile, st.none() | st.integers(0, 63), st.integers(0, 10**18 - 1), st.integers(1, 256))


def test_the_published_path_is_written() -> None:
    """1,234,067 in groups of three digits, all but the last marked."""
    published = vectors("notes.json")["tile_path"]["index_1234067"]
    assert Tile(0, 1_234_067).path == f"tile/0/{published}"
    assert Tile(None, 1_234_067, 8).path == f"tile/entries/{published}.p/8"
    assert parse_tile_path(f"tile/63/{published}.p/255") == Tile(63, 1_234_067, 255)


@given(TILES)
def test_a_path_comes_back(tile: Tile) -> None:
    """Every level, index and width."""
    assert parse_tile_path(tile.path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "",
        "checkpoint",
        "tile/0/0",
        "tile/0/0000",
        "tile/0/1000",
        "tile/0/x000/001",
        "tile/0/001/001",
        "tile/0/x001",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/8/0/000",
        "tile/entry/000",
        "tile/0/000.p/0",
        "tile/0/000.p/00",
        "tile/0/000.p/01",
        "tile/0/000.p/256",
        "tile/0/000.p/999",
        "tile/0/000.p/",
        "tile/0/000.p",
        "tile/0/000/",
        "tile/0/000\n",
        "tile/0/٠٠٠",
        "/tile/0/000",
        "tile/0/../0/000",
        "tile/0/" + "x001/" * 6 + "000",
    ],
)
def test_another_path_names_no_tile(path: str) -> None:
    """One spelling each: what is cached under one address is never fetched under two."""
    with pytest.raises(VerificationError) as caught:
        parse_tile_path(path)
    assert caught.value.reason == "malformed"


def test_the_width_at_each_level_is_what_the_size_leaves() -> None:
    """As the specification has it: (size >> 8 level) & 255 at the end of a level, 256 before it, 0 behind it."""
    size = 70_000
    assert [tile_width(0, index, size) for index in (0, 272, 273, 274)] == [256, 256, 112, 0]
    assert [tile_width(1, index, size) for index in (0, 1, 2)] == [256, 17, 0]
    assert [tile_width(2, index, size) for index in (0, 1)] == [1, 0]
    assert tile_width(3, 0, size) == 0
    assert 70_000 & 255 == 112
    assert (70_000 >> 8) & 255 == 17


@given(st.integers(0, 200_000))
def test_a_log_is_served_as_all_its_hashes_and_entries_once(size: int) -> None:
    """No empty tiles, none twice; entries and level 0 alike."""
    tiles = list(tiles_of(size))
    assert len(set(tiles)) == len(tiles)
    assert all(tile.is_of(size) for tile in tiles)
    held = {level: sum(tile.width for tile in tiles if tile.level == level) for level in (None, 0, 1, 2)}
    assert held == {None: size, 0: size, 1: size >> 8, 2: size >> 16}
    for before, after in pairwise(tiles):
        assert before.level != after.level or (after.index == before.index + 1 and before.width == 256)


@given(st.integers(0, 70_000), TILES)
def test_a_log_has_no_tile_that_it_never_had(size: int, tile: Tile) -> None:
    """A partial one stays when it fills up: a checkpoint of before may be read with it."""
    first_size = (tile.index * 256 + tile.width) << 8 * (tile.level or 0)
    assert tile.is_of(size) == (size >= first_size)


@pytest.mark.parametrize("width", [0, -1])
def test_no_tile_is_empty(width: int) -> None:
    """Not even where the level begins."""
    assert not Tile(0, 0, width).is_of(1000)


@given(st.lists(st.binary(max_size=40), max_size=20), st.data())
def test_a_bundle_is_its_entries(entries: list[bytes], data: st.DataObject) -> None:
    """Empty ones too; cut anywhere, longer or of another width it is refused."""
    bundle = build_bundle(entries)
    assert parse_bundle(bundle, len(entries)) == entries
    wrong = [(bundle + b"\0", len(entries)), (bundle + b"\0\0", len(entries)), (bundle, len(entries) + 1)]
    if entries:
        cut = data.draw(st.integers(0, len(bundle) - 1))
        wrong += [(bundle[:cut], len(entries)), (bundle, len(entries) - 1)]
    for found, width in wrong:
        with pytest.raises(VerificationError) as caught:
            parse_bundle(found, width)
        assert caught.value.reason == "malformed"


def test_an_entry_that_its_length_cannot_name_is_refused() -> None:
    """The longest comes back."""
    longest = bytes(ENTRY_SIZE_BYTES_MAX)
    assert parse_bundle(build_bundle([longest, b"next"]), 2) == [longest, b"next"]
    with pytest.raises(ValueError, match="65535 bytes"):
        build_bundle([longest + b"\0"])


def test_another_writers_tiles_are_reproduced_byte_for_byte() -> None:
    """The bundle and the hash tile of the Tessera test log, by entries and by path."""
    known = vectors("tessera_log.json")
    entries = [entry.encode() for entry in known["entries"]]
    assert build_bundle(entries).hex() == known["entry_bundle_15_hex"]
    assert parse_bundle(bytes.fromhex(known["entry_bundle_15_hex"]), 15) == entries
    assert b"".join(map(leaf_hash, entries)).hex() == known["hash_tile_15_hex"]
    assert [tile.path for tile in tiles_of(15)] == ["tile/entries/000.p/15", "tile/0/000.p/15"]
