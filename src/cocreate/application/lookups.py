"""Lookups of single keys that share queries: whoever asks while one is under way goes together with the others in the next.

A room that votes at once asks for hundreds of sessions in the same moment; one query for all of them costs little more
than one for each of them would cost alone.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping
from itertools import chain, islice
from typing import Generic, TypeVar

from cocreate.persistence.record_store import LOOKUPS_MAX

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class SharedLookup(Generic[K, V]):
    """Keeps nothing: an answer is as fresh as a query that began after it was asked for."""

    def __init__(self, ask: Callable[[Collection[K]], Awaitable[Mapping[K, V]]]) -> None:
        self._ask = ask
        self._waiting: dict[K, list[asyncio.Future[V | None]]] = {}
        """Each who asks has a future of their own: one who gives up takes the answer from nobody."""
        self._asking: asyncio.Task[None] | None = None

    async def get(self, key: K) -> V | None:
        """The key's value, None if it has none; raises what the query raises."""
        answer: asyncio.Future[V | None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, []).append(answer)
        if self._asking is None:
            self._asking = asyncio.create_task(self._answer_all(), name="lookups")
        return await answer

    async def _answer_all(self) -> None:
        try:
            while self._waiting:
                asked = {key: self._waiting.pop(key) for key in list(islice(self._waiting, LOOKUPS_MAX))}
                await self._answer(asked)
        finally:
            self._asking = None

    async def _answer(self, asked: Mapping[K, list[asyncio.Future[V | None]]]) -> None:
        try:
            found = await self._ask(asked.keys())
        except Exception as error:  # noqa: BLE001  # every waiter is told whatever it was
            for answer in chain.from_iterable(asked.values()):
                if not answer.done():
                    answer.set_exception(error)
            return
        for key, answers in asked.items():
            for answer in answers:
                if not answer.done():
                    answer.set_result(found.get(key))
