"""Quadratic: each voter has credits, and n votes for (or against) an option cost n² of them; the sum of votes decides.

Source: S. P. Lalley and E. G. Weyl, "Quadratic Voting" (2018). Only an option with more votes for it than against is elected.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from cocreate.domain.errors import ChoiceMalformed
from cocreate.domain.messages import Facts
from cocreate.domain.voting.choices import Numbered, check_numbers
from cocreate.domain.voting.method import MARK_MAX, Box, Result
from cocreate.domain.voting.places import SEATS_MAX, elect_in_order


class QuadraticRules(Facts):
    against: bool
    """Whether votes against an option may be bought too."""
    credits: Annotated[int, Field(ge=1, le=MARK_MAX)]
    method: Literal["quadratic"]
    seats: Annotated[int, Field(ge=1, le=SEATS_MAX)]
    version: Literal[1] = 1


class Quadratic(Numbered):
    name = "quadratic"
    version = 1
    columns = ("votes_for", "votes_against", "voters")
    counts_ballots = False

    def check(self, rules: QuadraticRules, choice: Any) -> None:
        expected = "votes other than 0" if rules.against else "votes of 1 or more"
        check_numbers(self.name, choice, lambda votes: votes > 0 or (rules.against and votes < 0), expected)
        cost = sum(votes * votes for _, votes in choice)
        if cost > rules.credits:
            raise ChoiceMalformed(
                method=self.name,
                expected=f"votes whose squares cost at most {rules.credits}",
                found=str(cost),
            )

    def mark(self, marks: Mapping[str, list[int]], option: str | None, choice: Any, times: int) -> None:
        for chosen, votes in choice:
            marked = marks[chosen]
            marked[votes < 0] += abs(votes) * times
            marked[2] += times

    def result(self, rules: QuadraticRules, box: Box) -> Result:
        sums = {option: marks[0] - marks[1] for option, marks in box.tally.marks.items()}
        wanted = {option: votes for option, votes in sums.items() if votes > 0}
        elected, steps = elect_in_order(wanted, "votes", rules.seats, box.ties)
        return Result(rows=box.tally.rows(), elected=elected, steps=steps)
