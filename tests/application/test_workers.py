"""Workers before one writer: what is asked of any of them is on the record once, and all of them show it."""

import asyncio
import random
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from select import select
from string import Formatter

import pytest

from cocreate.application import (
    EraseSubject,
    EraseText,
    Join,
    NotAHost,
    OpenWorkshop,
    RecordDamaged,
    Service,
    SubmitIdea,
    Unavailable,
)
from cocreate.application.asked import Asked
from cocreate.application.desk import Desk
from cocreate.application.drafting import Draft
from cocreate.application.errors import AnswerLost, QueueFull, RecordRewound, Stopping
from cocreate.application.link import WriterFailed, error_of, failure_of
from cocreate.application.ticket import Receipt
from cocreate.application.worker import Worker
from cocreate.domain.errors import (
    IdempotencyKeyReused,
    NotAParticipant,
    Refusal,
    RoundNotFound,
    WorkshopNotFound,
)
from cocreate.domain.idea import IdeaSubmitted
from cocreate.persistence.record_store import RecordStore
from tests.application.conftest import OpenNode
from tests.application.likeness import assert_live_is_replay
from tests.application.moves import Draw
from tests.application.nodes import (
    HOST,
    VAULT,
    Hands,
    acknowledged,
    cast_ballot,
    create,
    idea,
    join,
    open_round,
    person,
    record,
    running,
    scheduled,
    seat,
    until,
)

MOVES = 150


@asynccontextmanager
async def beside(
    service: Service, store: RecordStore, hands: Hands, *, outstanding_max: int = 1_000
) -> AsyncIterator[tuple[Worker, Desk]]:
    """A worker of this service's on a store of its own, joined to it by a real pair of sockets, and its desk."""
    loop = asyncio.get_running_loop()
    ours, theirs = socket.socketpair()
    desk = Desk(service)
    worker = Worker(store, VAULT, clock=hands.clock(), outstanding_max=outstanding_max)
    await loop.create_unix_connection(lambda: desk.link, sock=ours)
    await loop.create_unix_connection(lambda: worker.remote.link, sock=theirs)
    await worker.start()
    try:
        yield worker, desk
    finally:
        await worker.stop()
        await until(lambda: not desk.link.up and not worker.remote.link.up, "both ends are closed")


@pytest.fixture
async def writer(open_node: OpenNode, hands: Hands) -> AsyncIterator[Service]:
    """The service that writes."""
    async with running(await open_node(), hands, timekeeper=False) as service:
        yield service


@pytest.fixture
async def workers(writer: Service, open_node: OpenNode, hands: Hands) -> AsyncIterator[tuple[Worker, Worker]]:
    """Two workers of the writer's."""
    async with (
        beside(writer, await open_node(), hands) as (one, _),
        beside(writer, await open_node(), hands) as (other, _),
    ):
        yield one, other


async def test_what_one_worker_acknowledges_both_show_at_once(
    writer: Service, workers: tuple[Worker, Worker]
) -> None:
    """From the creation of a workshop to a vote: whoever reads next, anywhere, finds it there."""
    one, other = workers
    workshop = await create(one)
    (ann,) = await join(other, workshop, "Ann")
    fountain = await idea(one, workshop, ann)
    round_id = await open_round(other, workshop, [fountain])
    for turn in range(20):
        voted, read = (one, other) if turn % 2 else (other, one)
        receipt = await voted.execute(ann, workshop, cast_ballot(round_id, *([fountain] if turn % 3 else [])))
        assert receipt.position is not None
        for reader in (read, voted):
            assert (await reader.reading.live(workshop)).size > receipt.position
    (written,) = [one for one in await record(writer, workshop) if isinstance(one.event, IdeaSubmitted)]
    assert (await one.reading.live(workshop)).texts(written.position, "text")
    for node in (one, other, writer):
        await assert_live_is_replay(node, workshop)


