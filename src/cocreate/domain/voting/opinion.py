"""Opinion: each voter agrees, disagrees or passes, statement by statement; the result is the three counts of each."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from cocreate.domain.errors import ChoiceMalformed
from cocreate.domain.messages import Facts
from cocreate.domain.voting.choices import AnyOptions
from cocreate.domain.voting.method import Box, Result
from cocreate.domain.voting.routing import Routing

_COLUMN = {1: 0, -1: 1, 0: 2}


def _shape(choice: Any) -> str:
    return "a list" if isinstance(choice, tuple) else str(choice)


class OpinionRules(Facts):
    """`routing` is the rule by which participants are offered the next statement; without one, in the round's order."""

    method: Literal["opinion"]
    routing: Routing | None = None
    version: Literal[1] = 1


class Opinion(AnyOptions):
    name = "opinion"
    version = 1
    columns = ("agree", "disagree", "pass")
    per_option = True
    counts_ballots = False

    def check(self, rules: OpinionRules, choice: Any) -> None:
        if choice not in (1, 0, -1):
            raise ChoiceMalformed(
                method=self.name, expected="1 (agree), -1 (disagree) or 0 (pass)", found=_shape(choice)
            )

    def is_blank(self, choice: Any) -> bool:
        return False

    def named(self, option: str | None, choice: Any) -> Iterable[str]:
        assert option is not None, "an opinion is always on a statement"
        return (option,)

    def mark(self, marks: Mapping[str, list[int]], option: str | None, choice: Any, times: int) -> None:
        assert option is not None, "an opinion is always on a statement"
        marks[option][_COLUMN[choice]] += times

    def result(self, rules: OpinionRules, box: Box) -> Result:
        return Result(
            rows=box.tally.rows(), elected=(), steps=({"step": "counted", "options": len(box.tally.marks)},)
        )
