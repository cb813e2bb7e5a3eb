"""Approval: each voter approves up to k of n options; with m seats the most approved are elected, one after another.

Source: S. J. Brams and P. C. Fishburn, "Approval Voting" (1978); for several seats its plain extension, multi-winner
approval voting (AV). An option that nobody approves is never elected.
"""

from collections.abc import Iterable
from itertools import groupby
from typing import Annotated, Any, Literal

from pydantic import Field

from cocreate.domain.messages import Facts
from cocreate.domain.voting.choices import check_options_named
from cocreate.domain.voting.method import CHOICES_MAX, Ranking, Result, Step, Tally


class ApprovalRules(Facts):
    choices_max: Annotated[int, Field(ge=1, le=CHOICES_MAX)]
    method: Literal["approval"]
    seats: Annotated[int, Field(ge=1, le=100)]
    version: Literal[1] = 1


class Approval:
    name = "approval"
    version = 1
    columns = ("approvals",)
    per_option = False

    def check(self, rules: ApprovalRules, choice: Any) -> None:
        check_options_named(self.name, choice, rules.choices_max)

    def is_blank(self, choice: Any) -> bool:
        return not choice

    def marks(self, option: str | None, choice: Any) -> Iterable[tuple[str, int]]:
        return ((chosen, 0) for chosen in choice)

    def result(self, rules: ApprovalRules, tally: Tally, ranking: Ranking) -> Result:
        elected: list[str] = []
        steps: list[Step] = []
        approved = ((option, marks[0]) for option, marks in tally.marks.items() if marks[0] > 0)
        ordered = sorted(approved, key=lambda pair: -pair[1])
        for approvals, group in groupby(ordered, key=lambda pair: pair[1]):
            if len(elected) >= rules.seats:
                break
            tied = [option for option, _ in group]
            order = ranking.order(tied)
            if len(tied) > 1:
                steps.append({"step": "tie_broken", "approvals": approvals, "order": order})
            for option in order[: rules.seats - len(elected)]:
                elected.append(option)
                steps.append(
                    {"step": "elected", "seat": len(elected), "option": option, "approvals": approvals}
                )
        if len(elected) < rules.seats:
            steps.append({"step": "seats_unfilled", "seats": rules.seats - len(elected)})
        return Result(rows=tally.rows(), elected=tuple(elected), steps=tuple(steps))
