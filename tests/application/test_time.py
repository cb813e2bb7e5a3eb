"""What the clock causes, and what happens when the clock is wrong."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from cocreate.application import CloseRound, CloseWorkshop, Service, SubmitIdea
from cocreate.application.clock import Clock
from cocreate.application.errors import ClockJumped
from cocreate.domain.errors import KeyLost
from cocreate.domain.messages import SYSTEM
from cocreate.domain.round import RoundClosed
from cocreate.persistence.popo import PopoRecordStore
from cocreate.persistence.record_store import RecordStore
from tests.application.nodes import (
    HOST,
    NOON,
    FailingStore,
    Hands,
    cast_ballot,
    create,
    idea,
    join,
    live,
    open_round,
    record,
    running,
    until,
)

OpenNode = Callable[[], Awaitable[RecordStore]]


async def names(service: Service, workshop: str, round_id: str) -> list[tuple[str, str]]:
    """(event, actor) of everything about a round itself."""
    entries = await record(service, workshop)
    return [(one.event.NAME, one.actor) for one in entries if one.aggregate == round_id]


async def test_due_rounds_are_closed_and_certified_exactly_once_by_two_nodes(open_node: OpenNode) -> None:
    """Both nodes look at the same moment; each cause has one effect, though nobody has the workshop open on the second."""
    hands = Hands()
    stores = await open_node(), await open_node()
    async with running(stores[0], hands) as one, running(stores[1], hands) as other:
        workshop = await create(one)
        (ada,) = await join(one, workshop, "ada")
        option = await idea(one, workshop, ada)
        rounds = [
            await open_round(one, workshop, [option], withheld_until=NOON + 60_000 + number)
            for number in range(5)
        ]
        for round_id in rounds:
            await one.execute(ada, workshop, cast_ballot(round_id, option))
        hands.forward(61_000)
        await asyncio.gather(*(node._timekeeper.tick() for node in (one, other) for _ in range(3)))

        async def all_closed() -> bool:
            return all(["RoundClosed.v1" in dict(await names(one, workshop, r)) for r in rounds])

        await until(all_closed, "the term is over")
        hands.forward(11_000)

        async def all_certified() -> bool:
            return all(["ResultCertified.v1" in dict(await names(one, workshop, r)) for r in rounds])

        await asyncio.gather(*(node._timekeeper.tick() for node in (one, other) for _ in range(3)))
        await until(all_certified, "the grace is over")
        for round_id in rounds:
            told = await names(one, workshop, round_id)
            assert [name for name, actor in told if actor == SYSTEM] == [
                "RoundClosed.v1",
                "ResultPart.v1",
                "ResultCertified.v1",
            ]
        closed = [e.event for e in await record(one, workshop) if isinstance(e.event, RoundClosed)]
        assert {event.because for event in closed} == {"withheld_until"}
        assert await one.store.due(hands.ms + 10**9) == []


async def test_nothing_is_closed_or_certified_before_its_time() -> None:
    """Not a millisecond."""
    hands = Hands()
    async with running(PopoRecordStore(), hands, timekeeper=False) as service:
        workshop = await create(service)
        (ada,) = await join(service, workshop, "ada")
        round_id = await open_round(service, workshop, [await idea(service, workshop, ada)], grace_ms=5_000)
        await service.execute(HOST, workshop, CloseRound(round=round_id))
        for wait, certified in ((5_000, False), (1, True)):
            hands.forward(wait)
            await service._timekeeper.tick()
            assert ("ResultCertified.v1" in dict(await names(service, workshop, round_id))) is certified


async def test_closing_the_workshop_ends_its_rounds_graces() -> None:
    """No late ballot can count any more, so the certificate comes at once."""
    hands = Hands()
    async with running(PopoRecordStore(), hands, timekeeper=False) as service:
        workshop = await create(service)
        (ada,) = await join(service, workshop, "ada")
        option = await idea(service, workshop, ada)
        round_id = await open_round(service, workshop, [option], grace_ms=86_400_000)
        await service.execute(HOST, workshop, CloseWorkshop())
        await service._timekeeper.tick()
        assert "ResultCertified.v1" in dict(await names(service, workshop, round_id))


async def test_a_round_whose_key_is_lost_is_closed_by_the_system_and_its_ballots_still_count() -> None:
    """Its voters can no longer be told apart, so nobody may vote in it any more."""
    hands, store = Hands(), PopoRecordStore()
    async with running(store, hands, timekeeper=False) as service:
        workshop = await create(service)
        ada, ben = await join(service, workshop, "ada", "ben")
        option = await idea(service, workshop, ada)
        round_id = await open_round(service, workshop, [option])
        await service.execute(ada, workshop, cast_ballot(round_id, option))
        await service._timekeeper.tick()
        assert "RoundClosed.v1" not in dict(await names(service, workshop, round_id))
        del store.recorder.keys[workshop, "round", round_id]
        service.lives.forget([workshop])
        with pytest.raises(KeyLost):
            await service.execute(ben, workshop, cast_ballot(round_id, option))
        await service._timekeeper.tick()
        hands.forward(11_000)
        await service._timekeeper.tick()
        closed = [e.event for e in await record(service, workshop) if isinstance(e.event, RoundClosed)]
        assert [event.because for event in closed] == ["key_lost"]
        certificate = (await live(service, workshop)).projections.rounds.rounds[round_id].certificate
        assert certificate is not None
        assert certificate.reconciliation.standing == 1


async def test_the_timekeeper_outlives_a_store_that_is_down() -> None:
    """What was due is done when the store is back."""
    store, hands = FailingStore(PopoRecordStore()), Hands()
    async with running(store, hands) as service:
        workshop = await create(service)
        (ada,) = await join(service, workshop, "ada")
        round_id = await open_round(service, workshop, [await idea(service, workshop, ada)], grace_ms=0)
        await service.execute(HOST, workshop, CloseRound(round=round_id))
        store.fail("down", "lost, absent", "a bug")
        hands.forward(1)

        async def certified() -> bool:
            return "ResultCertified.v1" in dict(await names(service, workshop, round_id))

        await until(certified, "the timekeeper came back")
        assert not store.faults


async def test_a_clock_jump_stops_writing_until_a_restart() -> None:
    """Forward or back, also when it jumps home again; reading goes on."""
    for jump in (61_000, -61_000):
        hands, store = Hands(), PopoRecordStore()
        async with running(store, hands) as service:
            workshop = await create(service)
            (ada,) = await join(service, workshop, "ada")
            token = (await service.doors.new_session()).token
            head = await store.head(workshop)
            hands.jump(jump)
            for _ in range(2):
                with pytest.raises(ClockJumped):
                    await service.execute(ada, workshop, SubmitIdea(text="When?"), "key")
                hands.jump(-jump)
            hands.jump(-jump)
            assert await store.head(workshop) == head
            assert await service.doors.session(token) is not None
            assert (await service.reading.view(await live(service, workshop), "public")).at == head - 1
        async with running(store, hands) as restarted:
            assert (await restarted.execute(ada, workshop, SubmitIdea(text="Now"), "key")).count == 1


async def test_times_never_decrease_after_a_restart_with_a_slow_clock() -> None:
    """An entry is never older than the one before it."""
    store = PopoRecordStore()
    async with running(store, Hands(NOON)) as service:
        workshop = await create(service)
        (ada,) = await join(service, workshop, "ada")
    async with running(store, Hands(NOON - 3_600_000)) as slow:
        receipt = await slow.execute(ada, workshop, SubmitIdea(text="Earlier?"))
        assert receipt.time == NOON
        times = [entry.time for entry in await record(slow, workshop)]
        assert times == sorted(times)


def test_a_small_drift_is_followed() -> None:
    """A slow correction of a minute an hour never adds up to a jump; a minute at once is one."""
    hands = Hands()
    clock: Clock = hands.clock()
    for _ in range(100):
        hands.forward(3_600_000)
        hands.jump(60_000)
        assert clock.now() == hands.ms
    hands.jump(60_001)
    with pytest.raises(ClockJumped):
        clock.now()
    assert clock.read() == hands.ms
