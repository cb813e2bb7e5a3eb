"""Support: each voter names the ideas they support; each idea's result is how many do. Nobody is elected."""

from collections.abc import Iterable
from typing import Any, Literal

from cocreate.domain.messages import Facts
from cocreate.domain.voting.choices import check_options_named
from cocreate.domain.voting.method import Ranking, Result, Tally


class SupportRules(Facts):
    method: Literal["support"]
    version: Literal[1] = 1


class Support:
    name = "support"
    version = 1
    columns = ("supporters",)
    per_option = False

    def check(self, rules: SupportRules, choice: Any) -> None:
        check_options_named(self.name, choice)

    def is_blank(self, choice: Any) -> bool:
        return not choice

    def marks(self, option: str | None, choice: Any) -> Iterable[tuple[str, int]]:
        return ((chosen, 0) for chosen in choice)

    def result(self, rules: SupportRules, tally: Tally, ranking: Ranking) -> Result:
        return Result(
            rows=tally.rows(), elected=(), steps=({"step": "counted", "options": len(tally.marks)},)
        )
