"""Lookups of single keys that share queries: whoever asks while one is under way goes together with the others in the next.

A room that votes at once asks for hundreds of sessions in the same moment; one query for all of them costs little more
than one for each of them would cost alone.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping
from itertools import islice
from typing import Generic, TypeVar

from cocreate.persistence.record_store import LOOKUPS_MAX

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class SharedLookup(Generic[K, V]):
    """Keeps nothing: an answer is as fresh as a query that began after it was asked for."""

    def __init__(self, ask: Callable[[Collection[K]], Awaitable[Mapping[K, V]]]) -> None:
        self._ask = ask
        self._waiting: dict[K, asyncio.Future[V | None]] = {}
        self._asking: asyncio.Task[None] | None = None

    async def get(self, key: K) -> V | None:
        """The key's value, None if it has none; raises what the query raises."""
        answer = self._waiting.get(key)
        if answer is None:
            answer = self._waiting[key] = asyncio.get_running_loop().create_future()
        if self._asking is None:
            self._asking = asyncio.create_task(self._answer_all(), name="lookups")
        # One who gives up must not take the answer from the others.
        return await asyncio.shield(answer)

    async def _answer_all(self) -> None:
        try:
            while self._waiting:
                asked = {key: self._waiting.pop(key) for key in list(islice(self._waiting, LOOKUPS_MAX))}
                await self._answer(asked)
        finally:
            self._asking = None

    async def _answer(self, asked: Mapping[K, asyncio.Future[V | None]]) -> None:
        try:
            found = await self._ask(asked.keys())
        except Exception as error:  # noqa: BLE001  # every waiter is told whatever it was
            for answer in asked.values():
                answer.set_exception(error)
                answer.exception()  # told, even where the waiter has gone
            return
        for key, answer in asked.items():
            answer.set_result(found.get(key))
