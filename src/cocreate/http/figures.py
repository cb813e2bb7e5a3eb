"""The columns of a result as people read them: what each method's marks come to, in what order the options stand."""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from math import sqrt
from typing import Any, Final, NamedTuple

from markupsafe import Markup

from cocreate.http import money
from cocreate.http.pages_room import Item, Room

Marks = Mapping[str, int]
RATING_MAX: Final = 5


class Column(NamedTuple):
    """`value` of an option's marks and cost; `text` writes it; `whole` is what a full bar stands for, None for no bar.

    Where `whole` is "voters" or "row", it is the number of voters, or the sum of the row's marks.
    """

    name: str
    value: Callable[[Marks, int], float]
    text: Callable[[Any], str]
    whole: float | str | None = "voters"


def _mark(name: str, whole: float | str | None = "voters") -> Column:
    return Column(name, lambda marks, _: marks[name], money.grouped, whole)


def _mean(marks: Marks, _: int) -> float:
    return marks["points"] / marks["raters"] if marks["raters"] else 0


def _spread(marks: Marks, _: int) -> float:
    raters = marks["raters"]
    if not raters:
        return 0
    return sqrt(Fraction(marks["squares"], raters) - Fraction(marks["points"], raters) ** 2)


def columns(one: Mapping[str, Any]) -> Sequence[Column]:
    """The columns of a round's result, that by which it is decided first."""
    rules = one["rules"]
    match one["method"]:
        case "opinion":
            return [_mark(name, "row") for name in one["columns"]]
        case "score":
            mean = Column("average", _mean, lambda value: f"{value:.2f}", RATING_MAX)
            points = _mark("points", "most")
            rest = [_mark("raters"), Column("spread", _spread, lambda value: f"{value:.2f}", None)]
            return [mean, points, *rest] if rules["by"] == "mean" else [points, mean, *rest]
        case "quadratic":
            net = Column(
                "votes", lambda marks, _: marks["votes_for"] - marks["votes_against"], money.grouped, "most"
            )
            sides = [_mark("votes_for", "most"), _mark("votes_against", "most")] if rules["against"] else []
            return [net, *sides, _mark("voters")]
        case "dots":
            return [_mark("dots", "most"), _mark("voters")]
        case "budget" | "equal_shares":
            currency = rules["currency"]
            price = Column("price", lambda _, cost: cost, lambda value: money.said(value, currency), None)
            given = [] if rules["ballot"] == "approval" else [_mark("points", "most")]
            return [*given, _mark("voters"), price]
        case _:
            return [_mark(name) for name in one["columns"]]


def in_order(one: Mapping[str, Any], rows: Sequence[tuple[Any, Marks]]) -> list[tuple[Any, Marks]]:
    """What was chosen first, in the order of being chosen; the others by the first column, then as the round has them."""
    elected = one["certificate"]["elected"] if "certificate" in one else []
    places = {idea: place for place, idea in enumerate(elected)}
    first = columns(one)[0].value
    # Consent is no contest: proposals stay as the round has them.
    weight = 0 if one["method"] == "consent" else -1
    return sorted(rows, key=lambda row: (places.get(row[0]["idea"], len(places)), weight * first(row[1], 0)))


class Table(NamedTuple):
    """A result as a table: `rows` are options with their cells as markup; `total` is how many there are beyond a limit."""

    columns: list[str]
    rows: list[tuple[Item, Markup]]
    total: int


def table(room: Room, one: Item, limit: int = 0) -> Table:
    """The result of a round that this reader may see, the first `limit` options of it if there is a limit."""
    every = in_order(one, room.results(one))
    shown = every[:limit] if limit else every
    found = columns(one)
    fulls = [_full(column, every, room.turnouts[one["key"]]["voters"]) for column in found]
    rows = [(option, _cells(found, fulls, option, marks)) for option, marks in shown]
    return Table([column.name for column in found], rows, len(every))


def _full(column: Column, rows: Sequence[tuple[Item, Marks]], voters: int) -> float | None:
    """What a full bar of the column stands for; None where it is the sum of each row."""
    match column.whole:
        case "voters":
            return voters
        case "most":
            return max((column.value(marks, 0) for _, marks in rows), default=0)
        case "row":
            return None
        case whole:
            return float(whole or 0)


def _cells(found: Sequence[Column], fulls: Sequence[float | None], option: Item, marks: Marks) -> Markup:
    """A row's figures with their bars. A table may have a thousand rows, and a template takes three times as long for them."""
    cost, row = option.get("cost", 0), sum(marks.values())
    cells = []
    for column, full in zip(found, fulls, strict=True):
        value = column.value(marks, cost)
        cells.append(f'<td class="count"><span class="figure">{column.text(value)}</span>')
        if column.whole is not None:
            whole = row if full is None else full
            cells.append(_bar(min(max(value / whole, 0), 1) if whole else 0, column.name))
        cells.append("</td>")
    return Markup("".join(cells))  # noqa: S704  figures, and bars that are markup


def spent(room: Room, one: Item) -> int:
    """What the projects that were bought cost together, in minor units."""
    bought = set(one["certificate"]["elected"])
    return sum(option["cost"] for option in room.options(one["key"]) if option["idea"] in bought)


def bar(share: float, kind: str = "") -> Markup:
    """A share from 0 to 1 as a bar, without inline style; who hears the page has the figure beside it."""
    return Markup(_bar(share, kind))  # noqa: S704  a number and a name of ours


def _bar(share: float, kind: str) -> str:
    """`kind` is a column of a voting method, never what somebody typed."""
    return (
        f'<svg class="bar {kind}" aria-hidden="true"><rect width="{share * 100:.2f}%" height="100%"/></svg>'
    )
