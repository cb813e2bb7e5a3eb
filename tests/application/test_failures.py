"""Every row of the table of failures: what may go wrong between a command and its answer, and what then stands."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from cocreate.application import (
    CloseRound,
    Leave,
    Receipt,
    RescheduleWorkshop,
    Service,
    SubmitIdea,
    Unavailable,
)
from cocreate.application.errors import AnswerLost, StoreDown, TooManyWriters
from cocreate.application.sequencer import ATTEMPTS_MAX
from cocreate.domain.ballot import BallotCast
from cocreate.domain.errors import BallotSuperseded, RoundNotOpen
from cocreate.persistence.batch import Batch
from cocreate.persistence.errors import HeadMoved, OutcomeUnknown, StoreUnavailable
from cocreate.persistence.popo import PopoRecordStore
from cocreate.persistence.record_store import RecordStore
from cocreate.record.codec import decode
from tests.application.nodes import (
    HOST,
    NOON,
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
    record,
    running,
    seat,
    sequencer_of,
    until,
)


@pytest.fixture
async def failing(store: RecordStore) -> FailingStore:
    """A real store of each kind, behind a wrapper that fails when told to."""
    return FailingStore(store)


@pytest.fixture
async def service(failing: FailingStore, hands: Hands) -> AsyncIterator[Service]:
    """A running node on it."""
    async with running(failing, hands) as started:
        yield started


async def knows(service: Service, workshop: str, other: Service) -> bool:
    """Whether the node has folded all that another one has stored."""
    return (await live(service, workshop)).size == await other.store.head(workshop)


async def ideas_on_record(service: Service, workshop: str) -> int:
    return sum(one.event.NAME == "IdeaSubmitted.v1" for one in await record(service, workshop))


async def assert_state_is_the_records(service: Service, workshop: str) -> None:
    """What is in memory is what a replay gives."""
    head = await service.store.head(workshop)
    held = await live(service, workshop)
    assert (held.size, held.state.size, held.projections.at) == (head, head, head - 1)
    assert not held.keyring.pending


async def test_another_writer_slipped_in(
    failing: FailingStore, service: Service, open_node: Callable[[], Awaitable[RecordStore]]
) -> None:
    """The batch is refused as a whole; the tail is read, all is decided again, and nobody notices."""
    workshop = await create(service)
    people = await join(service, workshop, "ada", "ben", "cyd")
    async with running(await open_node()) as other:
        (dan,) = await join(other, workshop, "dan")

        async def slip_in() -> None:
            await idea(other, workshop, dan, "I was first")

        failing.fail(slip_in)
        answers = await in_one_batch(
            service, workshop, [service.execute(one, workshop, SubmitIdea(text="Second")) for one in people]
        )
    assert [answer.position for answer in answers] == sorted(answer.position for answer in answers)
    assert len(acknowledged(answers)) == 3
    assert await ideas_on_record(service, workshop) == 4
    await assert_state_is_the_records(service, workshop)


async def test_another_writer_slipped_in_and_changed_what_is_allowed(
    failing: FailingStore, service: Service, hands: Hands, open_node: Callable[[], Awaitable[RecordStore]]
) -> None:
    """Decided again means by the rules as they stand now: only whoever they refuse now is refused."""
    workshop = await create(service)
    ada, ben = await join(service, workshop, "ada", "ben")
    option = await idea(service, workshop, ada)
    round_id = await open_round(service, workshop, [option], grace_ms=0)
    async with running(await open_node(), Hands(NOON)) as other:

        async def close_first() -> None:
            await other.execute(HOST, workshop, CloseRound(round=round_id))
            hands.forward(1)  # there is no grace, so the vote is now late

        failing.fail(close_first)
        vote, thought = await in_one_batch(
            service,
            workshop,
            [
                service.execute(ada, workshop, cast_ballot(round_id, option)),
                service.execute(ben, workshop, SubmitIdea(text="A bench")),
            ],
        )
    assert isinstance(vote, RoundNotOpen)
    assert thought.count == 1
    await assert_state_is_the_records(service, workshop)


async def test_another_writer_slipped_in_again_and_again(failing: FailingStore, service: Service) -> None:
    """Whoever cannot get through is told so, nothing of theirs is written, and the next try works."""
    workshop = await create(service)
    (ada,) = await join(service, workshop, "ada")
    head = await service.store.head(workshop)
    for _ in range(ATTEMPTS_MAX):
        failing.fail("conflict")
    with pytest.raises(TooManyWriters):
        await service.execute(ada, workshop, SubmitIdea(text="Again"), "one key")
    assert await service.store.head(workshop) == head
    receipt = await service.execute(ada, workshop, SubmitIdea(text="Again"), "one key")
    assert (receipt.position, receipt.repeated) == (head, False)


async def test_only_the_command_that_collides_by_itself_fails(
    failing: FailingStore, service: Service
) -> None:
    """A batch that is refused time after time is taken apart until its culprit is alone; all others are written."""
    workshop = await create(service)
    people = await join(service, workshop, *(f"p{number}" for number in range(9)))
    culprit = await seat(service, workshop, people[4])
    write = failing.real.append

    async def refuse_the_culprit(batch: Batch) -> None:
        if any(decode(row.entry).actor == culprit for row in batch.rows):
            raise HeadMoved(frozenset(batch.heads))
        await write(batch)

    failing.real.append = refuse_the_culprit  # type: ignore[method-assign]
    answers = await in_one_batch(
        service, workshop, [service.execute(one, workshop, SubmitIdea(text="Mine")) for one in people]
    )
    assert [type(answer) for answer in answers] == [Receipt] * 4 + [TooManyWriters] + [Receipt] * 4
    assert await ideas_on_record(service, workshop) == 8
    await assert_state_is_the_records(service, workshop)


async def test_a_command_that_is_refused_leaves_nothing_for_the_next(
    failing: FailingStore, service: Service
) -> None:
    """Of twenty votes with the same counter one is written, and no trace of the nineteen comes with the next batch."""
    workshop = await create(service)
    (ada,) = await join(service, workshop, "ada")
    option = await idea(service, workshop, ada)
    round_id = await open_round(service, workshop, [option])
    late = [service.execute(ada, workshop, cast_ballot(round_id, option, counter=1)) for _ in range(20)]
    answers = await in_one_batch(service, workshop, late)
    assert len(acknowledged(answers)) == 1
    assert sum(isinstance(answer, BallotSuperseded) for answer in answers) == 19
    await service.execute(ada, workshop, SubmitIdea(text="The next"))
    cast = [one for one in await record(service, workshop) if isinstance(one.event, BallotCast)]
    assert len(cast) == 1
    await assert_state_is_the_records(service, workshop)


async def test_a_command_that_raises_after_producing_events_leaves_nothing_for_the_next(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Something breaks between deciding and encoding: the state rolls back, and no phantom is saved by the next."""
    workshop = await create(service)
    ada, ben = await join(service, workshop, "ada", "ben")
    head = await service.store.head(workshop)

    def break_at_the_name(*_: object) -> list[object]:
        raise RuntimeError("the cipher is out of order")

    with monkeypatch.context() as broken:
        broken.setattr("cocreate.application.decide_batch.seal_event", break_at_the_name)
        with pytest.raises(AnswerLost):
            await service.execute(ada, workshop, SubmitIdea(text="Lost"))
    assert await service.store.head(workshop) == head
    receipt = await service.execute(ben, workshop, SubmitIdea(text="Saved"))
    assert (receipt.position, receipt.count) == (head, 1)
    assert await ideas_on_record(service, workshop) == 1
    await assert_state_is_the_records(service, workshop)


