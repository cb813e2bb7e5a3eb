"""Lookups share queries, keep nothing, and nobody suffers for another's impatience or failure."""

import asyncio
from collections.abc import Collection

import pytest

from cocreate.application.lookups import SharedLookup
from cocreate.persistence.record_store import LOOKUPS_MAX


class Shelf:
    """Answers with each key's double, after `open` is set; odd keys are not there."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.open = asyncio.Event()
        self.fails = False

    async def read(self, keys: Collection[int]) -> dict[int, int]:
        self.asked.append(list(keys))
        await self.open.wait()
        if self.fails:
            raise LookupError("the shelf is locked")
        return {key: 2 * key for key in keys if key % 2 == 0}


async def test_all_who_ask_at_once_share_one_query() -> None:
    """The same key is asked for once; a key that is not there has no value."""
    shelf = Shelf()
    shelf.open.set()
    lookup = SharedLookup(shelf.read)
    assert await asyncio.gather(*(lookup.get(key) for key in (2, 4, 2, 5))) == [4, 8, 4, None]
    assert shelf.asked == [[2, 4, 5]]


async def test_who_asks_during_a_query_gets_an_answer_that_began_later() -> None:
    """So nobody is told what was true before they asked."""
    shelf = Shelf()
    lookup = SharedLookup(shelf.read)
    first = asyncio.create_task(lookup.get(2))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    second, third = asyncio.create_task(lookup.get(2)), asyncio.create_task(lookup.get(6))
    await asyncio.sleep(0)
    shelf.open.set()
    assert [await first, await second, await third] == [4, 4, 12]
    assert shelf.asked == [[2], [2, 6]]


async def test_a_query_never_asks_for_more_than_the_store_takes() -> None:
    """The rest goes in the next ones."""
    shelf = Shelf()
    shelf.open.set()
    lookup = SharedLookup(shelf.read)
    keys = range(0, 2 * (2 * LOOKUPS_MAX + 1), 2)
    assert await asyncio.gather(*map(lookup.get, keys)) == [2 * key for key in keys]
    assert [len(asked) for asked in shelf.asked] == [LOOKUPS_MAX, LOOKUPS_MAX, 1]


async def test_one_who_gives_up_takes_the_answer_from_nobody() -> None:
    """The others of the same key still get it."""
    shelf = Shelf()
    lookup = SharedLookup(shelf.read)
    impatient, patient = (asyncio.create_task(lookup.get(2)) for _ in range(2))
    await asyncio.sleep(0)
    impatient.cancel()
    shelf.open.set()
    assert await patient == 4
    with pytest.raises(asyncio.CancelledError):
        await impatient


async def test_a_failed_query_is_told_to_its_waiters_and_the_next_one_is_asked_anew() -> None:
    """A store that was away for a moment is not away for ever."""
    shelf = Shelf()
    shelf.open.set()
    shelf.fails = True
    lookup = SharedLookup(shelf.read)
    for answer in await asyncio.gather(lookup.get(2), lookup.get(4), return_exceptions=True):
        assert isinstance(answer, LookupError)
    shelf.fails = False
    assert await lookup.get(2) == 4
