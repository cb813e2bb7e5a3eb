"""Commitments: who has promised what by when, and what has become of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cocreate.domain import commitment as commitment_rules
from cocreate.domain.commitment import (
    CommitmentMade,
    CommitmentUpdated,
    MakeCommitment,
    UpdateCommitment,
)
from cocreate.domain.errors import (
    CommitmentNotFound,
    CommitmentStateConflict,
    DecisionNotFound,
    LimitReached,
    NotAFacilitator,
    RecordIsSealed,
    WorkshopStateConflict,
)
from cocreate.domain.messages import Command
from cocreate.domain.workshop import SealRecord
from tests.domain.test_decision import records
from tests.domain.words import (
    ANNA,
    CLOSES_WORKSHOP,
    FACILITATOR,
    commitment_id,
    decision_id,
    joins,
    opened,
    schedule,
    text,
)
from tests.given_when_then import given

BOARD = [*opened(), *joins(ANNA), records()]
PROMISES = MakeCommitment(
    actor=FACILITATOR,
    commitment=commitment_id(1),
    who=text("The council"),
    what=text("Twelve benches"),
    due=5_000,
    decision=decision_id(1),
)
TELLS = UpdateCommitment(
    actor=FACILITATOR,
    commitment=commitment_id(1),
    state="under_way",
    note=text("Six stand"),
    evidence=text("https://example.org"),
)
SEALED: list[Command] = [*BOARD, PROMISES, CLOSES_WORKSHOP, SealRecord(actor=FACILITATOR)]


def test_a_commitment_says_who_what_and_by_when_and_may_carry_out_a_decision() -> None:
    given(BOARD).when(PROMISES).then(
        CommitmentMade(
            decision=decision_id(1), due=5_000, what=text("Twelve benches"), who=text("The council")
        )
    )
    given(BOARD).when(replace(PROMISES, decision=None)).then(
        CommitmentMade(due=5_000, what=text("Twelve benches"), who=text("The council"))
    )


def test_there_is_news_of_it_until_it_is_kept_or_broken_and_after() -> None:
    story = given(BOARD, PROMISES)
    story.when(TELLS).then(
        CommitmentUpdated(evidence=text("https://example.org"), note=text("Six stand"), state="under_way")
    )
    broken = UpdateCommitment(actor=FACILITATOR, commitment=commitment_id(1), state="broken")
    story.when(broken).then(CommitmentUpdated(state="broken"))
    story.when(broken).then_nothing()
    story.when(replace(broken, state="kept")).then(CommitmentUpdated(state="kept"))
    assert story.state.commitments[commitment_id(1)].state == "kept"


def test_news_may_follow_on_a_sealed_record_but_no_new_commitment() -> None:
    given(SEALED).when(TELLS).then_on((commitment_id(1), CommitmentUpdated))
    given(SEALED).when(replace(PROMISES, commitment=commitment_id(2))).then_refused(RecordIsSealed)


def test_only_facilitators_record_commitments_and_news() -> None:
    given(BOARD).when(replace(PROMISES, actor=ANNA)).then_refused(NotAFacilitator)
    given(BOARD, PROMISES).when(replace(TELLS, actor=ANNA)).then_refused(NotAFacilitator)


def test_a_commitment_carries_out_a_decision_that_there_is() -> None:
    given(BOARD).when(replace(PROMISES, decision=decision_id(9))).then_refused(DecisionNotFound)


def test_nobody_overwrites_a_commitment_or_tells_of_one_that_was_never_made() -> None:
    given(BOARD, PROMISES).when(PROMISES).then_refused(CommitmentStateConflict, status="open")
    given(BOARD).when(TELLS).then_refused(CommitmentNotFound, commitment=commitment_id(1))


def test_nothing_is_promised_before_the_opening() -> None:
    given(schedule()).when(replace(PROMISES, decision=None)).then_refused(WorkshopStateConflict)
    given(schedule()).when(TELLS).then_refused(WorkshopStateConflict)


def test_a_workshop_holds_a_limited_number_of_commitments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commitment_rules, "COMMITMENTS_MAX", 1)
    another = replace(PROMISES, commitment=commitment_id(2))
    given(BOARD, PROMISES).when(another).then_refused(LimitReached, of="commitments")
