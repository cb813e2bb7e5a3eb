"""The four counts of ranked ballots, each with a published or hand-worked example, and what a ranking may say."""

from __future__ import annotations

from typing import Any

import pytest

from cocreate.domain.errors import ChoiceMalformed, LimitReached, RulesMalformed
from cocreate.domain.voting import METHODS
from cocreate.domain.voting.ranked import RankedRules
from cocreate.domain.voting.schulze import preferences
from cocreate.domain.voting.stages import fewest
from tests.domain.voting.booth import A, B, C, D, E, counted, listed
from tests.domain.words import idea_id

LETTERS = {"a": A, "b": B, "c": C, "d": D, "e": E}
FIVE = (A, B, C, D, E)


def rules(count: Any, seats: int = 1) -> RankedRules:
    return RankedRules(method="ranked", count=count, choices_max=5, seats=seats)


def said(**times: int) -> dict[Any, int]:
    """`acbed=5`: five ballots with A first, then C …"""
    return {tuple(LETTERS[letter] for letter in order): count for order, count in times.items()}


def kinds(steps: tuple[Any, ...]) -> list[str]:
    return [step["step"] for step in steps]


def test_schulze_elects_e_in_the_example_of_its_paper() -> None:
    """45 voters, example 1: E beats everybody by stronger chains, and the order is E, A, C, B, D."""
    ballots = said(acbed=5, adecb=5, bedac=8, cabed=3, caebd=7, cbade=2, dceba=7, ebadc=8)
    result = counted(rules("schulze", seats=5), ballots, FIVE)
    assert result.elected == (E, A, C, B, D)
    pairs = next(step for step in result.steps if step["step"] == "pairs" and step["option"] == E)
    assert pairs["preferred_to"] == [[A, 23], [B, 27], [C, 21], [D, 31]]
    paths = next(step for step in result.steps if step["step"] == "paths" and step["option"] == A)
    assert paths["strengths"] == [[B, 28], [C, 28], [D, 30], [E, 24]]


def test_schulze_takes_equals_and_puts_what_a_ballot_leaves_out_last() -> None:
    """A and B equal first, C left out: both over C, neither over the other."""
    ballots = {((A, 1), (B, 1)): 2, (C,): 1}
    assert preferences(ballots, (A, B, C)) == [[0, 0, 2], [0, 0, 2], [1, 1, 0]]


def test_an_instant_runoff_passes_papers_on_until_one_has_more_than_half() -> None:
    """Tennessee: 42 Memphis, 26 Nashville, 15 Chattanooga, 17 Knoxville; Knoxville wins by Chattanooga and Nashville's papers."""
    ballots = said(abcd=42, bcda=26, cdba=15, dcba=17)
    result = counted(rules("irv"), ballots)
    assert result.elected == (D,)
    assert [step["option"] for step in result.steps if step["step"] == "excluded"] == [C, B]
    assert result.steps[-1] == {"step": "elected", "seat": 1, "option": D, "votes": 58}


def test_an_instant_runoff_counts_half_of_the_papers_that_still_have_a_preference() -> None:
    """4 A, 3 B, 2 C with nothing else on them: A has 4 of 7 once C is out."""
    result = counted(rules("irv"), said(a=4, b=3, c=2))
    assert result.elected == (A,)
    assert result.steps[-2]["exhausted"] == 2


def test_a_tie_for_the_fewest_looks_back_before_the_draw() -> None:
    """D and C end with 4 each after E; before, C had 4 and D 3, so D goes."""
    ballots = said(a=6, b=5, c=4, d=3, ed=1)
    result = counted(rules("irv"), ballots, FIVE, ties=listed(FIVE))
    told = next(step for step in result.steps if step["step"] == "tie_broken")
    assert (told["options"], told["by_round"], told["round"]) == ([C, D], 1, 2)
    assert [step["option"] for step in result.steps if step["step"] == "excluded"][:2] == [E, D]


def test_a_tie_goes_by_the_latest_round_that_tells_and_then_among_those_left() -> None:
    """Rules 49 and 51 of the Order say the most recent stage. There B is above C and D, which an earlier one tells apart."""
    stages = [{B: 1, C: 4, D: 2}, {B: 1, C: 3, D: 4}, {B: 5, C: 4, D: 4}, {B: 6, C: 6, D: 6}]
    ties = listed((B, C, D))
    assert fewest([B, C, D], stages, ties) == (C, {"step": "tie_broken", "options": [B, C, D], "by_round": 1})
    assert fewest([B, C, D], stages, ties, most=True)[0] == B
    assert fewest([C, D], stages[2:], ties) == (D, {"step": "tie_broken", "order": [C, D]})
    assert fewest([C], stages, ties) == (C, None)


