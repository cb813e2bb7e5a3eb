"""A round by each method, from its opening to its certificate: the record, the views and a second reader agree on it."""

from __future__ import annotations

import json
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from cocreate.domain.ballot import BallotCast, BallotReplaced, BallotRun
from cocreate.domain.canonical import canonical_json, digest_of
from cocreate.domain.certificate import CertifyResult, ResultCertified, ResultPart
from cocreate.domain.decider import evolve
from cocreate.domain.errors import OptionUnknown, RulesMalformed
from cocreate.domain.messages import SYSTEM
from cocreate.domain.opening import OptionsPriced, RoundOpened
from cocreate.domain.round import CloseRound
from cocreate.domain.state import WorkshopState
from cocreate.domain.voting import METHODS, Rules
from cocreate.persistence.batch import Row
from cocreate.projections.fold import Projections
from cocreate.projections.outcome import result
from cocreate.record.codec import decode, decode_page, encode
from cocreate.record.digest import digest_tables
from tests.domain.voting.rulebook import COSTS, OPTIONS, RULES, election
from tests.domain.words import (
    FACILITATOR,
    TIE_ROOT,
    WORKSHOP,
    answers,
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
from tests.pages import page_of
from tests.record import independent_decoder
from tests.record.independent_state import State

PEOPLE = [person(number) for number in range(1, 16)]
BOARD = [*opened(), *joins(*PEOPLE), *ideas(PEOPLE[0], 5)]
CLOSES = CloseRound(actor=FACILITATOR, round=round_id(1))
CERTIFIES = CertifyResult(actor=SYSTEM, round=round_id(1), tie_root=TIE_ROOT)


def costs_of(rules: Rules) -> tuple[tuple[str, int], ...]:
    return tuple(COSTS.items()) if rules.method in ("budget", "equal_shares") else ()


def voted(name: str, seed: int) -> Story:
    """Everybody votes, some twice, one takes the ballot back."""
    rules = RULES[name]
    opens = opens_round(1, rules, 1, 2, 3, 4, 5, costs=costs_of(rules), grace_ms=0)
    story = given(BOARD, opens)
    chance = Random(f"rounds {name} {seed}")
    for again in range(2):
        for who, choice in zip(PEOPLE, election(name, seed + 1_000 * again), strict=False):
            cast = votes(who) if name != "opinion" else answers(who, chance.randint(1, 5), choice)
            story.tell(replace(cast, choice=choice))
    if name != "opinion":
        story.tell(withdraws_ballot(PEOPLE[0]))
    story.tell(CLOSES)
    return story


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("seed", range(3))
def test_the_certificate_the_views_and_a_second_reader_say_the_same(name: str, seed: int) -> None:
    """From the stored bytes: the state, its digest's tables as FORMAT.md has them, and the count with all its steps."""
    story = voted(name, seed)
    *parts, certified = [pending.event for pending in story.tell(CERTIFIES)]
    assert isinstance(certified, ResultCertified)
    entries = [encode(entry) for entry in story.entries]
    rows = [
        Row(WORKSHOP, entry.position, entry.event.NAME, stored)
        for entry, stored in zip(story.entries, entries, strict=True)
    ]
    projections = Projections()
    projections.apply_all(decode_page(page_of(rows)))
    told = result(projections, round_id(1), TIE_ROOT)
    assert told.elected == certified.elected
    assert digest_of(told.steps) == certified.steps_digest
    assert digest_of(told.rows) == certified.result_digest
    assert tuple(row for part in parts if isinstance(part, ResultPart) for row in part.rows) == told.rows
    assert all(json.loads(canonical_json(step)) == json.loads(json.dumps(step)) for step in told.steps)
    ours, theirs = WorkshopState(), State()
    for entry, stored in zip(story.entries, entries, strict=True):
        evolve(ours, entry)
        theirs.fold(independent_decoder.read(stored))
        if entry.position:
            assert json.loads(canonical_json(digest_tables(ours))) == theirs.tables()


def test_costs_are_stated_right_after_the_opening_in_parts_that_fit() -> None:
    opens = opens_round(1, RULES["greedy"], 1, 2, 3, 4, 5, costs=costs_of(RULES["greedy"]))
    story = given(BOARD).when(opens).then_on((round_id(1), RoundOpened), (round_id(1), OptionsPriced))
    priced = story.entries[-1].event
    assert isinstance(priced, OptionsPriced)
    assert priced.costs == tuple(sorted(COSTS.items()))
    assert story.state.rounds[round_id(1)].costs == COSTS


def test_costs_that_are_wrong_or_out_of_place_are_refused() -> None:
    good = costs_of(RULES["greedy"])
    for rules, costs in [
        (RULES["greedy"], good[1:]),
        (RULES["greedy"], ()),
        (RULES["greedy"], (*good, (idea_id(9), 5))),
        (RULES["greedy"], (*good, good[0])),
        (RULES["greedy"], ((idea_id(1), 0), *good[1:])),
        (RULES["approval"], good),
        (RULES["stv"], good),
    ]:
        given(BOARD).when(opens_round(1, rules, 1, 2, 3, 4, 5, costs=costs)).then_refused(RulesMalformed)


@pytest.mark.parametrize(
    ("name", "choice"),
    [("dots", ((idea_id(9), 1),)), ("stv", (idea_id(9),)), ("greedy of points", ((idea_id(9), 1),))],
)
def test_a_choice_of_any_form_names_only_options_of_the_round(name: str, choice: Any) -> None:
    opens = opens_round(1, RULES[name], 1, 2, 3, 4, 5, costs=costs_of(RULES[name]))
    given(BOARD, opens).when(replace(votes(PEOPLE[0]), choice=choice)).then_refused(OptionUnknown)


def test_every_method_of_the_registry_has_had_its_round() -> None:
    assert {rules.method for rules in RULES.values()} == METHODS.keys()
    assert len(OPTIONS) == 5


@pytest.mark.parametrize("name", RULES)
def test_ballots_of_every_form_are_read_in_runs(name: str) -> None:
    """A busy record is made of ballots: none of them may go the slow way of every other event."""
    rows = [
        Row(WORKSHOP, entry.position, entry.event.NAME, encode(entry))
        for entry in voted(name, 0).entries
        if isinstance(entry.event, BallotCast | BallotReplaced)
    ]
    assert rows
    assert all(isinstance(one, BallotRun) for one in decode_page(page_of(rows[:1])))
    assert [list(one.choices) for one in decode_page(page_of(rows[-1:])) if isinstance(one, BallotRun)] == [
        [decode(rows[-1].entry).event.choice]  # type: ignore[attr-defined]  # a ballot, as chosen above
    ]