async def test_the_connection_was_lost_around_commit_and_the_batch_is_there(
    failing: FailingStore, service: Service
) -> None:
    """The same bytes stand on the record: everybody is acknowledged, nothing is written twice."""
    workshop = await create(service)
    people = await join(service, workshop, "ada", "ben", "cyd")
    failing.fail("lost, stored")
    answers = await in_one_batch(
        service, workshop, [service.execute(one, workshop, SubmitIdea(text="Here")) for one in people]
    )
    assert len(acknowledged(answers)) == 3
    assert await ideas_on_record(service, workshop) == 3
    await assert_state_is_the_records(service, workshop)


async def test_the_connection_was_lost_around_commit_and_the_batch_is_absent(
    failing: FailingStore, service: Service
) -> None:
    """Not durable: everybody is told, and a repeat under the same key writes it once."""
    workshop = await create(service)
    people = await join(service, workshop, "ada", "ben")
    failing.fail("lost, absent")
    answers = await in_one_batch(
        service, workshop, [service.execute(one, workshop, SubmitIdea(text="Here"), "key") for one in people]
    )
    assert [type(answer) for answer in answers] == [AnswerLost, AnswerLost]
    assert await ideas_on_record(service, workshop) == 0
    await assert_state_is_the_records(service, workshop)
    for one in people:
        assert (await service.execute(one, workshop, SubmitIdea(text="Here"), "key")).repeated is False
    assert await ideas_on_record(service, workshop) == 2


