"""Many people, a store that fails at random steps, nodes that are killed at random moments: all from a seed.

Invariants, at the end and after each restart: an acknowledged command stands on the record exactly once, where its receipt
says; what was not acknowledged stands there once or not at all; the record is dense and decodes; replay = live; a repeat
under the same key gets the first result.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import structlog

from cocreate.application import Action, Caller, LiveWorkshop, Receipt, Service, Unavailable
from cocreate.domain.errors import IdempotencyKeyReused, Refusal
from cocreate.persistence.popo import PopoRecorder, PopoRecordStore
from cocreate.persistence.postgres import PostgresRecordStore
from cocreate.persistence.record_store import RecordStore
from cocreate.persistence.sqlite import SqliteRecordStore
from tests.application.likeness import assert_live_is_replay
from tests.application.moves import Draw
from tests.application.nodes import (
    FailingStore,
    Fault,
    Hands,
    create,
    live,
    make_service,
    record,
    sequencer_of,
    until,
)

FAULTS: tuple[Fault, ...] = ("down", "conflict", "lost, stored", "lost, absent", "lost, then down", "a bug")
WAVES = 30
NewStore = Callable[[], RecordStore]


@dataclass
class Asked:
    """A command that somebody sent, with the answer, if one came."""

    caller: Caller
    action: Action
    key: str
    receipt: Receipt | None = None


@dataclass
class World:
    """The database, which outlives its nodes, and everything that was ever asked."""

    rng: random.Random
    new_store: NewStore
    hands: Hands = field(default_factory=Hands)
    asked: list[Asked] = field(default_factory=list)
    workshop: str = ""
    restarts: int = 0
    faults: Counter[str] = field(default_factory=Counter)

    async def begin(self) -> tuple[Service, FailingStore]:
        store = FailingStore(self.new_store())
        await store.real.open()
        service = make_service(store, self.hands, permute=self.rng, batch_max=self.rng.choice((3, 16, 512)))
        await service.start()
        service._tasks.pop().cancel()  # what the clock causes is asked for by hand here
        return service, store

    async def end(self, service: Service, store: FailingStore) -> None:
        """Kill it: nobody is told anything."""
        writer = sequencer_of(service)._writer
        assert writer is not None
        for task in (*service._tasks, writer):
            task.cancel()
        await asyncio.gather(*service._tasks, writer, return_exceptions=True)
        await store.real.close()
        self.restarts += 1

    async def wave(self, service: Service, store: FailingStore) -> None:
        """Some people send at once; the store may fail, or the node may be killed before it answers."""
        held = await self.opened(service)
        crowd = [self.draw(held) for _ in range(self.rng.randint(1, 10))]
        self.asked += crowd
        fault: Fault = self.rng.choice(("fine", "fine", "no answer", *FAULTS))
        if fault != "fine":
            store.fail(fault)
            self.faults[fault] += 1
        tasks = [asyncio.create_task(self.send(service, one)) for one in crowd]
        if self.rng.random() < 0.2:
            tasks[0].cancel()
        if fault == "no answer":
            await until(lambda: all(task.done() for task in tasks) or not store.faults, "the append hangs")
        else:
            await asyncio.gather(*tasks, return_exceptions=True)
        if fault == "no answer" and not store.faults:
            await self.end(service, store)
        await asyncio.gather(*tasks, return_exceptions=True)
        store.faults.clear()
        store.reads_down = 0
        self.hands.forward(self.rng.choice((0, 1, 15_000)))

    async def opened(self, service: Service) -> LiveWorkshop:
        return await live(service, self.workshop)

    def draw(self, held: LiveWorkshop) -> Asked:
        """Something new, or a repeat of what was asked before."""
        if self.asked and self.rng.random() < 0.2:
            again = self.rng.choice(self.asked)
            return Asked(again.caller, again.action, again.key)
        caller, action = Draw(self.rng, held).move()
        return Asked(caller, action, f"key {len(self.asked)} {self.rng.getrandbits(30)}")

    async def send(self, service: Service, asked: Asked) -> None:
        with suppress(Unavailable, Refusal):
            asked.receipt = await service.execute(asked.caller, self.workshop, asked.action, asked.key)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A lost answer is looked for again at once, and nobody draws the traces of planned bugs."""
    monkeypatch.setattr("cocreate.application.sequencer.RECHECK_PAUSE_S", 0.0)
    with structlog.testing.capture_logs():
        yield


async def check(world: World, service: Service) -> None:
    entries = await record(service, world.workshop)
    assert [one.position for one in entries] == list(range(len(entries)))
    times = [one.time for one in entries]
    assert times == sorted(times)
    by_command: dict[str, list[int]] = {}
    for one in entries:
        by_command.setdefault(one.command, []).append(one.position)
    first: dict[tuple[bytes | None, str], Receipt] = {}
    for asked in world.asked:
        receipt = asked.receipt
        if receipt is None or receipt.position is None:
            continue
        places = list(range(receipt.position, receipt.position + receipt.count))
        assert by_command[receipt.command] == places
        before = first.setdefault((asked.caller.session, asked.key), receipt)
        assert (before.position, before.leaves) == (receipt.position, receipt.leaves)
    for places in by_command.values():
        assert places == list(range(places[0], places[-1] + 1)), "a command's entries stand together, once"
    await assert_live_is_replay(service, world.workshop)


async def repeat_all(world: World, service: Service) -> None:
    """Everybody asks again: who was acknowledged gets the first result, and nothing of theirs is written twice."""
    for asked in list(world.asked):
        if asked.receipt is None or asked.receipt.position is None:
            continue
        with suppress(IdempotencyKeyReused, Refusal):
            again = await service.execute(asked.caller, world.workshop, asked.action, asked.key)
            if again.command == asked.receipt.command:
                assert (again.position, again.repeated) == (asked.receipt.position, True)


async def simulate(seed: int, new_store: NewStore) -> World:
    world = World(random.Random(seed), new_store)
    service, store = await world.begin()
    world.workshop = await create(service)
    for _ in range(WAVES):
        if not service.sequencer.running:
            service, store = await world.begin()
            await check(world, service)
        await world.wave(service, store)
    if not service.sequencer.running:
        service, store = await world.begin()
    await check(world, service)
    size = await store.head(world.workshop)
    await repeat_all(world, service)
    assert await store.head(world.workshop) == size
    await service.stop()
    await store.real.close()
    return world


@pytest.mark.parametrize("seed", range(12))
async def test_what_was_acknowledged_stands_once_whatever_failed(seed: int) -> None:
    """In memory, where a killed node leaves the records behind."""
    shared = PopoRecorder()
    world = await simulate(seed, lambda: PopoRecordStore(shared))
    assert sum(world.faults.values()) > 10
    assert len([one for one in world.asked if one.receipt is not None]) > 40


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
@pytest.mark.parametrize("seed", range(2))
async def test_the_same_on_real_databases(
    seed: int, kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Each restart opens the database anew."""
    if kind == "sqlite":
        await simulate(seed, lambda: SqliteRecordStore(tmp_path / "records.db"))
    else:
        url = request.getfixturevalue("postgres_database")
        await simulate(seed, lambda: PostgresRecordStore(url))


async def test_the_seeds_reach_restarts_and_every_fault() -> None:
    """A simulation in which nothing fails would show nothing."""
    faults: Counter[str] = Counter()
    restarts = 0
    for seed in range(6):
        shared = PopoRecorder()
        world = await simulate(seed, lambda shared=shared: PopoRecordStore(shared))  # type: ignore[misc]
        faults += world.faults
        restarts += world.restarts
    assert set(FAULTS) <= set(faults)
    assert restarts >= 5
