"""Given what has happened, when somebody wants something, then these events, or nothing, or a refusal.

Time and ids are fixed. Each `when` decides twice and compares the state before and after, so that every test
also shows that deciding changes nothing and answers the same question the same way.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from cocreate.domain.decider import decide, evolve
from cocreate.domain.errors import Refusal
from cocreate.domain.messages import Command, Event, Pending, Recorded
from cocreate.domain.state import WorkshopState

NOON = 1_700_000_000_000
TICK_MS = 1
"""Between two commands, unless a test waits longer."""

TABLES = (
    "participants",
    "authored",
    "ideas",
    "comments",
    "rounds",
    "erased",
    "explained",
    "ballots",
    "turnout",
    "answers",
    "decisions",
    "commitments",
    "merged",
    "clusters",
    "clustered",
    "paper",
    "sheets",
)


@dataclass(frozen=True)
class Wait:
    """Time that passes before the next command."""

    ms: int


def picture(state: WorkshopState) -> dict[str, Any]:
    """Everything in a state, in its order, sharing nothing with it."""
    tables = {name: list(getattr(state, name).items()) for name in TABLES}
    return deepcopy({**tables, "size": state.size, "now": state.now, "workshop": state.workshop})


class Story:
    """One workshop's record as a test tells it."""

    def __init__(self) -> None:
        self.state = WorkshopState()
        self.clock = NOON
        self.entries: list[Recorded] = []

    def tell(self, step: Command | Wait) -> list[Pending]:
        """Let it happen: a refusal here is the test's mistake."""
        if isinstance(step, Wait):
            self.clock += step.ms
            return []
        self.clock += TICK_MS
        pending = decide(step, self.state, self.clock)
        for one in pending:
            self.record(step.actor, one)
        return pending

    def record(self, actor: str, pending: Pending) -> None:
        position = len(self.entries)
        entry = Recorded(position, self.clock, actor, pending.aggregate, "0" * 32, pending.event)
        self.entries.append(entry)
        evolve(self.state, entry)

    def when(self, command: Command) -> Outcome:
        self.clock += TICK_MS
        before = picture(self.state)
        first = self._answer(command)
        second = self._answer(command)
        assert picture(self.state) == before, "deciding changed the state"
        assert first == second, "the same question got two answers"
        return Outcome(self, command, first)

    def _answer(self, command: Command) -> list[Pending] | tuple[type[Refusal], dict[str, Any]]:
        try:
            return decide(command, self.state, self.clock)
        except Refusal as refusal:
            return type(refusal), refusal.facts


@dataclass(frozen=True)
class Outcome:
    story: Story
    command: Command
    answer: list[Pending] | tuple[type[Refusal], dict[str, Any]]

    def then(self, *expected: Event) -> Story:
        """Exactly these events; the story goes on with them."""
        assert isinstance(self.answer, list), f"refused: {self.answer}"
        assert [one.event for one in self.answer] == list(expected)
        return self._go_on()

    def then_on(self, *expected: tuple[str, type[Event]]) -> Story:
        """Exactly these kinds of events on these aggregates; the story goes on with them."""
        assert isinstance(self.answer, list), f"refused: {self.answer}"
        assert [(one.aggregate, type(one.event)) for one in self.answer] == list(expected)
        return self._go_on()

    def then_nothing(self) -> Story:
        """A harmless repeat: no events, and no error."""
        assert self.answer == []
        return self.story

    def then_refused(self, kind: type[Refusal], **facts: Any) -> Story:
        """This refusal, with at least these facts; the story goes on as if nothing had been asked."""
        assert isinstance(self.answer, tuple), f"accepted: {self.answer}"
        found, found_facts = self.answer
        assert found is kind
        assert facts.items() <= found_facts.items(), found_facts
        return self.story

    def _go_on(self) -> Story:
        assert isinstance(self.answer, list)
        for one in self.answer:
            self.story.record(self.command.actor, one)
        return self.story


def given(*steps: Command | Wait | list[Command]) -> Story:
    """What has happened so far, told in commands; a list is several of them."""
    story = Story()
    for step in steps:
        for one in step if isinstance(step, list) else [step]:
            story.tell(one)
    return story
