"""Approval: each voter approves up to k of n options; with m seats the most approved are elected, one after another.

Source: S. J. Brams and P. C. Fishburn, "Approval Voting" (1978); for several seats its plain extension, multi-winner
approval voting (AV). An option that nobody approves is never elected.
"""

from typing import Annotated, Any, Literal

from pydantic import Field

from cocreate.domain.messages import Facts
from cocreate.domain.voting.choices import Named, check_options_named
from cocreate.domain.voting.method import CHOICES_MAX, Box, Result
from cocreate.domain.voting.places import SEATS_MAX, elect_in_order


class ApprovalRules(Facts):
    choices_max: Annotated[int, Field(ge=1, le=CHOICES_MAX)]
    method: Literal["approval"]
    seats: Annotated[int, Field(ge=1, le=SEATS_MAX)]
    version: Literal[1] = 1


class Approval(Named):
    name = "approval"
    version = 1
    columns = ("approvals",)
    counts_ballots = False

    def check(self, rules: ApprovalRules, choice: Any) -> None:
        check_options_named(self.name, choice, rules.choices_max)

    def result(self, rules: ApprovalRules, box: Box) -> Result:
        approved = {option: marks for option, marks in box.tally.candidates().items() if marks > 0}
        elected, steps = elect_in_order(approved, "approvals", rules.seats, box.ties)
        return Result(rows=box.tally.rows(), elected=elected, steps=(*box.tally.merged_steps(), *steps))
