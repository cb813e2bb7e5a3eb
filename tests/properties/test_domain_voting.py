"""The same ballots in any order give the same result, and a running tally the same as a recount."""

from __future__ import annotations

from typing import Any

from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from cocreate.domain.certificate import count, standing_ballots
from cocreate.domain.errors import Refusal
from cocreate.domain.voting import METHODS, Rules, Tally
from tests.domain.words import (
    OPINION,
    SUPPORT,
    TIE_ROOT,
    answers,
    approval,
    idea_id,
    ideas,
    joins,
    opened,
    opens_round,
    person,
    round_id,
    votes,
    withdraws_ballot,
)
from tests.given_when_then import Story, given

OPTIONS = (1, 2, 3, 4, 5)
PEOPLE = [person(number) for number in range(1, 9)]
RULES: list[Rules] = [SUPPORT, OPINION, approval(3, 2)]

Vote = tuple[str, int, Any]
"""(participant, statement, choice); the statement matters in opinion rounds only."""

votes_named = st.tuples(
    st.sampled_from(PEOPLE),
    st.sampled_from(OPTIONS),
    st.sets(st.sampled_from(OPTIONS), max_size=3).map(lambda chosen: tuple(sorted(chosen))),
)
opinions = st.tuples(st.sampled_from(PEOPLE), st.sampled_from(OPTIONS), st.integers(-1, 1))


def round_over(rules: Rules, ballots: list[Vote]) -> Story:
    story = given(opened(), joins(*PEOPLE), ideas(PEOPLE[0], 5), opens_round(1, rules, *OPTIONS))
    for participant, option, choice in ballots:
        if isinstance(choice, tuple):
            story.tell(votes(participant, *choice))
        else:
            story.tell(answers(participant, option, choice))
    return story


@st.composite
def two_orders(draw: st.DrawFn) -> tuple[Rules, list[Vote], list[Vote]]:
    """Ballots of distinct voters (and statements) in two orders: those of one voter replace one another, so order matters."""
    rules = draw(st.sampled_from(RULES))
    kind: st.SearchStrategy[Vote] = opinions if rules == OPINION else votes_named
    key = (lambda vote: vote[:2]) if rules == OPINION else (lambda vote: vote[0])
    ballots = draw(st.lists(kind, max_size=20, unique_by=key))
    return rules, ballots, draw(st.permutations(ballots))


@for_all(two_orders())
@settings(max_examples=100, deadline=None)
def test_permuting_the_ballots_changes_no_result(orders: tuple[Rules, list[Vote], list[Vote]]) -> None:
    rules, *both = orders
    one, other = (round_over(rules, ballots) for ballots in both)
    results = []
    for story in (one, other):
        row = story.state.rounds[round_id(1)]
        results.append(count(row, round_id(1), standing_ballots(story.state, round_id(1)), TIE_ROOT))
    assert results[0] == results[1]
    shuffled = list(reversed(standing_ballots(one.state, round_id(1))))
    assert count(one.state.rounds[round_id(1)], round_id(1), shuffled, TIE_ROOT) == results[0]


@for_all(st.sampled_from(RULES), st.data())
@settings(max_examples=100, deadline=None)
def test_a_tally_kept_up_to_date_equals_a_recount(rules: Rules, data: st.DataObject) -> None:
    """Every ballot of a voter takes the place of the one before."""
    kind: st.SearchStrategy[Vote] = opinions if rules == OPINION else votes_named
    sent = data.draw(st.lists(kind, max_size=30))
    method = METHODS[rules.method]
    running = Tally(method)
    for number in OPTIONS:
        running.admit(idea_id(number))
    standing: dict[tuple[str, int], Any] = {}
    for participant, statement, choice in sent:
        option = statement if rules == OPINION else 0
        marked = choice if isinstance(choice, int) else tuple(idea_id(one) for one in choice)
        named = idea_id(option) if rules == OPINION else None
        before = standing.get((participant, option))
        if before is not None:
            running.add(named, before, -1)
        running.add(named, marked)
        standing[participant, option] = marked
    story = round_over(rules, sent)
    row = story.state.rounds[round_id(1)]
    counted = count(row, round_id(1), standing_ballots(story.state, round_id(1)), TIE_ROOT)
    assert running.rows() == counted.rows
    assert all(mark >= 0 for row_found in counted.rows for mark in row_found[1:])


@for_all(st.lists(st.tuples(st.sampled_from(PEOPLE[:2]), st.integers(1, 6), st.booleans()), max_size=20))
@settings(max_examples=100, deadline=None)
def test_counters_only_rise_whatever_arrives_late(sent: list[tuple[str, int, bool]]) -> None:
    story = round_over(SUPPORT, [])
    highest: dict[str, int] = {}
    for participant, counter, withdrawing in sent:
        command = (
            withdraws_ballot(participant, counter=counter)
            if withdrawing
            else votes(participant, 1, counter=counter)
        )
        try:
            pending = story.tell(command)
        except Refusal:
            assert withdrawing or counter <= highest[participant]
            continue
        assert counter > highest.get(participant, 0)
        assert pending
        highest[participant] = counter
