"""The life of a workshop, from its first entry to the sealed record."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cocreate.domain.agenda import ActivityEnded, StartActivity
from cocreate.domain.certificate import CertifyResult
from cocreate.domain.decider import decide
from cocreate.domain.errors import (
    ImportIncomplete,
    LastFacilitator,
    LimitReached,
    NotAFacilitator,
    ParticipantNotFound,
    PredecessorMalformed,
    RecordIsSealed,
    RoundNotOpen,
    RoundStateConflict,
    TimesMalformed,
    WorkshopNotOpen,
    WorkshopStateConflict,
)
from cocreate.domain.facilitator import (
    FACILITATORS_MAX,
    AddFacilitator,
    FacilitatorAdded,
    FacilitatorRemoved,
    RemoveFacilitator,
)
from cocreate.domain.genesis import (
    CompleteImport,
    Head,
    ImportCompleted,
    Predecessor,
    RecordStarted,
    SignedHead,
    SuccessorStarted,
)
from cocreate.domain.idea import IdeaSubmitted
from cocreate.domain.messages import SYSTEM, Command
from cocreate.domain.round import RoundClosed, VoidRound
from cocreate.domain.settings import ChangeSettings, Settings, SettingsChanged
from cocreate.domain.state import WorkshopState
from cocreate.domain.workshop import (
    UNSET_DIGEST,
    CancelWorkshop,
    CloseWorkshop,
    OpenWorkshop,
    RecordSealed,
    ReopenWorkshop,
    RescheduleWorkshop,
    ScheduleWorkshop,
    SealRecord,
    WorkshopCancelled,
    WorkshopClosed,
    WorkshopOpened,
    WorkshopReopened,
    WorkshopRescheduled,
    WorkshopScheduled,
)
from tests.domain.words import (
    ANNA,
    CLOSES_WORKSHOP,
    FACILITATOR,
    FORMER,
    OTHER_FACILITATOR,
    PREDECESSOR,
    SOURCE,
    STRANGER,
    SUPPORT,
    TIE_ROOT,
    WORKSHOP,
    activity,
    activity_id,
    agenda,
    idea_id,
    ideas,
    joins,
    opened,
    opens_round,
    person,
    round_id,
    schedule,
    submits,
    text,
    votes,
)
from tests.given_when_then import Wait, given

CLOSED = [*opened(), CLOSES_WORKSHOP]
REOPENS = ReopenWorkshop(actor=FACILITATOR, reason=text("one more round"))
SEALS = SealRecord(actor=FACILITATOR)
SEALED = [*CLOSED, SEALS]
CANCELS = CancelWorkshop(actor=FACILITATOR)
COMPLETES = CompleteImport(
    actor=FACILITATOR, ballots_cast=1, ballots_replaced=0, ideas=1, moderated=0, participants=1
)


def test_the_record_starts_then_the_workshop_is_scheduled_and_its_maker_facilitates_it() -> None:
    story = (
        given()
        .when(schedule())
        .then_on((WORKSHOP, RecordStarted), (WORKSHOP, WorkshopScheduled), (WORKSHOP, FacilitatorAdded))
    )
    assert story.state.workshop.facilitators == {FACILITATOR}
    assert story.state.workshop.status == "scheduled"


def test_a_record_that_goes_on_from_another_names_it_in_its_first_entry() -> None:
    story = (
        given()
        .when(schedule(predecessor=PREDECESSOR))
        .then_on((WORKSHOP, SuccessorStarted), (WORKSHOP, WorkshopScheduled), (WORKSHOP, FacilitatorAdded))
    )
    assert story.state.workshop.predecessor == PREDECESSOR
    assert story.state.workshop.facilitators == {FACILITATOR}
    assert not story.state.workshop.importing


def test_an_import_that_goes_on_from_another_is_still_an_import() -> None:
    story = given(schedule(SOURCE, PREDECESSOR))
    assert story.state.workshop.importing
    assert story.state.workshop.source == SOURCE


WHOLE = SignedHead(root="5" * 64, signature="4" * 128, size=15)
"""What is stored of the predecessor, signed."""


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"origin": f"log.example/{WORKSHOP}"}, "the record itself"),
        ({"origin": f"other.example/{FORMER}"}, "not named as its origin"),
        ({"signed": WHOLE}, "nothing was put back"),
        ({"because": "key_compromised"}, "not what was signed last"),
        ({"because": "key_compromised", "signed": None}, "not what was signed last"),
    ],
)
def test_a_predecessor_that_contradicts_itself_is_refused(change: dict[str, object], problem: str) -> None:
    named = PREDECESSOR.model_copy(update=change)
    with pytest.raises(PredecessorMalformed, match=problem):
        decide(schedule(predecessor=named), WorkshopState(), 1)


@pytest.mark.parametrize(
    "change",
    [
        {"signed": None},
        {"signed": WHOLE, "because": "key_compromised"},
        {"stored": Head(root="5" * 64, size=20)},
        {"stored": Head(root="3" * 64, size=19)},
        {"stored": Head(root="3" * 64, size=21)},
    ],
    ids=["memory lost", "key leaked", "other entries", "shorter", "longer"],
)
def test_a_predecessor_may_have_been_lost_in_many_ways(change: dict[str, object]) -> None:
    named = Predecessor.model_validate(PREDECESSOR.model_copy(update=change).model_dump())
    given().when(schedule(predecessor=named)).then_on(
        (WORKSHOP, SuccessorStarted), (WORKSHOP, WorkshopScheduled), (WORKSHOP, FacilitatorAdded)
    )


def test_a_record_cannot_start_twice() -> None:
    given(schedule()).when(schedule()).then_refused(
        WorkshopStateConflict, status="scheduled", wanted="scheduled"
    )


def test_a_workshop_ends_after_it_starts() -> None:
    command = schedule()
    assert isinstance(command, ScheduleWorkshop)
    given().when(replace(command, ends_at=command.starts_at)).then_refused(TimesMalformed, starts_at=1_000)
    moved = RescheduleWorkshop(actor=FACILITATOR, starts_at=5, ends_at=4)
    given(schedule()).when(moved).then_refused(TimesMalformed, starts_at=5, ends_at=4)


def test_a_workshop_can_be_moved_to_another_time_and_the_same_time_again_changes_nothing() -> None:
    moved = RescheduleWorkshop(actor=FACILITATOR, starts_at=5_000, ends_at=6_000)
    story = given(schedule()).when(moved).then(WorkshopRescheduled(ends_at=6_000, starts_at=5_000))
    story.when(moved).then_nothing()
    given(CLOSED).when(moved).then_refused(WorkshopStateConflict, status="closed", wanted="rescheduled")


def test_a_scheduled_workshop_can_be_cancelled_and_then_never_opens() -> None:
    note = text("too few people")
    story = given(schedule()).when(replace(CANCELS, note=note)).then(WorkshopCancelled(note=note))
    story.when(CANCELS).then_nothing()
    story.when(OpenWorkshop(actor=FACILITATOR)).then_refused(WorkshopStateConflict, status="cancelled")
    story.when(agenda()).then_refused(WorkshopStateConflict, status="cancelled")
    story.when(joins(ANNA)[0]).then_refused(WorkshopNotOpen, status="cancelled")


def test_an_open_workshop_is_closed_not_cancelled() -> None:
    given(opened()).when(CANCELS).then_refused(WorkshopStateConflict, status="open", wanted="cancelled")


def test_opening_lets_people_work_and_opening_again_changes_nothing() -> None:
    story = given(schedule(), joins(ANNA))
    story.when(submits(ANNA, 1)).then_refused(WorkshopNotOpen, status="scheduled")
    story = story.when(OpenWorkshop(actor=FACILITATOR)).then(WorkshopOpened())
    story.when(OpenWorkshop(actor=FACILITATOR)).then_nothing()
    given(CLOSED).when(OpenWorkshop(actor=FACILITATOR)).then_refused(WorkshopStateConflict, wanted="opened")


def test_closing_ends_the_current_activity_and_closes_every_open_round_first() -> None:
    given(
        opened(),
        joins(ANNA),
        ideas(ANNA, 1),
        agenda(activity(1, "collect")),
        StartActivity(actor=FACILITATOR, activity=activity_id(1)),
        opens_round(1, SUPPORT, 1),
        opens_round(2, SUPPORT, 1),
        VoidRound(actor=FACILITATOR, round=round_id(2), reason="mistake"),
        opens_round(3, SUPPORT, 1),
    ).when(CLOSES_WORKSHOP).then(
        ActivityEnded(activity=activity_id(1)),
        RoundClosed(because="workshop_closed"),
        RoundClosed(because="workshop_closed"),
        WorkshopClosed(digest=UNSET_DIGEST, digest_version=1),
    )


def test_a_workshop_that_has_not_opened_cannot_close_and_closing_again_changes_nothing() -> None:
    given(schedule()).when(CLOSES_WORKSHOP).then_refused(WorkshopStateConflict, status="scheduled")
    given(CLOSED).when(CLOSES_WORKSHOP).then_nothing()


def test_a_closed_workshop_takes_nothing_until_it_is_reopened_with_a_reason() -> None:
    story = given(opened(), joins(ANNA), CLOSES_WORKSHOP)
    story.when(submits(ANNA, 1)).then_refused(WorkshopNotOpen, status="closed")
    story = story.when(REOPENS).then(WorkshopReopened(reason=text("one more round")))
    story.when(submits(ANNA, 1)).then_on((idea_id(1), IdeaSubmitted))


def test_reopening_again_changes_nothing_and_a_scheduled_workshop_is_opened_not_reopened() -> None:
    given(CLOSED, REOPENS).when(REOPENS).then_nothing()
    given(schedule()).when(REOPENS).then_refused(WorkshopStateConflict, status="scheduled", wanted="reopened")


def test_reopening_never_reopens_a_round_and_late_ballots_stay_out_for_its_results_were_shown() -> None:
    story = given(
        opened(),
        joins(ANNA),
        ideas(ANNA, 1),
        opens_round(1, SUPPORT, 1, grace_ms=86_400_000),
        CLOSES_WORKSHOP,
        REOPENS,
    )
    assert story.state.rounds[round_id(1)].status == "closed"
    story.when(votes(ANNA, 1)).then_refused(RoundNotOpen, status="closed")


def test_sealing_follows_closing_and_sealing_again_changes_nothing() -> None:
    given(opened()).when(SEALS).then_refused(WorkshopStateConflict, status="open", wanted="sealed")
    story = given(CLOSED).when(SEALS).then(RecordSealed(digest=UNSET_DIGEST, digest_version=1))
    story.when(SEALS).then_nothing()
    story.when(replace(SEALS, actor=STRANGER)).then_refused(RecordIsSealed)


def test_a_record_is_not_sealed_while_a_round_waits_for_its_certificate() -> None:
    story = given(opened(), joins(ANNA), ideas(ANNA, 1), opens_round(1, SUPPORT, 1), CLOSES_WORKSHOP)
    story = story.when(SEALS).then_refused(RoundStateConflict, status="closed")
    story.tell(CertifyResult(actor=SYSTEM, round=round_id(1), tie_root=TIE_ROOT))
    story.when(SEALS).then(RecordSealed(digest=UNSET_DIGEST, digest_version=1))


@pytest.mark.parametrize(
    "command",
    [
        CLOSES_WORKSHOP,
        REOPENS,
        CANCELS,
        OpenWorkshop(actor=FACILITATOR),
        RescheduleWorkshop(actor=FACILITATOR, starts_at=1, ends_at=2),
        ChangeSettings(actor=FACILITATOR, settings=Settings()),
        AddFacilitator(actor=FACILITATOR, facilitator=OTHER_FACILITATOR),
        agenda(),
        joins(ANNA)[0],
        submits(ANNA, 1),
        opens_round(1, SUPPORT),
    ],
    ids=lambda command: type(command).__name__,
)
def test_nothing_but_erasures_follows_on_a_sealed_record(command: Command) -> None:
    given(SEALED).when(command).then_refused(RecordIsSealed)


def test_settings_change_as_a_whole_and_the_same_settings_again_change_nothing() -> None:
    wanted = ChangeSettings(actor=FACILITATOR, settings=Settings(paused=True, tags=("green",)))
    story = given(opened()).when(wanted).then(SettingsChanged(settings=wanted.settings))
    story.when(wanted).then_nothing()
    given(schedule(), CANCELS).when(wanted).then_refused(WorkshopStateConflict, status="cancelled")


def test_a_facilitator_can_hand_over_to_a_second_one_but_the_last_one_stays() -> None:
    adds = AddFacilitator(actor=FACILITATOR, facilitator=OTHER_FACILITATOR)
    leaves = RemoveFacilitator(actor=OTHER_FACILITATOR, facilitator=FACILITATOR)
    story = given(opened()).when(adds).then(FacilitatorAdded(facilitator=OTHER_FACILITATOR))
    story.when(adds).then_nothing()
    story = story.when(leaves).then(FacilitatorRemoved(facilitator=FACILITATOR))
    story.when(CLOSES_WORKSHOP).then_refused(NotAFacilitator)
    story.when(leaves).then_refused(ParticipantNotFound, participant=FACILITATOR)
    alone = RemoveFacilitator(actor=OTHER_FACILITATOR, facilitator=OTHER_FACILITATOR)
    story.when(alone).then_refused(LastFacilitator)


def test_a_workshop_has_at_most_fifty_facilitators() -> None:
    added = [
        AddFacilitator(actor=FACILITATOR, facilitator=person(number)) for number in range(1, FACILITATORS_MAX)
    ]
    given(opened(), *added).when(
        AddFacilitator(actor=FACILITATOR, facilitator=OTHER_FACILITATOR)
    ).then_refused(LimitReached, of="facilitators", limit=FACILITATORS_MAX)


@pytest.mark.parametrize(
    "command",
    [
        CloseWorkshop(actor=STRANGER),
        CancelWorkshop(actor=STRANGER),
        OpenWorkshop(actor=STRANGER),
        ReopenWorkshop(actor=STRANGER, reason=text("x")),
        SealRecord(actor=STRANGER),
        RescheduleWorkshop(actor=STRANGER, starts_at=1, ends_at=2),
        ChangeSettings(actor=STRANGER, settings=Settings()),
        AddFacilitator(actor=STRANGER, facilitator=STRANGER),
        RemoveFacilitator(actor=STRANGER, facilitator=FACILITATOR),
        replace(COMPLETES, actor=STRANGER),
        replace(agenda(), actor=STRANGER),
    ],
    ids=lambda command: type(command).__name__,
)
def test_only_a_facilitator_leads_a_workshop_even_where_it_would_change_nothing(command: Command) -> None:
    given(opened()).when(command).then_refused(NotAFacilitator)


def test_an_import_shows_as_incomplete_until_it_completes_and_cannot_close_before() -> None:
    story = given(opened(SOURCE)).when(CLOSES_WORKSHOP).then_refused(ImportIncomplete)
    story = story.when(COMPLETES).then(
        ImportCompleted(ballots_cast=1, ballots_replaced=0, ideas=1, moderated=0, participants=1)
    )
    assert not story.state.workshop.importing
    story.when(COMPLETES).then_nothing()
    story.when(CLOSES_WORKSHOP).then_on((WORKSHOP, WorkshopClosed))


def test_an_import_into_a_cancelled_workshop_does_not_complete() -> None:
    given(schedule(SOURCE), CANCELS).when(COMPLETES).then_refused(WorkshopStateConflict, status="cancelled")


def test_time_that_passes_changes_nothing_by_itself() -> None:
    story = given(opened(), Wait(10**12))
    assert story.state.workshop.status == "open"
