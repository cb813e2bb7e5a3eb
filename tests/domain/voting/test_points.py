"""Dots, score, quadratic and consent, each with an example worked by hand, and what each refuses."""

from __future__ import annotations

from typing import Any

import pytest

from cocreate.domain.errors import ChoiceMalformed
from cocreate.domain.voting import METHODS, Rules
from cocreate.domain.voting.consent import ConsentRules
from cocreate.domain.voting.dots import DotsRules
from cocreate.domain.voting.quadratic import QuadraticRules
from cocreate.domain.voting.score import ScoreRules
from tests.domain.voting.booth import RANKING, A, B, C, D, counted

DOTS = DotsRules(method="dots", purse=5, cap=3, seats=1)
SCORE = ScoreRules(method="score", by="mean", raters_min=2, seats=1)
QUADRATIC = QuadraticRules(method="quadratic", credits=10, against=True, seats=1)
CONSENT = ConsentRules(method="consent", objections_max=1, quorum=3)


def test_dots_are_summed_and_the_most_dotted_is_elected() -> None:
    """A 3 + 2 = 5 from two voters, B 2 + 1 = 3 from two, C 2 from one."""
    result = counted(DOTS, [((A, 3), (B, 2)), ((A, 2), (B, 1), (C, 2)), ()])
    assert result.rows == ((A, 5, 2), (B, 3, 2), (C, 2, 1), (D, 0, 0))
    assert result.elected == (A,)
    assert result.steps == ({"step": "elected", "seat": 1, "option": A, "dots": 5},)


def test_score_tells_sum_raters_squares_mean_and_variance_exactly() -> None:
    """A: 5, 4, 4 → mean 13/3, variance 57/3 − 169/9 = 2/9. B: 5 by one rater only, too few to count."""
    result = counted(SCORE, [((A, 5),), ((A, 4), (B, 5)), ((A, 4), (C, 0))])
    assert result.rows == ((A, 13, 3, 57), (B, 5, 1, 25), (C, 0, 1, 0), (D, 0, 0, 0))
    assert result.elected == (A,)
    assert result.steps[0] == {"step": "rated", "option": A, "mean": "13/3", "variance": "2/9"}
    assert result.steps[-1] == {"step": "elected", "seat": 1, "option": A, "mean": "13/3"}


def test_score_by_sum_or_by_mean_elects_differently() -> None:
    """A 3 + 3 + 3 = 9, mean 3; B 4 + 4 = 8, mean 4."""
    ballots = [((A, 3), (B, 4)), ((A, 3), (B, 4)), ((A, 3),)]
    assert counted(SCORE, ballots).elected == (B,)
    assert counted(SCORE.model_copy(update={"by": "sum"}), ballots).elected == (A,)


def test_quadratic_sums_votes_for_and_against() -> None:
    """A 3 − 1 = 2 (costs 9 and 1), B 1 + 3 = 4; C −1 is never elected."""
    result = counted(QUADRATIC, [((A, 3), (B, 1)), ((A, -1), (B, 3)), ((C, -1),)])
    assert result.rows == ((A, 3, 1, 2), (B, 4, 0, 2), (C, 0, 1, 1), (D, 0, 0, 0))
    assert result.elected == (B,)
    three = counted(QUADRATIC.model_copy(update={"seats": 3}), [((A, 3), (B, 1)), ((C, -1),)])
    assert three.elected == (A, B)
    assert three.steps[-1] == {"step": "seats_unfilled", "seats": 1}


def test_consent_needs_a_quorum_bears_few_objections_and_never_a_block() -> None:
    """A: 2 agree, 1 objects. B: 1 objects, 1 blocks, 1 abstains. C: 2 object, 1 agrees. D: one voice only."""
    ballots = [
        ((A, 1), (B, -1), (C, -1), (D, 1)),
        ((A, 1), (B, -2), (C, -1)),
        ((A, -1), (B, 0), (C, 1)),
    ]
    result = counted(CONSENT, ballots)
    assert result.rows == ((A, 2, 0, 1, 0), (B, 0, 1, 1, 1), (C, 1, 0, 2, 0), (D, 1, 0, 0, 0))
    assert result.elected == (A,)
    assert result.steps == (
        {"step": "consented", "option": A, "agree": 2, "objections": 1},
        {"step": "blocked", "option": B, "blocks": 1, "objections": 1},
        {"step": "objected", "option": C, "objections": 2},
        {"step": "no_quorum", "option": D, "voters": 1, "quorum": 3},
    )


def test_a_tie_of_any_points_is_told_and_broken_by_the_stated_rule() -> None:
    result = counted(DOTS, [((A, 1), (B, 1), (C, 1))])
    order = RANKING.order([A, B, C])
    assert result.elected == (order[0],)
    assert result.steps[0] == {"step": "tie_broken", "dots": 1, "order": order}


@pytest.mark.parametrize(
    ("rules", "choice", "expected"),
    [
        (DOTS, 1, "a list of [idea id, number]"),
        (DOTS, (A, B), "a list of [idea id, number]"),
        (DOTS, ((B, 1), (A, 1)), "distinct idea ids in ascending order"),
        (DOTS, ((A, 1), (A, 1)), "distinct idea ids in ascending order"),
        (DOTS, ((A, 4),), "1 to 3 dots an idea"),
        (DOTS, ((A, 0),), "1 to 3 dots an idea"),
        (DOTS, ((A, 3), (B, 3)), "at most 5 dots"),
        (SCORE, ((A, 6),), "0 to 5"),
        (SCORE, ((A, -1),), "0 to 5"),
        (QUADRATIC, ((A, 0),), "votes other than 0"),
        (QUADRATIC.model_copy(update={"against": False}), ((A, -1),), "votes of 1 or more"),
        (QUADRATIC, ((A, 3), (B, -2)), "votes whose squares cost at most 10"),
        (CONSENT, ((A, 2),), "1 (agree), 0 (abstain), -1 (object) or -2 (block)"),
    ],
)
def test_a_choice_outside_the_rules_is_refused_in_words(rules: Rules, choice: Any, expected: str) -> None:
    with pytest.raises(ChoiceMalformed) as refused:
        METHODS[rules.method].check(rules, choice)
    assert refused.value.facts["expected"] == expected


def test_choices_at_the_limits_of_the_rules_are_taken() -> None:
    taken: list[tuple[Rules, Any]] = [
        (DOTS, ((A, 3), (B, 2))),
        (SCORE, ((A, 0), (B, 5))),
        (QUADRATIC, ((A, 3), (B, -1))),
        (CONSENT, ((A, -2), (B, 1))),
        (DOTS, ()),
    ]
    for rules, choice in taken:
        METHODS[rules.method].check(rules, choice)
        assert METHODS[rules.method].is_blank(choice) == (choice == ())