class Look:
    """An answer that, when it comes, takes what each worker has been sent before."""

    def __init__(self, ends: list[socket.socket]) -> None:
        self._ends = ends
        self.found: list[bytes] = []

    def done(self) -> bool:
        return bool(self.found)

    def set_result(self, receipt: Receipt, /) -> None:
        readable = select(self._ends, [], [], 0)[0]
        self.found = [end.recv(1_000) if end in readable else b"" for end in self._ends]

    def set_exception(self, error: Exception, /) -> None:
        raise error


async def test_every_worker_is_told_of_a_move_before_anybody_is_answered(writer: Service) -> None:
    """Whoever is answered may ask another worker before this turn of the writer's loop is over."""
    workshop = await create(writer)
    (ann,) = await join(writer, workshop, "Ann")
    draft = Draft(await writer.reading.live(workshop), await seat(writer, workshop, ann))
    async with deskside(writer) as one, deskside(writer) as other:
        look = Look([one, other])
        writer.sequencer.offer(Asked(draft, SubmitIdea(text="A fountain"), ann, None, look))
        await until(look.done, "it is answered")
    assert [workshop.encode() in frame for frame in look.found] == [True, True]


@asynccontextmanager
async def deskside(service: Service) -> AsyncIterator[socket.socket]:
    """The worker's end of a link to this service, read by hand."""
    ours, theirs = socket.socketpair()
    desk = Desk(service)
    await asyncio.get_running_loop().create_unix_connection(lambda: desk.link, sock=ours)
    with theirs:
        yield theirs
    await until(lambda: not desk.link.up, "the link is closed")


async def test_random_moves_on_two_workers_leave_all_alike(
    writer: Service, workers: tuple[Worker, Worker]
) -> None:
    """Every kind of action crosses the link as it was; a worker that followed holds what a replay holds."""
    rng = random.Random(7)
    workshop = await create(writer)
    people = [*await join(writer, workshop, "Ann", "Ben", "Cem", "Dua")]
    done = 0
    for turn in range(MOVES):
        node = workers[turn % 2]
        caller, action = Draw(rng, await node.reading.live(workshop), people).move()
        try:
            await node.execute(caller, workshop, action)
            done += 1
        except Refusal:
            pass
    assert done > MOVES / 3
    for node in workers:
        await node.reading.live(workshop)
        await assert_live_is_replay(node, workshop)


async def test_a_key_has_its_effect_once_whichever_worker_it_reaches(
    writer: Service, workers: tuple[Worker, Worker]
) -> None:
    """A repeat on the other worker gets the first receipt; another request under the key is refused."""
    one, other = workers
    workshop = await create(one, key="new")
    assert (await other.create(HOST, scheduled(), "new")).workshop == workshop
    (ann,) = await join(one, workshop, "Ann")
    first = await one.execute(ann, workshop, SubmitIdea(text="A fountain"), "k")
    again = await other.execute(ann, workshop, SubmitIdea(text="A fountain"), "k")
    assert (again.position, again.leaves, again.repeated) == (first.position, first.leaves, True)
    with pytest.raises(IdempotencyKeyReused):
        await other.execute(ann, workshop, SubmitIdea(text="A tree"), "k")
    same = [
        node.execute(ann, workshop, SubmitIdea(text="Both"), "b") for node in (one, other) for _ in range(5)
    ]
    assert len({one.position for one in acknowledged(await asyncio.gather(*same))}) == 1
    ideas = [one for one in await record(writer, workshop) if isinstance(one.event, IdeaSubmitted)]
    assert len(ideas) == 2


async def test_refusals_arrive_as_they_were_raised(workers: tuple[Worker, Worker]) -> None:
    """A stranger, a round that is not there, a workshop that is not there, and somebody who is no host."""
    one, _ = workers
    workshop = await create(one)
    (ann,) = await join(one, workshop, "Ann")
    with pytest.raises(NotAParticipant, match="not joined yet"):
        await one.execute(person("a stranger"), workshop, SubmitIdea(text="?"))
    with pytest.raises(RoundNotFound) as refused:
        await one.execute(ann, workshop, cast_ballot("00000000-0000-4000-8000-000000000000"))
    assert refused.value.facts == {"round": "00000000-0000-4000-8000-000000000000"}
    with pytest.raises(WorkshopNotFound):
        await one.execute(ann, "00000000-0000-4000-8000-000000000000", Join())
    with pytest.raises(NotAHost):
        await one.create(ann, scheduled())


