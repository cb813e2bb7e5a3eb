"""The single writer: a bounded queue, decided in batches, one transaction a batch, answers only after it is durable.

Life of a batch: taken → decided on speculative state → appended → folded → answered. A refusal fails its own command alone
and is answered after the batch, since it may rest on an event of the same batch. Ordinary failures tell the callers and
roll the state back; anything unexpected fails the batch, forgets every open workshop and goes on from replay.
"""

import asyncio
import random
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress

from structlog import get_logger

from cocreate.application.batching import Attempt, by_workshop
from cocreate.application.clock import Clock
from cocreate.application.errors import (
    AnswerLost,
    QueueFull,
    RecordDamaged,
    Stopping,
    StoreDown,
    TooManyWriters,
    Unavailable,
)
from cocreate.application.lives import LiveWorkshops
from cocreate.application.ticket import Ticket, Waiting, permuted
from cocreate.persistence.batch import Batch
from cocreate.persistence.errors import HeadMoved, OutcomeUnknown, StoreUnavailable
from cocreate.persistence.record_store import RecordStore

QUEUE_MAX = 20_000
"""Commands that may wait: about a second of work; more would wait longer than people do."""
BATCH_MAX = 512
"""Commands in one transaction; measured, larger ones gain nothing and answer later."""
GATHER_S = 0.006
"""How long the writer waits for more, where commands have lately come together: at 500 votes a second, each committed by itself,
commits would cost more than all else."""
GATHERED = 32
"""Commands that wait for no more, but where the last batch had more: then as many as that had. A room that votes at once comes to
be written in two halves, each while the other is read, and the same code for more of them costs each less."""
TOGETHER_RARE = 0.25
"""The share of batches of more than one command below which none is made to wait: one sender's, one after the other, never are."""
TOGETHER_MEMORY = 16
"""Batches over which that share is taken, the latest weighing most."""
ATTEMPTS_MAX = 14
"""Times a command is decided because another node wrote first: twice with its batch, once with those of its workshop, then
in halves, so that a batch of 512 has come down to single commands and each has had three tries alone."""
RECHECKS_MAX = 5
"""Times the store is asked whether a batch with a lost answer is there."""
RECHECK_PAUSE_S = 0.1
"""Before it is asked again; doubled each time, so 3 s in all."""

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
        gather_s: float = GATHER_S,
    ) -> None:
        self._store, self._lives, self._clock = store, lives, clock
        self._permute = permute
        self._queue_max, self._batch_max, self._gather_s = queue_max, batch_max, gather_s
        self._queue: deque[Waiting] = deque()
        self._come = asyncio.Event()
        """Something waits, or nothing will come any more."""
        self._enough = asyncio.Event()
        """So much waits that nothing more is waited for, or nothing more will come."""
        self._wanted = GATHERED
        """How many wait for no more."""
        self._together = 0.0
        """The share of the latest batches that more than one command was in."""
        self._takes = False
        self._writer: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._takes = True
        self._writer = asyncio.create_task(self._write(), name="sequencer")

    @property
    def running(self) -> bool:
        return self._writer is not None and not self._writer.done()

    @property
    def waiting(self) -> int:
        return len(self._queue)

    def offer(self, waiting: Waiting) -> None:
        """Queue it behind those before it. Raises QueueFull or Stopping; its answer comes later."""
        if not self._takes:
            raise Stopping()
        if len(self._queue) >= self._queue_max:
            raise QueueFull()
        self._queue.append(waiting)
        self._come.set()
        if len(self._queue) >= self._wanted:
            self._enough.set()

    async def stop(self) -> None:
        """Take nothing more, finish what waits, end."""
        self._takes = False
        self._come.set()
        self._enough.set()
        if self._writer is not None and not self._writer.done():
            await self._writer

    async def _write(self) -> None:
        try:
            while taken := await self._take():
                async with self._lives.turn:
                    await self._run(taken)
        finally:
            self._takes = False
            while self._queue:
                self._queue.popleft().fail(Stopping())

    async def _take(self) -> list[Waiting]:
        """What is waiting, up to a batch. Nothing once all is done and nothing more will come."""
        while not self._queue and self._takes:
            self._come.clear()
            await self._come.wait()
        if self._together > TOGETHER_RARE and len(self._queue) < self._wanted and self._takes:
            self._enough.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._gather_s):
                    await self._enough.wait()
        taken = [self._queue.popleft() for _ in range(min(len(self._queue), self._batch_max))]
        self._wanted = max(GATHERED, len(taken))
        self._together += ((len(taken) > 1) - self._together) / TOGETHER_MEMORY
        return taken

    async def _made(self, taken: Sequence[Waiting]) -> list[Ticket]:
        """The tickets of what was taken; who cannot have one is told why, once this node knows all that others wrote."""
        tickets, failed = made(taken)
        if failed and await self._refreshed({waiting.workshop for waiting, _ in failed}):
            more, failed = made([waiting for waiting, _ in failed])
            tickets += more
        for waiting, error in failed:
            waiting.fail(error)
        return tickets

    async def _refreshed(self, workshops: set[str]) -> bool:
        """Fold what other nodes wrote to these workshops; whether there was anything."""
        try:
            heads = await self._store.heads(workshops)
            opened = [live for workshop in workshops if (live := self._lives.find(workshop)) is not None]
            behind = [live for live in opened if live.size < heads[live.id]]
            for live in behind:
                await self._lives.refresh(live.id)
        except (StoreUnavailable, RecordDamaged):
            return False  # what was found out from what is known stands
        return bool(behind)

    async def _run(self, taken: Sequence[Waiting]) -> None:
        """Everybody is answered when this returns."""
        began = time.perf_counter()
        try:
            tickets = await self._made(taken)
            order = tickets if self._permute is None else permuted(tickets, self._permute)
            if order:
                await self._commit(order, attempt=1)
        except Unavailable as unavailable:
            self._fail(taken, unavailable)
        except StoreUnavailable:
            self._fail(taken, StoreDown())
        except asyncio.CancelledError:
            self._fail(taken, AnswerLost())
            raise
        except Exception as error:
            # What is in memory may be ahead of the store: forget all of it, fail the batch, go on from replay.
            log.exception("batch_failed", error=type(error).__name__, commands=len(taken))
            self._lives.forget([live.id for live in self._lives.opened()])
            self._fail(taken, AnswerLost())
        else:
            log.debug("batch_committed", commands=len(taken), seconds=round(time.perf_counter() - began, 6))

    async def _commit(self, tickets: Sequence[Ticket], *, attempt: int) -> None:
        tried = Attempt(self._store, self._lives, self._clock)
        try:
            batch = await tried.decide(tickets)
            # Before the append: after it nothing may fail any more that is not told by its outcome.
            await tried.require_current(tried.unwritten() - batch.heads.keys())
            if batch.rows:
                await self._append(batch)
        except HeadMoved:
            tried.rollback()
            await self._again(tickets, attempt)
            return
        except (StoreUnavailable, Unavailable):
            tried.rollback()
            raise
        tried.commit()

    async def _again(self, tickets: Sequence[Ticket], attempt: int) -> None:
        """Another writer was first: fold what it wrote and decide again, in smaller and smaller parts.

        What collides by itself, and not because another node is busy, is alone in the end and hurts nobody else.
        """
        if attempt == ATTEMPTS_MAX:
            # Should a node ever be ahead of its store, it comes back by replay.
            self._lives.forget({ticket.workshop for ticket in tickets})
            self._fail(tickets, TooManyWriters())
            return
        for workshop in {ticket.workshop for ticket in tickets}:
            await self._lives.refresh(workshop)
        parts: Sequence[Sequence[Ticket]] = [tickets]
        if attempt == 2:
            parts = by_workshop(tickets)
        elif attempt > 2 and len(tickets) > 1:
            middle = len(tickets) // 2
            parts = [tickets[:middle], tickets[middle:]]
        for part in parts:
            await self._commit(part, attempt=attempt + 1)

    async def _append(self, batch: Batch) -> None:
        """One transaction. A lost answer is settled by comparing the stored bytes."""
        try:
            await self._store.append(batch)
        except OutcomeUnknown as lost:
            for recheck in range(RECHECKS_MAX):
                try:
                    if await self._is_stored(batch):
                        return
                except StoreUnavailable:
                    await asyncio.sleep(RECHECK_PAUSE_S * 2**recheck)
                    continue
                raise AnswerLost() from lost
            self._lives.forget(batch.heads)
            raise AnswerLost() from lost

    async def _is_stored(self, batch: Batch) -> bool:
        """Whether the batch is on the record; False where its places are empty. Raises HeadMoved where others stand there.

        All rows are compared: another node may have written the first one, the same to the byte, if both did what the
        clock caused in the same millisecond.
        """
        written = 0
        for workshop, head in batch.heads.items():
            rows = [row for row in batch.rows if row.workshop == workshop]
            stored = await self._store.read(
                workshop, after=head - 1, upto=head + len(rows) - 1, limit=len(rows)
            )
            if stored and stored != rows:
                raise HeadMoved(frozenset({workshop}))
            written += len(stored)
        if written not in (0, len(batch.rows)):
            raise HeadMoved(frozenset(batch.heads))
        return written > 0

    def _fail(self, waiting: Sequence[Waiting], error: Exception) -> None:
        for one in waiting:
            one.fail(error)


def made(taken: Sequence[Waiting]) -> tuple[list[Ticket], list[tuple[Waiting, Exception]]]:
    """The tickets of what was taken, and who cannot have one, and why.

    They are made here, one after the other, and not as each request comes in: the same few hundred lines of code for all of a
    batch cost half of what they cost between two requests.
    """
    tickets, failed = [], []
    for waiting in taken:
        try:
            tickets.append(waiting.ticket())
        except Exception as error:  # noqa: BLE001  # whatever a request makes its command raise is its sender's to hear
            failed.append((waiting, error))
    return tickets, failed
