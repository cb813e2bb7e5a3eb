"""Ranked ballots in a file of PrefLib: metadata behind `#`, then a line of each kind of ballot.

Source: the format of https://www.preflib.org/format: `soc` and `soi` are strict orders, `toc` and `toi` have equals in
braces; the first of each pair are complete. Seats and count are not told there.
"""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cocreate.exchange.csv_source import Findings, SourceFile, WholeNumber, quoted
from cocreate.exchange.election import Election, Headings
from cocreate.exchange.ranked_source import CANDIDATES, Count, Orders, ranked_election, read_lines

IMPORTER: Final = "preflib"
TYPES: Final = ("soc", "soi", "toc", "toi")

_META: Final = re.compile(r"#\s*([A-Z][A-Z0-9 ]*?)\s*:\s*(.*)")
_BALLOTS: Final = re.compile(r"([0-9]+)\s*:\s*(.*)")
_RANK: Final = re.compile(r"\s*(?:\{([0-9, ]*)\}|([0-9]+))\s*(?:,|$)")
_TOTAL: Final = WholeNumber("total", 0, 10**9)
_NAME: Final = "ALTERNATIVE NAME "
_DAY_MS: Final = 86_400_000


def read_election(path: Path, *, count: Count | None = None, seats: int = 1) -> Election:
    """Read a PrefLib file whole, or raise BadRows with everything that is wrong with it.

    Without a `count` it is Schulze where ballots may have equals, else an instant runoff for one seat and STV for several.
    """
    findings = Findings()
    file, lines = read_lines(path, findings)
    meta = _meta(file, lines, findings)
    candidates = CANDIDATES.read(_told(meta, "NUMBER ALTERNATIVES"))
    kind = _told(meta, "DATA TYPE")
    if candidates is None:
        _refuse(file, meta, "NUMBER ALTERNATIVES", CANDIDATES.expected, findings)
    if kind not in TYPES:
        _refuse(file, meta, "DATA TYPE", f"one of {', '.join(TYPES)}", findings)
    if candidates is None or kind not in TYPES:
        findings.refuse()
    names = [_told(meta, f"{_NAME}{number}") for number in range(1, candidates + 1)]
    for number, name in enumerate(names, start=1):
        if not name:
            _refuse(file, meta, f"{_NAME}{number}", "a name", findings)
    orders = Orders(file, candidates, findings)
    for line, text in lines:
        if not text.startswith("#"):
            _take(file, line, text, orders, findings)
    _check(file, meta, kind, orders, findings)
    findings.raise_if_any()
    published = _time(_told(meta, "PUBLICATION DATE"))
    return ranked_election(
        IMPORTER,
        Headings(
            title=_told(meta, "TITLE") or path.stem,
            host="PrefLib",
            purpose=_told(meta, "DESCRIPTION"),
            starts_at=published,
            ends_at=None if published is None else published + _DAY_MS,
        ),
        names,
        orders,
        file,
        count=count or ("schulze" if kind.startswith("t") else "irv" if seats == 1 else "stv"),
        seats=seats,
    )


Told = dict[str, tuple[int, str]]


def _meta(file: SourceFile, lines: list[tuple[int, str]], findings: Findings) -> Told:
    """Line and value of each key; the older format, which has none, is told apart."""
    meta: Told = {}
    for line, text in lines:
        found = _META.fullmatch(text)
        if found is None:
            continue
        if found[1] in meta:
            findings.add(file.name, line, found[1], expected="each key once", found="it again")
        meta.setdefault(found[1], (line, found[2].strip()))
    if not meta:
        expected = "metadata behind #, as PrefLib's files have had since 2022"
        findings.add(file.name, None, None, expected=expected, found="none")
        findings.refuse()
    return meta


def _told(meta: Told, key: str) -> str:
    return meta[key][1] if key in meta else ""


def _refuse(file: SourceFile, meta: Told, key: str, expected: str, findings: Findings) -> None:
    line, value = meta.get(key, (None, None))
    found = "none" if value is None else quoted(value)
    findings.add(file.name, line, key, expected=expected, found=found)


def _take(file: SourceFile, line: int, text: str, orders: Orders, findings: Findings) -> None:
    """A line such as `3: 1,{2,4},3`."""
    ballots = _BALLOTS.fullmatch(text)
    ranks: list[list[str]] = []
    rest = "" if ballots is None else ballots[2]
    while rest and (rank := _RANK.match(rest)) is not None:
        ranks.append([one.strip() for one in (rank[1] or rank[2] or "").split(",") if one.strip()])
        rest = rest[rank.end() :]
    if ballots is None or rest:
        expected = "a line such as 3: 1,{2,4},3"
        findings.add(file.name, line, None, expected=expected, found=quoted(text))
        return
    orders.take(line, ballots[1], ranks)


def _check(file: SourceFile, meta: Told, kind: str, orders: Orders, findings: Findings) -> None:
    """The file keeps to its own type, and was not cut short."""
    for line, _, order in orders.lines:
        if kind.startswith("s") and any(len(rank) > 1 for rank in order):
            findings.add(file.name, line, None, expected=f"no equals in a file of type {kind}", found="some")
        if kind.endswith("c") and sum(map(len, order)) < orders.candidates:
            expected = f"all {orders.candidates} alternatives in a file of type {kind}"
            findings.add(file.name, line, None, expected=expected, found=str(sum(map(len, order))))
    totals = {
        "NUMBER VOTERS": sum(times for _, times, _ in orders.lines),
        "NUMBER UNIQUE ORDERS": len(orders.lines),
    }
    for key, found in totals.items():
        if key in meta and _TOTAL.read(_told(meta, key)) != found and not findings:
            _refuse(file, meta, key, f"{found} as the file has", findings)


def _time(text: str) -> int | None:
    try:
        return int(datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).timestamp()) * 1000
    except ValueError:
        return None
