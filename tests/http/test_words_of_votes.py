"""The words and figures of ballots and counts: every rule and every step of every method has its sentence."""

import re
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cocreate.domain.voting import METHODS, Rules
from cocreate.http import ballot_forms, figures, money, words_ballots, words_steps
from cocreate.http.pages_forms import FormWrong
from tests.domain.voting.booth import A, B, C, D, counted
from tests.domain.voting.rulebook import COSTS, OPTIONS, RULES, choice_of, election
from tests.domain.words import idea_id

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-")
ITEMS = [
    {
        "idea": idea,
        "key": idea,
        "number": number,
        "text": {"language": "en", "texts": {"en": f"Idea {number}"}},
    }
    for number, idea in enumerate(OPTIONS, 1)
]


def as_read(rules: Rules) -> dict[str, Any]:
    """Rules as views have them: without what is absent."""
    return {name: fact for name, fact in rules.model_dump(mode="json").items() if fact is not None}


def name(idea: str) -> str:
    return f"“{OPTIONS.index(idea)}”"


def sentences(rules: Rules, ballots: Any) -> list[str | None]:
    costs = COSTS if rules.method in ("budget", "equal_shares") else {}
    steps = counted(rules, ballots, OPTIONS, costs=costs).steps
    scale = words_steps.scale_of(steps)
    return [words_steps.told(step, as_read(rules), name, scale) for step in steps]


@pytest.mark.parametrize("method", [one for one in RULES if one != "opinion"])
def test_every_step_of_a_count_has_its_sentence(method: str) -> None:
    """Whatever people vote, and if nobody does: no step is shown by the names of its facts, no id is shown."""
    for ballots in ([], *(election(method, seed) for seed in range(25))):
        for words in sentences(RULES[method], ballots):
            assert words is not None
            assert words.endswith(".")
            assert not UUID.search(words)
            assert "None" not in words


@pytest.mark.parametrize("method", RULES)
def test_every_rule_is_said_in_plain_words(method: str) -> None:
    """At least how to vote and how it is decided."""
    told = words_ballots.rules(as_read(RULES[method]), len(OPTIONS))
    assert len(told) >= 2
    assert all(line.endswith(".") and "None" not in line for line in told)


def test_a_surplus_is_told_with_its_figures() -> None:
    """Votes that were split are shown as decimal numbers, exact to the five places that count."""
    ballots = [(A, B)] * 5 + [(A, C)] * 2 + [(B,)] * 2 + [(C,), (D,)]
    told = sentences(RULES["stv"], ballots)
    assert told[0] == "11 ballots fill 2 places: the quota is 4 votes."
    assert (
        "Round 1: the surplus of “0”, 3 votes, passes on: each ballot counts 0.42857 of what it did." in told
    )
    assert told[-1] == "Place 2: “1” reaches the quota with 4.14285 votes."


@pytest.mark.parametrize("method", [one for one in RULES if one != "opinion"])
def test_a_standing_ballot_fills_the_form_that_says_it_again(method: str) -> None:
    """From choice to fields and back is the same choice, for whatever the rules permit."""
    rules, chance = RULES[method], Random(method)
    form = ballot_forms.form_of(as_read(rules))
    for _ in range(40):
        choice = choice_of(method, chance)
        typed = ballot_forms.typed_of(form, choice)
        again = ballot_forms.choice_in(form, typed, ITEMS)
        back = tuple(one if isinstance(one, str) else tuple(one) for one in again)
        ordered = form.method == "ranked" and all(isinstance(one, str) for one in back)
        assert (back if ordered else tuple(sorted(back))) == choice
        METHODS[rules.method].check(rules, back if ordered else tuple(sorted(back)))
        assert ballot_forms.flaws(form, choice, ITEMS) == []
        limit = form.limit
        assert limit is None or ballot_forms.total(form, typed, ITEMS).used <= limit


