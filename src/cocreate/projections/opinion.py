"""Opinion groups of a round: what is sent to a process that counts, what it answers, and how pages read it.

The counting is `domain/voting/groups.py`; here is only its way there and back, as bytes, so that it can be done anywhere.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from cocreate.domain.canonical import canonical_json
from cocreate.domain.voting.groups import OpinionGroups, Place, Said, StatementView, opinion_groups, view_of

TOLD_MAX: Final = 8
"""Statements in each of the lists, half as many for one group; all are counted."""
DIVIDES_FROM: Final = Fraction(1, 4)
"""What differs by less between all groups divides nobody; nor does what all of them have a majority for, or against."""
_ROUND_AND_SLASH = 37
"""A ballot's aggregate id begins with its round, a uuid, and a slash."""


@dataclass(frozen=True, slots=True)
class Grouped:
    """Opinion groups without the people in them: `sizes`, the largest first; what each group said of each statement.

    Lists of statements by number from 0, the first first: `unites`, most of every group agree; `rejected`, most of every
    group disagree; `divides`; and for each group `telling`: with 1 or −1, what it says more often than all others.
    """

    sizes: tuple[int, ...]
    places: tuple[Place, ...]
    statements: tuple[str, ...]
    by_group: tuple[tuple[Said | None, ...], ...]
    unites: tuple[int, ...]
    rejected: tuple[int, ...]
    divides: tuple[int, ...]
    telling: tuple[tuple[tuple[int, int], ...], ...]

    def views(self) -> list[StatementView]:
        """Every statement with its rates; a thousand take some 25 ms."""
        return [view_of(*one) for one in zip(self.statements, self.by_group, strict=True)]


def packed_head(statements: Sequence[str]) -> bytes:
    """The first line of what is sent."""
    return b"%d" % len(statements)


def packed(standing: Iterable[tuple[str, int | None]], numbers: dict[str, int]) -> bytes:
    """Further lines of what is sent: (ballot, choice) pairs as voter, number of the statement, answer; withdrawn ones left out."""
    return "".join(
        f"\n{key[_ROUND_AND_SLASH:69]} {numbers[key[70:]]} {choice}"
        for key, choice in standing
        if choice is not None
    ).encode()


def counted(sent: bytes) -> bytes:
    """The groups of what was sent, as canonical JSON without a voter: what `Grouped` has, but for the statements."""
    head, *lines = sent.decode().split("\n")
    answers = (line.split(" ") for line in lines)
    found = opinion_groups(
        ((voter, statement, int(answer)) for voter, statement, answer in answers),
        [str(number) for number in range(int(head))],
    )
    said = [[list(one) if one else [] for one in view.by_group] for view in found.statements]
    return canonical_json([[len(group) for group in found.members], found.places, said, *_lists(found)])


def _lists(found: OpinionGroups) -> tuple[list[int], list[int], list[int], list[list[list[int]]]]:
    every = len(found.statements)
    unites = [one for one in found.uniting(every) if _by_all(one, lambda said: said.agree)]
    rejected = [one for one in found.rejected(every) if _by_all(one, lambda said: said.disagree)]
    settled = {one.statement for one in (*unites, *rejected)}
    divides = [
        one
        for one in found.dividing(every)
        if (one.divide or 0) >= DIVIDES_FROM and one.statement not in settled
    ]
    telling = [
        [[int(one.view.statement), one.answer] for one in found.telling(group, TOLD_MAX // 2)]
        for group in range(len(found.members))
    ]
    numbers = [[int(one.statement) for one in listed[:TOLD_MAX]] for listed in (unites, rejected, divides)]
    return numbers[0], numbers[1], numbers[2], telling


def _by_all(view: StatementView, side: Callable[[Said], int]) -> bool:
    """Whether more than half of each group's answers are on that side."""
    return all(said is not None and 2 * side(said) > said.answers for said in view.by_group)


def read_counted(answer: bytes, statements: Sequence[str]) -> Grouped:
    sizes, places, said, unites, rejected, divides, telling = json.loads(answer)
    return Grouped(
        sizes=tuple(sizes),
        places=tuple(Place(*place) for place in places),
        statements=tuple(statements) if said else (),
        by_group=tuple(tuple(Said(*one) if one else None for one in groups) for groups in said),
        unites=tuple(unites),
        rejected=tuple(rejected),
        divides=tuple(divides),
        telling=tuple(tuple((number, answer) for number, answer in group) for group in telling),
    )
