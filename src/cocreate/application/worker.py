"""A node without a writer of its own: it reads the store, and forwards what people ask to the writer's process.

It follows what its writer tells it rather than the store's own hints. What it is told of costs nothing until somebody reads:
votes by the thousand are folded some twenty times a second, or the moment a view is asked for.
"""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

from cocreate.application.actions_workshop import CreateWorkshop
from cocreate.application.asked import Asked, Caller
from cocreate.application.clock import Clock
from cocreate.application.drafting import Action
from cocreate.application.errors import AnswerLost, QueueFull, Stopping
from cocreate.application.link import Ask, Creation, Link, error_of
from cocreate.application.lives import LiveWorkshops
from cocreate.application.memory import Memory
from cocreate.application.service import NotAHost, Service
from cocreate.application.ticket import Answer, Receipt, Waiting
from cocreate.application.timekeeper import EVICTION_EVERY, PERIOD_S
from cocreate.persistence.record_store import RecordStore
from cocreate.persistence.sealing import Vault

OUTSTANDING_MAX = 10_000
"""Commands of one worker that wait for the writer: half of what its queue takes, so that one cannot fill it."""
FOLLOW_EVERY_S = 0.05
"""Between two folds of what nobody has asked for yet: streams come later by this much at most."""


class RemoteSequencer:
    """Owner of the worker's end of the link, and of what is not answered yet."""

    def __init__(self, lives: LiveWorkshops, *, outstanding_max: int = OUTSTANDING_MAX) -> None:
        self._lives, self._outstanding_max = lives, outstanding_max
        self.link = Link(self._take, self._end)
        self.gone = asyncio.Event()
        """The writer is no more: nothing can be written through this worker, ever."""
        self._outstanding: dict[int, Answer] = {}
        self._number = 0
        self._moved: set[str] = set()
        self._any_moved = False
        self._told = asyncio.Event()

    def start(self) -> None:
        """It takes commands as long as its link is up."""

    @property
    def running(self) -> bool:
        return self.link.up

    @property
    def waiting(self) -> int:
        return len(self._outstanding)

    def offer(self, waiting: Waiting) -> None:
        """Send it to the writer. Raises QueueFull or Stopping; its answer comes later."""
        assert isinstance(waiting, Asked), "ready commands are the writer's own"
        number = self._take_number(waiting.answer)
        ask: Ask = (
            *(number, waiting.workshop, waiting.caller.session, waiting.draft.seat),
            *(type(waiting.action), _said(waiting.action), waiting.key),
        )
        self.link.send(ask)

    async def create(self, session: bytes, action: CreateWorkshop, key: str | None) -> Receipt:
        """Have the writer start a record for this host. Raises what `Service.create` raises there."""
        answer: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
        ask: Creation = (self._take_number(answer), None, session, None, type(action), _said(action), key)
        self.link.send(ask)
        return await answer

    async def stop(self) -> None:
        self.link.close()

    async def hints(self) -> AsyncGenerator[frozenset[str] | None, None]:
        """Records that have moved, as a store's `follow` gives them, at most every FOLLOW_EVERY_S."""
        yield None
        while True:
            await self._told.wait()
            await asyncio.sleep(FOLLOW_EVERY_S)
            moved, self._moved = frozenset(self._moved), set()
            self._told.clear()
            if self._any_moved:
                self._any_moved = False
                yield None
            else:
                yield moved

    def _take_number(self, answer: Answer) -> int:
        if not self.link.up:
            raise Stopping()
        if len(self._outstanding) >= self._outstanding_max:
            raise QueueFull()
        self._number += 1
        self._outstanding[self._number] = answer
        return self._number

    def _take(self, items: list[Any]) -> None:
        own: dict[str, int] = {}
        for item in items:
            if not isinstance(item, tuple):
                self._note(item)
                continue
            number, fields, failure = item
            answer = self._outstanding.pop(number)
            if failure is not None:
                if not answer.done():
                    answer.set_exception(error_of(failure))
                continue
            receipt = Receipt(*fields)
            if receipt.position is not None:
                own[receipt.workshop] = receipt.position + receipt.count
            if not answer.done():
                answer.set_result(receipt)
        # Even where this worker is told of moves later: nobody misses what they did themselves.
        self._lives.expect(own)

    def _note(self, moved: dict[str, int] | None) -> None:
        if moved is None:
            self._any_moved = True
        else:
            self._moved |= moved.keys()
            self._lives.expect(moved)
        self._told.set()

    def _end(self) -> None:
        outstanding, self._outstanding = self._outstanding, {}
        for answer in outstanding.values():
            if not answer.done():
                answer.set_exception(AnswerLost())
        self.gone.set()


class Worker(Service):
    """A service whose sequencer is in another process. Its rate limits and its caches are its own, as every node's are."""

    def __init__(
        self,
        store: RecordStore,
        vault: Vault,
        *,
        clock: Clock | None = None,
        memory: Memory | None = None,
        outstanding_max: int = OUTSTANDING_MAX,
    ) -> None:
        super().__init__(store, vault, clock=clock, memory=memory)
        self.remote = RemoteSequencer(self.lives, outstanding_max=outstanding_max)
        self.sequencer = self.remote

    async def start(self) -> None:
        """Follow the writer; its timekeeper keeps the clock's promises for all."""
        self._tasks = [
            asyncio.create_task(self.lives.follow(self.remote.hints), name="follower"),
            asyncio.create_task(self._evict(), name="eviction"),
        ]

    async def create(self, caller: Caller, action: CreateWorkshop, key: str | None = None) -> Receipt:
        if not caller.host or caller.session is None:
            raise NotAHost()
        return await self.remote.create(caller.session, action, key)

    async def _evict(self) -> None:
        while True:
            await asyncio.sleep(PERIOD_S * EVICTION_EVERY)
            async with self.lives.turn:
                self.lives.evict_idle()


def _said(action: Action) -> bytes:
    return action.__pydantic_serializer__.to_json(action)
