"""Opinion groups as pages and programs are told of them: statements with their words, shares in whole percent, a plot."""

from dataclasses import dataclass, field
from math import isqrt
from typing import Any, Final

from cocreate.application import Grouping
from cocreate.http.pages_room import Item, Room

LETTERS: Final = "ABCDE"
WIDTH: Final = 640
HEIGHT: Final = 320
_MARGIN: Final = 90


@dataclass(frozen=True)
class Row:
    """`shares` by group: (agree, disagree, answers), the first two in percent; None where too few of the group answered."""

    option: Item
    shares: list[tuple[int, int, int] | None]


@dataclass(frozen=True)
class Circle:
    letter: str
    voters: int
    x: int
    y: int
    radius: int
    reach: int


@dataclass(frozen=True)
class Shown:
    """`counted`: whether there is a count at all. `sides` by group: statements that it answers otherwise than the others."""

    counted: bool
    at: int = 0
    answers: int = 0
    sizes: list[tuple[str, int]] = field(default_factory=list)
    uniting: list[Row] = field(default_factory=list)
    rejected: list[Row] = field(default_factory=list)
    dividing: list[Row] = field(default_factory=list)
    sides: list[list[tuple[int, Row]]] = field(default_factory=list)
    every: list[Row] = field(default_factory=list)
    circles: list[Circle] = field(default_factory=list)


def shown_groups(room: Room, one: Item, found: Grouping | None) -> Shown:
    """What a page shows of the count."""
    if found is None:
        return Shown(counted=False)
    options = {option["idea"]: option for option in room.options(one["key"])}
    groups = found.groups
    rows = [
        Row(options[statement], [_shares(said) for said in by_group])
        for statement, by_group in zip(groups.statements, groups.by_group, strict=True)
    ]
    told = len(groups.sizes) > 1
    return Shown(
        counted=True,
        at=found.at,
        answers=found.answers,
        sizes=list(zip(LETTERS, groups.sizes, strict=False)),
        uniting=[rows[number] for number in groups.unites],
        rejected=[rows[number] for number in groups.rejected],
        dividing=[rows[number] for number in groups.divides],
        sides=[[(answer, rows[number]) for number, answer in side] for side in groups.telling]
        if told
        else [],
        every=rows,
        circles=_circles(found) if told else [],
    )


def _shares(said: Any) -> tuple[int, int, int] | None:
    if said is None:
        return None
    whole = said.answers
    return (200 * said.agree + whole) // (2 * whole), (200 * said.disagree + whole) // (2 * whole), whole


def _circles(found: Grouping) -> list[Circle]:
    """Each group where it stands on the two components, its area by its voters, its reach by how far they are apart."""
    places, sizes = found.groups.places, found.groups.sizes
    across, up = [one.across for one in places], [one.up for one in places]
    wide, high = max(across) - min(across), max(up) - min(up)
    # Both axes in one measure, and all circles within the picture.
    away = max(1, wide, high * (WIDTH - 2 * _MARGIN) // (HEIGHT - 2 * _MARGIN))
    scale = WIDTH - 2 * _MARGIN
    return [
        Circle(
            letter=letter,
            voters=voters,
            x=WIDTH // 2 + (2 * place.across - max(across) - min(across)) * scale // (2 * away),
            y=HEIGHT // 2 - (2 * place.up - max(up) - min(up)) * scale // (2 * away),
            radius=14 + isqrt(1600 * voters // sum(sizes)),
            reach=min(_MARGIN - 2, place.spread * scale // away),
        )
        for letter, voters, place in zip(LETTERS, sizes, places, strict=False)
    ]


def grouped_facts(found: Grouping) -> dict[str, Any]:
    """The same for programs: counts and exact fractions."""
    groups = found.groups
    statements = []
    for view in groups.views():
        rates = {"agreement": view.agreement, "disagreement": view.disagreement, "divide": view.divide}
        statements.append(
            {
                "statement": view.statement,
                "by_group": [list(said) if said else [] for said in view.by_group],
                **{
                    name: f"{rate.numerator}/{rate.denominator}"
                    for name, rate in rates.items()
                    if rate is not None
                },
            }
        )
    return {
        "counted": True,
        "at": found.at,
        "answers": found.answers,
        "groups": [
            {"voters": voters, "across": place.across, "up": place.up, "spread": place.spread}
            for voters, place in zip(groups.sizes, groups.places, strict=True)
        ],
        "statements": statements,
    }
