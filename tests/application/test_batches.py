"""Group commit: one transaction for all who wait, in their order, within limits; and the permutation of secret ballots."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence

import pytest

from cocreate.application import Caller, OpenWorkshop, Receipt, Service, SubmitIdea, Unavailable
from cocreate.application.errors import QueueFull, Stopping
from cocreate.application.sequencer import GATHERED
from cocreate.application.ticket import Ticket, permuted
from cocreate.domain.errors import NotAFacilitator
from cocreate.domain.idea import SubmitIdea as SubmitIdeaCommand
from cocreate.persistence.popo import PopoRecordStore
from tests.application.nodes import (
    HOST,
    FailingStore,
    Hands,
    acknowledged,
    cast_ballot,
    create,
    idea,
    in_one_batch,
    join,
    live,
    make_service,
    open_round,
    places,
    record,
    running,
    until,
)


@pytest.fixture
def store() -> FailingStore:
    """A store that remembers the batches it was given."""
    return FailingStore(PopoRecordStore())


@pytest.fixture
async def service(store: FailingStore) -> AsyncIterator[Service]:
    """A running node on it."""
    async with running(store) as started:
        yield started


async def test_all_who_wait_share_one_append(store: FailingStore, service: Service) -> None:
    """In the order in which they came, each with the place of its own entries; what has no key cannot come again."""
    workshop = await create(service)
    people = await join(service, workshop, *(f"p{number}" for number in range(30)))
    head, appended = await service.store.head(workshop), len(store.batches)
    answers = await in_one_batch(
        service,
        workshop,
        [
            service.execute(one, workshop, SubmitIdea(text="A bench"), "key" if number % 3 else None)
            for number, one in enumerate(people)
        ],
    )
    assert len(store.batches) == appended + 1
    assert [answer.position for answer in answers] == list(range(head, head + 30))
    assert len(store.batches[-1].commands) == 20


async def test_a_batch_holds_workshops_side_by_side(store: FailingStore, service: Service) -> None:
    """One transaction writes to all of them, each at its own head."""
    workshops = [await create(service) for _ in range(3)]
    people = [(await join(service, workshop, "ada"))[0] for workshop in workshops]
    appended = len(store.batches)
    asked = [service.execute(one, w, SubmitIdea(text="A")) for one, w in zip(people, workshops, strict=True)]
    answers = await in_one_batch(service, workshops[0], asked)
    assert len(acknowledged(answers)) == 3
    assert len(store.batches) == appended + 1
    assert set(store.batches[-1].heads) == set(workshops)


async def test_a_batch_is_no_larger_than_its_limit(store: FailingStore) -> None:
    """What waits beyond it goes into the next."""
    async with running(store, batch_max=8) as service:
        workshop = await create(service)
        people = await join(service, workshop, *(f"p{number}" for number in range(20)))
        appended = len(store.batches)
        await in_one_batch(
            service, workshop, [service.execute(one, workshop, SubmitIdea(text="A")) for one in people]
        )
        assert [len(batch.rows) for batch in store.batches[appended:]] == [8, 8, 4]


async def test_who_comes_alone_waits_for_nobody(store: FailingStore) -> None:
    """One sender's commands, one after the other, are written at once; else this would take an hour each."""
    async with running(store, gather_s=3_600) as service:
        workshop = await create(service)
        (ada,) = await join(service, workshop, "ada")
        appended = len(store.batches)
        for _ in range(20):
            await service.execute(ada, workshop, SubmitIdea(text="A"))
        assert [len(batch.rows) for batch in store.batches[appended:]] == [1] * 20


async def test_where_many_come_a_batch_is_gathered(store: FailingStore) -> None:
    """Once commands have come together, the next wait for more: for so many, for as many as came last, or until the node stops."""
    async with running(store, gather_s=3_600) as service:
        workshop = await create(service)
        people = await join(service, workshop, *(f"p{number}" for number in range(GATHERED)))

        def send(some: Sequence[Caller]) -> list[asyncio.Task[Receipt]]:
            return [asyncio.create_task(service.execute(one, workshop, SubmitIdea(text="A"))) for one in some]

        for _ in range(6):
            await asyncio.gather(*send(people))
        appended = len(store.batches)
        tasks = send(people[:1])
        await until(lambda: service.sequencer.waiting == 1, "one waits")
        tasks += send(people[1:])
        await asyncio.gather(*tasks)
        tasks = send([*people, *people[:8]])
        await asyncio.gather(*tasks)
        tasks = send(people)
        await until(lambda: service.sequencer.waiting == GATHERED, "as many as usual wait")
        tasks += send(people[:8])
        await asyncio.gather(*tasks)
        sizes = [len(batch.rows) for batch in store.batches[appended:]]
        assert sizes == [GATHERED, GATHERED + 8, GATHERED + 8]
        last = send(people[:2])
        await until(lambda: service.sequencer.waiting == 2, "two wait")
    assert len(acknowledged(await asyncio.gather(*last))) == 2


async def test_a_full_queue_says_so_at_once(store: FailingStore) -> None:
    """Who comes too much is told to try again; who waits already is served."""
    async with running(store, queue_max=4) as service:
        workshop = await create(service)
        people = await join(service, workshop, *(f"p{number}" for number in range(6)))
        async with service.lives.turn:
            first = asyncio.create_task(service.execute(people[0], workshop, SubmitIdea(text="A")))
            await until(lambda: service.sequencer.waiting == 1, "queued")
            await until(lambda: service.sequencer.waiting == 0, "taken")
            waiting = [
                asyncio.create_task(service.execute(one, workshop, SubmitIdea(text="A")))
                for one in people[1:5]
            ]
            await until(lambda: service.sequencer.waiting == 4, "the queue is full")
            with pytest.raises(QueueFull) as refused:
                await service.execute(people[5], workshop, SubmitIdea(text="A"))
            assert isinstance(refused.value, Unavailable)
        assert len(acknowledged(await asyncio.gather(first, *waiting))) == 5
        assert (await service.execute(people[5], workshop, SubmitIdea(text="A"))).count == 1


