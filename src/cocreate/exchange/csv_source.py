"""Strict reading of CSV files that others wrote: every bad row is found before anything is believed.

A finding names the file, the line and the column, and says what was expected and what was found. The line
is the one on which the row begins; a row whose quoted text runs over several lines is still one row.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final, NoReturn

FILE_BYTES_MAX: Final = 128 * 2**20
"""Above the largest file a conversation within the row limits can have; a file is held in memory whole."""
BAD_ROWS_SHOWN_MAX: Final = 1000
"""More than anyone mends by hand; the rest are counted."""
FOUND_LENGTH_MAX: Final = 80
"""Enough of a bad value to find it by, on one line of a terminal."""

_BOM: Final = b"\xef\xbb\xbf"
_WHOLE_NUMBER: Final = re.compile(r"0|-?[1-9][0-9]{0,15}")


@dataclass(frozen=True, slots=True)
class BadRow:
    """One thing wrong with a file; without a line it is the file as a whole, without a column the row."""

    file: str
    line: int | None
    column: str | None
    expected: str
    found: str

    def __str__(self) -> str:
        where = self.file if self.line is None else f"{self.file} line {self.line}"
        column = "" if self.column is None else f", {self.column}"
        return f"{where}{column}: expected {self.expected}, found {self.found}"


class BadRows(Exception):
    """The files are not what they should be; `rows` are the first findings, `total` counts all of them."""

    def __init__(self, rows: Sequence[BadRow], total: int) -> None:
        self.rows = tuple(rows)
        self.total = total
        super().__init__(self.rows, total)

    def __str__(self) -> str:
        more = self.total - len(self.rows)
        lines = [f"{self.total} bad rows; nothing was read. Mend these and try again:", *map(str, self.rows)]
        return "\n".join([*lines, f"and {more} more"] if more else lines)


class Findings:
    """What is wrong with a set of files, collected until all are read; up to a limit kept, then counted."""

    def __init__(self) -> None:
        self._rows: list[BadRow] = []
        self._total = 0

    def add(self, file: str, line: int | None, column: str | None, *, expected: str, found: str) -> None:
        """Note one finding."""
        self._total += 1
        if len(self._rows) < BAD_ROWS_SHOWN_MAX:
            self._rows.append(BadRow(file, line, column, expected, found))

    def __bool__(self) -> bool:
        return self._total > 0

    def raise_if_any(self) -> None:
        """Raise BadRows with everything found so far."""
        if self._total:
            self.refuse()

    def refuse(self) -> NoReturn:
        """The same where something was found already, and nothing more can be read."""
        raise BadRows(self._rows, self._total)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file as it was read; the digest is of the very bytes read, a byte order mark included."""

    name: str
    sha256: str
    text: str


@dataclass(frozen=True, slots=True)
class WholeNumber:
    """A column of decimal integers within bounds, without plus sign, leading zeros, spaces or fractions."""

    column: str
    low: int
    high: int

    def read(self, text: str) -> int | None:
        """The number, or None if the text is not one of this column."""
        if _WHOLE_NUMBER.fullmatch(text) is None:
            return None
        number = int(text)
        return number if self.low <= number <= self.high else None

    @property
    def expected(self) -> str:
        """What to tell someone whose text is refused."""
        if self.high - self.low < 5:
            *first, last = range(self.low, self.high + 1)
            return f"{', '.join(map(str, first))} or {last}"
        return f"a whole number from {self.low} to {self.high}"


def quoted(text: str) -> str:
    """A value as findings show it, cut to fit a line."""
    return repr(text) if len(text) <= FOUND_LENGTH_MAX else f"{text[:FOUND_LENGTH_MAX]!r}…"