async def test_the_connection_was_lost_around_commit_and_others_stand_there(
    failing: FailingStore, service: Service, open_node: Callable[[], Awaitable[RecordStore]]
) -> None:
    """Different bytes are a conflict: what the other wrote is folded, and the batch is decided again."""
    workshop = await create(service)
    (ada,) = await join(service, workshop, "ada")
    async with running(await open_node()) as other:
        (ben,) = await join(other, workshop, "ben")
        await until(lambda: knows(service, workshop, other), "both nodes know ben")

        async def others_write_and_the_answer_is_lost() -> None:
            await idea(other, workshop, ben, "Theirs")
            raise OutcomeUnknown("told to lose the answer")

        failing.fail(others_write_and_the_answer_is_lost)
        receipt = await service.execute(ada, workshop, SubmitIdea(text="Ours"))
    assert receipt.count == 1
    assert len(failing.batches[-2:]) == 2
    assert failing.batches[-1].heads[workshop] == failing.batches[-2].heads[workshop] + 1
    assert await ideas_on_record(service, workshop) == 2
    await assert_state_is_the_records(service, workshop)


async def test_the_first_row_alone_does_not_prove_the_batch(
    failing: FailingStore, service: Service, open_node: Callable[[], Awaitable[RecordStore]]
) -> None:
    """Two nodes may write what the clock caused to the same byte; what came behind it in the lost batch is not stored."""
    workshop = await create(service)
    (ada,) = await join(service, workshop, "ada")
    other = await open_node()

    async def another_node_writes_the_first_row_and_the_answer_is_lost() -> None:
        (batch,) = failing.batches[-1:]
        await other.append(
            Batch(heads=batch.heads, rows=batch.rows[:1], sealed=batch.sealed, keys=batch.keys)
        )
        raise OutcomeUnknown("told to lose the answer")

    failing.fail(another_node_writes_the_first_row_and_the_answer_is_lost)
    first, second = await in_one_batch(
        service,
        workshop,
        [
            service.execute(HOST, workshop, RescheduleWorkshop(starts_at=NOON + 1, ends_at=NOON + 2)),
            service.execute(ada, workshop, Leave()),
        ],
    )
    assert first.position is None
    left = [one for one in await record(service, workshop) if one.event.NAME == "ParticipantLeft.v1"]
    assert [one.position for one in left] == [second.position]
    await assert_state_is_the_records(service, workshop)


async def test_the_connection_was_lost_around_commit_and_then_the_store(
    failing: FailingStore, service: Service
) -> None:
    """While the store cannot tell, it is asked again, and the answer waits for it."""
    workshop = await create(service)
    (ada,) = await join(service, workshop, "ada")
    failing.fail("lost, then down")
    receipt = await service.execute(ada, workshop, SubmitIdea(text="Here"))
    assert receipt.count == 1
    assert await ideas_on_record(service, workshop) == 1
    await assert_state_is_the_records(service, workshop)


async def test_the_store_is_down(failing: FailingStore, service: Service) -> None:
    """Callers are told, the state is as before, and the same key works when it is back."""
    workshop = await create(service)
    people = await join(service, workshop, "ada", "ben")
    failing.fail("down")
    answers = await in_one_batch(
        service, workshop, [service.execute(one, workshop, SubmitIdea(text="Later"), "key") for one in people]
    )
    assert [type(answer) for answer in answers] == [StoreDown, StoreDown]
    assert isinstance(answers[0], Unavailable)
    assert answers[0].retry_after_s > 0
    await assert_state_is_the_records(service, workshop)
    for one in people:
        assert (await service.execute(one, workshop, SubmitIdea(text="Later"), "key")).repeated is False
    assert await ideas_on_record(service, workshop) == 2


async def test_the_store_is_down_before_anything_is_decided(failing: FailingStore, service: Service) -> None:
    """Whoever needs a replay that cannot be read is told the same."""
    workshop = await create(service)
    (ada,) = await join(service, workshop, "ada")
    service.lives.forget([workshop])
    failing.reads_down = 2
    with pytest.raises(StoreDown):
        await service.execute(ada, workshop, SubmitIdea(text="Later"))
    with pytest.raises(StoreDown):
        await service.reading.live(workshop)
    assert (await service.execute(ada, workshop, SubmitIdea(text="Now"))).count == 1


