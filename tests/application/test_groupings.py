"""Opinion groups beside the votes: nobody waits for them, and they are of released rounds alone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from cocreate.application import groupings
from cocreate.application.groupings import Groupings
from cocreate.application.live import LiveWorkshop
from cocreate.domain.round import Results
from cocreate.domain.voting.opinion import OpinionRules
from cocreate.persistence.sealing import Vault
from tests.projections.room import Room

OPINION = OpinionRules(method="opinion")


class Conversation(Room):
    """A room that has answered eight statements in two camps."""

    def __init__(self, results: Results = "always") -> None:
        super().__init__()
        self.author = self.join()
        self.ideas = [self.idea(self.author) for _ in range(8)]
        self.round = self.open_round(*self.ideas, rules=OPINION, results=results)
        for number in range(12):
            self.answered(1 if number % 2 else -1)

    def answered(self, side: int, round_id: str | None = None) -> None:
        person = self.join()
        for place, idea in enumerate(self.ideas):
            self.answer(round_id or self.round, person, idea, side if place > 2 else 1)

    def another_round(self) -> str:
        other = self.open_round(*self.ideas, rules=OPINION, results="always")
        for _ in range(6):
            self.answered(1, other)
        return other

    def live(self, vault: Vault, live: LiveWorkshop | None = None) -> LiveWorkshop:
        live = live or LiveWorkshop(self.pen.workshop, vault)
        for recorded in self.pen.history.entries[live.projections.at + 1 :]:
            live.projections.apply(recorded)
        return live


@asynccontextmanager
async def counting() -> AsyncIterator[Groupings]:
    found = Groupings()
    yield found
    await found.stop()


@pytest.fixture
def vault() -> Vault:
    return Vault(bytes(32))


async def test_a_first_look_never_waits_and_a_later_one_finds_the_groups(vault: Vault) -> None:
    """They say what they were counted from: the position and the answers."""
    room = Conversation()
    live = room.live(vault)
    async with counting() as found:
        assert found.latest(live, room.round) is None
        known = await found.soon(live, room.round)
        while known is None:
            known = await found.soon(live, room.round)
        assert (known.at, known.answers, known.groups.sizes) == (live.projections.at, 96, (6, 6))
        assert {known.groups.statements[one] for one in known.groups.unites} == set(room.ideas[:3])
        assert found.latest(live, room.round) is known


async def test_more_answers_are_counted_anew_but_not_at_every_answer(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until the time is over the earlier count is told, as the earlier one that it is."""
    room = Conversation()
    live = room.live(vault)
    async with counting() as found:
        monkeypatch.setattr(groupings, "WAIT_S", 60.0)
        first = await found.soon(live, room.round)
        assert first is not None
        room.answered(1)
        room.live(vault, live)
        assert await found.soon(live, room.round) is first
        assert found._running is not None
        assert found._running.done(), "too early for another count"
        monkeypatch.setattr(groupings, "EVERY_S", 0.0)
        assert found.latest(live, room.round) is first
        await found._running
        second = found.latest(live, room.round)
        assert second is not None
        assert (second.answers, second.groups.sizes) == (104, (7, 6))


async def test_one_round_is_counted_at_a_time(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another round's turn comes when the first is done and somebody looks again."""
    room = Conversation()
    other, live = room.another_round(), room.live(vault)
    monkeypatch.setattr(groupings, "WAIT_S", 60.0)
    async with counting() as found:
        found.latest(live, room.round)
        running = found._running
        assert await found.soon(live, other) is None
        assert found._running is running
        assert found.latest(live, room.round) is not None
        assert await found.soon(live, other) is not None


async def test_a_count_that_dies_is_forgotten_and_tried_again(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So is one that takes too long; nobody but the reader of groups hears of it."""
    room = Conversation()
    live = room.live(vault)
    monkeypatch.setattr(groupings, "WAIT_S", 60.0)
    monkeypatch.setattr(groupings, "EVERY_S", 0.0)
    async with counting() as found:
        with monkeypatch.context() as broken:
            broken.setattr(groupings, "_PROGRAM", "raise SystemExit(3)")
            assert await found.soon(live, room.round) is None
        with monkeypatch.context() as slow:
            slow.setattr(
                groupings,
                "_PROGRAM",
                "import sys; sys.stdin.read(); sys.stdin.close(); import time; time.sleep(600)",
            )
            slow.setattr(groupings, "COUNT_S_MAX", 0.2)
            assert await found.soon(live, room.round) is None
        assert await found.soon(live, room.round) is not None


async def test_stopping_ends_the_process_that_counts(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that stops waits for no count."""
    monkeypatch.setattr(groupings, "_PROGRAM", "import time; time.sleep(600)")
    room = Conversation()
    found = Groupings()
    found.latest(room.live(vault), room.round)
    await asyncio.sleep(0)
    async with asyncio.timeout(30):
        await found.stop()


async def test_rounds_beyond_the_limit_are_not_counted(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groupings, "ANSWERS_MAX", 95)
    room = Conversation()
    async with counting() as found:
        assert await found.soon(room.live(vault), room.round) is None
        assert found._running is None


async def test_the_least_recently_read_results_go_first(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(groupings, "KEPT_MAX", 1)
    monkeypatch.setattr(groupings, "WAIT_S", 60.0)
    room = Conversation()
    other, live = room.another_round(), room.live(vault)
    async with counting() as found:
        assert await found.soon(live, room.round) is not None
        assert await found.soon(live, other) is not None
        assert list(found._found) == [(live.id, other)]
