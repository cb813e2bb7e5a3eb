"""Budgets: the greedy rules and equal shares on small elections worked by hand, and what a ballot on projects may say."""

from __future__ import annotations

from typing import Any

import pytest

from cocreate.domain.errors import ChoiceMalformed, RulesMalformed
from cocreate.domain.voting import METHODS
from cocreate.domain.voting.budget import BudgetRules
from cocreate.domain.voting.equal_shares import EqualSharesRules
from tests.domain.voting.booth import A, B, C, D, counted, listed

COSTS = {A: 60, B: 50, C: 40, D: 10}


def greedy(**more: Any) -> BudgetRules:
    facts: dict[str, Any] = {"ballot": "approval", "budget": 100, "choices_max": 4, "currency": "EUR"}
    facts |= {"skip": True, "threshold": 0, "ties": "draw"}
    return BudgetRules(method="budget", **(facts | more))


def shares(**more: Any) -> EqualSharesRules:
    facts: dict[str, Any] = {"ballot": "approval", "budget": 100, "choices_max": 4, "currency": "EUR"}
    facts |= {"completion": "none", "raise_by": 1, "ties": "draw"}
    return EqualSharesRules(method="equal_shares", **(facts | more))


SAID = {(A, B, C): 2, (A, B): 1, (A,): 1, (C, D): 1}
"""A 4, B 3, C 3, D 1."""


def test_greedy_passes_over_what_does_not_fit() -> None:
    """A for 60, B for 50 does not fit, C for 40 does; nothing is left for D."""
    result = counted(greedy(), SAID, ties=listed([A, B, C, D]), costs=COSTS)
    assert result.rows == ((A, 4, 4), (B, 3, 3), (C, 3, 3), (D, 1, 1))
    assert result.elected == (A, C)
    assert result.steps == (
        {"step": "bought", "option": A, "points": 4, "cost": 60, "left": 40},
        {"step": "tie_broken", "points": 3, "order": [B, C]},
        {"step": "passed_over", "option": B, "points": 3, "cost": 50, "left": 40},
        {"step": "bought", "option": C, "points": 3, "cost": 40, "left": 0},
        {"step": "passed_over", "option": D, "points": 1, "cost": 10, "left": 0},
    )


def test_greedy_without_skipping_ends_at_what_does_not_fit() -> None:
    result = counted(greedy(skip=False), SAID, ties=listed([A, B, C, D]), costs=COSTS)
    assert result.elected == (A,)
    assert result.steps[-1] == {"step": "stopped", "option": B, "points": 3, "cost": 50, "left": 40}


def test_a_threshold_drops_projects_first() -> None:
    result = counted(greedy(threshold=4, budget=1_000), SAID, costs=COSTS)
    assert result.elected == (A,)
    assert [step["option"] for step in result.steps if step["step"] == "under_threshold"] == [B, C, D]


def test_ties_go_by_the_order_of_options_where_the_rules_say_so() -> None:
    """The draw would take D before A."""
    said, draw = {(A, B): 1, (C, D): 1}, listed([D, C, B, A])
    assert counted(greedy(), said, ties=draw, costs=COSTS).elected == (D, C, B)
    assert counted(greedy(ties="listed"), said, ties=draw, costs=COSTS).elected == (A, C)


def test_points_of_every_form_of_ballot_are_summed() -> None:
    result = counted(greedy(ballot="ordinal"), {((A, 3), (B, 4)): 2, ((A, 4),): 1}, costs=COSTS)
    assert result.rows[:2] == ((A, 10, 3), (B, 8, 2))


def test_equal_shares_lets_a_minority_buy_what_the_majority_would_not() -> None:
    """10 voters with 10 each. A (60) costs six all they have, so five of them cannot have B; four pay C (40) alone."""
    said = {(A, B): 5, (A,): 1, (C,): 4}
    result = counted(shares(), said, costs=COSTS)
    assert set(result.elected) == {A, C}
    assert result.steps[0] == {"step": "shares", "voters": 10, "each": "10/1"}
    bought = {step["option"]: step for step in result.steps if step["step"] == "bought"}
    assert bought[A]["rate"] == "1/6"
    assert bought[C]["rate"] == "1/4"
    assert bought[A]["supporters"] == 6


def test_who_cannot_pay_an_equal_part_pays_what_is_left() -> None:
    """4 voters with 25 each. C (60) takes 20 from three; of B (24) one of them pays the 5 left, the other voter 19."""
    said = {(B, C): 1, (C,): 2, (): 3, (B,): 1}
    result = counted(shares(), said, costs={A: 60, B: 24, C: 60, D: 10})
    rates = [(step["option"], step["rate"]) for step in result.steps if step["step"] == "bought"]
    assert rates == [(C, "1/3"), (B, "19/24")]


