"""What every voting method owes its voters, over the whole registry: orders do not matter, unanimity wins, more support never
harms where the method promises it (and a known case where it does not), and no budget is exceeded."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cocreate.domain.errors import ChoiceMalformed, RulesMalformed
from cocreate.domain.voting import METHODS, Box, Result, Rules, Tally
from cocreate.domain.voting.ranked import RankedRules
from tests.domain.voting.booth import RANKING, A, B, C, counted
from tests.domain.voting.rulebook import BY_PAIRS, COSTS, OPTIONS, RULES, election, greedy, ranked

EVERY = pytest.mark.parametrize("name", RULES)
MANY = settings(max_examples=60, deadline=None)


def result_of(name: str, ballots: Sequence[Any], options: Sequence[str] = OPTIONS) -> Result:
    rules = RULES[name]
    if name != "opinion":
        return counted(rules, ballots, options, costs=COSTS)
    method = METHODS["opinion"]
    tally = Tally(method)
    for option in options:
        tally.admit(option)
    for place, choice in enumerate(ballots):
        tally.add(OPTIONS[place % 5], choice)
    return method.result(rules, Box(tally, RANKING))


def test_every_method_of_the_registry_is_among_these() -> None:
    assert {rules.method for rules in RULES.values()} == METHODS.keys()
    counts = {rules.count for rules in RULES.values() if isinstance(rules, RankedRules)}
    assert counts == {"irv", "stv", "schulze", "borda"}


@EVERY
@given(seed=st.integers(0, 10**6), shuffle=st.integers(0, 10**6))
@MANY
def test_the_order_of_ballots_changes_nothing(name: str, seed: int, shuffle: int) -> None:
    """Also for a count over how many say each choice: the same steps, to the last."""
    ballots = election(name, seed)
    if name == "opinion":
        return  # its ballots are on statements; tests/properties/test_domain_voting.py permutes them
    other = list(ballots)
    Random(shuffle).shuffle(other)
    assert result_of(name, other) == result_of(name, ballots)


@EVERY
@given(seed=st.integers(0, 10**6), shuffle=st.integers(0, 10**6))
@MANY
def test_the_order_of_options_changes_only_the_order_of_rows(name: str, seed: int, shuffle: int) -> None:
    """STV's last places and consent's list follow the order of options by rule; who is elected does not."""
    ballots = election(name, seed)
    options = list(OPTIONS)
    Random(shuffle).shuffle(options)
    one, other = result_of(name, ballots), result_of(name, ballots, options)
    assert sorted(one.rows) == sorted(other.rows)
    assert [row[0] for row in other.rows] == options
    if name in ("stv", "consent"):
        assert set(one.elected) == set(other.elected)
    else:
        assert one.elected == other.elected


@EVERY
@given(seed=st.integers(0, 10**6))
@MANY
def test_a_tally_takes_every_ballot_back(name: str, seed: int) -> None:
    """Live totals are kept by adding and taking back; after all is taken back nothing is left."""
    tally = Tally(METHODS[RULES[name].method])
    for option in OPTIONS:
        tally.admit(option)
    ballots = election(name, seed)
    for choice in ballots:
        tally.add(A, choice)
    for choice in ballots:
        tally.add(A, choice, -1)
    assert all(not any(marks) for marks in tally.marks.values())


BEST: dict[str, Any] = {
    **dict.fromkeys(("approval", "greedy", "equal shares", "equal shares, add one"), (B,)),
    **dict.fromkeys(("equal shares, add one, greedy", "greedy with threshold"), (B,)),
    **dict.fromkeys(
        ("dots", "score by sum", "score by mean", "quadratic", "greedy of points"), ((A, 1), (B, 5))
    ),
    **dict.fromkeys(("greedy without skipping", "equal shares of points"), ((A, 1), (B, 5))),
    **dict.fromkeys(("irv", "stv", "schulze", "borda"), (B, A)),
    "greedy of orders": ((A, 4), (B, 5)),
    "consent": ((B, 1),),
}
"""A choice that puts B before everything."""


@pytest.mark.parametrize("name", BEST)
def test_what_everybody_puts_first_is_elected_first(name: str) -> None:
    for voters in (2, 3, 50):
        assert result_of(name, [BEST[name]] * voters).elected[0] == B


def raised(name: str, choice: Any, option: str) -> Any:
    """The same choice with more support for the option, everything else as it was; None where there is none to add."""
    pairs = dict(choice) if name in BY_PAIRS else {}
    if name in BY_PAIRS:
        pairs[option] = pairs.get(option, 0) + 1
        choice = tuple(sorted(pairs.items()))
    elif RULES[name].method == "ranked":
        if choice and isinstance(choice[0], tuple):
            return None
        place = choice.index(option) if option in choice else len(choice)
        if place == 0 and choice:
            return None
        rest = [one for one in choice if one != option]
        rest.insert(max(place - 1, 0), option)
        choice = tuple(rest)
    elif option in choice:
        return None
    else:
        choice = tuple(sorted((*choice, option)))
    try:
        METHODS[RULES[name].method].check(RULES[name], choice)
    except ChoiceMalformed:  # more than the rules permit is no case
        return None
    return choice


MONOTONE = (
    "approval",
    "dots",
    "score by sum",
    "quadratic",
    "schulze",
    "borda",
    "greedy",
    "greedy with threshold",
)


@pytest.mark.parametrize("name", MONOTONE)
@given(seed=st.integers(0, 10**6))
@settings(max_examples=150, deadline=None)
def test_more_support_never_harms_who_is_elected(name: str, seed: int) -> None:
    """Schulze by its first place: that is what its paper proves."""
    ballots = election(name, seed)
    chance = Random(seed)
    before = result_of(name, ballots).elected[: 1 if name == "schulze" else None]
    if not before:
        return
    winner, at = chance.choice(before), chance.randrange(len(ballots))
    more = raised(name, ballots[at], winner)
    if more is None:
        return
    after = result_of(name, [*ballots[:at], more, *ballots[at + 1 :]]).elected
    assert winner in (after[:1] if name == "schulze" else after)


def test_an_instant_runoff_can_harm_who_gains_support() -> None:
    """The well-known case: 17 voters elect A; two who put A second put A first, and C is elected."""
    before = {(A, B, C): 6, (C, A, B): 5, (B, C, A): 4, (B, A, C): 2}
    after = {(A, B, C): 8, (C, A, B): 5, (B, C, A): 4}
    assert counted(RULES["irv"], before, (A, B, C)).elected == (A,)
    assert counted(RULES["irv"], after, (A, B, C)).elected == (C,)


ON_A_BUDGET = [name for name, rules in RULES.items() if rules.method in ("budget", "equal_shares")]


@pytest.mark.parametrize("name", ON_A_BUDGET)
@given(seed=st.integers(0, 10**6))
@settings(max_examples=150, deadline=None)
def test_a_budget_is_never_exceeded_and_the_steps_add_up_to_what_is_left(name: str, seed: int) -> None:
    result = result_of(name, election(name, seed))
    spent = sum(COSTS[project] for project in result.elected)
    assert spent <= 100
    bought = [step for step in result.steps if step["step"] == "bought"]
    assert [step["option"] for step in bought] == list(result.elected)
    if bought:
        assert bought[-1]["left"] == 100 - spent


@pytest.mark.parametrize("name", [name for name in ON_A_BUDGET if name.startswith("equal")])
@given(seed=st.integers(0, 10**6))
@settings(max_examples=150, deadline=None)
def test_equal_shares_is_priced_every_payment_added_up_again(name: str, seed: int) -> None:
    """From the steps alone: nobody pays more than a share or for what they do not want, each project is paid for to the last
    fraction, and nothing more could have been paid for by those who want it."""
    ballots = [dict(choice) if name == "equal shares of points" else dict.fromkeys(choice, 1)
               for choice in election(name, seed) if choice]  # fmt: skip
    result = result_of(name, election(name, seed))
    if not ballots:
        assert result.elected == ()
        return
    share = Fraction([step["each"] for step in result.steps if step["step"] in ("shares", "raised")][-1])
    purses = [share] * len(ballots)
    for step in result.steps:
        if step["step"] == "greedy":
            break
        if step["step"] != "bought":
            continue
        worth = COSTS[step["option"]] if name != "equal shares of points" else 1
        paid = [
            min(purse, Fraction(step["rate"]) * worth * ballot.get(step["option"], 0))
            for purse, ballot in zip(purses, ballots, strict=True)
        ]
        assert sum(paid) == step["cost"] == COSTS[step["option"]]
        assert step["supporters"] == sum(step["option"] in ballot for ballot in ballots)
        purses = [purse - one for purse, one in zip(purses, paid, strict=True)]
    assert all(purse >= 0 for purse in purses)
    bought_together = {step["option"] for step in result.steps if step["step"] == "bought" and "rate" in step}
    for project in set(OPTIONS) - bought_together:
        together = sum(purse for purse, ballot in zip(purses, ballots, strict=True) if project in ballot)
        assert together < COSTS[project]


def test_rules_that_nothing_can_be_counted_by_are_refused_at_the_opening() -> None:
    refusals: list[tuple[Rules, dict[str, int]]] = [
        (ranked("irv", 2), {}),
        (greedy("approval"), {A: 1}),
        (greedy("score"), COSTS),
    ]
    for rules, costs in refusals:
        with pytest.raises(RulesMalformed):
            METHODS[rules.method].check_round(rules, OPTIONS, costs)
    for name, rules in RULES.items():
        priced, unpriced = (COSTS, {}) if name in ON_A_BUDGET else ({}, COSTS)
        METHODS[rules.method].check_round(rules, OPTIONS, priced)
        with pytest.raises(RulesMalformed):
            METHODS[rules.method].check_round(rules, OPTIONS, unpriced)
