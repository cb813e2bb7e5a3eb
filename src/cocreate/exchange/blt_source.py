"""Ranked ballots in BLT: the candidates' number and the seats, a line of each kind of ballot, the names, the title.

Source: I. D. Hill, B. A. Wichmann and D. R. Woodall, "Algorithm 123: Single Transferable Vote by Meek's Method" (1987), whose
program reads it; as others write it since, equals are joined by `=`, a preference left out is `-`, and a `#` begins a comment.
"""

import re
from pathlib import Path
from typing import Final

from cocreate.exchange.csv_source import Findings, SourceFile, quoted
from cocreate.exchange.election import Election, Headings
from cocreate.exchange.ranked_source import (
    CANDIDATES,
    SEATS,
    Count,
    Orders,
    ranked_election,
    read_lines,
)

IMPORTER: Final = "blt"
_WITHDRAWN: Final = re.compile(r"-[0-9]+(\s+-[0-9]+)*")
_QUOTED: Final = re.compile(r'"(.*)"')
_COMMENT: Final = re.compile(r"\s*#[^\"]*$")

Lines = list[tuple[int, str]]


def read_election(path: Path, *, count: Count = "stv", seats: int | None = None) -> Election:
    """Read a BLT file whole, or raise BadRows with everything that is wrong with it; `seats` instead of the file's own."""
    findings = Findings()
    file, lines = read_lines(path, findings)
    lines = [(number, line) for number, line in ((n, _COMMENT.sub("", line)) for n, line in lines) if line]
    candidates, seats_told = _head(file, lines, findings)
    end = next((place for place, (_, line) in enumerate(lines) if line == "0"), None)
    if end is None:
        findings.add(file.name, None, None, expected="a line 0 after the ballots", found="none")
    if candidates is None or seats_told is None or end is None:
        findings.refuse()
    ballots, orders = lines[1:end], Orders(file, candidates, findings)
    withdrawn: set[int] = set()
    if ballots and _WITHDRAWN.fullmatch(ballots[0][1]):
        withdrawn = _withdrawn(file, candidates, ballots.pop(0), findings)
    for number, line in ballots:
        times, *ranks = line.split()
        if not ranks or ranks.pop() != "0":
            findings.add(file.name, number, None, expected="a ballot that ends with 0", found=quoted(line))
            continue
        orders.take(number, times, [() if rank == "-" else rank.split("=") for rank in ranks])
    names, title = _names(file, candidates, lines[end + 1 :], findings)
    findings.raise_if_any()
    return ranked_election(
        IMPORTER,
        Headings(title=title or path.stem, host="BLT"),
        names,
        orders,
        file,
        count=count,
        seats=seats_told if seats is None else seats,
        withdrawn=withdrawn,
    )


def _head(file: SourceFile, lines: Lines, findings: Findings) -> tuple[int | None, int | None]:
    """How many candidates there are, and how many seats."""
    number, line = lines[0] if lines else (1, "")
    parts = line.split()
    if len(parts) != 2:
        expected = "two numbers, of candidates and of seats"
        findings.add(file.name, number, None, expected=expected, found=quoted(line))
        return None, None
    candidates, seats = CANDIDATES.read(parts[0]), SEATS.read(parts[1])
    for column, read, text in ((CANDIDATES, candidates, parts[0]), (SEATS, seats, parts[1])):
        if read is None:
            findings.add(file.name, number, column.column, expected=column.expected, found=quoted(text))
    return candidates, seats


def _withdrawn(file: SourceFile, candidates: int, told: tuple[int, str], findings: Findings) -> set[int]:
    """Candidates who have withdrawn, by their place; each as its number with a minus."""
    number, line = told
    places = [int(one[1:]) - 1 for one in line.split()]
    if not all(0 <= place < candidates for place in places):
        expected = f"numbers from -1 to -{candidates}"
        findings.add(file.name, number, "withdrawn", expected=expected, found=quoted(line))
    return set(places)


def _names(file: SourceFile, candidates: int, lines: Lines, findings: Findings) -> tuple[list[str], str]:
    """The candidates' names, and the title if there is one behind them."""
    read: list[str] = []
    for number, line in lines:
        found = _QUOTED.fullmatch(line)
        if found is None:
            findings.add(file.name, number, None, expected="a name in quotes", found=quoted(line))
        read.append("" if found is None else found[1])
    if not candidates <= len(read) <= candidates + 1:
        expected = f"{candidates} names and a title behind the ballots"
        findings.add(file.name, None, None, expected=expected, found=f"{len(read)} lines")
    return read[:candidates], read[candidates].strip() if len(read) > candidates else ""
