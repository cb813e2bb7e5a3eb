"""The ballots of one round: what stands, how it adds up, who is shown as having voted.

This is where a busy record spends its time, so a ballot costs a few dictionary steps and one reference to its choice.
"""

from itertools import islice
from typing import Any

from cocreate.domain.ballot import BallotCast, BallotReplaced, BallotWithdrawn, ballot_id
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
    Until the results are `released`, nobody is told of a tally, and `tally_changes` does not follow the ballots.
    """

    __slots__ = ("answers", "ballots", "counters", "method", "per_option", "released", "replaced", "shown", "standing",
                 "tally", "tally_changes", "voters", "withdrawn")  # fmt: skip

    def __init__(self, method: Method, *, released: bool) -> None:
        self.method = method
        self.per_option = method.per_option
        self.released = released
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

    def release(self, position: int) -> None:
        """From here on everybody sees every tally."""
        self.released = True
        self.tally_changes.touch_all(self.tally.marks, position)

    def cast(self, recorded: Recorded, event: BallotCast) -> bool:
        """A first ballot, or one after a withdrawal; returns whether the round thereby has no longer few voters."""
        aggregate, choice = recorded.aggregate, event.choice
        self.standing[aggregate] = choice
        if event.counter != 1:
            self.counters[aggregate] = event.counter
        self.ballots += 1
        voters = self.voters
        if self.per_option:
            option: str | None = aggregate[_OPTION]
            voter = aggregate[_VOTER]
            answers = self.answers.get(voter, 0)
            self.answers[voter] = answers + 1
            self.voters += not answers
            ever = len(self.answers)
        else:
            option = None
            self.voters += 1
            ever = len(self.standing)
        if ever - self.shown >= VOTERS_PER_STEP:
            self.shown = ever
        self.tally.add(option, choice)
        if self.released:
            self._touch_marked(option, choice, recorded.position)
        return voters < self.voters == VOTERS_WARNING

    def replace(self, recorded: Recorded, event: BallotReplaced) -> None:
        aggregate, choice = recorded.aggregate, event.choice
        option, before = aggregate[_OPTION] or None, self.standing[aggregate]
        self.standing[aggregate] = choice
        self.counters[aggregate] = event.counter
        self.replaced += 1
        self.tally.remove(option, before)
        self.tally.add(option, choice)
        if self.released:
            self._touch_marked(option, before, recorded.position)
            self._touch_marked(option, choice, recorded.position)

    def withdraw(self, recorded: Recorded, event: BallotWithdrawn) -> bool:
        """Returns whether the round thereby has few voters."""
        aggregate = recorded.aggregate
        option, before = aggregate[_OPTION] or None, self.standing[aggregate]
        self.standing[aggregate] = None
        self.counters[aggregate] = event.counter
        self.ballots -= 1
        self.withdrawn += 1
        self.tally.remove(option, before)
        if self.released:
            self._touch_marked(option, before, recorded.position)
        if self.per_option:
            voter = aggregate[_VOTER]
            self.answers[voter] -= 1
            if self.answers[voter]:
                return False
        self.voters -= 1
        return self.voters == VOTERS_WARNING - 1

    def show_all_voters(self) -> None:
        """At closing the list is complete. Late voters join it by at least five: a name alone would tell whose ballot it is."""
        self.shown = len(self.answers) if self.per_option else len(self.standing)

    def shown_voters(self) -> list[str]:
        """Those shown as having ever voted, sorted so that the order of voting does not tell."""
        if self.per_option:
            return sorted(islice(self.answers, self.shown))
        return sorted(aggregate[_VOTER] for aggregate in islice(self.standing, self.shown))

    def ballot(self, round_id: str, voter: str, option: str | None) -> tuple[int, Any] | None:
        """(counter, choice) of a voter's ballot, the choice None if it is withdrawn; None if there never was one."""
        aggregate = ballot_id(round_id, voter, option)
        if aggregate not in self.standing:
            return None
        return self.counters.get(aggregate, 1), self.standing[aggregate]

    def _touch_marked(self, option: str | None, choice: Any, position: int) -> None:
        marked = [option for option, _ in self.method.marks(option, choice)]
        self.tally_changes.touch_all(marked, position)
