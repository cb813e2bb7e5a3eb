"""Opinion: each voter agrees, disagrees or passes, statement by statement; the result is the three counts of each."""

from collections.abc import Iterable
from typing import Any, Literal

from cocreate.domain.errors import ChoiceMalformed
from cocreate.domain.messages import Facts
from cocreate.domain.voting.method import Ranking, Result, Tally

_COLUMN = {1: 0, -1: 1, 0: 2}


def _shape(choice: Any) -> str:
    return "a list" if isinstance(choice, tuple) else str(choice)


class OpinionRules(Facts):
    method: Literal["opinion"]
    version: Literal[1] = 1


class Opinion:
    name = "opinion"
    version = 1
    columns = ("agree", "disagree", "pass")
    per_option = True

    def check(self, rules: OpinionRules, choice: Any) -> None:
        if choice not in (1, 0, -1):
            raise ChoiceMalformed(
                method=self.name, expected="1 (agree), -1 (disagree) or 0 (pass)", found=_shape(choice)
            )

    def is_blank(self, choice: Any) -> bool:
        return False

    def marks(self, option: str | None, choice: Any) -> Iterable[tuple[str, int]]:
        assert option is not None, "an opinion is always on a statement"
        return ((option, _COLUMN[choice]),)

    def result(self, rules: OpinionRules, tally: Tally, ranking: Ranking) -> Result:
        return Result(
            rows=tally.rows(), elected=(), steps=({"step": "counted", "options": len(tally.marks)},)
        )