def read_file(folder: Path, name: str, findings: Findings, *, required: bool) -> SourceFile | None:
    """One file of the folder, or None if it cannot be read; each line that is not UTF-8 is a finding."""
    path = folder / name
    try:
        with path.open("rb") as file:
            content = file.read(FILE_BYTES_MAX + 1)
    except FileNotFoundError:
        if required:
            findings.add(name, None, None, expected="a file of this name", found=f"none in {folder}")
        return None
    except OSError as error:
        findings.add(name, None, None, expected="a readable file", found=error.strerror or str(error))
        return None
    if len(content) > FILE_BYTES_MAX:
        findings.add(name, None, None, expected=f"at most {FILE_BYTES_MAX} bytes", found="more")
        return None
    return SourceFile(name, sha256(content).hexdigest(), _decoded(name, content.removeprefix(_BOM), findings))


def rows(
    source: SourceFile,
    columns: Sequence[str],
    findings: Findings,
    *,
    rows_max: int,
    optional: Sequence[str] = (),
) -> Iterator[tuple[int, list[str]]]:
    """Line and wanted columns of each well-formed row under the header; other columns are passed over.

    The optional columns come after the others, empty where the header has none. A header without one of the columns, or with
    one of them twice, yields no rows at all.
    """
    records = read_records(source, findings)
    header_line, header = next(records, (None, []))
    present = [column for column in optional if column in header]
    wanted = _places(source.name, header_line, header, [*columns, *present], findings)
    if wanted is None:
        return
    place_of = dict(zip([*columns, *present], wanted, strict=True))
    places = [place_of.get(column) for column in (*columns, *optional)]
    for count, (line, record) in enumerate(records, start=1):
        if count > rows_max:
            findings.add(source.name, line, None, expected=f"at most {rows_max} rows", found="more")
            return
        if len(record) != len(header):
            findings.add(
                source.name,
                line,
                None,
                expected=f"{len(header)} columns as in the header",
                found=f"{len(record)}",
            )
            continue
        yield line, ["" if place is None else record[place] for place in places]


def pairs(source: SourceFile, findings: Findings) -> dict[str, str]:
    """A file of key,value rows without a header."""
    found: dict[str, str] = {}
    for line, record in read_records(source, findings):
        if len(record) != 2:
            findings.add(
                source.name, line, None, expected="a key and a value", found=f"{len(record)} columns"
            )
        elif record[0] in found:
            findings.add(
                source.name, line, None, expected="each key once", found=f"{quoted(record[0])} again"
            )
        else:
            found[record[0]] = record[1]
    return found


def read_records(
    source: SourceFile, findings: Findings, *, delimiter: str = ",", spaced: bool = False
) -> Iterator[tuple[int, list[str]]]:
    """First line and fields of each record; blank lines are passed over, and a broken record is a finding.

    `spaced`: white space behind a delimiter is no part of a field, so that a quote may follow it.
    """
    # newline="" keeps the line ends inside quoted texts as they are and counts lines as editors do.
    text = io.StringIO(source.text, newline="")
    reader = csv.reader(text, delimiter=delimiter, skipinitialspace=spaced, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            findings.add(source.name, line, None, expected="a row of CSV", found=str(error))
            continue
        if record:
            yield line, record


def _places(
    file: str, line: int | None, header: Sequence[str], columns: Sequence[str], findings: Findings
) -> list[int] | None:
    """Where the wanted columns stand in the header, or None if that cannot be said of each."""
    if line is None:
        findings.add(file, None, None, expected="a header row", found="an empty file")
        return None
    for column in columns:
        if header.count(column) != 1:
            found = f"it {header.count(column)} times in {quoted(','.join(header))}"
            findings.add(file, line, column, expected="this column once in the header", found=found)
    if any(header.count(column) != 1 for column in columns):
        return None
    return [header.index(column) for column in columns]


def _decoded(name: str, content: bytes, findings: Findings) -> str:
    """The text; what is not UTF-8 becomes U+FFFD so that the rest of the file can still be looked at."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        pass
    for line, line_bytes in enumerate(content.splitlines(keepends=True), start=1):
        try:
            line_bytes.decode("utf-8")
        except UnicodeDecodeError as error:
            found = f"byte 0x{line_bytes[error.start]:02x} at byte {error.start + 1} of the line"
            findings.add(name, line, None, expected="UTF-8", found=found)
    return content.decode("utf-8", errors="replace")
