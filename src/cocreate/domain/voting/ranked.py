"""Ranked: each voter puts options in order, as many as they like; four published counts of the same ballots.

A choice is a list of ids, the most preferred first. Where a count takes equals (Schulze, Borda), a choice that has any is
(idea, place) pairs instead, the places 1, 2, 3 … without a gap, so that one order has one form.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from cocreate.domain.errors import ChoiceMalformed, LimitReached, RulesMalformed
from cocreate.domain.messages import Facts
from cocreate.domain.voting import borda, irv, schulze, stv
from cocreate.domain.voting.choices import AnyOptions, check_numbers, check_order
from cocreate.domain.voting.method import Ballots, Box, Result, Step, Ties
from cocreate.domain.voting.places import SEATS_MAX

OPTIONS_MAX = 120
"""Options that can be put in order: nobody orders more, and Schulze's pairs grow with their square."""

Counted = tuple[tuple[str, ...], tuple[Step, ...]]
Count = Callable[[Ballots, Sequence[str], int, Ties], Counted]
"""(ballots that are not blank, options, seats, ties) → elected in order, steps."""

COUNTS: dict[str, Count] = {
    "borda": borda.count,
    "irv": irv.count,
    "schulze": schulze.count,
    "stv": stv.count,
}
_EQUALS_IN = ("borda", "schulze")


class RankedRules(Facts):
    choices_max: Annotated[int, Field(ge=1, le=OPTIONS_MAX)]
    """How many options one voter may put in order."""
    count: Literal["borda", "irv", "schulze", "stv"]
    method: Literal["ranked"]
    seats: Annotated[int, Field(ge=1, le=SEATS_MAX)]
    version: Literal[1] = 1


class Ranked(AnyOptions):
    name = "ranked"
    version = 1
    columns = ("first",)
    per_option = False
    counts_ballots = True

    def check_round(self, rules: RankedRules, options: Sequence[str], costs: Mapping[str, int]) -> None:
        super().check_round(rules, options, costs)
        if len(options) > OPTIONS_MAX:
            raise LimitReached(of="options put in order", limit=OPTIONS_MAX)
        if rules.count == "irv" and rules.seats > 1:
            raise RulesMalformed(problem="an instant runoff fills one seat; several are filled by stv")

    def check(self, rules: RankedRules, choice: Any) -> None:
        if not (isinstance(choice, tuple) and choice and isinstance(choice[0], tuple)):
            check_order(self.name, choice, rules.choices_max)
            return
        if rules.count not in _EQUALS_IN:
            raise ChoiceMalformed(method=self.name, expected="idea ids in order, no equals", found="places")
        check_numbers(self.name, choice, lambda place: place >= 1, "places from 1")
        places = {place for _, place in choice}
        if len(choice) > rules.choices_max:
            raise ChoiceMalformed(
                method=self.name, expected=f"at most {rules.choices_max} ideas", found=f"{len(choice)}"
            )
        if len(places) < max(places):
            raise ChoiceMalformed(method=self.name, expected="places without a gap", found="a gap")
        if len(places) == len(choice):
            raise ChoiceMalformed(
                method=self.name, expected="idea ids in order, as there are no equals", found="places"
            )

    def is_blank(self, choice: Any) -> bool:
        return not choice

    def named(self, option: str | None, choice: Any) -> Iterable[str]:
        return (one if isinstance(one, str) else one[0] for one in choice)

    def mark(self, marks: Mapping[str, list[int]], option: str | None, choice: Any, times: int) -> None:
        """First places, equals each."""
        if not choice:
            return
        if isinstance(choice[0], str):
            marks[choice[0]][0] += times
            return
        for named, place in choice:
            if place == 1:
                marks[named][0] += times

    def result(self, rules: RankedRules, box: Box) -> Result:
        said = {choice: times for choice, times in box.ballots.items() if choice}
        elected, steps = COUNTS[rules.count](said, tuple(box.tally.marks), rules.seats, box.ties)
        return Result(rows=box.tally.rows(), elected=elected, steps=steps)