def test_a_tie_at_every_round_goes_by_the_draw_and_who_is_drawn_first_stays() -> None:
    ballots = said(a=3, b=1, c=1)
    for order in ((A, B, C), (A, C, B)):
        result = counted(rules("stv", seats=2), ballots, (A, B, C), ties=listed(order))
        assert result.elected == (A, order[1])
        assert {"step": "tie_broken", "round": 1, "order": list(order[1:])} in result.steps


def test_stv_passes_a_surplus_on_at_a_value_truncated_to_five_places() -> None:
    """10 papers, 2 seats: quota 4. A has 7, surplus 3 at 3/7 = 0.42857 each: 4 papers to B give 1.71428, 3 to C 1.28571."""
    ballots = said(ab=4, ac=3, b=1, c=2)
    result = counted(rules("stv", seats=2), ballots, (A, B, C), ties=listed((A, B, C)))
    surplus = next(step for step in result.steps if step["step"] == "surplus")
    assert surplus == {
        "step": "surplus",
        "round": 1,
        "option": A,
        "surplus": 300_000,
        "value": 42_857,
        "votes": [[A, 400_000], [C, 328_571], [B, 271_428]],
        "exhausted": 0,
        "truncated": 1,
    }
    assert result.elected == (A, C)


def test_stv_leaves_seats_empty_where_options_are_too_few() -> None:
    result = counted(rules("stv", seats=3), said(ab=4), (A, B))
    assert result.elected == (A, B)
    assert result.steps[-1] == {"step": "seats_unfilled", "seats": 1}


def test_borda_gives_a_point_for_each_option_put_behind_and_half_for_each_equal() -> None:
    """Three options; AB: A 2, B 1, C 0. A and B equal: 1.5 each. C alone: C 2, A and B half each. In half points."""
    result = counted(rules("borda", seats=3), {(A, B): 1, ((A, 1), (B, 1)): 1, (C,): 1}, (A, B, C))
    places = [(step["option"], step["half_points"]) for step in result.steps if step["step"] == "elected"]
    assert places == [(A, 8), (B, 6), (C, 4)]


def test_blank_ballots_rank_nothing_and_elect_nobody() -> None:
    for count in ("irv", "stv", "schulze", "borda"):
        result = counted(rules(count), {(): 3})
        assert result.rows == ((A, 0), (B, 0), (C, 0), (D, 0))
        assert result.elected == ()


def test_the_first_places_are_kept_ballot_by_ballot() -> None:
    result = counted(rules("schulze"), {(A, B): 2, ((A, 2), (B, 1), (C, 1)): 1})
    assert result.rows == ((A, 2), (B, 1), (C, 1), (D, 0))


@pytest.mark.parametrize(
    ("count", "choice", "expected"),
    [
        ("stv", 1, "a list of idea ids"),
        ("stv", (A, B, A), "each idea at one place"),
        ("stv", tuple(idea_id(one) for one in range(6)), "at most 5 ideas"),
        ("irv", ((A, 1), (B, 1)), "idea ids in order, no equals"),
        ("borda", ((A, 1), (B, 2)), "idea ids in order, as there are no equals"),
        ("borda", ((A, 1), (B, 1), (C, 3)), "places without a gap"),
        ("borda", ((A, 0), (B, 0)), "places from 1"),
        ("borda", ((B, 1), (A, 1)), "distinct idea ids in ascending order"),
        ("borda", tuple((idea_id(one), 1) for one in range(6)), "at most 5 ideas"),
    ],
)
def test_a_ranking_that_is_none_is_refused_in_words(count: str, choice: Any, expected: str) -> None:
    with pytest.raises(ChoiceMalformed) as refused:
        METHODS["ranked"].check(rules(count), choice)
    assert refused.value.facts["expected"] == expected


def test_what_a_ranking_may_say_is_taken() -> None:
    for count, choice in [("stv", (C, A)), ("irv", ()), ("borda", ((A, 2), (B, 1), (C, 1)))]:
        METHODS["ranked"].check(rules(count), choice)
        assert list(METHODS["ranked"].named(None, choice)) == [
            one[0] if isinstance(one, tuple) else one for one in choice
        ]


def test_a_round_takes_only_what_its_count_can_decide() -> None:
    ranked = METHODS["ranked"]
    with pytest.raises(RulesMalformed):
        ranked.check_round(rules("irv", seats=2), FIVE, {})
    with pytest.raises(LimitReached):
        ranked.check_round(rules("schulze"), [idea_id(one) for one in range(121)], {})
    ranked.check_round(rules("schulze"), [idea_id(one) for one in range(120)], {})