def _kinds(of: type[Exception]) -> Iterator[type[Exception]]:
    for kind in of.__subclasses__():
        yield kind
        yield from _kinds(kind)


@pytest.mark.parametrize("kind", [one for one in _kinds(Refusal) if one.__dict__.get("text")])
def test_every_refusal_crosses_with_its_facts(kind: type[Refusal]) -> None:
    """The same class, facts and words on the other side."""
    facts = {name: f"a {name}" for _, name, _, _ in Formatter().parse(kind.text) if name}
    error = kind(**{name: 7 if kind.__name__ == "BallotSuperseded" else fact for name, fact in facts.items()})
    again = error_of(failure_of(error))
    assert isinstance(again, kind)
    assert (type(again), again.facts, str(again)) == (kind, error.facts, str(error))


def test_unavailable_and_damaged_cross_and_nothing_else_does() -> None:
    """What nobody has foreseen tells that it happened, and none of its words."""
    for kind in _kinds(Unavailable):
        error = kind()
        assert (type(error_of(failure_of(error))), str(error_of(failure_of(error)))) == (kind, str(error))
    assert error_of(failure_of(RecordRewound(successor="w"))).facts == {"successor": "w"}  # type: ignore[attr-defined]
    damaged = error_of(failure_of(RecordDamaged("w at 3")))
    assert (type(damaged), str(damaged)) == (RecordDamaged, "w at 3")
    assert str(error_of(failure_of(ValueError("secret")))) == ""
    assert isinstance(error_of(failure_of(ValueError("secret"))), WriterFailed)


async def test_an_erasure_reaches_every_worker_before_its_next_answer(workers: tuple[Worker, Worker]) -> None:
    """A text, then a person with everything of theirs and their seat."""
    one, other = workers
    workshop = await create(one)
    (ann,) = await join(one, workshop, "Ann")
    receipt = await one.execute(ann, workshop, SubmitIdea(text="My address"))
    kept = await one.execute(ann, workshop, SubmitIdea(text="My telephone"))
    assert receipt.position is not None
    assert kept.position is not None
    assert (await other.reading.live(workshop)).texts(receipt.position, "text")
    ann_seat = await seat(other, workshop, ann)
    await one.execute(HOST, workshop, EraseText(position=receipt.position, field="text", reason="requested"))
    held = await other.reading.live(workshop)
    assert held.texts(receipt.position, "text") is None
    assert held.texts(kept.position, "text")
    await one.execute(HOST, workshop, EraseSubject(participant=ann_seat, reason="requested"))
    held = await other.reading.live(workshop)
    assert held.texts(kept.position, "text") is None
    assert held.keyring.subject_key(ann_seat) is None
    assert ann.session is not None
    assert other.doors.known_seat(workshop, ann.session) is None


async def test_what_others_write_reaches_workers_through_the_writer(
    writer: Service, workers: tuple[Worker, Worker], open_node: OpenNode, hands: Hands
) -> None:
    """A node elsewhere, as an import is: workers that nobody asks are woken all the same."""
    one, _ = workers
    workshop = await create(writer)
    held = await one.reading.live(workshop)
    before = held.size
    async with running(await open_node(), hands, timekeeper=False) as elsewhere:
        await join(elsewhere, workshop, "Ann")
        await until(lambda: held.size > before, "the worker has followed")


async def test_without_its_writer_a_worker_reads_and_writes_nothing(
    writer: Service, open_node: OpenNode, hands: Hands
) -> None:
    """What was under way may be written or not, and is told so; what comes later is not taken."""
    async with beside(writer, await open_node(), hands) as (worker, desk):
        workshop = await create(worker)
        (ann,) = await join(worker, workshop, "Ann")
        before = (await worker.reading.live(workshop)).size
        async with writer.lives.turn:
            under_way = asyncio.create_task(worker.execute(ann, workshop, SubmitIdea(text="Heard?"), "k"))
            await until(lambda: writer.sequencer.waiting == 1, "the command is queued")
            desk.link.close()
            with pytest.raises(AnswerLost):
                await under_way
        assert worker.remote.gone.is_set()
        assert not worker.sequencer.running
        with pytest.raises(Stopping):
            await worker.execute(ann, workshop, SubmitIdea(text="Hello?"))
        with pytest.raises(Stopping):
            await worker.create(HOST, scheduled())
        assert (await worker.reading.live(workshop)).size == before
    again = await writer.execute(ann, workshop, SubmitIdea(text="Heard?"), "k")
    assert again.repeated


