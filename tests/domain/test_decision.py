"""Decisions and answers: what was decided, why and after which votes; what becomes of each idea."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cocreate.domain import decision as decision_rules
from cocreate.domain.answer import AnswerIdea, IdeaAnswered
from cocreate.domain.certificate import CertifyResult
from cocreate.domain.decision import AmendDecision, DecisionAmended, DecisionRecorded, RecordDecision
from cocreate.domain.errors import (
    DecisionNotFound,
    DecisionStateConflict,
    IdeaNotFound,
    IdeaStateConflict,
    LimitReached,
    NotAFacilitator,
    RecordIsSealed,
    RoundNotFound,
    RoundStateConflict,
    WorkshopStateConflict,
)
from cocreate.domain.idea import WithdrawIdea
from cocreate.domain.messages import SYSTEM, Command
from cocreate.domain.round import CloseRound, VoidRound
from cocreate.domain.workshop import SealRecord
from tests.domain.words import (
    ANNA,
    BEN,
    CLOSES_WORKSHOP,
    FACILITATOR,
    SUPPORT,
    TIE_ROOT,
    decision_id,
    hides,
    idea_id,
    ideas,
    joins,
    opened,
    opens_round,
    round_id,
    schedule,
    text,
    votes,
)
from tests.given_when_then import Wait, given

BOARD = [*opened(), *joins(ANNA, BEN), *ideas(ANNA, 3)]
CERTIFIED: list[Command | Wait] = [
    *BOARD,
    opens_round(1, SUPPORT, 1, 2),
    votes(BEN, 1),
    CloseRound(actor=FACILITATOR, round=round_id(1)),
    Wait(60_000),
    CertifyResult(actor=SYSTEM, round=round_id(1), tie_root=TIE_ROOT),
]


def records(number: int = 1, **more: Any) -> RecordDecision:
    return RecordDecision(
        actor=FACILITATOR, decision=decision_id(number), what=text("Benches"), why=text("Most wanted"), **more
    )


AMENDS = AmendDecision(
    actor=FACILITATOR,
    decision=decision_id(1),
    reason=text("The council met"),
    what=text("Benches and trees"),
    why=text("Most wanted"),
    ideas=(idea_id(1),),
)
ACCEPTS = AnswerIdea(
    actor=FACILITATOR, idea=idea_id(1), answer="accepted", reason=text("Next year"), cost=("EUR", 120_000)
)


def test_a_facilitator_records_a_decision_with_the_ideas_and_certified_votes_behind_it() -> None:
    given(*CERTIFIED).when(records(ideas=(idea_id(2), idea_id(1)), rounds=(round_id(1),))).then(
        DecisionRecorded(
            ideas=(idea_id(1), idea_id(2)),
            rounds=(round_id(1),),
            what=text("Benches"),
            why=text("Most wanted"),
        )
    )


def test_a_decision_may_rest_on_neither_and_may_follow_the_closing() -> None:
    given(BOARD, CLOSES_WORKSHOP).when(records()).then(
        DecisionRecorded(what=text("Benches"), why=text("Most wanted"))
    )


@pytest.mark.parametrize("steps", [[schedule()], [*opened(), CLOSES_WORKSHOP, SealRecord(actor=FACILITATOR)]])
def test_nothing_is_decided_before_the_workshop_opens_or_on_a_sealed_record(steps: list[Command]) -> None:
    refusal = WorkshopStateConflict if len(steps) == 1 else RecordIsSealed
    given(steps).when(records()).then_refused(refusal)


def test_participants_record_no_decisions_amend_none_and_answer_nothing() -> None:
    story = given(BOARD, records())
    for command in (records(2), AMENDS, ACCEPTS):
        story.when(replace(command, actor=ANNA)).then_refused(NotAFacilitator)


def test_a_decision_names_what_there_is() -> None:
    story = given(BOARD, records())
    for command in (records(2), AMENDS):
        story.when(replace(command, ideas=(idea_id(9),))).then_refused(IdeaNotFound, idea=idea_id(9))
        story.when(replace(command, rounds=(round_id(9),))).then_refused(RoundNotFound, round=round_id(9))


def test_a_hidden_or_waiting_idea_is_no_ground_and_a_withdrawn_one_is() -> None:
    waiting = given(opened(approval_first=True), joins(ANNA), ideas(ANNA, 1))
    waiting.when(records(ideas=(idea_id(1),))).then_refused(IdeaStateConflict, status="waiting")
    story = given(BOARD, hides(1), WithdrawIdea(actor=ANNA, idea=idea_id(2)))
    story.when(records(ideas=(idea_id(1),))).then_refused(IdeaStateConflict, status="hidden")
    story.when(records(ideas=(idea_id(2),))).then_on((decision_id(1), DecisionRecorded))


def test_only_a_certified_vote_is_a_ground() -> None:
    story = given(BOARD, opens_round(1, SUPPORT, 1, 2))
    grounded = records(rounds=(round_id(1),))
    story.when(grounded).then_refused(RoundStateConflict, status="open")
    story.tell(CloseRound(actor=FACILITATOR, round=round_id(1)))
    story.when(grounded).then_refused(RoundStateConflict, status="closed")
    story.tell(VoidRound(actor=FACILITATOR, round=round_id(1), reason="mistake"))
    story.when(grounded).then_refused(RoundStateConflict, status="voided")


def test_nobody_overwrites_a_decision_by_sending_its_id() -> None:
    given(BOARD, records()).when(records()).then_refused(DecisionStateConflict, wanted="recorded again")


def test_a_decision_is_amended_as_a_whole_and_with_a_reason() -> None:
    story = given(*CERTIFIED, records(rounds=(round_id(1),)))
    story.when(AMENDS).then(
        DecisionAmended(
            ideas=(idea_id(1),),
            reason=text("The council met"),
            what=text("Benches and trees"),
            why=text("Most wanted"),
        )
    )
    standing = story.state.decisions[decision_id(1)]
    assert (standing.ideas, standing.rounds, standing.text_at) == (
        (idea_id(1),),
        (),
        len(story.entries) - 1,
    )


def test_what_was_never_decided_cannot_be_amended() -> None:
    given(BOARD).when(AMENDS).then_refused(DecisionNotFound, decision=decision_id(1))


def test_a_workshop_holds_a_limited_number_of_decisions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decision_rules, "DECISIONS_MAX", 1)
    given(BOARD, records()).when(records(2)).then_refused(LimitReached, of="decisions", limit=1)


def test_an_idea_is_answered_with_a_reason_and_a_cost_and_answered_anew() -> None:
    story = (
        given(BOARD)
        .when(ACCEPTS)
        .then(IdeaAnswered(answer="accepted", cost=("EUR", 120_000), reason=text("Next year")))
    )
    again = replace(ACCEPTS, answer="under_evaluation", cost=None)
    story.when(again).then(IdeaAnswered(answer="under_evaluation", reason=text("Next year")))
    assert story.state.answers[idea_id(1)].answer == "under_evaluation"


def test_an_idea_that_is_not_up_for_reading_gets_no_answer() -> None:
    story = given(BOARD, hides(1))
    story.when(ACCEPTS).then_refused(IdeaStateConflict, status="hidden", wanted="answered")
    story.when(replace(ACCEPTS, idea=idea_id(9))).then_refused(IdeaNotFound)


def test_ideas_are_answered_after_the_closing_but_not_before_the_opening() -> None:
    given(BOARD, CLOSES_WORKSHOP).when(ACCEPTS).then_on((idea_id(1), IdeaAnswered))
    given(schedule()).when(ACCEPTS).then_refused(WorkshopStateConflict, status="scheduled")
