"""Objections with their reasons: said in the ballot that objects, and gone with it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import ValidationError

from cocreate.domain.ballot import (
    BallotCast,
    BallotExplained,
    BallotReplaced,
    BallotWithdrawn,
    Turnout,
    ballot_id,
    evolve_run,
    run_of,
)
from cocreate.domain.decider import evolve
from cocreate.domain.erasure import EraseText, TextErased
from cocreate.domain.errors import (
    BallotSuperseded,
    ChoiceMalformed,
    LimitReached,
    NotTheAuthor,
    OptionUnknown,
    ReasonWithoutObjection,
    RoundNotOpen,
    VotesOnPaper,
)
from cocreate.domain.messages import Recorded
from cocreate.domain.objection import REASONS_MAX, Objection, reasons_gone
from cocreate.domain.paper import IssuePaper
from cocreate.domain.round import CloseRound
from cocreate.domain.state import WorkshopState
from tests.domain.words import (
    ANNA,
    BEN,
    CONSENT,
    FACILITATOR,
    RANDOM,
    SUPPORT,
    consents,
    idea_id,
    ideas,
    joins,
    opened,
    opens_round,
    round_id,
    text,
    voter,
    votes,
    withdraws_ballot,
)
from tests.given_when_then import Story, Wait, given

BOARD = [*opened(), *joins(ANNA, BEN), *ideas(ANNA, 3)]
ROUND = [*BOARD, opens_round(1, CONSENT, 1, 2)]
ANNAS = ballot_id(round_id(1), voter(ANNA), None)
CLOSES = CloseRound(actor=FACILITATOR, round=round_id(1))


def explained(counter: int, stances: dict[int, int], *why: int) -> BallotExplained:
    return BallotExplained(
        choice=tuple(sorted((idea_id(option), stance) for option, stance in stances.items())),
        counter=counter,
        objections=tuple(Objection(option=idea_id(one), reason=text(f"why {one}")) for one in why),
        random=RANDOM,
    )


def gone(story: Story, aggregate: str) -> list[tuple[int, str]]:
    """What an entry on this ballot would delete."""
    event = BallotWithdrawn(counter=99, random=RANDOM)
    return reasons_gone(
        story.state, Recorded(story.state.size, 0, aggregate[37:69], aggregate, "0" * 32, event)
    )


def test_a_voter_says_in_one_entry_what_they_object_to_and_why() -> None:
    outcome = given(ROUND).when(consents(ANNA, {1: -1, 2: -2}, 2, 1))
    outcome.then_on((ANNAS, BallotExplained))
    outcome.then(explained(1, {1: -1, 2: -2}, 1, 2))


def test_a_reason_is_never_asked_for() -> None:
    given(ROUND).when(consents(ANNA, {1: -1})).then(
        BallotCast(choice=((idea_id(1), -1),), counter=1, random=RANDOM)
    )


@pytest.mark.parametrize("stances", [{1: 1}, {1: 0}, {2: -1}, {}])
def test_a_reason_goes_with_an_objection_or_a_block_and_nothing_else(stances: dict[int, int]) -> None:
    given(ROUND).when(consents(ANNA, stances, 1)).then_refused(ReasonWithoutObjection, option=idea_id(1))


def test_only_a_vote_by_consent_takes_reasons() -> None:
    story = given(BOARD, opens_round(1, SUPPORT, 1, 2))
    command = replace(votes(ANNA, 1), objections=((idea_id(1), text("why")),))
    story.when(command).then_refused(ReasonWithoutObjection, option=idea_id(1))


def test_an_idea_that_is_no_option_takes_no_objection() -> None:
    given(ROUND).when(consents(ANNA, {3: -1}, 3)).then_refused(OptionUnknown, option=idea_id(3))


def test_one_reason_an_idea() -> None:
    command = replace(consents(ANNA, {1: -1}), objections=((idea_id(1), text("a")), (idea_id(1), text("b"))))
    given(ROUND).when(command).then_refused(ChoiceMalformed, found="two")
    with pytest.raises(ValidationError, match="each option once"):
        explained(1, {1: -1}, 1, 1)


def test_a_ballot_has_room_for_so_many_reasons() -> None:
    many = list(range(1, REASONS_MAX + 2))
    story = given(opened(), joins(ANNA), ideas(ANNA, len(many)), opens_round(1, CONSENT, *many))
    everything = dict.fromkeys(many, -1)
    story.when(consents(ANNA, everything, *many)).then_refused(LimitReached, limit=REASONS_MAX)
    story.when(consents(ANNA, everything, *many[:-1])).then_on((ANNAS, BallotExplained))


def test_a_ballot_with_reasons_keeps_to_the_rules_of_every_ballot() -> None:
    story = given(ROUND, consents(ANNA, {1: -1}, 1, counter=3))
    story.when(consents(ANNA, {1: -1}, 1, counter=3)).then_refused(BallotSuperseded, standing=3)
    story.when(consents(ANNA, {1: -3}, 1)).then_refused(ChoiceMalformed)
    story.when(replace(consents(BEN, {1: -1}, 1), by=ANNA)).then_refused(NotTheAuthor)
    given(ROUND, CLOSES, Wait(60_000)).when(consents(ANNA, {1: -1}, 1)).then_refused(RoundNotOpen)
    sheet = IssuePaper(actor=FACILITATOR, round=round_id(1), participant=BEN, voter=voter(BEN))
    given(ROUND, sheet).when(consents(BEN, {1: -1}, 1)).then_refused(VotesOnPaper)


def test_a_late_ballot_within_the_grace_may_give_reasons_too() -> None:
    given(ROUND, CLOSES).when(consents(ANNA, {1: -1}, 1)).then_on((ANNAS, BallotExplained))


def test_it_counts_as_a_cast_or_a_replaced_ballot() -> None:
    story = given(ROUND, consents(ANNA, {1: -1}, 1), consents(ANNA, {1: -1}, 1), consents(BEN, {1: -2}))
    story.tell(consents(BEN, {1: -2}, 1))
    assert story.state.turnout[round_id(1)] == Turnout(cast=2, replaced=2, withdrawn=0)


@pytest.mark.parametrize(
    "step",
    [
        consents(ANNA, {1: -1, 2: -1}, 1),
        consents(ANNA, {1: -1, 2: -1}),
        consents(ANNA, {1: 1}),
        withdraws_ballot(ANNA),
    ],
    ids=["explained anew", "not explained any more", "agrees", "taken back"],
)
def test_reasons_are_deleted_with_the_voters_next_ballot(step: object) -> None:
    story = given(ROUND, consents(BEN, {1: -1}, 1), consents(ANNA, {1: -1, 2: -1}, 1, 2))
    at = story.state.size - 1
    assert gone(story, ANNAS) == [(at, "objections.0.reason"), (at, "objections.1.reason")]
    story.tell(step)  # type: ignore[arg-type]  # commands of two kinds
    assert not {place for place in gone(story, ANNAS) if place[0] == at}
    assert gone(story, ballot_id(round_id(1), voter(BEN), None)) == [(at - 1, "objections.0.reason")]


def test_what_goes_is_known_again_after_a_rollback() -> None:
    story = given(ROUND, consents(ANNA, {1: -1}, 1))
    story.state.mark()
    before = gone(story, ANNAS)
    story.tell(consents(ANNA, {1: 1}))
    assert not gone(story, ANNAS)
    story.state.rollback()
    assert gone(story, ANNAS) == before


def test_a_run_of_ballots_takes_reasons_away_as_one_by_one() -> None:
    story = given(ROUND, consents(ANNA, {1: -1}, 1), consents(BEN, {1: -1}, 1))
    first = len(story.entries)
    story.tell(consents(ANNA, {1: 1}))
    story.tell(consents(BEN, {1: -1}))
    state = WorkshopState()
    for entry in story.entries[:first]:
        evolve(state, entry)
    assert isinstance(story.entries[-1].event, BallotReplaced)
    evolve_run(state, run_of(story.entries[first:]))
    assert state.explained == story.state.explained == {ANNAS: 0, ANNAS.replace(voter(ANNA), voter(BEN)): 0}


def test_a_reason_is_erased_by_its_voter_or_a_facilitator() -> None:
    """The voter acts under the pseudonym of the vote, so that the entry says nothing of a participant."""
    steps = [*ROUND, consents(ANNA, {1: -1}, 1)]
    story = given(steps)
    place = {"position": story.state.size - 1, "field": "objections.0.reason", "reason": "requested"}
    by_voter = EraseText(actor=voter(ANNA), subject=voter(ANNA), **place)  # type: ignore[arg-type]
    for nobody in (ANNA, BEN, voter(BEN)):
        story.when(replace(by_voter, actor=nobody)).then_refused(NotTheAuthor)
    story.when(by_voter).then(TextErased(**place, role="subject"))  # type: ignore[arg-type]
    by_host = replace(by_voter, actor=FACILITATOR)
    given(steps).when(by_host).then(TextErased(**place, role="facilitator"))  # type: ignore[arg-type]
