"""Open workshops: replay = live, eviction, and what several nodes see of each other."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from sqlite3 import connect
from typing import get_args

import pytest

from cocreate.application import (
    Audience,
    EraseSubject,
    EraseText,
    GiveName,
    Join,
    LiveWorkshop,
    OpenWorkshop,
    RecordDamaged,
    Service,
    SubmitIdea,
    VoidRound,
)
from cocreate.domain.errors import NotAParticipant, Refusal, WorkshopNotFound
from cocreate.persistence.batch import Batch, Row
from cocreate.persistence.record_store import RecordStore
from cocreate.persistence.sqlite import SqliteRecordStore
from tests.application.likeness import assert_alike, assert_live_is_replay, likeness
from tests.application.moves import Draw
from tests.application.nodes import (
    HOST,
    Hands,
    cast_ballot,
    create,
    idea,
    join,
    live,
    open_round,
    record,
    running,
    seat,
    until,
)

OpenNode = Callable[[], Awaitable[RecordStore]]
Nodes = tuple[Service, Service]


@pytest.fixture
async def nodes(open_node: OpenNode) -> AsyncIterator[Nodes]:
    """Two nodes on one store of each kind."""
    hands = Hands()
    async with running(await open_node(), hands) as one, running(await open_node(), hands) as other:
        yield one, other


async def reaches(service: Service, workshop: str, size: int) -> LiveWorkshop:
    """Wait until the node has followed to this size."""
    held = await live(service, workshop)
    await until(lambda: held.size >= size, f"the node follows to {size}")
    return held


async def use(services: tuple[Service, ...], hands: Hands, workshop: str, seed: int, moves: int) -> int:
    """Let random people use the nodes in turn; how many of their commands were written."""
    rng, written = random.Random(seed), 0
    for _ in range(moves):
        service = rng.choice(services)
        draw = Draw(rng, await live(service, workshop))
        caller, action = draw.move()
        if rng.random() < 0.1:
            hands.forward(20_000)
        try:
            written += (await service.execute(caller, workshop, action)).count > 0
        except Refusal:
            continue
    return written


@pytest.mark.parametrize("seed", range(4))
async def test_replay_is_live(store: RecordStore, seed: int) -> None:
    """State, digest, root, texts, keys and the views of every audience are those of a node that has just started."""
    hands = Hands()
    async with running(store, hands, timekeeper=False) as service:
        workshop = await create(service)
        assert await use((service,), hands, workshop, seed, 150) > 60
        await assert_live_is_replay(service, workshop)


async def test_a_replay_of_many_pages_is_live(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """Streaming in small pages folds the same, texts and keys included."""
    workshop = await create(service)
    await use((service,), Hands(), workshop, 9, 60)
    monkeypatch.setattr("cocreate.application.lives.READ_ROWS", 7)
    await assert_live_is_replay(service, workshop)


@pytest.mark.parametrize("seed", range(2))
async def test_two_nodes_hold_the_same(open_node: OpenNode, seed: int) -> None:
    """Whoever wrote what: both follow to the same state, and both are what a replay gives."""
    hands = Hands()
    stores = await open_node(), await open_node()
    async with (
        running(stores[0], hands, timekeeper=False) as one,
        running(stores[1], hands, timekeeper=False) as other,
    ):
        workshop = await create(one)
        await live(other, workshop)
        await use((one, other), hands, workshop, seed, 120)
        head = await one.store.head(workshop)
        mine, theirs = await reaches(one, workshop, head), await reaches(other, workshop, head)
        assert_alike(likeness(theirs), likeness(mine))
        await assert_live_is_replay(other, workshop)


async def test_a_node_sees_what_another_writes(nodes: Nodes) -> None:
    """Entries, texts and keys: it shows the idea with its words, and takes a ballot in a round it did not open."""
    one, other = nodes
    workshop = await create(one)
    held = await live(other, workshop)
    (ada,) = await join(one, workshop, "ada")
    option = await idea(one, workshop, ada, "A fountain for all")
    round_id = await open_round(one, workshop, [option], results="always")
    await reaches(other, workshop, await one.store.head(workshop))
    assert b"A fountain for all" in (await other.reading.view(held, "public")).body
    await other.execute(ada, workshop, cast_ballot(round_id, option))
    await reaches(one, workshop, await other.store.head(workshop))
    view = (await one.reading.view(await live(one, workshop), "public")).facts
    assert [item["marks"] for item in view["items"]["tallies"]] == [{"approvals": 1}]


async def test_a_stream_is_woken_by_what_another_node_writes(nodes: Nodes) -> None:
    """It hears that the workshop moved, and asks for what changed since."""
    one, other = nodes
    workshop = await create(one)
    held = await live(other, workshop)
    await reaches(other, workshop, 4)
    since = held.projections.at
    moved = asyncio.create_task(held.moved())
    await asyncio.sleep(0)
    (ada,) = await join(one, workshop, "ada")
    await idea(one, workshop, ada, "A bench")
    async with asyncio.timeout(20):
        await moved
        while "ideas" not in other.reading.changes(held, "public", since):
            await held.moved()


async def test_an_erasure_on_one_node_is_gone_from_the_other(nodes: Nodes) -> None:
    """The text, the person's words and their seat: as soon as it has followed, no view of any moment has them."""
    one, other = nodes
    workshop = await create(one)
    ada, ben = await join(one, workshop, "ada", "ben")
    who = await seat(one, workshop, ada)
    await one.execute(ada, workshop, GiveName(participant=who, name="Ada Lovelace"))
    text = await one.execute(ben, workshop, SubmitIdea(text="A secret of mine"))
    await idea(one, workshop, ada, "Words of Ada")
    held = await reaches(other, workshop, await one.store.head(workshop))
    assert await seat(other, workshop, ada) == who
    assert b"A secret of mine" in (await other.reading.view(held, "public")).body
    before = held.size
    await one.execute(
        HOST, workshop, EraseText(position=text.position or 0, field="text", reason="requested")
    )
    await one.execute(HOST, workshop, EraseSubject(participant=who, reason="requested"))
    await reaches(other, workshop, before + 2)
    for audience in get_args(Audience):
        for at in (None, before - 1):
            body = (await other.reading.view(held, audience, at)).body
            for words in (b"A secret of mine", b"Words of Ada", b"Ada Lovelace"):
                assert words not in body
    assert await other.doors.seat(workshop, ada.session) is None
    with pytest.raises(NotAParticipant):
        await other.execute(ada, workshop, SubmitIdea(text="Still here?"))
    again = await other.execute(ada, workshop, Join())
    assert again.aggregates[0] != who


