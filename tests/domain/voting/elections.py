"""Readers of real elections for the tests: BLT, VoteKit's profile of ranked ballots, and Pabulib's `.pb`."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

DATA = Path(__file__).parents[4] / "shared/data"


def data(*parts: str) -> Path:
    """A file of the shared material; skips where it is absent."""
    path = DATA.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"needs {'/'.join(parts)} of the shared real material")
    return path


def listed_in(*parts: str) -> list[str]:
    """The elections that `expected.json` of a folder names; none where it is absent."""
    path = DATA.joinpath(*parts, "expected.json")
    return sorted(json.loads(path.read_text())) if path.exists() else []


def expected(*parts: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(data(*parts, "expected.json").read_text())[name]
    return found


def option_ids(count: int) -> list[str]:
    """Ids for options that have none of their own."""
    return [f"00000001-0000-4000-8000-{number:012x}" for number in range(count)]


class RankedElection(NamedTuple):
    names: dict[str, str]
    """By option, in the order of the source."""
    seats: int
    ballots: Counter[tuple[str, ...]]


def read_blt(path: Path) -> RankedElection:
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    candidates, seats = map(int, lines[0].split())
    ids = option_ids(candidates)
    ballots: Counter[tuple[str, ...]] = Counter()
    for number, line in enumerate(lines[1:], 1):
        if line.strip() == "0":
            names = [
                " ".join(one.strip().strip('"').split())
                for one in lines[number + 1 : number + 1 + candidates]
            ]
            return RankedElection(dict(zip(ids, names, strict=True)), seats, ballots)
        times, *order, end = map(int, line.split())
        assert end == 0
        ballots[tuple(ids[one - 1] for one in order)] += times
    raise AssertionError("no end of the ballots")


def read_profile(path: Path, seats: int) -> RankedElection:
    """VoteKit's cleaned profile: sets of one candidate in columns, and a weight."""
    lines = path.read_text().splitlines()
    named = re.findall(r"\(((?:[^()]|\([^()]*\))*):(\d+)\)", lines[lines.index("Candidates") + 1])
    ids = option_ids(len(named))
    ballots: Counter[tuple[str, ...]] = Counter()
    start = next(number for number, line in enumerate(lines) if line.startswith("Ranking_1"))
    for line in lines[start + 1 :]:
        ranks, weight = line.split("&")[:2]
        order = tuple(ids[int(one)] for one in re.findall(r"\{'(\d+)'\}", ranks))
        ballots[order] += round(float(weight.strip(",")))
    return RankedElection({ids[int(number)]: name for name, number in named}, seats, ballots)


class Project(NamedTuple):
    id: str
    cost: int
    selected: bool


class BudgetElection(NamedTuple):
    meta: dict[str, str]
    projects: list[Project]
    """In the order of the file."""
    ballots: list[tuple[tuple[str, ...], tuple[int, ...]]]
    """(projects in the order of the ballot, their points if the file has any)."""


def read_pb(path: Path) -> BudgetElection:
    meta: dict[str, str] = {}
    projects: list[Project] = []
    ballots: list[tuple[tuple[str, ...], tuple[int, ...]]] = []
    for section, row in _sections(path):
        if section == "META":
            meta[row["key"]] = row["value"]
        elif section == "PROJECTS":
            projects.append(Project(row["project_id"], int(row["cost"]), row.get("selected") in ("1", "2")))
        else:
            points = tuple(int(one) for one in row.get("points", "").split(",") if one)
            ballots.append((tuple(one for one in row["vote"].split(",") if one), points))
    return BudgetElection(meta, projects, ballots)


def _sections(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    section, header = "", None
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.reader(file, delimiter=";"):
            if row and row[0].strip() in ("META", "PROJECTS", "VOTES") and len(row) == 1:
                section, header = row[0].strip(), None
            elif header is None:
                header = [one.strip() for one in row]
            elif row:
                yield section, dict(zip(header, _stripped(row), strict=False))


def _stripped(row: Sequence[str]) -> list[str]:
    return [one.strip() for one in row]
