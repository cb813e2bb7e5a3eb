"""Nodes for tests: services on real stores, a clock that moves by hand, and a store that fails at a chosen step."""

import asyncio
import hashlib
import random
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any, Literal, TypeVar, cast

from pydantic import TypeAdapter

from cocreate.application import (
    Caller,
    CastBallot,
    CreateWorkshop,
    Join,
    LiveWorkshop,
    OpenRound,
    OpenWorkshop,
    Receipt,
    Service,
    SubmitIdea,
)
from cocreate.application.clock import Clock
from cocreate.application.live import decode_row
from cocreate.application.sequencer import BATCH_MAX, GATHER_S, QUEUE_MAX, Sequencer
from cocreate.domain.messages import Recorded
from cocreate.domain.voting import Rules
from cocreate.persistence.batch import Batch, Row
from cocreate.persistence.errors import HeadMoved, OutcomeUnknown, StoreUnavailable
from cocreate.persistence.record_store import RecordStore
from cocreate.persistence.sealing import Vault
from cocreate.record.page import Page

NOON = 1_700_000_000_000
DAY_MS = 86_400_000
PATIENCE_S = 30
VAULT = Vault(b"an instance key of thirty-two by")

T = TypeVar("T")
Fault = Literal[
    "fine",
    "down",
    "conflict",
    "lost, stored",
    "lost, absent",
    "lost, then down",
    "a bug",
    "no answer",
]


class Hands:
    """The hands of a clock: `ms` is its time."""

    def __init__(self, ms: int = NOON) -> None:
        self.ms = ms
        self.steady_ms = 0

    def clock(self) -> Clock:
        return Clock(wall=lambda: self.ms, monotonic=lambda: self.steady_ms)

    def forward(self, ms: int) -> None:
        """Time passes, as it does."""
        self.ms += ms
        self.steady_ms += ms

    def jump(self, ms: int) -> None:
        """Somebody sets the wall clock."""
        self.ms += ms


class FailingStore:
    """A real store whose appends (and reads) fail as they are told to, in order; after that all is well again."""

    def __init__(self, store: RecordStore) -> None:
        self.real = store
        self.faults: deque[Fault | Callable[[], Awaitable[None]]] = deque()
        self.reads_down = 0
        self.batches: list[Batch] = []
        """Every batch it was asked to append, whatever became of it."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def fail(self, *faults: Fault | Callable[[], Awaitable[None]]) -> None:
        self.faults.extend(faults)

    async def append(self, batch: Batch) -> None:
        if not batch.rows:
            await self.real.append(batch)
            return
        self.batches.append(batch)
        fault = self.faults.popleft() if self.faults else "fine"
        if callable(fault):
            await fault()
            fault = "fine"
        if fault == "down":
            raise StoreUnavailable("told to be down")
        if fault == "conflict":
            raise HeadMoved(frozenset(batch.heads))
        if fault == "a bug":
            raise RuntimeError("nobody expected this")
        if fault == "lost, then down":
            self.reads_down = 2
        if fault != "lost, absent":
            await self.real.append(batch)
        if fault == "no answer":
            await asyncio.get_running_loop().create_future()
        if fault != "fine":
            raise OutcomeUnknown("told to lose the answer")

    async def read(self, workshop: str, **asked: Any) -> list[Row]:
        self._answer()
        return await self.real.read(workshop, **asked)

    async def page(self, workshop: str, **asked: Any) -> Page:
        self._answer()
        return await self.real.page(workshop, **asked)

    def _answer(self) -> None:
        if self.reads_down:
            self.reads_down -= 1
            raise StoreUnavailable("told to be down")


def make_service(
    store: RecordStore | FailingStore,
    hands: Hands,
    *,
    permute: random.Random | None = None,
    queue_max: int = QUEUE_MAX,
    batch_max: int = BATCH_MAX,
    gather_s: float = GATHER_S,
) -> Service:
    """A node that is not started yet. It permutes nothing unless it is told to."""
    opened = cast("RecordStore", store)
    service = Service(opened, VAULT, clock=hands.clock())
    service.sequencer = Sequencer(
        opened,
        service.lives,
        service.clock,
        permute=permute,
        queue_max=queue_max,
        batch_max=batch_max,
        gather_s=gather_s,
    )
    return service


def sequencer_of(service: Service) -> Sequencer:
    """The one of this process, as every node has it that is no worker."""
    assert isinstance(service.sequencer, Sequencer)
    return service.sequencer


@asynccontextmanager
async def running(
    store: RecordStore | FailingStore, hands: Hands | None = None, *, timekeeper: bool = True, **limits: Any
) -> AsyncIterator[Service]:
    """A started node; stopped at the end. Without its timekeeper nothing is written but what a test asks for."""
    service = make_service(store, hands or Hands(), **limits)
    await service.start()
    if not timekeeper:
        service._tasks.pop().cancel()
    try:
        yield service
    finally:
        await service.stop()


async def until(condition: Callable[[], bool | Awaitable[bool]], what: str) -> None:
    """Let the others run until something is so; a failure says what never came."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            answer = condition()
            if answer if isinstance(answer, bool) else await answer:
                return
            await asyncio.sleep(0)
    raise AssertionError(what)


