"""What every store promises about entries: one transaction, expected heads, ranges."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from cocreate.persistence.batch import Batch, Row, rows_of
from cocreate.persistence.errors import HeadMoved
from cocreate.persistence.record_store import READ_ROWS_MAX, RecordStore
from cocreate.record.page import Page
from tests.contracts.batches import BOTANY, CINEMA, command, entries, key, row, rows, sealed, seat, summary

OpenNode = Callable[[], Awaitable[RecordStore]]


async def test_what_was_appended_is_read_in_order(store: RecordStore) -> None:
    """Entries come back byte for byte, by position."""
    await store.append(entries(3))
    await store.append(entries(2, start=3))
    assert await store.read(BOTANY) == rows(5)
    assert await store.head(BOTANY) == 5


async def test_a_page_is_the_same_rows_in_columns(store: RecordStore) -> None:
    """Positions, names and entries, within the same range; empty columns where there is none."""
    await store.append(entries(9))
    page = await store.page(BOTANY, after=2, upto=8, limit=4)
    assert rows_of(BOTANY, page) == await store.read(BOTANY, after=2, upto=8, limit=4) == rows(4, start=3)
    assert list(page.positions) == [3, 4, 5, 6]
    assert await store.page(BOTANY, after=8) == Page((), (), ())


async def test_any_bytes_are_kept(store: RecordStore) -> None:
    """An entry is bytes, not text; its name is text, not ASCII."""
    whole = bytes(range(256)) * 200
    kept = Row(BOTANY, 0, "Vorschläge.v1", whole)
    await store.append(Batch({BOTANY: 0}, [kept]))
    assert await store.read(BOTANY) == [kept]


async def test_an_unknown_record_is_empty(store: RecordStore) -> None:
    """No row is no record, not an error."""
    assert await store.read(BOTANY) == []
    assert await store.head(BOTANY) == 0
    assert await store.heads([]) == {}


async def test_a_range_of_positions_is_read(store: RecordStore) -> None:
    """`after` is left out, `upto` is in, `limit` cuts the end."""
    await store.append(entries(10))

    async def positions(**which: int) -> list[int]:
        return [found.position for found in await store.read(BOTANY, **which)]

    assert await positions(after=6) == [7, 8, 9]
    assert await positions(upto=1) == [0, 1]
    assert await positions(after=2, upto=4) == [3, 4]
    assert await positions(after=2, limit=2) == [3, 4]
    assert await positions(after=9) == await positions(upto=-1) == await positions(after=5, upto=5) == []
    assert await positions(upto=99, limit=99) == list(range(10))


async def test_a_long_record_is_read_in_pages(store: RecordStore) -> None:
    """Without a limit one page comes, and the next begins after its last position."""
    await store.append(entries(READ_ROWS_MAX + 5))
    first = await store.read(BOTANY)
    assert len(first) == READ_ROWS_MAX
    assert await store.read(BOTANY, after=first[-1].position) == rows(5, start=READ_ROWS_MAX)


async def test_one_batch_writes_several_records_given_in_any_order(store: RecordStore) -> None:
    """The store sorts; each record goes on from its own head."""
    await store.append(entries(2, CINEMA))
    mixed = [row(3, CINEMA), row(1), row(2, CINEMA), row(0)]
    await store.append(Batch({BOTANY: 0, CINEMA: 2}, mixed))
    assert await store.read(BOTANY) == rows(2)
    assert await store.read(CINEMA) == rows(4, CINEMA)
    assert await store.heads([CINEMA, BOTANY]) == {BOTANY: 2, CINEMA: 4}


@pytest.mark.parametrize("believed", [0, 2, 4, 1_000])
async def test_a_writer_behind_or_ahead_of_the_store_writes_nothing(
    store: RecordStore, believed: int
) -> None:
    """Behind would write twice, ahead would write a hole; both are told which record moved."""
    await store.append(entries(3))
    everything = Batch(
        {BOTANY: believed, CINEMA: 0},
        [*rows(2, start=believed), *rows(2, CINEMA)],
        sealed=[sealed(0, CINEMA)],
        keys=[key(workshop=CINEMA)],
        commands=[command(0, CINEMA)],
        seats=[seat(workshop=CINEMA)],
        summaries=[summary(CINEMA)],
    )
    with pytest.raises(HeadMoved) as refused:
        await store.append(everything)
    assert refused.value.workshops == {BOTANY}
    assert await store.read(BOTANY) == rows(3)
    await _nothing_of_cinema(store)


async def test_an_expected_head_is_checked_without_rows_too(store: RecordStore) -> None:
    """A batch may only touch what lies beside the entries; its writer must still know the record."""
    await store.append(entries(3))
    with pytest.raises(HeadMoved):
        await store.append(Batch({BOTANY: 2}, seats=[seat()]))
    await store.append(Batch({BOTANY: 3}, seats=[seat()]))
    assert await store.seat(BOTANY, b"s" * 32) is not None


async def test_a_command_that_is_noted_already_undoes_the_whole_batch(store: RecordStore) -> None:
    """Rows, keys and texts of a batch stand or fall with its commands."""
    await store.append(entries(1, commands=[command(0)]))
    with pytest.raises(HeadMoved) as refused:
        await store.append(
            Batch(
                {BOTANY: 1, CINEMA: 0},
                [row(1), *rows(2, CINEMA)],
                sealed=[sealed(0, CINEMA)],
                keys=[key(workshop=CINEMA)],
                commands=[command(0), command(0, CINEMA)],
                seats=[seat(workshop=CINEMA)],
                summaries=[summary(CINEMA)],
            )
        )
    assert refused.value.workshops == {BOTANY, CINEMA}
    assert await store.read(BOTANY) == rows(1)
    await _nothing_of_cinema(store)
    await store.append(entries(1, start=1))


async def _nothing_of_cinema(store: RecordStore) -> None:
    assert await store.read(CINEMA) == []
    assert await store.sealed(CINEMA) == []
    assert await store.keys(CINEMA) == []
    assert await store.command(CINEMA, 0) is None
    assert await store.seat(CINEMA, b"s" * 32) is None
    assert await store.summaries() == []


@pytest.mark.parametrize(
    "wrong",
    [
        Batch({BOTANY: 0}, [row(1)]),
        Batch({BOTANY: 0}, [row(0), row(2)]),
        Batch({BOTANY: 0}, [row(0), row(0)]),
        Batch({BOTANY: 0}, [row(0), row(0, CINEMA)]),
    ],
    ids=["after the head", "with a hole", "twice", "without an expected head"],
)
async def test_rows_that_do_not_go_on_from_their_head_are_a_programmers_mistake(
    store: RecordStore, wrong: Batch
) -> None:
    """Such a batch never reaches the database."""
    with pytest.raises(ValueError, match="hole"):
        await store.append(wrong)
    assert await store.heads([BOTANY, CINEMA]) == {BOTANY: 0, CINEMA: 0}


async def test_an_empty_batch_does_nothing(store: RecordStore) -> None:
    """A sequencer whose commands were all refused need not think."""
    await store.append(Batch({}))


async def test_of_two_writers_at_one_head_one_wins(open_node: OpenNode) -> None:
    """The loser is told, reads the tail, and writes behind it."""
    first, second = await open_node(), await open_node()
    results = await asyncio.gather(
        first.append(entries(2)), second.append(entries(2)), return_exceptions=True
    )
    assert sorted(type(result).__name__ for result in results) == ["HeadMoved", "NoneType"]
    assert await first.read(BOTANY) == await second.read(BOTANY) == rows(2)
    await second.append(entries(1, start=await second.head(BOTANY)))
    assert await first.head(BOTANY) == 3


async def test_two_writers_of_the_same_records_never_wait_in_a_circle(open_node: OpenNode) -> None:
    """Whatever order their rows are given in, every append ends, and the records are whole."""
    nodes = [await open_node(), await open_node()]

    async def write(node: RecordStore, *, backwards: bool) -> int:
        won = 0
        for _ in range(25):
            heads = await node.heads([BOTANY, CINEMA])
            written = [
                row(heads[workshop] + step, workshop) for workshop in (BOTANY, CINEMA) for step in range(20)
            ]
            try:
                await node.append(Batch(heads, written[::-1] if backwards else written))
            except HeadMoved:
                continue
            won += 1
        return won

    won = await asyncio.gather(write(nodes[0], backwards=False), write(nodes[1], backwards=True))
    assert await nodes[0].heads([BOTANY, CINEMA]) == {BOTANY: 20 * sum(won), CINEMA: 20 * sum(won)}
    assert await nodes[0].read(BOTANY) == rows(20 * sum(won))


async def test_records_outlive_their_store(open_node: OpenNode) -> None:
    """What another node opens later is what was appended."""
    first = await open_node()
    await first.append(entries(3))
    await first.close()
    await first.close()
    assert await (await open_node()).read(BOTANY) == rows(3)