async def test_stopping_answers_everybody_who_waits(store: FailingStore) -> None:
    """Their batches are written; whoever comes later is told that the node goes down."""
    service = make_service(store, Hands(), batch_max=4)
    await service.start()
    workshop = await create(service)
    people = await join(service, workshop, *(f"p{number}" for number in range(12)))
    async with service.lives.turn:
        tasks = [asyncio.create_task(service.execute(one, workshop, SubmitIdea(text="A"))) for one in people]
        await until(lambda: service.sequencer.waiting >= 8, "they wait")
        stopping = asyncio.create_task(service.stop())
        await asyncio.sleep(0)
    await stopping
    assert len(acknowledged(await asyncio.gather(*tasks))) == 12
    assert not service.sequencer.running
    with pytest.raises(Stopping):
        await service.execute(people[0], workshop, SubmitIdea(text="B"))


async def test_stopping_with_a_full_queue_ends(store: FailingStore) -> None:
    """The word to end waits for room like everybody else."""
    service = make_service(store, Hands(), queue_max=2, batch_max=1)
    await service.start()
    workshop = await create(service)
    people = await join(service, workshop, *(f"p{number}" for number in range(3)))
    async with service.lives.turn:
        tasks = []
        for number, one in enumerate(people):
            tasks.append(asyncio.create_task(service.execute(one, workshop, SubmitIdea(text="A"))))
            await until(lambda: service.sequencer.waiting == 1, "queued")
            if number == 0:
                await until(lambda: service.sequencer.waiting == 0, "taken")
            if number == 1:
                break
        tasks.append(asyncio.create_task(service.execute(people[2], workshop, SubmitIdea(text="A"))))
        await until(lambda: service.sequencer.waiting == 2, "the queue is full")
        stopping = asyncio.create_task(service.stop())
        await asyncio.sleep(0)
    await stopping
    assert len(acknowledged(await asyncio.gather(*tasks))) == 3


async def test_an_idle_node_appends_nothing(store: FailingStore, service: Service) -> None:
    """Refusals and repeats without effect cost no transaction."""
    workshop = await create(service)
    (ada,) = await join(service, workshop, "ada")
    appended = len(store.batches)
    refused, repeated = await in_one_batch(
        service,
        workshop,
        [service.execute(ada, workshop, OpenWorkshop()), service.execute(HOST, workshop, OpenWorkshop())],
    )
    assert isinstance(refused, NotAFacilitator)
    assert repeated.position is None
    assert len(store.batches) == appended


async def test_a_secret_rounds_ballots_are_permuted_within_a_batch(store: FailingStore) -> None:
    """Everybody's ballot is there, each voter's own in order, and the order on the record is not that of the clicks."""
    async with running(store, permute=random.Random(7)) as service:
        workshop = await create(service)
        people = await join(service, workshop, *(f"p{number}" for number in range(12)))
        option = await idea(service, workshop, people[0])
        round_id = await open_round(service, workshop, [option])
        asked = [one for one in people for _ in range(2)]
        answers = await in_one_batch(
            service,
            workshop,
            [service.execute(one, workshop, cast_ballot(round_id, option)) for one in asked],
        )
        positions = places(answers)
        assert len(positions) == 24
        assert positions != sorted(positions)
        assert all(positions[turn] < positions[turn + 1] for turn in range(0, 24, 2))
        assert sorted(positions) == list(range(min(positions), min(positions) + 24))
        held = await live(service, workshop)
        assert len(held.state.ballots[round_id]) == 12
        assert all(ballot.counter == 2 for ballot in held.state.ballots[round_id].values())
        assert [one.position for one in await record(service, workshop)] == list(range(held.size))


def a_ticket(number: int, voter: str, secret_round: str | None) -> Ticket:
    """A ticket that says who and in which round; what it asks for does not matter here."""
    command = SubmitIdeaCommand(actor=voter, idea=f"{number}", author=voter, text=(), title=None, tags=())
    return Ticket(
        "w", command, f"{number}", b"", keyed=False, answer=asyncio.Future(), secret_round=secret_round
    )


@pytest.mark.parametrize("seed", range(50))
async def test_a_permutation_crosses_no_other_command_and_no_voters_own_order(seed: int) -> None:
    """Only runs of ballots of one pseudonymous round move, and only among themselves."""
    rng = random.Random(seed)
    given = [
        a_ticket(number, rng.choice("abcd"), rng.choice([None, "round 1", "round 1", "round 1", "round 2"]))
        for number in range(40)
    ]
    result = permuted(given, rng)
    assert [one.secret_round for one in result] == [one.secret_round for one in given]
    start = 0
    while start < len(given):
        end = start
        while end < len(given) and given[end].secret_round == given[start].secret_round:
            end += 1
        run, moved = given[start:end], result[start:end]
        assert sorted(one.command_id for one in moved) == sorted(one.command_id for one in run)
        if given[start].secret_round is None:
            assert moved == run
        for voter in "abcd":
            mine = [one for one in run if one.command.actor == voter]
            assert [one for one in moved if one.command.actor == voter] == mine
        start = end
