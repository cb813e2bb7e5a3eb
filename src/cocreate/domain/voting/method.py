"""What every voting method is made of: a choice, its marks, a tally of marks, a result with its steps."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Protocol

from pydantic import Field

from cocreate.domain.canonical import framed
from cocreate.domain.messages import Uuid

CHOICES_MAX = 1_000
"""Options one choice can name."""

Answer = Literal[-1, 0, 1]
"""Disagree, pass, agree."""

Choice = Annotated[
    Annotated[tuple[Uuid, ...], Field(max_length=CHOICES_MAX)] | Answer, Field(union_mode="left_to_right")
]
"""The ideas chosen, in ascending order of their ids; or one answer to the statement that the ballot is on."""

Step = Mapping[str, Any]
"""One explained step of a count: `step` names it, the rest are its facts (canonical JSON values)."""


@dataclass(frozen=True, slots=True)
class Result:
    """`rows` are (option, mark, mark, …) in the round's order of options, `elected` in order of election."""

    rows: tuple[tuple[Any, ...], ...]
    elected: tuple[str, ...]
    steps: tuple[Step, ...]


class Ranking:
    """Breaks ties by the published rule: ascending SHA-256(seed ‖ option), the seed fixed before the first ballot."""

    def __init__(self, root: bytes, round_id: str) -> None:
        self._seed = hashlib.sha256(framed("tie", root, _raw(round_id))).digest()

    def rank(self, option: str) -> bytes:
        return hashlib.sha256(framed("tie-rank", self._seed, _raw(option))).digest()

    def order(self, options: Iterable[str]) -> list[str]:
        return sorted(options, key=self.rank)


class Tally:
    """The running marks of one round by option; the same ballots in any order give the same tally."""

    __slots__ = ("marks", "method")

    def __init__(self, method: "Method") -> None:
        self.method = method
        self.marks: dict[str, list[int]] = {}

    def admit(self, option: str) -> None:
        self.marks.setdefault(option, [0] * len(self.method.columns))

    def add(self, option: str | None, choice: Any, times: int = 1) -> None:
        """Count a choice that so many standing ballots say, or take it back where `times` is negative.

        `option` is the statement it is on, where the method asks option by option.
        """
        for marked, column in self.method.marks(option, choice):
            self.marks[marked][column] += times

    def rows(self) -> tuple[tuple[Any, ...], ...]:
        return tuple((option, *marks) for option, marks in self.marks.items())


class Method(Protocol):
    """A voting method; `per_option` ones take one ballot per voter and option instead of one per voter."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> int: ...

    @property
    def columns(self) -> tuple[str, ...]: ...

    @property
    def per_option(self) -> bool: ...

    def check(self, rules: Any, choice: Any) -> None:
        """Refuse a choice that the rules do not permit (ChoiceMalformed); options are checked by the round."""

    def is_blank(self, choice: Any) -> bool: ...

    def marks(self, option: str | None, choice: Any) -> Iterable[tuple[str, int]]:
        """The (option, column) pairs that a choice marks."""

    def result(self, rules: Any, tally: Tally, ranking: Ranking) -> Result: ...


def _raw(uuid: str) -> bytes:
    return bytes.fromhex(uuid.replace("-", ""))
