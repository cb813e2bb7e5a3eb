"""Ballots: cast, replaced, withdrawn, and never undone by an older one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cocreate.domain.ballot import (
    COUNTER_MAX,
    BallotCast,
    BallotReplaced,
    BallotWithdrawn,
    CastBallot,
    Turnout,
    ballot_id,
    ballot_parts,
)
from cocreate.domain.certificate import CertifyResult
from cocreate.domain.errors import (
    BallotSuperseded,
    ChoiceMalformed,
    InputPaused,
    LimitReached,
    NoBallot,
    NotAParticipant,
    NotTheAuthor,
    OptionHidden,
    OptionUnknown,
    RoundNotFound,
    RoundNotOpen,
    WorkshopNotOpen,
)
from cocreate.domain.messages import SYSTEM
from cocreate.domain.participant import LeaveWorkshop, RemoveParticipant
from cocreate.domain.round import CloseRound, VoidRound
from tests.domain.words import (
    ANNA,
    BEN,
    CLOSES_WORKSHOP,
    FACILITATOR,
    OPINION,
    RANDOM,
    STRANGER,
    SUPPORT,
    TIE_ROOT,
    answers,
    approval,
    hides,
    idea_id,
    ideas,
    joins,
    opened,
    opens_round,
    pauses,
    round_id,
    submits,
    voter,
    votes,
    withdraws_ballot,
)
from tests.given_when_then import Story, Wait, given

GRACE_MS = 5_000
BOARD = [*opened(), *joins(ANNA, BEN), *ideas(ANNA, 3)]
ROUND = [*BOARD, opens_round(1, SUPPORT, 1, 2, grace_ms=GRACE_MS)]
STATEMENTS = [*BOARD, opens_round(1, OPINION, 1, 2)]
GROWING = [*BOARD[:-3], opens_round(1, OPINION, admission="growing"), *ideas(ANNA, 2)]
CLOSES = CloseRound(actor=FACILITATOR, round=round_id(1))
ANNAS = ballot_id(round_id(1), voter(ANNA), None)


def chosen(*options: int) -> tuple[str, ...]:
    return tuple(idea_id(option) for option in options)


def turnout(story: Story) -> Turnout:
    return story.state.turnout[round_id(1)]


def test_a_participant_casts_a_ballot_and_the_actor_is_the_voter() -> None:
    outcome = given(ROUND).when(votes(ANNA, 1, claimed_at=7))
    outcome.then(BallotCast(choice=chosen(1), claimed_at=7, counter=1, random=RANDOM))
    assert isinstance(outcome.answer, list)
    assert outcome.answer[0].aggregate == f"{round_id(1)}/{voter(ANNA)}"


def test_another_ballot_replaces_the_first_even_if_it_says_the_same() -> None:
    story = given(ROUND, votes(ANNA, 1))
    story = story.when(votes(ANNA, 1)).then(BallotReplaced(choice=chosen(1), counter=2, random=RANDOM))
    assert turnout(story) == Turnout(cast=1, replaced=1, withdrawn=0)


def test_a_withdrawn_ballot_can_be_cast_again_and_its_counter_goes_on() -> None:
    story = given(ROUND, votes(ANNA, 1))
    story = story.when(withdraws_ballot(ANNA)).then(BallotWithdrawn(counter=2, random=RANDOM))
    story.when(withdraws_ballot(ANNA)).then_refused(NoBallot, round=round_id(1))
    story = story.when(votes(ANNA, 2)).then(BallotCast(choice=chosen(2), counter=3, random=RANDOM))
    assert turnout(story) == Turnout(cast=2, replaced=0, withdrawn=1)


def test_there_is_nothing_to_withdraw_before_a_ballot() -> None:
    given(ROUND).when(withdraws_ballot(ANNA)).then_refused(NoBallot, round=round_id(1))


def test_a_delayed_older_ballot_never_undoes_a_newer_one() -> None:
    story = given(ROUND, votes(ANNA, 1, counter=1), votes(ANNA, 2, counter=3))
    for late in (1, 2, 3):
        story.when(votes(ANNA, 1, counter=late)).then_refused(BallotSuperseded, standing=3, counter=late)
        story.when(withdraws_ballot(ANNA, counter=late)).then_refused(BallotSuperseded, standing=3)
    story.when(votes(ANNA, 1, counter=4)).then(BallotReplaced(choice=chosen(1), counter=4, random=RANDOM))


def test_an_older_ballot_does_not_come_back_after_a_withdrawal() -> None:
    story = given(ROUND, votes(ANNA, 1), withdraws_ballot(ANNA))
    story.when(votes(ANNA, 1, counter=1)).then_refused(BallotSuperseded, standing=2, counter=1)


def test_a_counter_that_jumps_to_the_end_uses_up_that_ballots_changes_and_hurts_nobody_else() -> None:
    story = given(ROUND, votes(ANNA, 1, counter=COUNTER_MAX))
    story.when(votes(ANNA, 2)).then_refused(LimitReached, limit=COUNTER_MAX)
    story.when(votes(ANNA, 2, counter=COUNTER_MAX + 1)).then_refused(LimitReached)
    story.when(votes(BEN, 2)).then_on((ballot_id(round_id(1), voter(BEN), None), BallotCast))


def test_counters_of_two_people_and_of_two_statements_are_apart() -> None:
    story = given(STATEMENTS, answers(ANNA, 1, 1, counter=9))
    story.when(answers(ANNA, 2, 1, counter=1)).then(BallotCast(choice=1, counter=1, random=RANDOM))
    story.when(answers(BEN, 1, 1, counter=1)).then(BallotCast(choice=1, counter=1, random=RANDOM))


def test_a_blank_ballot_is_a_ballot() -> None:
    given(ROUND).when(votes(ANNA)).then(BallotCast(choice=(), counter=1, random=RANDOM))


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (1, "a list of idea ids"),
        (chosen(2, 1), "distinct idea ids in ascending order"),
        (chosen(1, 1), "distinct idea ids in ascending order"),
        (chosen(1, 2, 3), "at most 2 ideas"),
    ],
)
def test_a_choice_has_one_form(choice: Any, expected: str) -> None:
    story = given(BOARD, opens_round(1, approval(choices_max=2, seats=1), 1, 2, 3))
    story.when(replace(votes(ANNA), choice=choice)).then_refused(
        ChoiceMalformed, method="approval", expected=expected
    )


def test_a_choice_names_options_of_its_round_only() -> None:
    given(ROUND).when(votes(ANNA, 3)).then_refused(OptionUnknown, option=idea_id(3), round=round_id(1))
    given(STATEMENTS).when(answers(ANNA, 3, 1)).then_refused(OptionUnknown, option=idea_id(3))


@pytest.mark.parametrize(("choice", "found"), [(chosen(1), "a list"), (2, "2")])
def test_an_opinion_is_agree_disagree_or_pass(choice: Any, found: str) -> None:
    given(STATEMENTS).when(answers(ANNA, 1, choice)).then_refused(ChoiceMalformed, found=found)


def test_an_opinion_is_on_one_statement_and_a_ballot_on_the_whole_round() -> None:
    on_nothing = replace(answers(ANNA, 1, 1), option=None)
    given(STATEMENTS).when(on_nothing).then_refused(ChoiceMalformed, expected="the statement it is on")
    on_one = replace(votes(ANNA, 1), option=idea_id(1))
    given(ROUND).when(on_one).then_refused(ChoiceMalformed, expected="no single statement")
    given(STATEMENTS, answers(ANNA, 1, 1)).when(withdraws_ballot(ANNA)).then_refused(ChoiceMalformed)


def test_each_statement_has_its_own_ballot() -> None:
    story = given(STATEMENTS, answers(ANNA, 1, 1), answers(ANNA, 2, -1))
    story = story.when(withdraws_ballot(ANNA, option=idea_id(1))).then(
        BallotWithdrawn(counter=2, random=RANDOM)
    )
    standing = ballot_id(round_id(1), voter(ANNA), idea_id(2))
    assert story.state.ballots[round_id(1)][standing].choice == -1
    assert ballot_parts(standing) == (round_id(1), voter(ANNA), idea_id(2))


def test_hiding_a_statement_stops_new_answers_keeps_old_ones_and_lets_them_be_withdrawn() -> None:
    story = given(GROWING, answers(ANNA, 1, 1), hides(1))
    story.when(answers(BEN, 1, 1)).then_refused(OptionHidden, option=idea_id(1), status="hidden")
    story.when(answers(ANNA, 1, -1)).then_refused(OptionHidden)
    assert story.state.ballots[round_id(1)][ballot_id(round_id(1), voter(ANNA), idea_id(1))].choice == 1
    story.when(withdraws_ballot(ANNA, option=idea_id(1))).then(BallotWithdrawn(counter=2, random=RANDOM))


def test_frozen_options_take_ballots_whatever_becomes_of_their_ideas() -> None:
    given(ROUND, hides(1)).when(votes(ANNA, 1)).then_on((ANNAS, BallotCast))
    given(STATEMENTS, hides(1)).when(answers(ANNA, 1, 1)).then_on(
        (ballot_id(round_id(1), voter(ANNA), idea_id(1)), BallotCast)
    )


def test_a_statement_that_arrives_while_people_vote_takes_answers_from_then_on() -> None:
    story = given(GROWING)
    story.when(answers(BEN, 3, 1)).then_refused(OptionUnknown)
    story.tell(submits(ANNA, 3))
    story.when(answers(BEN, 3, 1)).then(BallotCast(choice=1, counter=1, random=RANDOM))


def test_a_late_ballot_counts_to_the_last_millisecond_of_the_grace() -> None:
    story = given(ROUND, CLOSES, Wait(GRACE_MS - 1))
    story.when(votes(ANNA, 1)).then_on((ANNAS, BallotCast))
    story.when(votes(ANNA, 1)).then_refused(RoundNotOpen, round=round_id(1), status="closed")


def test_a_late_ballot_is_replaced_and_withdrawn_in_the_grace_too() -> None:
    story = given(ROUND, votes(ANNA, 1), CLOSES)
    story.when(votes(ANNA, 2)).then_on((ANNAS, BallotReplaced))
    story.when(withdraws_ballot(ANNA)).then_on((ANNAS, BallotWithdrawn))


def test_closed_for_good_voided_and_certified_rounds_take_no_ballots() -> None:
    void = VoidRound(actor=FACILITATOR, round=round_id(1), reason="mistake")
    given(ROUND, void).when(votes(ANNA, 1)).then_refused(RoundNotOpen, status="voided")
    certify = CertifyResult(actor=SYSTEM, round=round_id(1), tie_root=TIE_ROOT)
    given(ROUND, CLOSES, Wait(GRACE_MS), certify).when(votes(ANNA, 1)).then_refused(
        RoundNotOpen, status="certified"
    )
    given(ROUND, CLOSES_WORKSHOP).when(votes(ANNA, 1)).then_refused(WorkshopNotOpen, status="closed")
    given(BOARD).when(votes(ANNA, 1)).then_refused(RoundNotFound, round=round_id(1))


def test_only_who_is_present_votes() -> None:
    given(ROUND).when(votes(STRANGER, 1)).then_refused(NotAParticipant, status="unknown")
    given(ROUND).when(votes(FACILITATOR, 1)).then_refused(NotAParticipant, status="unknown")
    given(ROUND, LeaveWorkshop(actor=ANNA)).when(votes(ANNA, 1)).then_refused(NotAParticipant, status="left")


def test_the_ballot_of_somebody_removed_since_stands() -> None:
    removed = RemoveParticipant(actor=FACILITATOR, participant=ANNA, reason="conduct")
    story = given(ROUND, votes(ANNA, 1), removed)
    story.when(votes(ANNA, 2)).then_refused(NotAParticipant, status="removed")
    assert story.state.ballots[round_id(1)][ANNAS].choice == chosen(1)


def test_paused_input_takes_no_ballots() -> None:
    story = given(ROUND, votes(ANNA, 1), pauses())
    story.when(votes(ANNA, 2)).then_refused(InputPaused)
    story.when(withdraws_ballot(ANNA)).then_refused(InputPaused)


def test_in_an_open_round_people_vote_under_their_own_pseudonym() -> None:
    story = given(BOARD, opens_round(1, SUPPORT, 1, secrecy="open"))
    own = CastBallot(actor=ANNA, participant=ANNA, round=round_id(1), choice=chosen(1), random=RANDOM)
    story.when(own).then(BallotCast(choice=chosen(1), counter=1, random=RANDOM))
    story.when(replace(own, actor=BEN)).then_refused(NotTheAuthor)
