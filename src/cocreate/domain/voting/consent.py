"""Consent: each voter agrees (1), abstains (0), objects (−1) or blocks (−2); a proposal stands unless somebody stops it.

Source: G. Endenburg, "Sociocracy" (1981), for consent as the absence of objections; C. T. Butler and A. Rothstein, "On Conflict
and Consensus" (1987), for blocking as more than an objection. A quorum counts everybody who says anything on the proposal.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from cocreate.domain.messages import Count, Facts
from cocreate.domain.voting.choices import Numbered, check_numbers
from cocreate.domain.voting.method import Box, Result, Step

AGREE, ABSTAIN, OBJECT, BLOCK = 1, 0, -1, -2
_COLUMN = {AGREE: 0, ABSTAIN: 1, OBJECT: 2, BLOCK: 3}


def opposed(choice: Any) -> frozenset[str]:
    """The options that a choice objects to or blocks."""
    return frozenset(option for option, position in choice if position in (OBJECT, BLOCK))


class ConsentRules(Facts):
    method: Literal["consent"]
    objections_max: Count
    """Objections that consent bears; a block it never does."""
    quorum: Annotated[Count, Field(ge=1)]
    version: Literal[1] = 1


class Consent(Numbered):
    name = "consent"
    version = 1
    columns = ("agree", "abstain", "object", "block")
    counts_ballots = False

    def check(self, rules: ConsentRules, choice: Any) -> None:
        expected = "1 (agree), 0 (abstain), -1 (object) or -2 (block)"
        check_numbers(self.name, choice, _COLUMN.__contains__, expected)

    def mark(self, marks: Mapping[str, list[int]], option: str | None, choice: Any, times: int) -> None:
        for chosen, position in choice:
            marks[chosen][_COLUMN[position]] += times

    def result(self, rules: ConsentRules, box: Box) -> Result:
        """`elected` are the proposals that have consent, in the round's order."""
        consented: list[str] = []
        steps: list[Step] = []
        for option, (agree, abstain, objections, blocks) in box.tally.marks.items():
            said = agree + abstain + objections + blocks
            if said < rules.quorum:
                steps.append({"step": "no_quorum", "option": option, "voters": said, "quorum": rules.quorum})
            elif blocks:
                steps.append(
                    {"step": "blocked", "option": option, "blocks": blocks, "objections": objections}
                )
            elif objections > rules.objections_max:
                steps.append({"step": "objected", "option": option, "objections": objections})
            else:
                consented.append(option)
                steps.append(
                    {"step": "consented", "option": option, "agree": agree, "objections": objections}
                )
        return Result(rows=box.tally.rows(), elected=tuple(consented), steps=tuple(steps))
