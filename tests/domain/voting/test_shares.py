"""Equal shares, fast and plain: the count on whole sets of voters against one purse of fractions a voter."""

from __future__ import annotations

import json
from collections.abc import Sequence
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cocreate.domain.canonical import canonical_json
from cocreate.domain.voting import shares
from cocreate.domain.voting.equal_shares import EqualSharesRules
from cocreate.domain.voting.method import MARK_MAX
from cocreate.domain.voting.projects import COST_MAX
from tests.domain.voting.booth import RANKING, counted
from tests.domain.voting.elections import option_ids
from tests.record import independent_counts

POINTS = {"approval": 1, "score": 3, "cumulative": MARK_MAX}
SEEDS = st.integers(0, 10**6)


def rules_of(ballot: str, budget: int, completion: str, options: int) -> EqualSharesRules:
    points_max = None if ballot == "approval" else POINTS[ballot]
    facts = {"ballot": ballot, "budget": budget, "completion": completion, "points_max": points_max}
    more = {"choices_max": options, "currency": "EUR", "raise_by": max(1, budget // 100), "ties": "draw"}
    return EqualSharesRules.model_validate({"method": "equal_shares", **facts, **more})


def election(ballot: str, chance: Random) -> tuple[EqualSharesRules, dict[str, int], list[Any]]:
    """Some voters say the same, and costs lie around what so many voters have together, to the last unit of a large budget."""
    options = option_ids(chance.randint(1, 12))
    different: list[Any] = []
    for _ in range(chance.randint(1, 25)):
        named = sorted(chance.sample(options, chance.randint(0, min(len(options), 6))))
        points = chance.choice((1, 2, POINTS[ballot] // 6 or 1, POINTS[ballot]))
        give = [1 + chance.randrange(min(points, max(1, POINTS[ballot] // 6))) for _ in named]
        different.append(tuple(named) if ballot == "approval" else tuple(zip(named, give, strict=True)))
    ballots = [chance.choice(different) for _ in range(chance.randint(1, 40))]
    budget = chance.choice((97, 100_000, COST_MAX))
    share = budget // len(ballots)
    costs = {
        option: min(
            max(1, share * chance.randint(1, 12) // chance.choice((1, 2, 3)) + chance.randint(-1, 1)),
            COST_MAX,
        )
        for option in options
    }
    completion = chance.choice(("none", "add_one", "add_one_greedy"))
    return rules_of(ballot, budget, completion, len(options)), costs, ballots


def fast(rules: EqualSharesRules, costs: dict[str, int], ballots: Sequence[Any]) -> Any:
    result = counted(rules, ballots, list(costs), costs=costs)
    return json.loads(canonical_json([result.rows, list(result.elected), result.steps]))


def plain(rules: EqualSharesRules, costs: dict[str, int], ballots: Sequence[Any]) -> Any:
    said, on = json.loads(canonical_json([rules.model_dump(mode="json", exclude_none=True), ballots]))
    return list(independent_counts.counted(said, list(costs), on, RANKING.order, costs))


@pytest.mark.parametrize("ballot", POINTS)
@given(seed=SEEDS)
@settings(max_examples=200, deadline=None)
def test_it_buys_step_by_step_what_a_count_by_purses_of_fractions_buys(ballot: str, seed: int) -> None:
    one = election(ballot, Random(f"{ballot} {seed}"))
    assert fast(*one) == plain(*one)


@pytest.mark.parametrize("ballot", POINTS)
def test_where_rounded_payments_tell_nobody_apart_the_exact_ones_do(
    ballot: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    elections = [election(ballot, Random(f"{ballot} {seed}")) for seed in range(60)]
    usual = [fast(*one) for one in elections]
    monkeypatch.setattr(shares, "PLACES", 0)
    assert [fast(*one) for one in elections] == usual
    assert max(len(elected) for _, elected, _ in usual) >= 3


def test_a_voter_who_lacks_the_last_unit_gives_all() -> None:
    """One in a million million: far less than the rounding of payments."""
    first, second = option_ids(2)
    ballots = [(first, second), (second,), (first,), (first,)]
    for lacking, rate in (0, "1/2"), (1, "200000000001/400000000000"):
        costs = {first: 150_000_000_000 + 3 * lacking, second: 400_000_000_000}
        one = rules_of("approval", COST_MAX, "none", 2), costs, ballots
        assert fast(*one) == plain(*one)
        assert [step["rate"] for step in fast(*one)[2] if step.get("option") == second] == [rate]
