"""The same key has the same effect once, whatever happened in between: retries, twins, newer commands, restarts."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from cocreate.application import (
    AddFacilitator,
    Caller,
    EnterPerson,
    GrantRole,
    Join,
    Leave,
    OpenWorkshop,
    Receipt,
    RemoveParticipant,
    Service,
    SubmitIdea,
    WithdrawBallot,
)
from cocreate.domain.errors import (
    BallotSuperseded,
    IdempotencyKeyReused,
    NotAFacilitator,
    NotAParticipant,
)
from cocreate.persistence.record_store import RecordStore
from tests.application.nodes import (
    HOST,
    cast_ballot,
    create,
    idea,
    in_one_batch,
    join,
    live,
    open_round,
    person,
    record,
    running,
    scheduled,
    seat,
)

OpenNode = Callable[[], Awaitable[RecordStore]]


@pytest.fixture
async def service(store: RecordStore) -> AsyncIterator[Service]:
    """A running node on a real store of each kind."""
    async with running(store) as started:
        yield started


async def standing(service: Service, workshop: str, round_id: str, caller: Caller) -> tuple[int, object]:
    """(counter, choice) of a person's ballot, as their own page shows it."""
    held = await service.reading.live(workshop)
    mine = service.reading.personal(held, await seat(service, workshop, caller))
    (ballot,) = [one for one in mine["ballots"] if one["round"] == round_id]
    return ballot["counter"], ballot.get("choice")


@pytest.mark.parametrize("secrecy", ["open", "pseudonymous"])
async def test_a_delayed_retry_of_an_older_ballot_does_not_undo_a_newer_one(
    open_node: OpenNode, secrecy: str
) -> None:
    """It gets its first result, now and after a restart, on this node and on another."""
    async with running(await open_node()) as service:
        workshop = await create(service)
        (ada,) = await join(service, workshop, "ada")
        fountain, bench = await idea(service, workshop, ada), await idea(service, workshop, ada)
        round_id = await open_round(service, workshop, [fountain, bench], secrecy=secrecy)
        older = await service.execute(ada, workshop, cast_ballot(round_id, fountain), "older")
        newer = await service.execute(ada, workshop, cast_ballot(round_id, bench), "newer")
        again = await service.execute(ada, workshop, cast_ballot(round_id, fountain), "older")
        assert (again.position, again.leaves, again.repeated) == (older.position, older.leaves, True)
        assert await standing(service, workshop, round_id, ada) == (2, [bench])
        head = await service.store.head(workshop)
    async with running(await open_node()) as restarted:
        again = await restarted.execute(ada, workshop, cast_ballot(round_id, fountain), "older")
        assert (again.position, again.leaves, again.repeated) == (older.position, older.leaves, True)
        assert (
            await restarted.execute(ada, workshop, cast_ballot(round_id, bench), "newer")
        ).position == newer.position
        with pytest.raises(BallotSuperseded):
            await restarted.execute(
                ada, workshop, cast_ballot(round_id, fountain, counter=1), "a page from before"
            )
        assert await standing(restarted, workshop, round_id, ada) == (2, [bench])
        assert await restarted.store.head(workshop) == head


async def test_a_delayed_retry_does_not_undo_a_withdrawal(service: Service) -> None:
    """What was taken back stays taken back."""
    workshop = await create(service)
    (ada,) = await join(service, workshop, "ada")
    fountain = await idea(service, workshop, ada)
    round_id = await open_round(service, workshop, [fountain])
    await service.execute(ada, workshop, cast_ballot(round_id, fountain), "cast")
    await service.execute(ada, workshop, WithdrawBallot(round=round_id), "withdraw")
    assert (await service.execute(ada, workshop, cast_ballot(round_id, fountain), "cast")).repeated
    assert await standing(service, workshop, round_id, ada) == (2, None)