async def test_an_idle_workshop_leaves_memory_and_comes_back(service: Service) -> None:
    """Nobody sees a difference but in the milliseconds of a replay."""
    workshop, streamed = await create(service), await create(service)
    await use((service,), Hands(), workshop, 3, 40)
    before = likeness(await live(service, workshop))
    held = await live(service, streamed)
    held.readers += 1
    service.lives.evict_idle(0.0)
    assert [one.id for one in service.lives.opened()] == [streamed]
    after = await live(service, workshop)
    assert_alike(likeness(after), before)
    held.readers -= 1
    service.lives.evict_idle(0.0)
    assert len(service.lives) == 0


async def test_a_workshop_in_use_stays_in_memory(service: Service) -> None:
    """Idle means that nobody has asked for it for a while."""
    workshop = await create(service)
    service.lives.evict_idle(3600.0)
    assert [one.id for one in service.lives.opened()] == [workshop]


async def test_a_forgotten_workshop_wakes_its_streams(service: Service) -> None:
    """They come back to the one that is replayed, and miss nothing."""
    workshop = await create(service)
    (ada,) = await join(service, workshop, "ada")
    held = await live(service, workshop)
    held.readers += 1
    since = held.projections.at
    waiting = asyncio.create_task(held.moved())
    await asyncio.sleep(0)
    service.lives.forget([workshop])
    await waiting
    await idea(service, workshop, ada, "Meanwhile")
    back = await live(service, workshop)
    assert back is not held
    assert b"Meanwhile" in (await service.reading.view(back, "public")).body
    assert "ideas" in service.reading.changes(back, "public", since)


