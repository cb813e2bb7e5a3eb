"""Ranked ballots in a profile as VoteKit writes it: a CSV with the candidates in its head, and a set at each rank.

Source: the files that VoteKit's `RankProfile.to_csv` writes (https://votekit.readthedocs.io). Seats are not told there.
"""

import re
from pathlib import Path
from typing import Final

from cocreate.exchange.csv_source import Findings, SourceFile, quoted, read_file, read_records
from cocreate.exchange.election import Election, Headings
from cocreate.exchange.ranked_source import Count, Orders, ranked_election

IMPORTER: Final = "votekit"
BEGINS: Final = "VoteKit RankProfile"

_CANDIDATE: Final = re.compile(r"\((.+):([0-9]{1,5})\)")
_RANK: Final = re.compile(r"(?:\{'([0-9]{1,5})'(?:, ?'([0-9]{1,5})')*\})?")
_NUMBER: Final = re.compile(r"[0-9]+")
_WEIGHT: Final = re.compile(r"([0-9]{1,9})(?:\.0+)?")
_CANDIDATES, _TABLE = "Candidates", "Ranking_1"


def is_profile(path: Path) -> bool:
    """Whether the file begins as such a profile does."""
    with path.open("rb") as file:
        return file.read(len(BEGINS)) == BEGINS.encode()


def read_election(path: Path, *, seats: int, count: Count = "stv") -> Election:
    """Read a profile whole, or raise BadRows with everything that is wrong with it."""
    findings = Findings()
    file = read_file(path.parent, path.name, findings, required=True)
    if file is None:
        findings.refuse()
    records = list(read_records(file, findings))
    names = _names(file, records, findings)
    table = next((place for place, (_, cells) in enumerate(records) if cells[0] == _TABLE), None)
    if table is None:
        findings.add(file.name, None, None, expected=f"a table that begins with {_TABLE}", found="none")
    if not names or table is None:
        findings.refuse()
    orders = Orders(file, len(names), findings, first=0)
    _, header = records[table]
    ranks = [place for place, name in enumerate(header) if name.startswith("Ranking_")]
    if header.count("Weight") != 1:
        found = quoted(",".join(header))
        findings.add(file.name, records[table][0], "Weight", expected="this column once", found=found)
        findings.refuse()
    weight = header.index("Weight")
    for line, cells in records[table + 1 :]:
        if len(cells) != len(header):
            expected = f"{len(header)} columns as in the header"
            findings.add(file.name, line, None, expected=expected, found=str(len(cells)))
            continue
        bad = [cells[place] for place in ranks if _RANK.fullmatch(cells[place]) is None]
        for cell in bad:
            findings.add(
                file.name, line, "Ranking", expected="a set of candidates, {'1'}", found=quoted(cell)
            )
        whole = _WEIGHT.fullmatch(cells[weight])
        times = cells[weight] if whole is None else whole[1]
        if not bad:
            orders.take(line, times, [_NUMBER.findall(cells[place]) for place in ranks])
    findings.raise_if_any()
    return ranked_election(
        IMPORTER, Headings(title=path.stem, host="VoteKit"), names, orders, file, count=count, seats=seats
    )


def _names(file: SourceFile, records: list[tuple[int, list[str]]], findings: Findings) -> list[str]:
    """The candidates' names by their number; the row behind `Candidates` gives (name:number) in each cell."""
    told = next((place for place, (_, cells) in enumerate(records) if cells == [_CANDIDATES]), None)
    if told is None or told + 1 == len(records):
        findings.add(file.name, None, None, expected="a row of candidates", found="none")
        return []
    line, cells = records[told + 1]
    found = [_CANDIDATE.fullmatch(cell) for cell in cells]
    named = {int(one[2]): one[1] for one in found if one is not None}
    if sorted(named) != list(range(len(cells))):
        expected = "(name:number) of each candidate, numbered from 0"
        findings.add(file.name, line, "Candidates", expected=expected, found=quoted(",".join(cells)))
        return []
    return [named[number] for number in range(len(cells))]