async def test_the_same_key_with_another_body_is_refused(service: Service) -> None:
    """At once, in the same batch, and after a restart of memory; the first stands."""
    workshop = await create(service)
    ada, ben = await join(service, workshop, "ada", "ben")
    await service.execute(ada, workshop, SubmitIdea(text="One"), "key")
    with pytest.raises(IdempotencyKeyReused):
        await service.execute(ada, workshop, SubmitIdea(text="Another"), "key")
    service.lives.forget([workshop])
    with pytest.raises(IdempotencyKeyReused):
        await service.execute(ada, workshop, SubmitIdea(text="Another"), "key")
    first, second = await in_one_batch(
        service,
        workshop,
        [
            service.execute(ada, workshop, SubmitIdea(text="Two"), "twin"),
            service.execute(ada, workshop, SubmitIdea(text="Not two"), "twin"),
        ],
    )
    assert isinstance(first, Receipt)
    assert isinstance(second, IdempotencyKeyReused)
    # A key belongs to its sender: others may use the same word.
    assert not (await service.execute(ben, workshop, SubmitIdea(text="Mine"), "key")).repeated


async def test_twins_in_one_batch_have_one_effect_and_two_answers(service: Service) -> None:
    """The button was pressed twice."""
    workshop = await create(service)
    (ada,) = await join(service, workshop, "ada")
    head = await service.store.head(workshop)
    answers = await in_one_batch(
        service, workshop, [service.execute(ada, workshop, SubmitIdea(text="One"), "twin") for _ in range(3)]
    )
    assert {answer.position for answer in answers} == {head}
    assert [answer.repeated for answer in answers] == [False, True, True]
    assert await service.store.head(workshop) == head + 1


async def test_twins_on_two_nodes_have_one_effect(open_node: OpenNode) -> None:
    """The balancer sent the second press elsewhere."""
    async with running(await open_node()) as one, running(await open_node()) as other:
        workshop = await create(one)
        (ada,) = await join(one, workshop, "ada")
        head = await one.store.head(workshop)
        answers = await asyncio.gather(
            *(
                node.execute(ada, workshop, SubmitIdea(text="One"), "twin")
                for node in (one, other, one, other)
            )
        )
        assert {answer.position for answer in answers} == {head}
        assert await one.store.head(workshop) == head + 1


async def test_a_repeated_join_gives_the_same_pseudonym(open_node: OpenNode) -> None:
    """By key, without one, from two tabs at once, and after a restart."""
    async with running(await open_node()) as service:
        workshop = await create(service)
        ada = person("ada")
        first = await service.execute(ada, workshop, Join(name="Ada"), "key")
        assert (await service.execute(ada, workshop, Join(name="Ada"), "key")).aggregates == first.aggregates
        assert (await service.execute(ada, workshop, Join(name="Ada"))).position is None
        ben = person("ben")
        tabs = await in_one_batch(
            service, workshop, [service.execute(ben, workshop, Join(), key) for key in ("one", "two", None)]
        )
        assert len({tab.aggregates[0] for tab in tabs}) == 1
        people = [one for one in await record(service, workshop) if one.event.NAME == "ParticipantJoined.v1"]
        assert [one.aggregate for one in people] == [first.aggregates[0], tabs[0].aggregates[0]]
    async with running(await open_node()) as restarted:
        again = await restarted.execute(ada, workshop, Join(name="Ada"), "key")
        assert (again.aggregates, again.repeated) == (first.aggregates, True)
        assert await seat(restarted, workshop, ada) == first.aggregates[0]


async def test_one_browser_that_joins_on_two_nodes_at_once_is_one_participant(open_node: OpenNode) -> None:
    """Else it would have two votes."""
    async with running(await open_node()) as one, running(await open_node()) as other:
        workshop = await create(one)
        callers = [person(f"p{number}") for number in range(10)]
        await asyncio.gather(
            *(node.execute(caller, workshop, Join()) for caller in callers for node in (one, other))
        )
        joined = [e.aggregate for e in await record(one, workshop) if e.event.NAME == "ParticipantJoined.v1"]
        assert len(joined) == len(set(joined)) == len(callers)
        assert {await seat(one, workshop, c) for c in callers} == set(joined)
        assert {await seat(other, workshop, c) for c in callers} == set(joined)


async def test_who_left_comes_back_as_who_they_were(service: Service) -> None:
    """And whoever was removed does not come back as somebody new."""
    workshop = await create(service)
    ada, ben = await join(service, workshop, "ada", "ben")
    who = await seat(service, workshop, ada)
    await service.execute(ada, workshop, Leave())
    back = await service.execute(ada, workshop, Join())
    assert (back.aggregates, await seat(service, workshop, ada)) == ((who,), who)
    removed = await seat(service, workshop, ben)
    await service.execute(HOST, workshop, RemoveParticipant(participant=removed, reason="conduct"))
    with pytest.raises(NotAFacilitator):
        await service.execute(ben, workshop, Join())