async def test_many_callers_share_one_replay(service: Service) -> None:
    """And one that gives up does not take it from the others."""
    workshop = await create(service)
    service.lives.forget([workshop])
    tasks = [asyncio.create_task(service.lives.get(workshop)) for _ in range(5)]
    await asyncio.sleep(0)
    tasks[0].cancel()
    found = await asyncio.gather(*tasks[1:])
    assert all(one is found[0] for one in found)


async def test_a_workshop_that_does_not_exist_is_not_found(service: Service) -> None:
    """And stays out of memory, however often it is asked for."""
    nowhere = "00000000-0000-4000-8000-000000000000"
    for _ in range(3):
        with pytest.raises(WorkshopNotFound):
            await service.execute(HOST, nowhere, OpenWorkshop())
        with pytest.raises(WorkshopNotFound):
            await service.reading.live(nowhere)
    assert len(service.lives) == 0


async def test_a_damaged_record_is_refused_and_harms_no_other(nodes: Nodes) -> None:
    """An entry that is not what its place says is fatal for its record alone, for those who follow as well."""
    one, other = nodes
    damaged, sound = await create(one), await create(one)
    await live(other, damaged)
    held = await live(other, sound)
    head = await one.store.head(damaged)
    entry = (await one.store.read(damaged, after=head - 2))[0].entry
    await one.store.append(
        Batch(heads={damaged: head}, rows=[Row(damaged, head, "WorkshopOpened.v1", entry)])
    )
    (ada,) = await join(one, sound, "ada")
    await idea(one, sound, ada, "Life goes on")
    await reaches(other, sound, await one.store.head(sound))
    assert (await live(other, sound)) is held
    with pytest.raises(RecordDamaged):
        await other.execute(HOST, damaged, OpenWorkshop())
    assert (await other.execute(ada, sound, SubmitIdea(text="Still"))).count == 1


@pytest.mark.parametrize("missing", [0, 2])
async def test_a_record_that_lacks_an_entry_is_refused_and_says_which(tmp_path: Path, missing: int) -> None:
    """Whatever stands behind the gap says where it stands, and is right about that."""
    store = SqliteRecordStore(tmp_path / "db.sqlite")
    await store.open()
    async with running(store, timekeeper=False) as service:
        workshop = await create(service)
        await join(service, workshop, "ada", "grace")
        service.lives.forget([workshop])
        with connect(tmp_path / "db.sqlite") as database:
            database.execute("DELETE FROM stored_events WHERE originator_version = ?", (missing + 1,))
        with pytest.raises(RecordDamaged, match=f"entry at {missing}\\b"):
            await live(service, workshop)


async def test_what_another_node_changed_is_written_to_the_catalogue_again(nodes: Nodes) -> None:
    """A row that this node wrote long ago says nothing about what it must write now."""
    one, other = nodes
    workshop = await create(one)
    (ada,) = await join(one, workshop, "ada")
    option = await idea(one, workshop, ada)
    await reaches(other, workshop, await one.store.head(workshop))
    round_id = await open_round(other, workshop, [option])
    await reaches(one, workshop, await one.store.head(workshop))
    assert await due_at(one, workshop) is not None
    await one.execute(HOST, workshop, VoidRound(round=round_id, reason="mistake"))
    assert await due_at(one, workshop) is None


async def due_at(service: Service, workshop: str) -> int | None:
    (row,) = [one for one in await service.store.summaries() if one.workshop == workshop]
    return row.due_at


async def test_the_record_is_dense_and_times_never_decrease(nodes: Nodes) -> None:
    """Two nodes whose clocks differ by a minute still write one order and one time."""
    one, other = nodes
    workshop = await create(one)
    ada, ben = await join(one, workshop, "ada", "ben")
    slow = other.clock._wall
    other.clock._wall = lambda: slow() - 50_000
    for turn in range(6):
        node, who = ((one, ada), (other, ben))[turn % 2]
        await node.execute(who, workshop, SubmitIdea(text=f"{turn}"))
    entries = await record(one, workshop)
    assert [entry.position for entry in entries] == list(range(len(entries)))
    times = [entry.time for entry in entries]
    assert times == sorted(times)
