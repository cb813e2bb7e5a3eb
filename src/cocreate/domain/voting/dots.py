"""Dots: each voter spreads a purse of points over the options; the result is the sum of each, most points first.

Source: cumulative voting with a cap per option, known to facilitators as dot voting. An option without a dot is never elected.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from cocreate.domain.errors import ChoiceMalformed
from cocreate.domain.messages import Facts
from cocreate.domain.voting.choices import Numbered, check_numbers
from cocreate.domain.voting.method import MARK_MAX, Box, Result
from cocreate.domain.voting.places import SEATS_MAX, elect_in_order


class DotsRules(Facts):
    cap: Annotated[int, Field(ge=1, le=MARK_MAX)]
    """Points one option may get from one voter."""
    method: Literal["dots"]
    purse: Annotated[int, Field(ge=1, le=MARK_MAX)]
    seats: Annotated[int, Field(ge=1, le=SEATS_MAX)]
    version: Literal[1] = 1


class Dots(Numbered):
    name = "dots"
    version = 1
    columns = ("dots", "voters")
    counts_ballots = False

    def check(self, rules: DotsRules, choice: Any) -> None:
        check_numbers(
            self.name, choice, lambda dots: 1 <= dots <= rules.cap, f"1 to {rules.cap} dots an idea"
        )
        spent = sum(dots for _, dots in choice)
        if spent > rules.purse:
            raise ChoiceMalformed(method=self.name, expected=f"at most {rules.purse} dots", found=str(spent))

    def mark(self, marks: Mapping[str, list[int]], option: str | None, choice: Any, times: int) -> None:
        for chosen, dots in choice:
            marked = marks[chosen]
            marked[0] += dots * times
            marked[1] += times

    def result(self, rules: DotsRules, box: Box) -> Result:
        given = {option: marks[0] for option, marks in box.tally.marks.items() if marks[0] > 0}
        elected, steps = elect_in_order(given, "dots", rules.seats, box.ties)
        return Result(rows=box.tally.rows(), elected=elected, steps=steps)
