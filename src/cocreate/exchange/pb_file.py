"""The tables of a `.pb` file: META, PROJECTS and VOTES, with `;` between cells and CSV's quotes; each row as long as its header.

Source: the format's description at https://pabulib.org/format.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from cocreate.domain.voting.projects import COST_MAX
from cocreate.exchange.csv_source import Findings, SourceFile, WholeNumber, quoted, read_records

MINOR_PER_UNIT: Final = 100
"""Every amount is kept in hundredths, whatever its currency: some files have decimals, none has more than two."""

_COLUMNS: Final = {
    "META": ("key", "value"),
    "PROJECTS": ("project_id", "cost"),
    "VOTES": ("voter_id", "vote"),
}
_AMOUNT: Final = re.compile(r"([0-9]{1,13})(?:[.,]([0-9]{1,2})0*)?")


@dataclass(slots=True)
class Section:
    """`broken` counts the rows that are not as long as the header: they are findings, and no rows."""

    name: str
    line: int
    header: list[str] = field(default_factory=list)
    rows: list[tuple[int, list[str]]] = field(default_factory=list)
    broken: int = 0

    @property
    def length(self) -> int:
        return len(self.rows) + self.broken

    def reads(self, column: str) -> Callable[[Sequence[str]], str]:
        """The cell of a column in a row of this section; empty where there is no such column."""
        if column not in self.header:
            return lambda _cells: ""
        place = self.header.index(column)
        return lambda cells: cells[place]


@dataclass(frozen=True, slots=True)
class Meta:
    """What META says, with the line of each key; an empty value is as good as none."""

    file: str
    values: dict[str, str]
    lines: dict[str, int]
    findings: Findings

    def text(self, key: str) -> str:
        return self.values.get(key, "")

    def refuse(self, key: str, expected: str) -> None:
        found = quoted(self.values[key]) if key in self.values else "none"
        self.findings.add(self.file, self.lines.get(key), key, expected=expected, found=found)

    def number(self, key: str, low: int, high: int) -> int | None:
        """A whole number, if META has the key; one that is not whole or not within bounds is a finding."""
        if not self.text(key):
            return None
        column = WholeNumber(key, low, high)
        number = column.read(self.text(key))
        if number is None:
            self.refuse(key, column.expected)
        return number

    def check_count(self, key: str, found: int) -> None:
        """A file that was cut short says so itself."""
        told = self.number(key, 0, 10**9)
        if told is not None and told != found:
            self.findings.add(
                self.file, self.lines[key], key, expected=f"{found} as the file has", found=str(told)
            )


def read_sections(file: SourceFile, findings: Findings) -> dict[str, Section]:
    """The three sections with their rows, white space cut off each cell.

    Raises BadRows where one of them or its header is missing, since then nothing can be said of the rest.
    """
    found: dict[str, Section] = {}
    section: Section | None = None
    for line, record in read_records(file, findings, delimiter=";", spaced=True):
        cells = [cell.strip() for cell in record]
        if cells[0].upper() in _COLUMNS and not any(cells[1:]):
            section = Section(cells[0].upper(), line)
            if section.name in found:
                findings.add(
                    file.name, line, None, expected="each section once", found=f"{section.name} again"
                )
            found.setdefault(section.name, section)
        elif section is None:
            expected = f"a section: {', '.join(_COLUMNS)}"
            findings.add(file.name, line, None, expected=expected, found=quoted(cells[0]))
        elif not section.header:
            section.header = cells
            _check_header(file, line, section, findings)
        elif len(cells) != len(section.header):
            expected = f"{len(section.header)} columns as in the header of {section.name}"
            findings.add(file.name, line, None, expected=expected, found=str(len(cells)))
            section.broken += 1
        else:
            section.rows.append((line, cells))
    whole = True
    for name, columns in _COLUMNS.items():
        section = found.get(name)
        if section is None:
            findings.add(file.name, None, None, expected=f"a section {name}", found="none")
        elif not section.header:
            findings.add(file.name, section.line, None, expected=f"a header of {name}", found="none")
        whole = whole and section is not None and all(section.header.count(one) == 1 for one in columns)
    if not whole:
        findings.raise_if_any()
    return found


def read_meta(file: SourceFile, section: Section, findings: Findings) -> Meta:
    meta = Meta(file.name, {}, {}, findings)
    key_of, value_of = section.reads("key"), section.reads("value")
    for line, cells in section.rows:
        key = key_of(cells)
        if key in meta.values:
            findings.add(file.name, line, key, expected="each key once", found=f"{quoted(key)} again")
        meta.values.setdefault(key, value_of(cells))
        meta.lines.setdefault(key, line)
    return meta


class Ids:
    """The ids of one column: each is there, and used once."""

    def __init__(self, file: SourceFile, column: str, findings: Findings) -> None:
        self._file, self._column, self._findings = file.name, column, findings
        self._lines: dict[str, int] = {}

    def take(self, line: int, found: str) -> None:
        if not found:
            self._findings.add(self._file, line, self._column, expected="an id", found="none")
        elif found in self._lines:
            expected = f"an id not used before, as on line {self._lines[found]}"
            self._findings.add(self._file, line, self._column, expected=expected, found=quoted(found))
        self._lines.setdefault(found, line)


AMOUNT_EXPECTED: Final = (
    f"an amount from 0.01 to {COST_MAX // MINOR_PER_UNIT}, with a point and at most two decimals"
)


def read_amount(text: str) -> int | None:
    """An amount in minor units, or None if the text is none."""
    found = _AMOUNT.fullmatch(text)
    if found is None:
        return None
    amount = int(found[1]) * MINOR_PER_UNIT + int((found[2] or "0").ljust(2, "0"))
    return amount if 1 <= amount <= COST_MAX else None


def in_units(amount: int) -> int | float:
    """An amount of minor units as a number of the file's own units: exact, as two decimals are."""
    whole, minor = divmod(amount, MINOR_PER_UNIT)
    return amount / MINOR_PER_UNIT if minor else whole


def _check_header(file: SourceFile, line: int, section: Section, findings: Findings) -> None:
    for column in _COLUMNS[section.name]:
        if section.header.count(column) != 1:
            found = f"it {section.header.count(column)} times in {quoted(';'.join(section.header))}"
            findings.add(file.name, line, column, expected=f"this column once in {section.name}", found=found)
