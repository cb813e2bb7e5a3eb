"""Waypoints: an open or a look back from one is what a replay gives."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import get_args

import pytest

from cocreate.application import (
    Audience,
    EraseSubject,
    EraseText,
    GiveName,
    Service,
    SubmitIdea,
)
from cocreate.application import waypoints as waypoints_module
from cocreate.application.waypoints import FRACTION, READ_PIECES, Waypoints
from cocreate.persistence.popo import PopoRecordStore
from cocreate.persistence.record_store import RecordStore
from tests.application.keeping import (
    EVERY,
    all_pieces,
    busy,
    command_of,
    forget_waypoints,
    fresh,
    keeping,
    save,
)
from tests.application.likeness import assert_alike, assert_live_is_replay, likeness, replayed
from tests.application.nodes import (
    HOST,
    VAULT,
    Hands,
    create,
    idea,
    join,
    live,
    make_service,
    rows,
    running,
    seat,
)
from tests.application.test_live import use


@pytest.fixture
async def service(store: RecordStore) -> AsyncIterator[Service]:
    async with keeping(store) as started:
        yield started


@pytest.mark.parametrize("seed", range(3))
async def test_resumed_is_replayed(service: Service, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """State, digest, root, texts, keys, views and repeats, with entries behind the waypoint and without; in many pieces."""
    monkeypatch.setattr("cocreate.application.saved_state.PIECE_BALLOTS", 1)
    workshop = await busy(service, seed)
    size = await save(service, workshop)
    for moves in (0, 40):
        await use((service,), Hands(), workshop, seed + 100, moves)
        resumed = await fresh(service).get(workshop)
        assert resumed.waypoint == size
        await forget_waypoints(service.store, workshop)
        from_nothing = await replayed(service, workshop)
        assert from_nothing.waypoint == 0
        assert_alike(likeness(resumed), likeness(from_nothing))
        for row in await rows(service.store, workshop):
            command = command_of(row.entry)
            assert resumed.commands.places(command) == from_nothing.commands.places(command)
        assert resumed.leaf == from_nothing.leaf
        size = await save(service, workshop)


async def test_a_resumed_workshop_is_written_to_as_any_other(service: Service) -> None:
    """Decisions, rollbacks and checkpoints go on from where the waypoint stands."""
    workshop = await busy(service)
    await save(service, workshop)
    service.lives.forget([workshop])
    assert (await live(service, workshop)).waypoint > 0
    assert await use((service,), Hands(), workshop, 5, 60) > 15
    await assert_live_is_replay(service, workshop)
    await forget_waypoints(service.store, workshop)
    await assert_live_is_replay(service, workshop)


@pytest.mark.parametrize("resumed_first", [False, True])
async def test_what_was_erased_after_the_waypoint_is_gone(service: Service, *, resumed_first: bool) -> None:
    """A waypoint holds no text and no key, so an erasure has nothing to take out of it."""
    workshop = await create(service)
    ada, ben = await join(service, workshop, "ada", "ben")
    who = await seat(service, workshop, ada)
    await service.execute(ada, workshop, GiveName(participant=who, name="Ada Lovelace"))
    await idea(service, workshop, ada, "Words of Ada")
    text = await service.execute(ben, workshop, SubmitIdea(text="A secret of Ben"))
    await idea(service, workshop, ben, "What may stay")
    size = await save(service, workshop)
    lives = fresh(service)
    if resumed_first:
        await lives.get(workshop)
    erasure = EraseText(position=text.position or 0, field="text", reason="requested")
    await service.execute(HOST, workshop, erasure)
    await service.execute(HOST, workshop, EraseSubject(participant=who, reason="requested"))
    await lives.refresh(workshop)
    resumed = await lives.get(workshop)
    assert (resumed.waypoint, resumed.size) == (size, size + 2)
    bodies = [
        (await service.reading.view(resumed, audience, at)).body
        for audience in get_args(Audience)
        for at in (None, size - 1)
    ]
    assert all(b"What may stay" in body for body in bodies)
    for words in (b"Words of Ada", b"A secret of Ben", b"Ada Lovelace"):
        assert all(words not in body for body in bodies)


async def test_who_was_erased_before_the_waypoint_is_told_again(service: Service) -> None:
    """Whoever keeps seats must hear of it, as from a replay."""
    workshop = await create(service)
    (ada,) = await join(service, workshop, "ada")
    who = await seat(service, workshop, ada)
    await service.execute(HOST, workshop, EraseSubject(participant=who, reason="requested"))
    await save(service, workshop)
    lives, told = fresh(service), []
    lives.on_erased = lambda *erased: told.append(erased)
    await lives.get(workshop)
    assert told == [(workshop, who)]


async def test_a_waypoint_is_saved_in_quiet_only(service: Service) -> None:
    """What has moved since the last look waits for the next one; what is saved already, until it has come far enough."""
    workshop = await busy(service)
    keeper, held = service.lives.waypoints, await live(service, workshop)
    seen = await keeper.save_quiet([held], {})
    (ada,) = await join(service, workshop, "ada")
    seen = await keeper.save_quiet([held], seen)
    assert await service.store.waypoints.covers(workshop) == []
    seen = await keeper.save_quiet([held], seen)
    covers = await service.store.waypoints.covers(workshop)
    assert [(one.size, one.part) for one in covers] == [(held.size, "rest"), (held.size, "views")]
    await idea(service, workshop, ada)
    for _ in range(2):
        seen = await keeper.save_quiet([held], seen)
    assert await service.store.waypoints.covers(workshop) == covers


async def test_only_the_last_waypoint_keeps_what_an_open_needs(service: Service) -> None:
    """Older ones keep their views, to look back from."""
    workshop = await busy(service)
    sizes = []
    for seed in range(3):
        sizes.append(await save(service, workshop))
        await use((service,), Hands(), workshop, seed, 40)
    covers = await service.store.waypoints.covers(workshop)
    assert [one.size for one in covers if one.part == "rest"] == sizes[-1:]
    assert [one.size for one in covers if one.part == "views"] == sizes[::-1]


async def test_stopping_saves_and_the_next_start_resumes(
    open_node: Callable[[], Awaitable[RecordStore]],
) -> None:
    """A restart costs what was written since the last waypoint at most."""
    store = await open_node()
    async with keeping(store) as service:
        workshop = await busy(service)
        size = (await live(service, workshop)).size
    async with running(await open_node(), timekeeper=False) as again:
        assert (await live(again, workshop)).waypoint == size
        await assert_live_is_replay(again, workshop)


async def test_a_node_that_only_reads_saves_nothing(service: Service) -> None:
    """It may be pointed at a database that somebody else serves."""
    workshop = await busy(service)
    reader = make_service(service.store, Hands())
    reader.lives.waypoints = Waypoints(service.store, VAULT, every=1)
    held = await reader.reading.live(workshop)
    await reader.reading.view(held, "public", held.size - 2)
    await reader.lives.waypoints.save_due([held])
    assert await service.store.waypoints.covers(workshop) == []


async def test_a_replay_leaves_views_behind(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening a record and looking far back in it make the next look short; what an open needs waits for a quiet moment."""
    monkeypatch.setattr("cocreate.application.lives.READ_ROWS", 5)
    workshop = await busy(service)
    held = await live(service, workshop)
    service.reading._past.clear()
    at = held.size - 3
    looked = await service.reading.view(held, "facilitator", at)
    covers = await service.store.waypoints.covers(workshop)
    assert {one.part for one in covers} == {"views"}
    assert [one.size for one in covers[::-1]] == list(range(EVERY, at + 2, EVERY))
    service.reading._past.clear()
    again = await service.reading.view(held, "facilitator", at)
    assert again.body == looked.body
    await forget_waypoints(service.store, workshop)
    service.lives.forget([workshop])
    held = await live(service, workshop)
    assert {one.part for one in await service.store.waypoints.covers(workshop)} == {"views"}
    await assert_live_is_replay(service, workshop)


