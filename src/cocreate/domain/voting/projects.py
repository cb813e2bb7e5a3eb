"""Ballots on projects under a budget: four forms, each of which gives projects points."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from cocreate.domain.errors import ChoiceMalformed, RulesMalformed
from cocreate.domain.voting.choices import check_numbers, check_options_named
from cocreate.domain.voting.method import MARK_MAX, Box, Listed, Ties

Form = Literal["approval", "cumulative", "ordinal", "score"]
"""Approval: ids, one point each. The others: (id, points) pairs; cumulative ones share a purse, ordinal ones are `choices_max`,
`choices_max` − 1 … each once, the most preferred first, and score ones are each up to a maximum."""

COST_MAX = 1_000_000_000_000
Money = Annotated[int, Field(ge=1, le=COST_MAX)]
"""In minor units of the currency; with this limit the sum of all options stays an integer that JSON keeps exact."""

Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
PointsMax = Annotated[int, Field(ge=1, le=MARK_MAX)]
TieRule = Literal["draw", "listed"]
"""The round's draw, or the order of its options, as some cities have it."""


class Projects:
    """The part of a method that takes ballots on projects; `rules` are those of any such method."""

    name: str
    columns = ("points", "voters")
    per_option = False

    def check_round(self, rules: Any, options: Sequence[str], costs: Mapping[str, int]) -> None:
        if (rules.points_max is None) != (rules.ballot in ("approval", "ordinal")):
            raise RulesMalformed(problem="points_max belongs to cumulative and score ballots, and only there")
        if any(option not in costs for option in options):
            raise RulesMalformed(problem="every option of a vote on a budget needs a cost")

    def check(self, rules: Any, choice: Any) -> None:
        if rules.ballot == "approval":
            check_options_named(self.name, choice, rules.choices_max)
            return
        points_max = rules.choices_max if rules.ballot == "ordinal" else rules.points_max
        expected = f"1 to {points_max} points"
        check_numbers(self.name, choice, lambda points: 1 <= points <= points_max, expected)
        if len(choice) > rules.choices_max:
            raise ChoiceMalformed(
                method=self.name, expected=f"at most {rules.choices_max} ideas", found=f"{len(choice)}"
            )
        given = [points for _, points in choice]
        if rules.ballot == "cumulative" and sum(given) > points_max:
            raise ChoiceMalformed(
                method=self.name, expected=f"at most {points_max} points in all", found=str(sum(given))
            )
        if rules.ballot == "ordinal" and sorted(given) != list(
            range(points_max - len(given) + 1, points_max + 1)
        ):
            raise ChoiceMalformed(
                method=self.name, expected=f"{points_max} points, then one less each", found="other points"
            )

    def is_blank(self, choice: Any) -> bool:
        return not choice

    def named(self, option: str | None, choice: Any) -> Iterable[str]:
        return (project for project, _ in points_of(choice))

    def mark(self, marks: Mapping[str, list[int]], option: str | None, choice: Any, times: int) -> None:
        for project, points in points_of(choice):
            marked = marks[project]
            marked[0] += points * times
            marked[1] += times


def points_of(choice: Any) -> Iterable[tuple[str, int]]:
    """(project, points) of a ballot."""
    if choice and isinstance(choice[0], str):
        return ((project, 1) for project in choice)
    return choice  # type: ignore[no-any-return]  # pairs, as `check` has seen to


def ties_of(rules: Any, box: Box) -> Ties:
    return Listed(box.tally.marks) if rules.ties == "listed" else box.ties
