"""Two nodes on one database: they write to the same workshops at the same time and see what the other wrote."""

import asyncio
import json
import os
import random
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from cocreate.application import (
    Action,
    Caller,
    CertifyResult,
    ChangeSettings,
    CloseRound,
    Join,
    Leave,
    NotAParticipant,
    Receipt,
    Service,
    SubmitIdea,
    WithdrawBallot,
)
from cocreate.domain.ballot import BallotCast, BallotReplaced, BallotWithdrawn
from cocreate.domain.errors import BallotSuperseded, InputPaused, NoBallot
from cocreate.domain.settings import Settings
from cocreate.domain.voting import Choice
from cocreate.persistence.postgres import PostgresRecordStore
from cocreate.persistence.record_store import RecordStore
from tests.application.nodes import (
    HOST,
    Hands,
    cast_ballot,
    create,
    idea,
    in_one_batch,
    join,
    live,
    make_service,
    open_round,
    person,
    record,
    running,
    until,
)

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 20
PEOPLE = 50
OpenNode = Callable[[], Awaitable[RecordStore]]
Nodes = tuple[Service, Service]


@pytest.fixture
async def nodes(postgres_database: str, hands: Hands) -> AsyncIterator[Nodes]:
    """Two nodes with stores of their own on one PostgreSQL."""
    stores = PostgresRecordStore(postgres_database), PostgresRecordStore(postgres_database)
    for store in stores:
        await store.open()
    async with running(stores[0], hands) as one, running(stores[1], hands) as other:
        yield one, other
    for store in stores:
        await store.close()


@pytest.fixture
async def any_nodes(open_node: OpenNode) -> AsyncIterator[Nodes]:
    """Two nodes on one store of each kind."""
    async with running(await open_node()) as one, running(await open_node()) as other:
        yield one, other


async def same_size(nodes: Nodes, workshop: str) -> None:
    """Both nodes have folded the whole record."""

    async def current() -> bool:
        head = await nodes[0].store.head(workshop)
        return all([(await live(node, workshop)).size == head for node in nodes])

    await until(current, "both nodes are at the head")


async def assert_alike(nodes: Nodes, workshop: str) -> None:
    """Both show the same to everybody."""
    await same_size(nodes, workshop)
    one, other = [await live(node, workshop) for node in nodes]
    assert one.tree.root() == other.tree.root()
    for audience in ("public", "participant", "facilitator", "screen"):
        mine = await nodes[0].reading.view(one, audience)
        theirs = await nodes[1].reading.view(other, audience)
        assert mine.body == theirs.body


async def test_fifty_people_vote_on_both_nodes_at_once(nodes: Nodes, hands: Hands) -> None:
    """One standing ballot each, the same tally on both, every acknowledged command once, no error but a superseded ballot."""
    rng = random.Random(20)
    workshop = await create(nodes[0])
    people = await join(nodes[0], workshop, *(f"p{number}" for number in range(PEOPLE)))
    options = [await idea(nodes[0], workshop, people[0], f"Idea {number}") for number in range(4)]
    await same_size(nodes, workshop)
    for number in range(ROUNDS):
        secrecy = "pseudonymous" if number % 2 else "open"
        round_id = await open_round(
            nodes[number % 2], workshop, options, secrecy=secrecy, results="always", grace_ms=0
        )
        await same_size(nodes, workshop)
        receipts: list[Receipt] = []
        for wave in ("cast", "withdraw", "cast"):
            deeds = [(node, one, deed(rng, wave, round_id, options)) for one in people for node in nodes]
            receipts += await all_at_once(workshop, deeds)
        hands.forward(1000)
        await assert_one_ballot_each(nodes, workshop, round_id, receipts)
        await nodes[1].execute(HOST, workshop, CloseRound(round=round_id))
        hands.forward(1000)
        await same_size(nodes, workshop)
        await nodes[0].execute(HOST, workshop, CertifyResult(round=round_id))
    await assert_alike(nodes, workshop)


def deed(rng: random.Random, wave: str, round_id: str, options: list[str]) -> Action:
    if wave == "withdraw":
        return WithdrawBallot(round=round_id)
    return cast_ballot(
        round_id, *rng.sample(options, rng.randint(0, 3)), counter=rng.choice((None, None, 1, 3))
    )


