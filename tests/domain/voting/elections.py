"""Real elections for the tests of methods: read as an import reads them, counted without a workshop."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from cocreate.domain.voting import Result
from cocreate.exchange.election import Election, choice_of
from tests.domain.voting.booth import counted

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


def recounted(election: Election) -> tuple[Result, dict[str, int]]:
    """The result, and each option's place in the file."""
    ids = option_ids(len(election.options))
    ballots: Counter[Any] = Counter()
    for papers in election.papers:
        ballots[choice_of(election.rules, papers.choice, ids)] += papers.times
    costs = {one: option.cost for one, option in zip(ids, election.options, strict=True) if option.cost}
    result = counted(election.rules, ballots, ids, costs=costs)
    return result, {one: place for place, one in enumerate(ids)}
