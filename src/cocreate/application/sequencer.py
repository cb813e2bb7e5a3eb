"""The single writer: a bounded queue, decided in batches, one transaction a batch, answers only after it is durable.

Life of a batch: taken → decided on speculative state → appended → folded → answered. A refusal fails its own command alone
and is answered after the batch, since it may rest on an event of the same batch. Ordinary failures tell the callers and
roll the state back; anything unexpected fails the batch, forgets every open workshop and goes on from replay.
"""

import asyncio
import random
import time
from collections.abc import Sequence

from structlog import get_logger

from cocreate.application.batching import Attempt, by_workshop
from cocreate.application.clock import Clock
from cocreate.application.errors import (
    AnswerLost,
    QueueFull,
    Stopping,
    StoreDown,
    TooManyWriters,
    Unavailable,
)
from cocreate.application.live import LiveWorkshops
from cocreate.application.ticket import Ticket, permuted
from cocreate.persistence.batch import Batch
from cocreate.persistence.errors import HeadMoved, OutcomeUnknown, StoreUnavailable
from cocreate.persistence.record_store import RecordStore

QUEUE_MAX = 20_000
"""Commands that may wait: about a second of work; more would wait longer than people do."""
BATCH_MAX = 512
"""Commands in one transaction; measured, larger ones gain nothing and answer later."""
ATTEMPTS_MAX = 12
"""Times a command is decided again because another node wrote first; from the third on each goes alone."""
RECHECKS_MAX = 5
"""Times the store is asked whether a batch with a lost answer is there."""

log = get_logger()


class Sequencer:
    """Owner of every open workshop's decision state while it holds `lives.turn`."""

    def __init__(
        self,
        store: RecordStore,
        lives: LiveWorkshops,
        clock: Clock,
        *,
        permute: random.Random | None = None,
        queue_max: int = QUEUE_MAX,
        batch_max: int = BATCH_MAX,
    ) -> None:
        self._store, self._lives, self._clock = store, lives, clock
        self._permute = permute
        self._batch_max = batch_max
        self._queue: asyncio.Queue[Ticket | None] = asyncio.Queue(queue_max)
        self._stopping = False
        self._writer: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._writer = asyncio.create_task(self._write(), name="sequencer")

    @property
    def running(self) -> bool:
        return self._writer is not None and not self._writer.done()

    @property
    def waiting(self) -> int:
        return self._queue.qsize()

    def offer(self, ticket: Ticket) -> None:
        """Queue a ticket behind those before it. Raises QueueFull or Stopping; the ticket's answer comes later."""
        if self._stopping or not self.running:
            raise Stopping()
        try:
            self._queue.put_nowait(ticket)
        except asyncio.QueueFull:
            raise QueueFull() from None

    async def stop(self) -> None:
        """Take nothing more, finish what waits, end."""
        self._stopping = True
        if self._writer is not None and not self._writer.done():
            await self._queue.put(None)
            await self._writer

    async def _write(self) -> None:
        ending = False
        try:
            while not ending:
                tickets, ending = await self._take()
                if tickets:
                    async with self._lives.turn:
                        await self._run(tickets)
        finally:
            self._stopping = True
            while not self._queue.empty():
                if (ticket := self._queue.get_nowait()) is not None:
                    ticket.fail(Stopping())

    async def _take(self) -> tuple[list[Ticket], bool]:
        """What is waiting, up to a batch; it does not linger. The second says that the end has come."""
        first = await self._queue.get()
        tickets: list[Ticket] = []
        while first is not None:
            tickets.append(first)
            if len(tickets) == self._batch_max or self._queue.empty():
                return tickets, False
            first = self._queue.get_nowait()
        return tickets, True

    async def _run(self, tickets: Sequence[Ticket]) -> None:
        """Every ticket is answered when this returns."""
        began = time.perf_counter()
        order = tickets if self._permute is None else permuted(tickets, self._permute)
        try:
            await self._commit(order, attempt=1)
        except Unavailable as unavailable:
            self._fail(tickets, unavailable)
        except Exception as error:
            # What is in memory may be ahead of the store: forget all of it, fail the batch, go on from replay.
            log.exception("batch_failed", error=type(error).__name__, commands=len(tickets))
            self._lives.forget([live.id for live in self._lives.opened()])
            self._fail(tickets, AnswerLost())
        else:
            log.debug("batch_committed", commands=len(tickets), seconds=round(time.perf_counter() - began, 6))

    async def _commit(self, tickets: Sequence[Ticket], *, attempt: int) -> None:
        tried = Attempt(self._store, self._lives, self._clock)
        try:
            batch = await tried.decide(tickets)
            if batch.rows:
                await self._append(batch)
        except HeadMoved:
            tried.rollback()
            await self._again(tickets, attempt)
            return
        except StoreUnavailable as error:
            tried.rollback()
            raise StoreDown() from error
        except Unavailable:
            tried.rollback()
            raise
        tried.commit()

    async def _again(self, tickets: Sequence[Ticket], attempt: int) -> None:
        """Another writer was first: fold what it wrote and decide again, in smaller and smaller parts."""
        if attempt == ATTEMPTS_MAX:
            self._fail(tickets, TooManyWriters())
            return
        for workshop in {ticket.workshop for ticket in tickets}:
            await self._lives.refresh(workshop)
        parts = [tickets]
        if attempt >= 3:
            parts = [[ticket] for ticket in tickets]
        elif attempt == 2:
            parts = by_workshop(tickets)
        for part in parts:
            await self._commit(part, attempt=attempt + 1)

    async def _append(self, batch: Batch) -> None:
        """One transaction. A lost answer is settled by comparing the stored bytes of the first row."""
        try:
            await self._store.append(batch)
        except OutcomeUnknown as lost:
            first = batch.rows[0]
            for recheck in range(RECHECKS_MAX):
                try:
                    stored = await self._store.read(
                        first.workshop, after=first.position - 1, upto=first.position, limit=1
                    )
                except StoreUnavailable:
                    await asyncio.sleep(0.1 * 2**recheck)
                    continue
                if not stored:
                    raise AnswerLost() from lost
                if stored[0].entry != first.entry:
                    raise HeadMoved(frozenset({first.workshop})) from lost
                return
            self._lives.forget(batch.heads)
            raise AnswerLost() from lost

    def _fail(self, tickets: Sequence[Ticket], error: Exception) -> None:
        for ticket in tickets:
            ticket.fail(error)