def test_adding_one_raises_every_share_until_the_budget_would_be_exceeded() -> None:
    """2 voters with 50 each want A (60) alone and B (50) alone: only B at first; at 60 each both, for 110 of 100."""
    said = {(A,): 1, (B,): 1}
    assert counted(shares(), said, costs=COSTS).elected == (B,)
    result = counted(shares(completion="add_one"), said, costs=COSTS)
    assert result.elected == (B,)
    assert result.steps[1] == {"step": "raised", "each": "50/1", "ended": "nothing_more_fits"}
    more = counted(shares(completion="add_one", budget=110), said, costs=COSTS)
    assert set(more.elected) == {A, B}
    assert more.steps[1]["each"] == "60/1"
    over = counted(shares(completion="add_one", budget=109), {(A,): 1, (B,): 1, (D,): 0}, costs=COSTS)
    assert over.elected == (B,)


def test_what_still_fits_after_adding_one_is_bought_by_points() -> None:
    """10 voters. At 12 each five buy A (60); at 13 four would buy B (50) too, 110 of 100. Of the 40 left C is bought."""
    said = {(A,): 5, (B,): 4, (C,): 1}
    one = counted(shares(completion="add_one"), said, costs=COSTS)
    assert one.elected == (A,)
    assert one.steps[1] == {"step": "raised", "each": "12/1", "ended": "over_budget", "next_cost": 110}
    result = counted(shares(completion="add_one_greedy"), said, costs=COSTS)
    assert result.elected == (A, C)
    assert {"step": "greedy", "left": 40} in result.steps


def test_a_project_above_the_whole_budget_never_ends_the_raising() -> None:
    """At 50 each the three could have A for 150, which is beyond reach from the start; at 90 one of them has B."""
    said = {(A,): 2, (A, B): 1}
    result = counted(shares(completion="add_one"), said, costs={A: 150, B: 90, C: 1, D: 1})
    assert result.elected == (B,)
    assert result.steps[1] == {"step": "raised", "each": "271/3", "ended": "nothing_more_fits"}


def test_points_are_worth_themselves_in_equal_shares() -> None:
    """2 voters with 50. A: 3 and 1 points for 40: 10 a point, 30 and 10. Then B for 50 by the second: 50 > 40 left, no."""
    rules = shares(ballot="score", points_max=5)
    result = counted(rules, {((A, 3),): 1, ((A, 1), (B, 1)): 1}, costs={A: 40, B: 50, C: 1, D: 1})
    assert [(step["option"], step["rate"]) for step in result.steps if step["step"] == "bought"] == [
        (A, "10/1")
    ]


def test_nobody_buys_anything_where_every_ballot_is_blank() -> None:
    assert counted(shares(completion="add_one_greedy"), {(): 3}, costs=COSTS).elected == ()


def test_a_round_needs_costs_and_points_where_the_ballot_has_any() -> None:
    method = METHODS["budget"]
    method.check_round(greedy(), [A, B], COSTS)
    for rules, costs in [
        (greedy(), {A: 1}),
        (greedy(points_max=3), COSTS),
        (greedy(ballot="cumulative"), COSTS),
        (greedy(ballot="ordinal", points_max=3), COSTS),
    ]:
        with pytest.raises(RulesMalformed):
            method.check_round(rules, [A, B], costs)


@pytest.mark.parametrize(
    ("rules", "choice", "expected"),
    [
        (greedy(), (B, A), "distinct idea ids in ascending order"),
        (greedy(choices_max=1), (A, B), "at most 1 ideas"),
        (greedy(ballot="score", points_max=3), ((A, 4),), "1 to 3 points"),
        (greedy(ballot="cumulative", points_max=3), ((A, 2), (B, 2)), "at most 3 points in all"),
        (greedy(ballot="cumulative", points_max=3, choices_max=1), ((A, 1), (B, 1)), "at most 1 ideas"),
        (greedy(ballot="ordinal"), ((A, 4), (B, 4)), "4 points, then one less each"),
        (greedy(ballot="ordinal"), ((A, 3), (B, 2)), "4 points, then one less each"),
    ],
)
def test_a_ballot_on_projects_outside_the_rules_is_refused(
    rules: BudgetRules, choice: Any, expected: str
) -> None:
    with pytest.raises(ChoiceMalformed) as refused:
        METHODS["budget"].check(rules, choice)
    assert refused.value.facts["expected"] == expected


def test_a_ballot_within_the_rules_is_taken() -> None:
    METHODS["budget"].check(greedy(ballot="ordinal"), ((A, 3), (B, 4)))
    METHODS["budget"].check(greedy(ballot="cumulative", points_max=3), ((A, 1), (B, 2)))
    METHODS["equal_shares"].check(shares(ballot="score", points_max=3), ((A, 3), (B, 3)))
