"""Any batching gives the same record; and with secret ballots permuted, the same final state."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from cocreate.application import Service
from cocreate.application.live import LiveWorkshop
from cocreate.application.ticket import Receipt, Ticket, Waiting
from cocreate.domain.errors import Refusal
from cocreate.persistence.popo import PopoRecordStore
from cocreate.record.digest import state_digest
from tests.application.likeness import assert_live_is_replay
from tests.application.moves import Draw
from tests.application.nodes import NOON, Hands, create, live, make_service, rows, sequencer_of

MOVES = 120
PAUSE_MS = 20_000
Script = list[list[Ticket]]
"""Tickets in the order in which they came; between two lists the clock goes on."""

Told = tuple[int | None, tuple[str, ...]] | str


async def write_script(seed: int) -> tuple[str, Script]:
    """Let random people use a node, and keep what came to its writer."""
    rng, hands = random.Random(seed), Hands()
    service = make_service(PopoRecordStore(), hands)
    script: Script = [[]]
    offer = service.sequencer.offer

    def keep_and_offer(waiting: Waiting) -> None:
        ticket = waiting.ticket()
        script[-1].append(ticket)
        offer(ticket)

    service.sequencer.offer = keep_and_offer  # type: ignore[method-assign]
    service.sequencer.start()
    workshop = await create(service)
    draw = Draw(rng, await live(service, workshop))
    for _ in range(MOVES):
        if rng.random() < 0.1:
            hands.forward(PAUSE_MS)
            script.append([])
        caller, action = draw.move()
        try:
            await service.execute(caller, workshop, action, rng.choice((None, "a", "b")))
        except Refusal:
            continue
    await service.sequencer.stop()
    return workshop, script


async def perform(
    script: Script, cuts: random.Random, permute: random.Random | None = None
) -> tuple[Service, list[Told]]:
    """The same tickets at the same times, in batches cut elsewhere; the node, and what each ticket was told."""
    hands = Hands()
    service = make_service(PopoRecordStore(), hands, permute=permute)
    told: list[Told] = []
    for scene in script:
        waiting = [replace(ticket, answer=asyncio.get_running_loop().create_future()) for ticket in scene]
        start = 0
        while start < len(waiting):
            end = start + cuts.choice((1, 2, 5, 20, 200))
            async with service.lives.turn:
                await sequencer_of(service)._run(waiting[start:end])
            start = end
        told += [answer_of(ticket) for ticket in waiting]
        hands.forward(PAUSE_MS)
    return service, told


def future_of(ticket: Ticket) -> asyncio.Future[Receipt]:
    assert isinstance(ticket.answer, asyncio.Future)
    return ticket.answer


def answer_of(ticket: Ticket) -> Told:
    failure = future_of(ticket).exception()
    if failure is not None:
        return str(failure)
    receipt = future_of(ticket).result()
    return receipt.position, receipt.aggregates


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32))
def test_any_batching_gives_the_same_record(seed: int) -> None:
    """To the byte, and everybody is told the same."""

    async def compare() -> None:
        workshop, script = await write_script(seed)
        assert future_of(script[0][0]).result().time == NOON
        one_by_one, told = await perform(script, random.Random(0))
        for number in range(1, 4):
            otherwise, told_otherwise = await perform(script, random.Random(seed + number))
            assert await rows(otherwise.store, workshop) == await rows(one_by_one.store, workshop)
            assert told_otherwise == told
            await assert_live_is_replay(otherwise, workshop)

    asyncio.run(compare())


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32))
def test_permuted_ballots_lead_to_the_same_state(seed: int) -> None:
    """The order of secret ballots within a batch is drawn; what stands in the end is not."""

    async def compare() -> None:
        workshop, script = await write_script(seed)
        plain, _ = await perform(script, random.Random(seed))
        permuted, _ = await perform(script, random.Random(seed), random.Random(seed))
        before, after = await live(plain, workshop), await live(permuted, workshop)
        assert after.size == before.size
        assert choices(after) == choices(before)
        assert state_digest(after.state) == state_digest(before.state)
        assert len(await rows(permuted.store, workshop)) == len(await rows(plain.store, workshop))
        await assert_live_is_replay(permuted, workshop)

    asyncio.run(compare())


def choices(held: LiveWorkshop) -> dict[str, dict[str, tuple[int, object, bytes]]]:
    """What stands, wherever its entry does."""
    return {
        round_id: {key: (one.counter, one.choice, one.random) for key, one in ballots.items()}
        for round_id, ballots in held.state.ballots.items()
    }


def kinds(scripts: Sequence[Script]) -> set[str]:
    return {type(ticket.command).__name__ for script in scripts for scene in script for ticket in scene}


def test_the_drawn_moves_reach_what_matters() -> None:
    """A property over moves that are all refused would say nothing."""

    async def names() -> set[str]:
        found: set[str] = set()
        for seed in range(12):
            workshop, script = await write_script(seed)
            service, _ = await perform(script, random.Random(seed))
            found |= {row.name.split(".")[0] for row in await rows(service.store, workshop)}
        return found

    wanted = {
        "BallotCast", "BallotReplaced", "BallotWithdrawn", "BallotExplained", "RoundOpened", "RoundClosed",
        "ResultCertified", "IdeaSubmitted", "IdeaEdited", "IdeaHidden", "CommentPosted", "NameGiven", "TextErased", "SubjectErased",
        "ParticipantLeft", "ParticipantReadmitted", "WorkshopClosed", "WorkshopReopened", "OptionAdmitted",
    }  # fmt: skip
    assert asyncio.run(names()) >= wanted