async def test_a_facilitator_who_joins_stays_a_facilitator(service: Service) -> None:
    """They vote under the pseudonym that they facilitate under."""
    workshop = await create(service)
    who = await seat(service, workshop, HOST)
    assert (await service.execute(HOST, workshop, Join())).aggregates[0] == who
    option = await idea(service, workshop, HOST)
    round_id = await open_round(service, workshop, [option])
    assert (await service.execute(HOST, workshop, cast_ballot(round_id, option))).count == 1


async def test_nobody_joins_without_a_session(service: Service) -> None:
    """There would be nothing to know them by again."""
    workshop = await create(service)
    with pytest.raises(NotAParticipant):
        await service.execute(Caller(), workshop, Join(), "1")


async def test_a_scribes_repeat_enters_one_person(service: Service) -> None:
    """The person is new each time; the key is the scribe's."""
    workshop = await create(service)
    (ada,) = await join(service, workshop, "ada")
    await service.execute(
        HOST, workshop, GrantRole(participant=await seat(service, workshop, ada), role="scribe")
    )
    first = await service.execute(ada, workshop, EnterPerson(name="Old Ben"), "key")
    again = await service.execute(ada, workshop, EnterPerson(name="Old Ben"), "key")
    assert (again.aggregates, again.repeated) == (first.aggregates, True)


async def test_a_repeated_invitation_adds_one_facilitator(service: Service) -> None:
    """The new facilitator's pseudonym is made for each request, and counts once."""
    workshop = await create(service)
    await service.execute(HOST, workshop, AddFacilitator(), "key")
    assert (await service.execute(HOST, workshop, AddFacilitator(), "key")).repeated
    assert len((await live(service, workshop)).state.workshop.facilitators) == 2


async def test_a_repeated_creation_gives_the_same_workshop(open_node: OpenNode) -> None:
    """After the first answer, after a restart, and with another body not at all."""
    async with running(await open_node()) as service:
        first = await service.create(HOST, scheduled(), "key")
        again = await service.create(HOST, scheduled(), "key")
        assert (again.workshop, again.position, again.repeated) == (first.workshop, 0, True)
        with pytest.raises(IdempotencyKeyReused):
            await service.create(HOST, scheduled(title="Another plaza"), "key")
        assert (await service.create(HOST, scheduled(), "another key")).workshop != first.workshop
    async with running(await open_node()) as restarted:
        again = await restarted.create(HOST, scheduled(), "key")
        assert (again.workshop, again.repeated) == (first.workshop, True)
        assert await restarted.store.head(first.workshop) == 3


async def test_a_creation_sent_twice_at_once_gives_one_workshop(open_node: OpenNode) -> None:
    """Neither request knows the other's secret; both get the same workshop, on one node and on two."""
    async with running(await open_node()) as one, running(await open_node()) as other:
        asked = [node.create(HOST, scheduled(), "key") for node in (one, one, other, other)]
        answers = await asyncio.gather(*asked)
        assert len({answer.workshop for answer in answers}) == 1
        assert sorted(answer.repeated for answer in answers) == [False, True, True, True]
        workshop = answers[0].workshop
        assert await one.store.head(workshop) == 3
        # The seat and the code lead to it, whichever node is asked.
        for node in (one, other):
            assert (await node.execute(HOST, workshop, OpenWorkshop(), "open")).count == 1
            assert await node.doors.code_of(workshop) is not None


async def test_a_repeat_without_effect_is_decided_again(service: Service) -> None:
    """Only commands that wrote entries are remembered."""
    workshop = await create(service)
    (ada,) = await join(service, workshop, "ada")
    with pytest.raises(NotAFacilitator):
        await service.execute(ada, workshop, AddFacilitator(), "key")
    assert (await service.execute(HOST, workshop, OpenWorkshop(), "key")).position is None
    assert (await service.execute(ada, workshop, SubmitIdea(text="One"), "key")).count == 1
