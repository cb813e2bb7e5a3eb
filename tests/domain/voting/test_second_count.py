"""Every count again by a second implementation, written from FORMAT.md alone: rows, elected and every step."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cocreate.domain.canonical import canonical_json
from tests.domain.voting.booth import RANKING, counted
from tests.domain.voting.rulebook import COSTS, OPTIONS, RULES, election
from tests.record import independent_counts


@pytest.mark.parametrize("name", [name for name in RULES if name != "opinion"])
@given(seed=st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_the_page_of_the_format_is_enough_to_count_again(name: str, seed: int) -> None:
    """Opinion has its second count in tests/record/independent_state.py."""
    ballots = election(name, seed)
    ours = counted(RULES[name], ballots, OPTIONS, costs=COSTS)
    plain = json.loads(canonical_json([RULES[name].model_dump(mode="json", exclude_none=True), ballots]))
    rows, elected, steps = independent_counts.counted(plain[0], list(OPTIONS), plain[1], RANKING.order, COSTS)
    assert json.loads(canonical_json(ours.rows)) == rows
    assert list(ours.elected) == elected
    assert json.loads(canonical_json(ours.steps)) == steps