def person(name: str) -> Caller:
    """Somebody with a browser."""
    return Caller(hashlib.sha256(name.encode()).digest())


HOST = Caller(hashlib.sha256(b"the host").digest(), host=True)


async def create(service: Service, *, key: str | None = None, opened: bool = True, **facts: Any) -> str:
    """A workshop of HOST's, open unless told otherwise."""
    receipt = await service.create(HOST, scheduled(**facts), key)
    if opened:
        await service.execute(HOST, receipt.workshop, OpenWorkshop())
    return receipt.workshop


def scheduled(**facts: Any) -> CreateWorkshop:
    given = {"title": "A plaza", "host": "The city", "starts_at": NOON, "ends_at": NOON + DAY_MS}
    return CreateWorkshop.model_validate(given | facts)


async def join(service: Service, workshop: str, *names: str) -> list[Caller]:
    """People who come in by the code; the pseudonyms are the seats'."""
    callers = [person(name) for name in names]
    for caller in callers:
        await service.execute(caller, workshop, Join())
    return callers


async def seat(service: Service, workshop: str, caller: Caller) -> str:
    held = await service.doors.seat(workshop, caller.session)
    assert held is not None
    return held


async def idea(service: Service, workshop: str, caller: Caller, text: str = "A fountain") -> str:
    receipt = await service.execute(caller, workshop, SubmitIdea(text=text))
    return receipt.aggregates[0]


RULES: TypeAdapter[Any] = TypeAdapter(Rules)


async def open_round(
    service: Service, workshop: str, options: Sequence[str], method: str = "approval", **facts: Any
) -> str:
    given: dict[str, Any] = {
        "question": "Which?",
        "rules": RULES.validate_python(rules_of(method)),
        "options": tuple(options),
    }
    receipt = await service.execute(HOST, workshop, OpenRound(**(given | facts)))
    return receipt.aggregates[0]


def rules_of(method: str) -> dict[str, Any]:
    more = {"approval": {"choices_max": 3, "seats": 1}, "consent": {"objections_max": 0, "quorum": 1}}
    return {"method": method} | more.get(method, {})


def cast_ballot(round_id: str, *choice: str, counter: int | None = None) -> CastBallot:
    return CastBallot(round=round_id, choice=tuple(sorted(choice)), counter=counter)


async def record(service: Service, workshop: str) -> list[Recorded]:
    """The stored record, decoded."""
    return [decode_row(row) for row in await rows(service.store, workshop)]


async def rows(store: RecordStore, workshop: str) -> list[Row]:
    found: list[Row] = []
    while more := await store.read(workshop, after=len(found) - 1):
        found += more
    return found


async def live(service: Service, workshop: str) -> LiveWorkshop:
    return await service.lives.get(workshop)


async def in_one_batch(service: Service, workshop: str, asked: Sequence[Coroutine[Any, Any, T]]) -> list[Any]:
    """Let all of them wait in the queue together, so that the writer takes them at once; answers or exceptions."""
    writer = service.sequencer
    async with service.lives.turn:
        # A command without effect occupies the writer, which now waits for its turn.
        plug = asyncio.create_task(service.execute(HOST, workshop, OpenWorkshop()))
        await until(lambda: writer.waiting == 1, "the plug is queued")
        await until(lambda: writer.waiting == 0, "the writer has taken the plug")
        tasks = []
        for number, one in enumerate(asked, start=1):
            tasks.append(asyncio.create_task(one))
            await until(lambda number=number: writer.waiting == number, f"command {number} is queued")  # type: ignore[misc]
    await plug
    return await asyncio.gather(*tasks, return_exceptions=True)


def acknowledged(answers: Sequence[Any]) -> list[Receipt]:
    return [answer for answer in answers if isinstance(answer, Receipt)]


def places(answers: Sequence[Any]) -> list[int]:
    """Where each acknowledged command stands."""
    return [one.position for one in acknowledged(answers) if one.position is not None]
