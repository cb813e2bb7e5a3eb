"""The ballots of one round: what stands, how it adds up, who is shown as having voted.

This is where a busy record spends its time, so a ballot costs a few dictionary steps and one reference to its choice.
"""

from itertools import islice
from typing import Any

from cocreate.domain.ballot import ballot_id
from cocreate.domain.messages import Recorded
from cocreate.domain.round import VOTERS_WARNING
from cocreate.domain.voting.method import Method, Tally
from cocreate.projections.changes import Changes

VOTERS_PER_STEP = 5
"""The list of those who have voted grows by no fewer, so that no ballot's entry can be laid beside a name."""

_VOTER = slice(37, 69)
_OPTION = slice(70, None)
"""Where voter and option stand in a ballot's aggregate id: a uuid of 36 characters, a slash, 32 hex digits, a slash, a uuid."""


class Poll:
    """`standing` holds the choice of each ballot ever cast under its aggregate id, None once it is withdrawn.

    In opinion rounds `answers` counts each voter's standing ballots; in others a voter has one ballot, and it stays empty.
    """

    __slots__ = ("answers", "ballots", "counters", "method", "replaced", "shown", "standing", "tally", "tally_changes",
                 "voters", "withdrawn")  # fmt: skip

    def __init__(self, method: Method) -> None:
        self.method = method
        self.tally = Tally(method)
        self.tally_changes = Changes()
        self.standing: dict[str, Any] = {}
        self.counters: dict[str, int] = {}
        self.answers: dict[str, int] = {}
        self.ballots = 0
        self.replaced = 0
        self.withdrawn = 0
        self.voters = 0
        self.shown = 0

    @property
    def few_voters(self) -> bool:
        return self.voters < VOTERS_WARNING

    def admit(self, option: str, position: int) -> None:
        self.tally.admit(option)
        self.tally_changes.touch(option, position)

    def cast(self, recorded: Recorded, choice: Any, counter: int) -> None:
        """A first ballot, or one after a withdrawal."""
        aggregate = recorded.aggregate
        self.standing[aggregate] = choice
        if counter != 1:
            self.counters[aggregate] = counter
        self.ballots += 1
        if self.method.per_option:
            voter = aggregate[_VOTER]
            answers = self.answers.get(voter, 0)
            self.answers[voter] = answers + 1
            self.voters += not answers
            ever = len(self.answers)
        else:
            self.voters += 1
            ever = len(self.standing)
        if ever - self.shown >= VOTERS_PER_STEP:
            self.shown = ever
        self._add(aggregate, choice, recorded.position)

    def replace(self, recorded: Recorded, choice: Any, counter: int) -> None:
        aggregate = recorded.aggregate
        self._remove(aggregate, self.standing[aggregate], recorded.position)
        self._add(aggregate, choice, recorded.position)
        self.standing[aggregate] = choice
        self.counters[aggregate] = counter
        self.replaced += 1

    def withdraw(self, recorded: Recorded, counter: int) -> None:
        aggregate = recorded.aggregate
        self._remove(aggregate, self.standing[aggregate], recorded.position)
        self.standing[aggregate] = None
        self.counters[aggregate] = counter
        self.ballots -= 1
        self.withdrawn += 1
        if self.method.per_option:
            voter = aggregate[_VOTER]
            self.answers[voter] -= 1
            self.voters -= not self.answers[voter]
        else:
            self.voters -= 1

    def show_all_voters(self) -> None:
        """At the end of a round the list of those who have voted is complete."""
        self.shown = len(self.answers) if self.method.per_option else len(self.standing)

    def shown_voters(self) -> list[str]:
        """Those shown as having ever voted, sorted so that the order of voting does not tell."""
        if self.method.per_option:
            return sorted(islice(self.answers, self.shown))
        return sorted(aggregate[_VOTER] for aggregate in islice(self.standing, self.shown))

    def ballot(self, round_id: str, voter: str, option: str | None) -> tuple[int, Any] | None:
        """(counter, choice) of a voter's ballot, the choice None if it is withdrawn; None if there never was one."""
        aggregate = ballot_id(round_id, voter, option)
        if aggregate not in self.standing:
            return None
        return self.counters.get(aggregate, 1), self.standing[aggregate]

    def _add(self, aggregate: str, choice: Any, position: int) -> None:
        option = aggregate[_OPTION] or None
        self.tally.add(option, choice)
        self._touch_marked(option, choice, position)

    def _remove(self, aggregate: str, choice: Any, position: int) -> None:
        option = aggregate[_OPTION] or None
        self.tally.remove(option, choice)
        self._touch_marked(option, choice, position)

    def _touch_marked(self, option: str | None, choice: Any, position: int) -> None:
        for marked, _ in self.method.marks(option, choice):
            self.tally_changes.touch(marked, position)
