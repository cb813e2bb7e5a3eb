"""What every file of ranked ballots comes to: candidates, lines of ballots, and the count that its reader or its user names."""

import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final, Literal

from cocreate.domain.participant import PARTICIPANTS_MAX
from cocreate.domain.voting.places import SEATS_MAX
from cocreate.domain.voting.ranked import OPTIONS_MAX, RankedRules
from cocreate.exchange.csv_source import Findings, SourceFile, WholeNumber, quoted, read_file
from cocreate.exchange.election import Election, ElectionOption, Headings, Papers, PlaceChoice

Count = Literal["borda", "irv", "schulze", "stv"]

Order = tuple[tuple[int, ...], ...]
"""Options by their place in the file, the most preferred first; those in one tuple are equals."""

CANDIDATES: Final = WholeNumber("candidates", 1, 10_000)
SEATS: Final = WholeNumber("seats", 1, SEATS_MAX)
TIMES: Final = WholeNumber("ballots", 1, PARTICIPANTS_MAX)

_SPACES: Final = re.compile(r"\s+")


class Orders:
    """The lines of ballots as they are read: each candidate at most once, by numbers from `first`."""

    def __init__(self, file: SourceFile, candidates: int, findings: Findings, *, first: int = 1) -> None:
        self.lines: list[tuple[int, int, Order]] = []
        self.candidates = candidates
        self._file, self._findings = file.name, findings
        self._candidate = WholeNumber("candidate", first, first + candidates - 1)

    def take(self, line: int, times: str, ranks: Sequence[Collection[str]]) -> None:
        """A line that so many ballots say: the numbers of the candidates at each rank; an empty rank is passed over."""
        many = TIMES.read(times)
        if many is None:
            self._findings.add(self._file, line, "ballots", expected=TIMES.expected, found=quoted(times))
        read = [[self._candidate.read(number) for number in rank] for rank in ranks if rank]
        order = tuple(
            tuple(sorted(one - self._candidate.low for one in rank if one is not None)) for rank in read
        )
        named = [one for rank in order for one in rank]
        if len(named) < sum(map(len, read)):
            found = quoted(" ".join(number for rank in ranks for number in rank))
            self._findings.add(self._file, line, "candidate", expected=self._candidate.expected, found=found)
        elif len(set(named)) < len(named):
            twice = next(one for one in named if named.count(one) > 1)
            found = f"{twice + self._candidate.low} again"
            self._findings.add(self._file, line, "candidate", expected="each candidate once", found=found)
        elif many is not None:
            self.lines.append((line, many, order))


def read_lines(path: Path, findings: Findings) -> tuple[SourceFile, list[tuple[int, str]]]:
    """The file and its lines with their numbers, those that are blank passed over. Raises BadRows if it cannot be read."""
    file = read_file(path.parent, path.name, findings, required=True)
    if file is None:
        findings.refuse()
    lines = ((number, line.strip()) for number, line in enumerate(file.text.splitlines(), start=1))
    return file, [(number, line) for number, line in lines if line]


def ranked_election(
    importer: str,
    headings: Headings,
    names: Sequence[str],
    orders: Orders,
    file: SourceFile,
    *,
    count: Count,
    seats: int,
    withdrawn: Collection[int] = (),
) -> Election:
    """The election of these orders; candidates who have withdrawn are passed over on every ballot."""
    options = [
        ElectionOption(
            str(number), _SPACES.sub(" ", name).strip() or str(number), "", withdrawn=place in withdrawn
        )
        for number, (place, name) in enumerate(enumerate(names), start=1)
    ]
    standing = len(options) - len(withdrawn)
    rules = RankedRules(
        method="ranked", count=count, choices_max=max(1, min(standing, OPTIONS_MAX)), seats=seats
    )
    papers = [Papers(line, choice_of_order(order, withdrawn), times) for line, times, order in orders.lines]
    return Election(importer, file, headings, count, rules, options, papers)


def choice_of_order(order: Order, withdrawn: Collection[int] = ()) -> PlaceChoice:
    """One place after the other, or (option, rank) pairs where any are equals."""
    ranks = [rank for rank in (tuple(one for one in rank if one not in withdrawn) for rank in order) if rank]
    if all(len(rank) == 1 for rank in ranks):
        return tuple(rank[0] for rank in ranks)
    return tuple((one, number) for number, rank in enumerate(ranks, start=1) for one in rank)