async def all_at_once(workshop: str, deeds: list[tuple[Service, Caller, Action]]) -> list[Receipt]:
    """The receipts; anything but a receipt or an expected refusal fails the test."""
    answers = await asyncio.gather(
        *(node.execute(one, workshop, action) for node, one, action in deeds), return_exceptions=True
    )
    unexpected = [a for a in answers if not isinstance(a, Receipt | BallotSuperseded | NoBallot)]
    assert not unexpected, Counter(repr(one) for one in unexpected)
    return [one for one in answers if isinstance(one, Receipt)]


async def assert_one_ballot_each(nodes: Nodes, workshop: str, round_id: str, receipts: list[Receipt]) -> None:
    """The record's ballots are the acknowledged ones, each voter has at most one, and both nodes count the same."""
    await same_size(nodes, workshop)
    ballots = [one for one in await record(nodes[0], workshop) if one.aggregate.startswith(f"{round_id}/")]
    assert sorted(receipt.position or 0 for receipt in receipts) == [one.position for one in ballots]
    by_position = {one.position: one.command for one in ballots}
    assert all(by_position[receipt.position or 0] == receipt.command for receipt in receipts)
    standing: dict[str, tuple[int, Choice | None]] = {}
    for one in ballots:
        counter, choice = standing.get(one.aggregate, (0, None))
        assert isinstance(one.event, BallotCast | BallotReplaced | BallotWithdrawn)
        assert one.event.counter > counter
        assert isinstance(one.event, BallotCast) == (choice is None)
        chosen = None if isinstance(one.event, BallotWithdrawn) else one.event.choice
        standing[one.aggregate] = one.event.counter, chosen
    assert len(standing) == PEOPLE
    counted = Counter(
        option for _, choice in standing.values() if isinstance(choice, tuple) for option in choice
    )
    for node in nodes:
        shown = (await node.reading.view(await live(node, workshop), "public")).facts["items"]["tallies"]
        marks = {item["idea"]: item["marks"]["approvals"] for item in shown if item["round"] == round_id}
        assert marks == {option: counted[option] for option in marks}
        assert len(marks) == 4


async def test_two_hundred_people_join_at_once(any_nodes: Nodes) -> None:
    """Over both nodes; none is refused, each is somebody else."""
    workshop = await create(any_nodes[0])
    people = [person(f"p{number}") for number in range(200)]
    receipts = await asyncio.gather(
        *(
            any_nodes[number % 2].execute(one, workshop, Join(name=f"N {number}"))
            for number, one in enumerate(people)
        )
    )
    assert len({receipt.aggregates[0] for receipt in receipts}) == 200
    assert all(receipt.count == 3 for receipt in receipts)
    joined = [one for one in await record(any_nodes[0], workshop) if one.event.NAME == "ParticipantJoined.v1"]
    assert len(joined) == 200
    await assert_alike(any_nodes, workshop)


@pytest.mark.slow
async def test_two_processes_on_one_database(postgres_database: str) -> None:
    """The same with real processes, each with its own memory, clock and connections."""
    store = PostgresRecordStore(postgres_database)
    await store.open()
    async with running(store) as service:
        workshop = await create(service)
        people = [f"p{number}" for number in range(PEOPLE)]
        callers = await join(service, workshop, *people)
        options = [await idea(service, workshop, callers[0], f"Idea {number}") for number in range(4)]
        rounds = [await open_round(service, workshop, options, results="always") for _ in range(ROUNDS)]
        told = {"database": postgres_database, "workshop": workshop, "rounds": rounds, "options": options}
        nodes = [await start_node(told | {"people": people, "seed": seed}) for seed in (1, 2)]
        for node in nodes:
            await say(node, "go")
        answers = [json.loads(await hear(node)) for node in nodes]
        head = await store.head(workshop)
        for node in nodes:
            await say(node, str(head))
        tallies = [json.loads(await hear(node)) for node in nodes]
        assert [await node.wait() for node in nodes] == [0, 0]
        ballots = [one for one in await record(service, workshop) if "Ballot" in one.event.NAME]
    await store.close()
    assert all(set(answer["refusals"]) <= {"BallotSuperseded", "NoBallot"} for answer in answers), answers
    acknowledged = sorted(tuple(receipt) for answer in answers for receipt in answer["receipts"])
    assert acknowledged == [(one.position, one.command) for one in ballots]
    assert all(answer["receipts"] for answer in answers)
    standing = {
        one.aggregate: () if isinstance(one.event, BallotWithdrawn) else one.event.choice  # type: ignore[attr-defined]
        for one in ballots
    }
    assert len(standing) == PEOPLE * ROUNDS
    counted = Counter(f"{key[:36]}/{option}" for key, choice in standing.items() for option in choice)
    assert tallies[0] == tallies[1]
    assert {key: marks["approvals"] for key, marks in tallies[0].items() if marks["approvals"]} == counted


