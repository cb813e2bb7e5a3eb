"""What every voting method is made of: a choice, the marks it leaves on options, a count with its steps."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, Protocol

from pydantic import Field

from cocreate.domain.canonical import framed
from cocreate.domain.messages import Uuid

CHOICES_MAX = 1_000
"""Options one choice can name."""
MARK_MAX = 1_000_000
"""Points that one choice can give one option; with it the longest choice still fits into an entry."""

Answer = Literal[-1, 0, 1]
"""Disagree, pass, agree."""

Mark = tuple[Uuid, Annotated[int, Field(ge=-MARK_MAX, le=MARK_MAX)]]

Choice = Annotated[
    Annotated[tuple[Uuid, ...], Field(max_length=CHOICES_MAX)]
    | Annotated[tuple[Mark, ...], Field(min_length=1, max_length=CHOICES_MAX)]
    | Answer,
    Field(union_mode="left_to_right"),
]
"""Ideas, ascending by id or in the order of preference; or (idea, number) pairs, ascending by id; or one answer to the
statement that the ballot is on. The method says which, and what a number means."""

PlainChoice = Annotated[
    Annotated[tuple[Uuid, ...], Field(max_length=CHOICES_MAX)] | Answer, Field(union_mode="left_to_right")
]
"""What today's ballot forms say."""

UNITING = frozenset({"approval", "support"})
"""Methods whose marks are heads: only there does it mean something to count who chose any of several options once."""

Step = Mapping[str, Any]
"""One explained step of a count: `step` names it, the rest are its facts (canonical JSON values)."""

Ballots = Mapping[Any, int]
"""How many standing ballots say each choice: who said it never matters."""


@dataclass(frozen=True, slots=True)
class Result:
    """`rows` are (option, mark, mark, …) in the round's order of options, `elected` in order of election."""

    rows: tuple[tuple[Any, ...], ...]
    elected: tuple[str, ...]
    steps: tuple[Step, ...]


class Ties(Protocol):
    """Puts tied options into an order that was fixed before the first ballot."""

    def order(self, options: Iterable[str]) -> list[str]: ...


class Ranking:
    """Breaks ties by the published rule: ascending SHA-256(seed ‖ option), the seed fixed before the first ballot."""

    def __init__(self, root: bytes, round_id: str) -> None:
        self._seed = hashlib.sha256(framed("tie", root, _raw(round_id))).digest()

    def rank(self, option: str) -> bytes:
        return hashlib.sha256(framed("tie-rank", self._seed, _raw(option))).digest()

    def order(self, options: Iterable[str]) -> list[str]:
        return sorted(options, key=self.rank)


class Listed:
    """Breaks ties by the order in which the round lists its options, where its rules say so."""

    def __init__(self, options: Iterable[str]) -> None:
        self._places = {option: place for place, option in enumerate(options)}

    def order(self, options: Iterable[str]) -> list[str]:
        return sorted(options, key=self._places.__getitem__)


class Tally:
    """The running marks of one round by option; the same ballots in any order give the same tally."""

    __slots__ = ("marks", "merged", "method", "united")

    def __init__(self, method: "Method") -> None:
        self.method = method
        self.marks: dict[str, list[int]] = {}
        self.merged: dict[str, str] = {}
        """Options that count for another one, which is an option too."""
        self.united: dict[str, int] = {}
        """For those others: how many chose them or anything that counts for them, each once."""

    def admit(self, option: str) -> None:
        self.marks.setdefault(option, [0] * len(self.method.columns))

    def add(self, option: str | None, choice: Any, times: int = 1) -> None:
        """Count a choice that so many standing ballots say, or take it back where `times` is negative.

        `option` is the statement it is on, where the method asks option by option.
        """
        self.method.mark(self.marks, option, choice, times)
        if self.united:
            for counted in self.counted_for(self.method.named(option, choice)):
                if counted in self.united:
                    self.united[counted] += times

    def merge(self, merged: Mapping[str, str]) -> None:
        """Let options count for others, before the first ballot; methods that do not count heads have none."""
        if self.method.name in UNITING:
            self.merged.update(merged)
            self.united.update(dict.fromkeys(merged.values(), 0))

    def counted_for(self, options: Iterable[str]) -> set[str]:
        return {self.merged.get(option, option) for option in options}

    def marks_of(self, option: str) -> tuple[int, ...]:
        """An option's marks as its row has them."""
        marks = self.marks[option]
        return (self.united[option], *marks[1:]) if option in self.united else tuple(marks)

    def rows(self) -> tuple[tuple[Any, ...], ...]:
        return tuple((option, *self.marks_of(option)) for option in self.marks)

    def candidates(self) -> dict[str, int]:
        """The first mark of each option that counts for itself."""
        return {option: self.marks_of(option)[0] for option in self.marks if option not in self.merged}

    def merged_steps(self) -> tuple[Step, ...]:
        """How many chose each of several merged options, and how many any of them."""
        return tuple(
            {
                "marks": [
                    [option, marks[0]]
                    for option, marks in sorted(self.marks.items())
                    if self.merged.get(option, option) == into
                ],
                "option": into,
                "step": "merged",
                "voters": voters,
            }
            for into, voters in sorted(self.united.items())
        )


@dataclass(frozen=True, slots=True)
class Box:
    """What a count is given. `ballots` only where the method counts them, `costs` (minor units) only where options have any."""

    tally: Tally
    ties: Ties
    ballots: Ballots = field(default_factory=dict)
    costs: Mapping[str, int] = field(default_factory=dict)


class Method(Protocol):
    """A voting method; `per_option` ones take one ballot per voter and option instead of one per voter.

    Every method keeps columns of marks, which add up ballot by ballot; one that `counts_ballots` needs the ballots besides.
    """

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> int: ...

    @property
    def columns(self) -> tuple[str, ...]: ...

    @property
    def per_option(self) -> bool: ...

    @property
    def counts_ballots(self) -> bool: ...

    def check_round(self, rules: Any, options: Sequence[str], costs: Mapping[str, int]) -> None:
        """Refuse options that the rules cannot decide on (RulesMalformed, LimitReached)."""

    def check(self, rules: Any, choice: Any) -> None:
        """Refuse a choice that the rules do not permit (ChoiceMalformed); options are checked by the round."""

    def is_blank(self, choice: Any) -> bool: ...

    def named(self, option: str | None, choice: Any) -> Iterable[str]:
        """The options that a choice says something about."""

    def mark(self, marks: Mapping[str, list[int]], option: str | None, choice: Any, times: int) -> None:
        """Add what a choice says, that many times, to the columns of its options."""

    def result(self, rules: Any, box: Box) -> Result: ...


def _raw(uuid: str) -> bytes:
    return bytes.fromhex(uuid.replace("-", ""))
