"""Support: each voter names the ideas they support; each idea's result is how many do. Nobody is elected."""

from typing import Any, Literal

from cocreate.domain.messages import Facts
from cocreate.domain.voting.choices import Named, check_options_named
from cocreate.domain.voting.method import Box, Result


class SupportRules(Facts):
    method: Literal["support"]
    version: Literal[1] = 1


class Support(Named):
    name = "support"
    version = 1
    columns = ("supporters",)
    counts_ballots = False

    def check(self, rules: SupportRules, choice: Any) -> None:
        check_options_named(self.name, choice)

    def result(self, rules: SupportRules, box: Box) -> Result:
        counted = {"step": "counted", "options": len(box.tally.marks)}
        return Result(rows=box.tally.rows(), elected=(), steps=(*box.tally.merged_steps(), counted))