async def start_node(told: dict[str, object]) -> asyncio.subprocess.Process:
    """A node that has the workshop open and waits for the word."""
    node = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.application.node_process",
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}"},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        limit=2**24,
    )
    await say(node, json.dumps(told))
    assert await hear(node) == "ready"
    return node


async def say(node: asyncio.subprocess.Process, line: str) -> None:
    assert node.stdin is not None
    node.stdin.write(f"{line}\n".encode())
    await node.stdin.drain()


async def hear(node: asyncio.subprocess.Process) -> str:
    assert node.stdout is not None
    async with asyncio.timeout(120):
        return (await node.stdout.readline()).decode().strip()


async def test_a_node_that_is_behind_refuses_nothing_for_that(open_node: OpenNode) -> None:
    """What another node wrote a moment ago counts at once: a round that it opened, a change it made, a command it took."""
    async with running(await open_node()) as one:
        # The other node follows nobody: it learns of everything by itself, or not at all.
        other = make_service(await open_node(), Hands())
        other.sequencer.start()
        workshop = await create(one)
        (ada,) = await join(other, workshop, "ada")
        option = await idea(one, workshop, ada)
        round_id = await open_round(one, workshop, [option])
        cast = await other.execute(ada, workshop, cast_ballot(round_id, option), "a vote")
        assert cast.position is not None
        again = await one.execute(ada, workshop, cast_ballot(round_id, option), "a vote")
        assert (again.position, again.repeated) == (cast.position, True)
        await one.execute(HOST, workshop, ChangeSettings(settings=Settings(paused=True)))
        with pytest.raises(InputPaused):
            await other.execute(ada, workshop, SubmitIdea(text="Shade"))
        await one.execute(HOST, workshop, ChangeSettings(settings=Settings()))
        assert (await other.execute(ada, workshop, SubmitIdea(text="Shade"))).count == 1
        left = await one.execute(ada, workshop, Leave(), "leaving")
        repeated = await other.execute(ada, workshop, Leave(), "leaving")
        assert (repeated.position, repeated.repeated) == (left.position, True)
        with pytest.raises(NotAParticipant):
            await other.execute(ada, workshop, cast_ballot(round_id, option))
        await other.sequencer.stop()


async def test_what_is_written_beside_a_workshop_that_moved_is_written_once(open_node: OpenNode) -> None:
    """A command that another node's entries give an effect waits for them; the rest of its batch counts once, key or no key."""
    async with running(await open_node()) as one:
        other = make_service(await open_node(), Hands())
        other.sequencer.start()
        moved, busy = await create(one), await create(one)
        (ada,) = await join(other, busy, "ada")
        await live(other, moved)
        await one.execute(HOST, moved, ChangeSettings(settings=Settings(paused=True)))
        # What this node knows of the settings is what it is asked for: no effect, until it knows more.
        asked = [
            other.execute(ada, busy, SubmitIdea(text="Shade")),
            other.execute(HOST, moved, ChangeSettings(settings=Settings())),
        ]
        answers = await in_one_batch(other, busy, asked)
        assert [answer.count for answer in answers] == [1, 1]
        assert [entry.event.NAME for entry in await record(other, busy)].count("IdeaSubmitted.v1") == 1
        await other.sequencer.stop()
