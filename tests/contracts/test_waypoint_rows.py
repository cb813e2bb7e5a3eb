"""What every store promises about saved states."""

from cocreate.persistence.record_store import RecordStore
from cocreate.persistence.waypoints import COVER, Part, Piece
from tests.contracts.batches import BOTANY, CINEMA, entries
from tests.contracts.conftest import OpenNode


def piece(
    number: int,
    *,
    size: int = 10,
    part: Part = "views",
    workshop: str = BOTANY,
    code: str = "c0de",
    sealed: bytes = b"",
) -> Piece:
    return Piece(workshop, size, part, number, code, sealed or b"\0%d\xff" % number)


async def keep(store: RecordStore, *pieces: Piece) -> None:
    for one in pieces:
        await store.waypoints.put(one)


async def test_pieces_come_back_in_order_and_in_portions(store: RecordStore) -> None:
    """Those of one part behind a number, and no more than was asked for."""
    kept = [piece(number) for number in (4, 2, COVER, 1, 3)]
    await keep(store, *kept, piece(1, part="rest"), piece(1, size=11), piece(1, workshop=CINEMA))
    read = store.waypoints.pieces
    assert await read(BOTANY, 10, "views", after=COVER, limit=3) == [piece(1), piece(2), piece(3)]
    assert await read(BOTANY, 10, "views", after=3, limit=3) == [piece(4)]
    assert await read(BOTANY, 10, "views", after=4, limit=3) == []


async def test_covers_come_back_latest_first(store: RecordStore) -> None:
    """Up to a size, or all of them; pieces are none."""
    covers = [
        piece(COVER, size=20),
        piece(COVER, size=10, part="rest"),
        piece(COVER, size=10),
        piece(COVER, size=5),
    ]
    await keep(store, *covers[::-1], piece(1, size=30), piece(COVER, size=40, workshop=CINEMA))
    assert await store.waypoints.covers(BOTANY) == covers
    assert await store.waypoints.covers(BOTANY, upto=10) == covers[1:]
    assert await store.waypoints.covers(BOTANY, upto=4) == []


async def test_a_piece_is_replaced(store: RecordStore) -> None:
    """Of two nodes that save at the same place the later one's stands."""
    await keep(store, piece(1), piece(1, code="c0de2", sealed=b"later"))
    found = await store.waypoints.pieces(BOTANY, 10, "views", after=COVER, limit=9)
    assert found == [piece(1, code="c0de2", sealed=b"later")]


async def test_a_part_is_thrown_away_alone(store: RecordStore) -> None:
    """Its cover and its pieces, and no others."""
    others = [
        piece(COVER, part="rest"),
        piece(COVER, size=11),
        piece(COVER, workshop=CINEMA),
    ]
    await keep(store, piece(COVER), piece(1), *others)
    await store.waypoints.drop(BOTANY, 10, "views")
    assert await store.waypoints.covers(BOTANY) == [others[1], others[0]]
    assert await store.waypoints.covers(CINEMA) == [others[2]]
    assert await store.waypoints.pieces(BOTANY, 10, "views", after=COVER, limit=9) == []


async def test_what_another_program_wrote_is_thrown_away(store: RecordStore) -> None:
    """All of the workshop's, cover or piece, and nothing of another workshop."""
    mine, theirs = piece(COVER, size=11), piece(COVER, workshop=CINEMA, code="01d")
    await keep(store, mine, theirs, piece(COVER, code="01d"), piece(1, code="01d"))
    await store.waypoints.drop_other_code(BOTANY, "c0de")
    assert await store.waypoints.covers(BOTANY) == [mine]
    assert await store.waypoints.covers(CINEMA) == [theirs]
    assert await store.waypoints.pieces(BOTANY, 10, "views", after=COVER, limit=9) == []


async def test_other_nodes_see_what_one_saved(open_node: OpenNode) -> None:
    """They lie in the store, beside the records."""
    one, other = await open_node(), await open_node()
    await one.append(entries(1))
    await one.waypoints.put(piece(COVER))
    assert await other.waypoints.covers(BOTANY) == [piece(COVER)]
