"""Joining, names, roles, leaving, removal."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cocreate.domain import participant as participants
from cocreate.domain.erasure import EraseSubject
from cocreate.domain.errors import (
    LimitReached,
    NotAFacilitator,
    NotAParticipant,
    NotAScribe,
    NotTheAuthor,
    ParticipantNotFound,
    ParticipantStateConflict,
    WorkshopNotOpen,
    WorkshopStateConflict,
)
from cocreate.domain.participant import (
    TERMS_VERSION,
    ConsentGiven,
    GiveName,
    GrantRole,
    JoinWorkshop,
    LeaveWorkshop,
    NameGiven,
    ParticipantJoined,
    ParticipantLeft,
    ParticipantReadmitted,
    ParticipantRemoved,
    ReadmitParticipant,
    RemoveParticipant,
    RoleGranted,
)
from tests.domain.words import (
    ANNA,
    BEN,
    CLEO,
    CLOSES_WORKSHOP,
    FACILITATOR,
    SAM,
    SOURCE,
    STRANGER,
    joins,
    opened,
    schedule,
    scribe_and_walk_in,
    submits,
    text,
)
from tests.given_when_then import given

CONSENT = ConsentGiven(terms=TERMS_VERSION)
ERASES_ANNA = EraseSubject(actor=ANNA, subject=ANNA, reason="requested")
LEAVES = LeaveWorkshop(actor=ANNA)
REMOVES = RemoveParticipant(actor=FACILITATOR, participant=ANNA, reason="conduct")
READMITS = ReadmitParticipant(actor=FACILITATOR, participant=ANNA)
COMES_BACK = ReadmitParticipant(actor=ANNA, participant=ANNA)


def test_somebody_who_joins_consents_and_may_give_a_name() -> None:
    name = text("Anna")
    given(opened()).when(JoinWorkshop(actor=ANNA, how="open_code", name=name)).then(
        ParticipantJoined(how="open_code"), CONSENT, NameGiven(name=name)
    )
    given(schedule()).when(joins(ANNA)[0]).then(ParticipantJoined(how="open_code"), CONSENT)


def test_nobody_joins_a_closed_workshop() -> None:
    given(opened(), CLOSES_WORKSHOP).when(joins(ANNA)[0]).then_refused(WorkshopNotOpen, status="closed")


def test_a_closed_door_lets_in_only_whom_a_scribe_or_facilitator_brings() -> None:
    story = given(opened(join="closed"))
    story.when(joins(ANNA)[0]).then_refused(WorkshopStateConflict, wanted="joined")
    story.when(JoinWorkshop(actor=CLEO, how="scribe", scribe=FACILITATOR)).then(
        ParticipantJoined(how="scribe"), CONSENT
    )


def test_a_scribe_brings_in_a_person_without_a_device_and_nobody_else_does() -> None:
    brings = JoinWorkshop(actor=CLEO, how="scribe", scribe=SAM)
    story = given(opened(), joins(SAM)).when(brings).then_refused(NotAScribe)
    story.when(replace(brings, scribe=None)).then_refused(NotAScribe)
    story.tell(GrantRole(actor=FACILITATOR, participant=SAM, role="scribe"))
    story.when(brings).then(ParticipantJoined(how="scribe"), CONSENT)
    story.tell(RemoveParticipant(actor=FACILITATOR, participant=SAM, reason="other"))
    story.when(replace(brings, actor=BEN)).then_refused(NotAScribe)


def test_an_imported_participant_joins_without_consent_and_only_during_the_import() -> None:
    joined = JoinWorkshop(actor=ANNA, how="imported", claimed_at=7)
    given(opened(SOURCE)).when(joined).then(ParticipantJoined(claimed_at=7, how="imported"))
    given(opened()).when(joined).then_refused(WorkshopStateConflict, status="not importing")


def test_a_pseudonym_joins_once_so_that_removal_cannot_be_undone_by_joining() -> None:
    given(opened(), joins(ANNA)).when(joins(ANNA)[0]).then_refused(
        ParticipantStateConflict, status="present", wanted="joined again"
    )
    given(opened(), joins(ANNA), REMOVES).when(joins(ANNA)[0]).then_refused(
        ParticipantStateConflict, status="removed"
    )


def test_a_full_workshop_takes_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(participants, "PARTICIPANTS_MAX", 2)
    given(opened(), joins(ANNA, BEN)).when(joins(CLEO)[0]).then_refused(
        LimitReached, of="participants", limit=2
    )


def test_people_name_themselves_and_a_scribe_names_only_people_without_a_device() -> None:
    names = GiveName(actor=ANNA, participant=ANNA, name=text("Anna"))
    story = given(opened(), joins(ANNA), scribe_and_walk_in())
    story.when(names).then(NameGiven(name=text("Anna")))
    story.when(replace(names, actor=SAM, participant=CLEO)).then(NameGiven(name=text("Anna")))
    story.when(replace(names, actor=FACILITATOR, participant=CLEO)).then(NameGiven(name=text("Anna")))
    story.when(replace(names, actor=SAM)).then_refused(NotTheAuthor)
    story.when(replace(names, actor=BEN, participant=CLEO)).then_refused(NotTheAuthor)
    story.when(replace(names, participant=STRANGER)).then_refused(NotAParticipant, status="unknown")


def test_a_facilitator_makes_a_participant_a_scribe_and_back() -> None:
    grants = GrantRole(actor=FACILITATOR, participant=ANNA, role="scribe")
    story = given(opened(), joins(ANNA)).when(grants).then(RoleGranted(role="scribe"))
    story.when(grants).then_nothing()
    story.when(replace(grants, role="participant")).then(RoleGranted(role="participant"))
    story.when(replace(grants, actor=ANNA)).then_refused(NotAFacilitator)
    story.when(replace(grants, participant=STRANGER)).then_refused(ParticipantNotFound, participant=STRANGER)


@pytest.mark.parametrize(
    ("gone", "status"), [(LEAVES, "left"), (REMOVES, "removed"), (ERASES_ANNA, "erased")]
)
def test_nobody_who_is_gone_is_given_a_role(gone: LeaveWorkshop, status: str) -> None:
    given(opened(), joins(ANNA), gone).when(
        GrantRole(actor=FACILITATOR, participant=ANNA, role="scribe")
    ).then_refused(ParticipantStateConflict, status=status)


def test_a_participant_leaves_and_may_come_back_by_themselves() -> None:
    story = given(opened(), joins(ANNA)).when(LEAVES).then(ParticipantLeft())
    story.when(LEAVES).then_nothing()
    story.when(submits(ANNA, 1)).then_refused(NotAParticipant, status="left")
    story = story.when(COMES_BACK).then(ParticipantReadmitted())
    story.when(COMES_BACK).then_nothing()
    assert story.state.participants[ANNA].gone_at is None


def test_a_removed_participant_sends_nothing_and_only_a_facilitator_readmits_them() -> None:
    story = given(opened(), joins(ANNA)).when(REMOVES).then(ParticipantRemoved(reason="conduct"))
    story.when(REMOVES).then_nothing()
    story.when(submits(ANNA, 1)).then_refused(NotAParticipant, status="removed")
    story.when(COMES_BACK).then_refused(NotAFacilitator)
    story.when(LEAVES).then_refused(ParticipantStateConflict, status="removed", wanted="gone")
    story.when(READMITS).then(ParticipantReadmitted())


def test_somebody_who_left_can_still_be_removed() -> None:
    given(opened(), joins(ANNA), LEAVES).when(REMOVES).then(ParticipantRemoved(reason="conduct"))


def test_only_a_facilitator_removes_and_only_somebody_who_joined() -> None:
    given(opened(), joins(ANNA, BEN)).when(replace(REMOVES, actor=BEN)).then_refused(NotAFacilitator)
    given(opened()).when(REMOVES).then_refused(ParticipantNotFound)
    given(opened()).when(LEAVES).then_refused(ParticipantNotFound)
    given(opened()).when(READMITS).then_refused(ParticipantNotFound)


def test_who_is_erased_stays_gone() -> None:
    story = given(opened(), joins(ANNA), ERASES_ANNA)
    story.when(REMOVES).then_refused(ParticipantStateConflict, status="erased", wanted="removed")
    story.when(READMITS).then_refused(ParticipantStateConflict, status="erased", wanted="readmitted")
    story.when(LEAVES).then_refused(ParticipantStateConflict, status="erased")
    story.when(joins(ANNA)[0]).then_refused(ParticipantStateConflict, status="erased")