@pytest.mark.parametrize("seed", range(2))
async def test_any_moment_from_a_waypoint_is_that_of_a_replay(
    service: Service, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For every audience, at positions all over the record."""
    monkeypatch.setattr("cocreate.application.lives.READ_ROWS", 5)
    workshop = await busy(service, seed, 60)
    held = await live(service, workshop)
    looks = [(at, audience) for at in range(0, held.size - 1, 7) for audience in get_args(Audience)]
    service.lives.waypoints.keeps = False
    replays = [(await service.reading.view(held, audience, at)).body for at, audience in looks]
    service.lives.waypoints.keeps = True
    await service.reading._replay(held, held.size - 2)
    service.reading._past.clear()
    assert len(await service.store.waypoints.covers(workshop)) > 1
    for (at, audience), body in zip(looks, replays, strict=True):
        assert (await service.reading.view(held, audience, at)).body == body, (at, audience)


def test_waypoints_stand_apart_by_what_they_cost() -> None:
    """Ten thousand entries in a short record, a fraction in a long one."""
    keeper = Waypoints(PopoRecordStore(), VAULT)
    assert not keeper.due(50_000, 0), "this node does not save"
    keeper.keeps = True
    assert [keeper.due(size, 30_000) for size in (39_999, 40_000)] == [False, True]
    million = 1_000_000
    assert [keeper.due(million, million - million // FRACTION + more) for more in (0, 1)] == [True, False]


async def test_a_part_of_many_pieces_is_read_in_portions(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More pieces than one answer of the store has."""
    monkeypatch.setattr("cocreate.application.saved_state.PIECE_BALLOTS", 1)
    monkeypatch.setattr(waypoints_module, "READ_PIECES", 2)
    workshop = await busy(service)
    size = await save(service, workshop)
    assert len(await all_pieces(service.store, workshop)) > READ_PIECES
    assert (await fresh(service).get(workshop)).waypoint == size
