"""A round's ballots counted by another method: what they say of it is taken, and nothing is made up."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from cocreate.domain.errors import CountImpossible, LimitReached
from cocreate.domain.voting import METHODS, Rules, what_if
from cocreate.domain.voting.approval import ApprovalRules
from cocreate.domain.voting.budget import BudgetRules
from cocreate.domain.voting.consent import ConsentRules
from cocreate.domain.voting.dots import DotsRules
from cocreate.domain.voting.equal_shares import EqualSharesRules
from cocreate.domain.voting.opinion import OpinionRules
from cocreate.domain.voting.quadratic import QuadraticRules
from cocreate.domain.voting.ranked import RankedRules
from cocreate.domain.voting.score import ScoreRules
from cocreate.domain.voting.support import SupportRules
from cocreate.domain.voting.what_if import (
    UNDERS,
    Cast,
    Otherwise,
    Under,
    count_otherwise,
    possible,
    whole_ballots,
)
from tests.domain.voting.booth import RANKING, A, B, C, D, counted

SUPPORT = SupportRules(method="support")
APPROVAL = ApprovalRules(method="approval", choices_max=4, seats=2)
DOTS = DotsRules(method="dots", purse=10, cap=10, seats=1)
SCORE = ScoreRules(method="score", by="sum", raters_min=1, seats=1)
QUADRATIC = QuadraticRules(method="quadratic", against=True, credits=100, seats=1)
CONSENT = ConsentRules(method="consent", objections_max=0, quorum=1)
OPINION = OpinionRules(method="opinion")


def ranked(count: Any, seats: int = 1) -> RankedRules:
    return RankedRules(method="ranked", count=count, choices_max=4, seats=seats)


def budget(ballot: Any, **more: Any) -> BudgetRules:
    return BudgetRules(
        method="budget", ballot=ballot, budget=100, choices_max=4, currency="EUR", skip=True, threshold=0,
        ties="draw", **more,
    )  # fmt: skip


SHARES = EqualSharesRules(
    method="equal_shares", ballot="approval", budget=100, choices_max=4, completion="none", currency="EUR",
    raise_by=1, ties="draw",
)  # fmt: skip
COSTS = {A: 60, B: 50, C: 40, D: 30}


def otherwise(under: Under, rules: Rules, *choices: Any, **more: Any) -> Otherwise:
    costs = COSTS if rules.method in ("budget", "equal_shares") else {}
    return count_otherwise(under, Cast(rules, (A, B, C, D), costs, Counter(choices), RANKING), **more)


@pytest.mark.parametrize(
    ("rules", "unders"),
    [
        (SUPPORT, ["approval"]),
        (APPROVAL, []),
        (OPINION, ["approval"]),
        (CONSENT, ["approval"]),
        (QUADRATIC, ["approval"]),
        (DOTS, ["approval", "borda", "schulze"]),
        (SCORE, ["approval", "borda", "schulze"]),
        (ranked("irv"), ["approval", "first", "borda", "stv", "schulze"]),
        (ranked("stv"), ["approval", "first", "borda", "irv", "schulze"]),
        (budget("approval"), ["approval", "equal_shares"]),
        (budget("score", points_max=5), ["approval", "borda", "schulze", "equal_shares"]),
        (SHARES, ["approval", "budget"]),
    ],
)
def test_ballots_can_be_counted_by_what_they_say_enough_for(rules: Rules, unders: list[Under]) -> None:
    """And by nothing else: every other way is refused with those that there are."""
    assert list(possible(rules)) == unders
    for under in UNDERS:
        if under not in unders:
            with pytest.raises(CountImpossible) as caught:
                otherwise(under, rules, ())
            assert caught.value.facts["possible"] == tuple(unders)


def test_every_method_has_its_reading() -> None:
    """A new method is thought of here, or the page of its results would break."""
    assert set(what_if._NAMED_BY) | {"budget", "equal_shares"} == set(METHODS)


def test_orders_are_counted_as_cast_by_another_count_of_orders() -> None:
    """The centre squeeze: instant runoff drops the option that beats every other in pairs."""
    ballots = [(A, B, C)] * 4 + [(C, B, A)] * 4 + [(B, A, C)] * 3
    assert counted(ranked("irv"), ballots, (A, B, C)).elected == (A,)
    cast = Cast(ranked("irv"), (A, B, C), {}, Counter(ballots), RANKING)
    found = count_otherwise("schulze", cast)
    assert (found.reading, found.result) == ("as_cast", counted(ranked("schulze"), ballots, (A, B, C)))
    assert found.result.elected == (B,)
    first = count_otherwise("first", cast)
    assert (first.reading, [row[1] for row in first.result.rows]) == ("first", [4, 3, 4])


def test_a_count_fills_as_many_seats_as_the_round_or_as_are_asked_for() -> None:
    ballots = ((A, B), (B, A), (C, D))
    assert len(otherwise("schulze", ranked("stv", 2), *ballots).result.elected) == 2
    assert len(otherwise("schulze", ranked("stv", 2), *ballots, seats=3).result.elected) == 3
    assert len(otherwise("irv", ranked("stv", 2), *ballots).result.elected) == 1


@pytest.mark.parametrize(
    ("rules", "choice", "reading", "approved"),
    [
        (SUPPORT, (A, C), "as_cast", {A, C}),
        (ranked("irv"), (C, A), "named", {A, C}),
        (ranked("schulze"), ((A, 2), (B, 1), (C, 1)), "named", {A, B, C}),
        (DOTS, ((A, 1), (B, 9)), "given", {A, B}),
        (SCORE, ((A, 3), (B, 2), (C, 5), (D, 0)), "liked", {A, C}),
        (QUADRATIC, ((A, -3), (B, 2)), "given", {B}),
        (CONSENT, ((A, 1), (B, 0), (C, -1), (D, -2)), "agreed", {A}),
        (OPINION, ((A, 1), (B, 0), (C, -1)), "agreed", {A}),
        (budget("approval"), (A, B), "named", {A, B}),
        (budget("score", points_max=5), ((A, 5), (B, 1)), "given", {A, B}),
    ],
)
def test_what_counts_as_approved_is_what_the_reading_says(
    rules: Rules, choice: Any, reading: str, approved: set[str]
) -> None:
    found = otherwise("approval", rules, choice)
    assert found.reading == reading
    assert {option for option, votes in found.result.rows if votes} == approved


def test_points_are_an_order_in_which_equal_points_are_equal() -> None:
    found = otherwise("schulze", DOTS, ((A, 1), (B, 5), (C, 1)), ((A, 4), (D, 6)))
    same = counted(ranked("schulze"), [((A, 2), (B, 1), (C, 2)), (D, A)])
    assert (found.reading, found.result) == ("ordered", same)


def test_equal_places_cannot_be_counted_by_a_runoff() -> None:
    with pytest.raises(CountImpossible, match="equal places") as caught:
        otherwise("irv", ranked("schulze"), ((A, 1), (B, 1), (C, 2)), (A, B))
    assert caught.value.facts["possible"] == ("approval", "borda")
    with pytest.raises(CountImpossible):
        otherwise("first", ranked("schulze"), ((A, 1), (B, 1), (C, 2)))
    assert otherwise("first", ranked("schulze"), ((A, 1), (B, 2), (C, 2))).result.rows[0] == (A, 1)


def test_a_budget_is_spent_by_points_or_in_equal_shares_on_the_same_ballots() -> None:
    """Two thirds want A and B, one third D: by points all goes to the many."""
    ballots = [(A, C)] * 4 + [(B, D)] * 2
    greedy = counted(budget("approval"), ballots, costs=COSTS)
    found = otherwise("equal_shares", budget("approval"), *ballots)
    assert set(greedy.elected) == {A, C}
    assert D in found.result.elected
    back = otherwise("budget", SHARES, *ballots)
    assert back.result == greedy


def test_answers_to_statements_are_put_together_voter_by_voter() -> None:
    """In whatever order they came."""
    one, other = "1" * 32, "2" * 32
    standing = [(f"r/{one}/{B}", 1), (f"r/{other}/{A}", 1), (f"r/{one}/{A}", -1), (f"r/{other}/{B}", 1)]
    assert whole_ballots(standing, per_option=True) == {((A, -1), (B, 1)): 1, ((A, 1), (B, 1)): 1}
    assert whole_ballots([("x", (A,)), ("y", (A,))], per_option=False) == {(A,): 2}


def test_a_count_for_whoever_asks_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(what_if, "CELLS_MAX", 7)
    assert otherwise("approval", SUPPORT, (A,)).result.elected == (A,)
    with pytest.raises(LimitReached):
        otherwise("approval", SUPPORT, (A,), (B,))


def test_shares_are_raised_only_where_that_is_soon_done(monkeypatch: pytest.MonkeyPatch) -> None:
    ballots = [(A, C)] * 4 + [(B, D)] * 2
    found = otherwise("equal_shares", budget("approval"), *ballots).rules
    assert isinstance(found, EqualSharesRules)
    assert found.completion == "add_one_greedy"
    monkeypatch.setattr(what_if, "RAISED_CELLS_MAX", 7)
    found = otherwise("equal_shares", budget("approval"), *ballots).rules
    assert isinstance(found, EqualSharesRules)
    assert found.completion == "none"
