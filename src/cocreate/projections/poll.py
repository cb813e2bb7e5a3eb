"""The ballots of one round: what stands, how it adds up, who is shown as having voted.

This is where a busy record spends its time, so a ballot costs a few dictionary steps and one reference to its choice.
"""

from collections import Counter
from collections.abc import Iterable
from itertools import count, islice
from typing import Any

from cocreate.domain.ballot import BallotRun, ballot_id
from cocreate.domain.round import VOTERS_WARNING
from cocreate.domain.voting.method import Ballots, Method, Tally
from cocreate.domain.voting.what_if import whole_ballots
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

    __slots__ = ("answers", "ballots", "counters", "method", "paper", "per_option", "released", "replaced", "shown", "standing",
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
        self.paper: dict[Any, int] = {}
        """How many counted papers say each choice."""
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

    def fold(self, run: BallotRun) -> int | None:
        """Count a run of ballots; returns where the round last came to have few voters, or enough, if it did.

        Most runs are of a round whose tally nobody is shown and that has enough voters: there it only counts what came and
        what went.
        """
        size = len(run.aggregates)
        if self.per_option or self.released or self.voters - size < VOTERS_WARNING:
            return self._fold_one_by_one(run)
        standing, before = self.standing, []
        for aggregate, choice in zip(run.aggregates, run.choices, strict=True):
            before.append(standing.get(aggregate))
            standing[aggregate] = choice
        self.counters.update([one for one in zip(run.aggregates, run.counters, strict=True) if one[1] != 1])
        came, went = Counter(run.choices), Counter(before)
        withdrawn, first = came.pop(None, 0), went.pop(None, 0)
        self.ballots += first - withdrawn
        self.voters += first - withdrawn
        self.withdrawn += withdrawn
        self.replaced += size - first - withdrawn
        came.subtract(went)
        for choice, times in came.items():
            self.tally.add(None, choice, times)
        self._show_more(len(self.standing))
        return None

    def _fold_one_by_one(self, run: BallotRun) -> int | None:
        """Totals are added up choice by choice, since a run says the same few things over and over."""
        standing, counters, released = self.standing, self.counters, self.released
        came: list[tuple[str | None, Any]] = []
        went: list[tuple[str | None, Any]] = []
        option, crossed = None, None
        for position, aggregate, choice, counter in zip(
            count(run.position), run.aggregates, run.choices, run.counters, strict=False
        ):
            before = standing.get(aggregate)
            standing[aggregate] = choice
            if counter != 1:
                counters[aggregate] = counter
            if self.per_option:
                option = aggregate[_OPTION]
            if before is not None:
                went.append((option, before))
            if choice is not None:
                came.append((option, choice))
            if (before is None and self._stands(aggregate, 1)) or (
                choice is None and self._stands(aggregate, -1)
            ):
                crossed = position
            if released:
                self._touch_marked(option, before, choice, position)
        self.replaced += len(came) + len(went) - len(run.aggregates)
        self.withdrawn += len(run.aggregates) - len(came)
        for (marked, choice), times in Counter(came).items():
            self.tally.add(marked, choice, times)
        for (marked, choice), times in Counter(went).items():
            self.tally.add(marked, choice, -times)
        self._show_more(len(self.answers) if self.per_option else len(standing))
        return crossed

    def count_papers(self, choices: Iterable[Any], times: int, position: int) -> None:
        """Count a batch of papers, or take it back where `times` is −1; each is a ballot and a voter."""
        for choice in choices:
            self.paper[choice] = self.paper.get(choice, 0) + times
            self.tally.add(None, choice, times)
            self.ballots += times
            self.voters += times
            if self.released:
                self._touch_marked(None, None, choice, position)
        self.paper = {choice: held for choice, held in self.paper.items() if held}

    def _show_more(self, ever: int) -> None:
        """So many have ever voted; as many more of them are shown as there are whole steps."""
        self.shown += (ever - self.shown) // VOTERS_PER_STEP * VOTERS_PER_STEP

    def _stands(self, aggregate: str, step: int) -> bool:
        """One ballot more or less stands; returns whether the round thereby has few voters, or enough."""
        self.ballots += step
        if self.per_option:
            voter = aggregate[_VOTER]
            answers = self.answers.get(voter, 0)
            self.answers[voter] = answers + step
            step = (answers + step > 0) - (answers > 0)
        self.voters += step
        return step != 0 and self.voters == VOTERS_WARNING - (step < 0)

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

    def choices(self) -> Ballots:
        """How many standing ballots say each choice, for a method that counts ballots; a look at every ballot."""
        if not self.method.counts_ballots:
            return {}
        return Counter(self.paper) + Counter(
            choice for choice in self.standing.values() if choice is not None
        )

    def whole_ballots(self) -> Ballots:
        """The same for a count of any method: voter by voter, in opinion rounds too; a look at every ballot."""
        standing = ((key, choice) for key, choice in self.standing.items() if choice is not None)
        whole = Counter(whole_ballots(standing, per_option=self.per_option))
        return whole + Counter(self.paper)

    def _touch_marked(self, option: str | None, before: Any, choice: Any, position: int) -> None:
        for said in (before, choice):
            if said is not None:
                named = self.method.named(option, said)
                if self.tally.united:
                    named = (*named, *self.tally.counted_for(named))
                self.tally_changes.touch_all(named, position)
