"""A workshop as tables: what one audience sees of it today, and the ballots of every round whose results show.

The rows are the items of the views (projections/README.md fixes their shapes); `ballots` are beside them, by voter, so that
the order of voting does not tell. In a spreadsheet's file a row is flat, and a text that a spreadsheet would take for a
formula has an apostrophe in front.
"""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TextIO

from cocreate.application.live import LiveWorkshop
from cocreate.domain.ballot import ballot_parts
from cocreate.domain.canonical import canonical_json
from cocreate.projections.reader import Audience, Item
from cocreate.projections.rounds import RoundRow
from cocreate.projections.views import view

Tables = Mapping[str, Sequence[Item]]

BALLOTS: Final = "ballots"
_FORMULA: Final = tuple("=+-@\t\r'")


def tables_of(live: LiveWorkshop, audience: Audience) -> dict[str, list[Item]]:
    """Every table of the view, and the ballots that everybody may see."""
    seen = view(live.projections, live.projections, audience, live.texts)
    tables: dict[str, list[Item]] = dict(seen["items"])
    rounds = live.projections.rounds.rounds
    tables[BALLOTS] = [one for key, row in rounds.items() if row.released for one in ballots_of(key, row)]
    return tables


def ballots_of(round_id: str, row: RoundRow) -> Iterator[Item]:
    """The standing ballots of a round, ascending by voter."""
    for aggregate, choice in sorted(row.poll.standing.items()):
        if choice is not None:
            _, voter, option = ballot_parts(aggregate)
            counter = row.poll.counters.get(aggregate, 1)
            ballot: Item = {
                "choice": choice,
                "counter": counter,
                "key": aggregate,
                "round": round_id,
                "voter": voter,
            }
            yield ballot if option is None else {**ballot, "option": option}


def write_json_lines(tables: Tables, out: TextIO) -> None:
    """A line for each row, in canonical JSON: the table's name and the item."""
    for name, rows in tables.items():
        out.writelines(canonical_json({"table": name, "item": row}).decode() + "\n" for row in rows)


def write_csv(rows: Sequence[Item], out: TextIO) -> None:
    """One table; its columns are the facts that any row has, in the order in which they first come."""
    flat = [dict(_flat(row)) for row in rows]
    columns = list(dict.fromkeys(column for row in flat for column in row)) or ["key"]
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    for cells in flat:
        writer.writerow([cells.get(column, "") for column in columns])


def guarded(text: str) -> str:
    """The text as a spreadsheet shows it and never calculates it."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def unguarded(text: str) -> str:
    """The text that `guarded` wrote, and any other as it is."""
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text


def _flat(item: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """(column, cell) of each fact; facts within facts by a dotted name, lists as JSON."""
    for name, fact in item.items():
        if isinstance(fact, Mapping) and fact:
            yield from _flat(fact, f"{path}{name}.")
        elif isinstance(fact, str):
            yield f"{path}{name}", guarded(fact)
        else:
            yield f"{path}{name}", json.dumps(_plain(fact), ensure_ascii=False)


def _plain(fact: Any) -> Any:
    return list(fact) if isinstance(fact, Iterable) and not isinstance(fact, Mapping) else fact