def test_a_count_of_many_options_stays_a_page() -> None:
    """A hundred and twenty options: sentences name the first ones, and the table of rounds is left to the steps."""
    options = [idea_id(number) for number in range(120)]
    chance = Random(1)
    ballots = [tuple(chance.sample(options, 20)) for _ in range(200)]
    for rule in ("irv", "schulze"):
        rules = RULES[rule].model_copy(update={"choices_max": 20})
        steps = counted(rules, ballots, options).steps
        told = [words_steps.told(step, as_read(rules), lambda idea: idea[:4], 1) for step in steps]
        assert max(len(str(words)) for words in told) < 1_000
        assert any(" more" in str(words) for words in told)
        assert words_steps.stages(steps, options) == []


def test_what_was_chosen_stands_first_in_the_table() -> None:
    """In the order of being chosen, though another may have more first places."""
    one = {
        "rules": as_read(RULES["irv"]), "method": "ranked", "columns": ["first"],
        "certificate": {"elected": [B]},
    }  # fmt: skip
    rows = [({"idea": A}, {"first": 4}), ({"idea": B}, {"first": 3}), ({"idea": C}, {"first": 5})]
    assert [option["idea"] for option, _ in figures.in_order(one, rows)] == [B, C, A]


@pytest.mark.parametrize(
    ("rule", "marks", "said"),
    [
        ("score by mean", {"points": 9, "raters": 4, "squares": 25}, ["2.25", "9", "4", "1.09"]),
        ("score by mean", {"points": 0, "raters": 0, "squares": 0}, ["0.00", "0", "0", "0.00"]),
        ("quadratic", {"votes_for": 2, "votes_against": 5, "voters": 3}, ["-3", "2", "5", "3"]),
        ("dots", {"dots": 1200, "voters": 3}, ["1\u202f200", "3"]),
        ("greedy of points", {"points": 7, "voters": 2}, ["7", "2", "25.30\u00a0EUR"]),
    ],
)
def test_figures_are_those_that_decide(rule: str, marks: dict[str, int], said: list[str]) -> None:
    """The mean and its spread, votes for less votes against, money in its unit."""
    rules = as_read(RULES[rule])
    one = {"rules": rules, "method": rules["method"], "columns": list(marks)}
    assert [column.text(column.value(marks, 2530)) for column in figures.columns(one)] == said


@given(st.integers(1, 10**12), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_money_reads_back_as_it_is_written(minor: int, currency: str) -> None:
    """In a field and in a sentence, whatever the currency's decimal places."""
    assert money.minor_of(money.field_of(minor, currency), currency) == minor
    assert money.minor_of(money.said(minor, currency).removesuffix(currency), currency) == minor


@pytest.mark.parametrize(
    ("typed", "minor"),
    [
        ("12500", 12_500_00),
        ("12 500,5", 12_500_50),
        ("12'500.50", 12_500_50),
        ("0", 0),
        ("1,250", None),
        ("1.2.3", None),
        ("-5", None),
        ("", None),
        ("1e3", None),
        ("\u0661", None),
    ],
)
def test_amounts_are_read_as_people_type_them_and_never_guessed(typed: str, minor: int | None) -> None:
    """A comma before three digits could be either, so it is neither."""
    assert money.minor_of(typed, "EUR") == minor


def test_a_number_is_read_with_any_minus_and_no_other_writing() -> None:
    """What is not a whole number of up to nine digits is none."""
    assert [ballot_forms.whole(text) for text in (" 3 ", "\u22122", "-0", "1.0", "²", "1234567890", "--1", "")] == [
        3, -2, 0, None, None, None, None, None,
    ]  # fmt: skip


def test_a_place_for_an_idea_that_is_not_there_is_refused() -> None:
    """Nothing is left out silently."""
    form = ballot_forms.form_of(as_read(RULES["irv"]))
    with pytest.raises(FormWrong) as refused:
        ballot_forms.choice_in(form, {idea_id(99): "1"}, ITEMS)
    assert refused.value.problems == [("", words_ballots.NOT_AN_OPTION)]
