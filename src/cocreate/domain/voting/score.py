"""Score: each voter rates options from 0 to 5; sum, mean and spread of each, the highest sum or mean first.

Source: range voting (W. D. Smith, "Range voting", 2000). The mean is over those who rated the option, and counts only where at
least `raters_min` did, so that one enthusiast does not carry an option; the spread is the variance of its ratings.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import Field

from cocreate.domain.messages import INTEGER_MAX, Facts
from cocreate.domain.voting.choices import Numbered, check_numbers
from cocreate.domain.voting.method import Box, Result, Step
from cocreate.domain.voting.places import SEATS_MAX, Total, elect_in_order, written

RATING_MAX = 5


class ScoreRules(Facts):
    by: Literal["mean", "sum"]
    method: Literal["score"]
    raters_min: Annotated[int, Field(ge=1, le=INTEGER_MAX)]
    seats: Annotated[int, Field(ge=1, le=SEATS_MAX)]
    version: Literal[1] = 1


class Score(Numbered):
    name = "score"
    version = 1
    columns = ("points", "raters", "squares")
    counts_ballots = False

    def check(self, rules: ScoreRules, choice: Any) -> None:
        check_numbers(self.name, choice, lambda rating: 0 <= rating <= RATING_MAX, f"0 to {RATING_MAX}")

    def mark(self, marks: Mapping[str, list[int]], option: str | None, choice: Any, times: int) -> None:
        for chosen, rating in choice:
            marked = marks[chosen]
            marked[0] += rating * times
            marked[1] += times
            marked[2] += rating * rating * times

    def result(self, rules: ScoreRules, box: Box) -> Result:
        ranked: dict[str, Total] = {}
        steps: list[Step] = []
        for option, (points, raters, squares) in box.tally.marks.items():
            if raters == 0:
                continue
            mean = Fraction(points, raters)
            spread = Fraction(squares, raters) - mean * mean
            steps.append(
                {"step": "rated", "option": option, "mean": written(mean), "variance": written(spread)}
            )
            if raters >= rules.raters_min:
                ranked[option] = points if rules.by == "sum" else mean
        elected, places = elect_in_order(ranked, rules.by, rules.seats, box.ties)
        return Result(rows=box.tally.rows(), elected=elected, steps=(*steps, *places))
