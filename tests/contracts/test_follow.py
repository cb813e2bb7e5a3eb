"""What every store promises to those who watch it."""

import asyncio
from collections.abc import Awaitable, Callable

from cocreate.persistence.record_store import RecordStore
from tests.contracts.batches import BOTANY, CINEMA, entries

OpenNode = Callable[[], Awaitable[RecordStore]]
PATIENCE_SECONDS = 20


async def test_another_nodes_append_is_seen(open_node: OpenNode) -> None:
    """The hint names the record or says that any may have moved; then reading finds the entries."""
    watcher, writer = await open_node(), await open_node()
    hints = watcher.follow()
    async with asyncio.timeout(PATIENCE_SECONDS):
        assert await anext(hints) is None
        await writer.append(entries(2))
        hint = await anext(hints)
        assert hint is None or BOTANY in hint
        assert await watcher.head(BOTANY) == 2
        await writer.append(entries(1, CINEMA))
        while await watcher.head(CINEMA) == 0:
            await anext(hints)
    await hints.aclose()  # type: ignore[attr-defined]


async def test_watching_ends_when_the_store_closes(open_node: OpenNode) -> None:
    """A follower needs no other signal to go home."""
    watcher = await open_node()

    async def watch() -> list[frozenset[str] | None]:
        return [hint async for hint in watcher.follow()]

    async with asyncio.timeout(PATIENCE_SECONDS):
        watching = asyncio.create_task(watch())
        async for _ in watcher.follow():
            break
        await watcher.close()
        assert set(await watching) <= {None}


async def test_two_watchers_of_one_node_both_see(open_node: OpenNode) -> None:
    """One follower takes nothing from another."""
    watcher, writer = await open_node(), await open_node()
    both = [watcher.follow(), watcher.follow()]
    async with asyncio.timeout(PATIENCE_SECONDS):
        for hints in both:
            assert await anext(hints) is None
        await writer.append(entries(1))
        for hints in both:
            hint = await anext(hints)
            assert hint is None or hint == {BOTANY}
            await hints.aclose()  # type: ignore[attr-defined]