async def test_the_store_goes_down_between_a_conflict_and_the_next_try(
    failing: FailingStore, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing was written, so that is what the callers hear."""
    workshop = await create(service)
    (ada,) = await join(service, workshop, "ada")

    failing.fail("conflict")
    original = service.lives.refresh

    async def refresh_while_down(one: str) -> None:
        failing.reads_down = 1
        await original(one)

    monkeypatch.setattr(service.lives, "refresh", refresh_while_down)
    with pytest.raises(StoreDown):
        await service.execute(ada, workshop, SubmitIdea(text="Later"))
    monkeypatch.undo()
    assert await ideas_on_record(service, workshop) == 0
    await assert_state_is_the_records(service, workshop)


async def test_anything_unexpected_in_the_writer(failing: FailingStore, service: Service) -> None:
    """The batch fails, everything open is forgotten, and the writer goes on from replay."""
    workshop, untouched = await create(service), await create(service)
    (ada,) = await join(service, workshop, "ada")
    before = await live(service, untouched)
    failing.fail("a bug")
    with pytest.raises(AnswerLost):
        await service.execute(ada, workshop, SubmitIdea(text="Lost"))
    assert service.sequencer.running
    assert await live(service, untouched) is not before
    assert (await service.execute(ada, workshop, SubmitIdea(text="Saved"))).count == 1
    assert await ideas_on_record(service, workshop) == 1
    await assert_state_is_the_records(service, workshop)


async def test_anything_unexpected_while_folding_what_is_durable(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command stands although its caller heard an error: the key finds it, and memory is the record's again."""
    workshop = await create(service)
    (ada,) = await join(service, workshop, "ada")
    with monkeypatch.context() as broken:
        broken.setattr(
            "cocreate.projections.fold.Projections.apply",
            lambda *_: (_ for _ in ()).throw(KeyError("a fold")),
        )
        with pytest.raises(AnswerLost):
            await service.execute(ada, workshop, SubmitIdea(text="Kept"), "key")
    receipt = await service.execute(ada, workshop, SubmitIdea(text="Kept"), "key")
    assert receipt.repeated
    assert await ideas_on_record(service, workshop) == 1
    await assert_state_is_the_records(service, workshop)


async def test_a_crash_between_commit_and_answer(new_store: Callable[[], RecordStore]) -> None:
    """After a restart the client's key finds its first result."""
    store = new_store()
    await store.open()
    failing = FailingStore(store)
    crashed = make_service(failing, Hands())
    await crashed.start()
    workshop = await create(crashed)
    (ada,) = await join(crashed, workshop, "ada")
    head = await store.head(workshop)
    failing.fail("no answer")
    asked = asyncio.create_task(crashed.execute(ada, workshop, SubmitIdea(text="Once"), "key"))

    async def stored() -> bool:
        return await store.head(workshop) > head

    await until(stored, "the batch is stored")
    await kill(crashed)
    await asyncio.gather(asked, return_exceptions=True)
    again = new_store() if not isinstance(store, PopoRecordStore) else store
    if again is not store:
        await store.close()
        await again.open()
    async with running(again) as restarted:
        receipt = await restarted.execute(ada, workshop, SubmitIdea(text="Once"), "key")
        assert (receipt.repeated, receipt.position) == (True, head)
        assert await ideas_on_record(restarted, workshop) == 1
    await again.close()


async def kill(service: Service) -> None:
    """End a node without a word to anybody."""
    writer = sequencer_of(service)._writer
    assert writer is not None
    for task in (*service._tasks, writer):
        task.cancel()
    await asyncio.gather(*service._tasks, writer, return_exceptions=True)


async def test_a_writer_that_is_cancelled_tells_everybody_who_waits(
    failing: FailingStore, service: Service
) -> None:
    """Nobody waits for an answer that cannot come."""
    workshop = await create(service)
    people = await join(service, workshop, "ada", "ben")
    failing.fail("no answer")
    first = asyncio.create_task(service.execute(people[0], workshop, SubmitIdea(text="In the batch")))
    await until(lambda: len(failing.batches) > 0 and not failing.faults, "the append hangs")
    second = asyncio.create_task(service.execute(people[1], workshop, SubmitIdea(text="In the queue")))
    await until(lambda: service.sequencer.waiting == 1, "the second waits")
    await kill(service)
    answers = await asyncio.gather(first, second, return_exceptions=True)
    assert all(isinstance(answer, Unavailable) for answer in answers), answers


async def test_a_refusal_that_rests_on_an_uncommitted_event_of_the_same_batch(
    failing: FailingStore, service: Service
) -> None:
    """It is answered after the commit; if that fails, the refusal was never true and nobody hears it."""
    workshop = await create(service)
    (ada,) = await join(service, workshop, "ada")
    option = await idea(service, workshop, ada)
    round_id = await open_round(service, workshop, [option])
    ballots = [cast_ballot(round_id, option, counter=5), cast_ballot(round_id, counter=5)]
    failing.fail("down")
    answers = await in_one_batch(service, workshop, [service.execute(ada, workshop, one) for one in ballots])
    assert [type(answer) for answer in answers] == [StoreDown, StoreDown]

    decided = asyncio.Event()
    release = asyncio.Event()

    async def wait_before_commit() -> None:
        decided.set()
        await release.wait()

    failing.fail(wait_before_commit)
    answered: list[str] = []

    async def note(counter: int, choice: tuple[str, ...]) -> Receipt:
        try:
            return await service.execute(ada, workshop, cast_ballot(round_id, *choice, counter=counter))
        finally:
            answered.append("answered")

    both = asyncio.create_task(in_one_batch(service, workshop, [note(5, (option,)), note(5, ())]))
    await decided.wait()
    assert not answered
    release.set()
    first, second = await both
    assert first.count == 1
    assert isinstance(second, BallotSuperseded)


async def test_a_client_gives_up(failing: FailingStore, service: Service) -> None:
    """Its command counts once or not at all; those who wait beside it get their answers."""
    workshop = await create(service)
    ada, ben = await join(service, workshop, "ada", "ben")
    decided, release = asyncio.Event(), asyncio.Event()

    async def wait_before_commit() -> None:
        decided.set()
        await release.wait()

    failing.fail(wait_before_commit)
    impatient = asyncio.create_task(service.execute(ada, workshop, SubmitIdea(text="Too slow"), "key"))
    await decided.wait()
    patient = asyncio.create_task(service.execute(ben, workshop, SubmitIdea(text="I wait")))
    await until(lambda: service.sequencer.waiting == 1, "the patient one is queued")
    impatient.cancel()
    release.set()
    assert (await patient).count == 1
    with pytest.raises(asyncio.CancelledError):
        await impatient
    assert await ideas_on_record(service, workshop) == 2
    assert (await service.execute(ada, workshop, SubmitIdea(text="Too slow"), "key")).repeated
    await assert_state_is_the_records(service, workshop)


async def test_a_client_that_gave_up_in_the_queue_harms_nobody(
    failing: FailingStore, service: Service
) -> None:
    """A hundred of them cancelled before their turn: the record holds each once or not at all."""
    workshop = await create(service)
    people = await join(service, workshop, *(f"p{number}" for number in range(40)))
    tasks = [asyncio.create_task(service.execute(one, workshop, SubmitIdea(text="A"), "k")) for one in people]
    for task in tasks[::2]:
        await asyncio.sleep(0)
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for one in people:
        await service.execute(one, workshop, SubmitIdea(text="A"), "k")
    assert await ideas_on_record(service, workshop) == len(people)
    await assert_state_is_the_records(service, workshop)


async def test_a_follower_outlives_a_store_that_is_away(
    failing: FailingStore, open_node: Callable[[], Awaitable[RecordStore]]
) -> None:
    """What others write while the store could not be asked is seen when it is back."""
    heads = failing.real.heads
    failures = 2

    async def fail_at_first(wanted: list[str]) -> dict[str, int]:
        nonlocal failures
        if failures:
            failures -= 1
            raise StoreUnavailable("told to be down")
        return await heads(wanted)

    failing.real.heads = fail_at_first  # type: ignore[method-assign,assignment]
    async with running(failing) as service, running(await open_node()) as other:
        workshop = await create(service)
        held = await live(service, workshop)
        (ada,) = await join(other, workshop, "ada")
        await idea(other, workshop, ada)
        size = await other.store.head(workshop)
        await until(lambda: held.size == size, "the follower came back")
    assert failures == 0
