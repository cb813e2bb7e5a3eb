"""Opinion groups of a round: what is sent to a process that counts, what it answers, and how pages read it.

The counting is `domain/voting/groups.py`; here is only its way there and back, as bytes, so that it can be done anywhere.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cocreate.domain.canonical import canonical_json
from cocreate.domain.voting.groups import Place, Said, StatementView, Views, opinion_groups, view_of

_ROUND_AND_SLASH = 37
"""A ballot's aggregate id begins with its round, a uuid, and a slash."""


@dataclass(frozen=True, slots=True)
class Grouped(Views):
    """Opinion groups without the people in them: `sizes`, the largest first; `places` and `statements` as the count says."""

    sizes: tuple[int, ...]
    statements: tuple[StatementView, ...]
    places: tuple[Place, ...]


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
    """The groups of what was sent, as canonical JSON without a voter: [sizes, places, what each group said of each statement]."""
    head, *lines = sent.decode().split("\n")
    answers = (line.split(" ") for line in lines)
    found = opinion_groups(
        ((voter, statement, int(answer)) for voter, statement, answer in answers),
        [str(number) for number in range(int(head))],
    )
    said = [[list(one) if one else [] for one in view.by_group] for view in found.statements]
    return canonical_json([[len(group) for group in found.members], found.places, said])


def read_counted(answer: bytes, statements: Sequence[str]) -> Grouped:
    sizes, places, said = json.loads(answer)
    views = [
        view_of(statement, [Said(*one) if one else None for one in groups])
        for statement, groups in zip(statements, said, strict=False)
    ]
    return Grouped(tuple(sizes), tuple(views), tuple(Place(*place) for place in places))