async def test_a_client_that_gives_up_takes_nothing_from_others(
    writer: Service, open_node: OpenNode, hands: Hands
) -> None:
    """Its command is written, the one after it answered, nothing stays outstanding."""
    async with beside(writer, await open_node(), hands) as (worker, _):
        workshop = await create(worker)
        ann, ben = await join(worker, workshop, "Ann", "Ben")
        async with writer.lives.turn:
            gone = asyncio.create_task(worker.execute(ann, workshop, SubmitIdea(text="Bye"), "k"))
            stays = asyncio.create_task(worker.execute(ben, workshop, SubmitIdea(text="Hello")))
            await until(lambda: worker.sequencer.waiting == 2, "both are sent")
            gone.cancel()
        assert (await stays).position is not None
        assert worker.sequencer.waiting == 0
        assert (await worker.execute(ann, workshop, SubmitIdea(text="Bye"), "k")).repeated


async def test_a_worker_has_only_so_much_outstanding(
    writer: Service, open_node: OpenNode, hands: Hands
) -> None:
    """One more is told to come again; afterwards there is room."""
    async with beside(writer, await open_node(), hands, outstanding_max=2) as (worker, _):
        workshop = await create(worker)
        (ann,) = await join(worker, workshop, "Ann")
        async with writer.lives.turn:
            two = [asyncio.create_task(worker.execute(ann, workshop, SubmitIdea(text=one))) for one in "ab"]
            await until(lambda: worker.sequencer.waiting == 2, "two are sent")
            with pytest.raises(QueueFull):
                await worker.execute(ann, workshop, SubmitIdea(text="c"))
        await asyncio.gather(*two)
        await worker.execute(ann, workshop, SubmitIdea(text="c"))


async def test_a_worker_that_reads_too_slowly_is_told_later_and_once(
    writer: Service, open_node: OpenNode, hands: Hands
) -> None:
    """What its own people did it knows from their receipts; what others did when it reads again."""
    async with beside(writer, await open_node(), hands) as (worker, desk):
        workshop = await create(writer)
        (ann,) = await join(worker, workshop, "Ann")
        size = (await worker.reading.live(workshop)).size
        desk.link.pause_writing()
        for text in "abc":
            await writer.execute(ann, workshop, SubmitIdea(text=text))
        held = await worker.lives.get(workshop)
        assert held.expected <= size
        await worker.execute(ann, workshop, SubmitIdea(text="mine"))
        assert (await worker.reading.live(workshop)).size == size + 4
        await writer.execute(HOST, workshop, EraseText(position=size, field="text", reason="requested"))
        desk.link.resume_writing()
        await until(lambda: held.expected == size + 5, "it is told of what it missed")


async def test_a_stopping_writer_answers_what_it_has_taken(open_node: OpenNode, hands: Hands) -> None:
    """Its batches are finished and their receipts reach the worker; what comes later is not taken."""
    async with (
        running(await open_node(), hands, timekeeper=False) as writer,
        beside(writer, await open_node(), hands) as (worker, _),
    ):
        workshop = await create(worker)
        (ann,) = await join(worker, workshop, "Ann")
        asked = [asyncio.create_task(worker.execute(ann, workshop, SubmitIdea(text=one))) for one in "abc"]
        await until(lambda: writer.sequencer.waiting > 0, "the writer has them")
        await writer.stop()
        assert len(acknowledged(await asyncio.gather(*asked))) == 3
        with pytest.raises(Stopping):
            await worker.execute(HOST, workshop, OpenWorkshop())
