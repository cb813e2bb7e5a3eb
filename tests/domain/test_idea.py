"""Ideas: submitted, edited, withdrawn, approved, hidden, restored, tagged."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cocreate.domain import idea as idea_rules
from cocreate.domain.erasure import EraseSubject
from cocreate.domain.errors import (
    IdeaNotFound,
    IdeaStateConflict,
    InputPaused,
    LimitReached,
    NotAFacilitator,
    NotAParticipant,
    NotTheAuthor,
    ParticipantStateConflict,
    TagUnknown,
    WorkshopNotOpen,
)
from cocreate.domain.idea import (
    ApproveIdea,
    EditIdea,
    IdeaApproved,
    IdeaEdited,
    IdeaHidden,
    IdeaRestored,
    IdeaSubmitted,
    IdeaTagged,
    IdeaWithdrawn,
    RestoreIdea,
    TagIdea,
    WithdrawIdea,
)
from cocreate.domain.messages import Command
from cocreate.domain.participant import LeaveWorkshop
from cocreate.domain.round import OptionAdmitted
from tests.domain.words import (
    ANNA,
    BEN,
    CLEO,
    CLOSES_WORKSHOP,
    FACILITATOR,
    OPINION,
    SAM,
    hides,
    idea_id,
    joins,
    opened,
    opens_round,
    pauses,
    round_id,
    scribe_and_walk_in,
    submits,
    text,
)
from tests.given_when_then import given

EDITS = EditIdea(actor=ANNA, idea=idea_id(1), text=text("better"))
WITHDRAWS = WithdrawIdea(actor=ANNA, idea=idea_id(1))
APPROVES = ApproveIdea(actor=FACILITATOR, idea=idea_id(1))
RESTORES = RestoreIdea(actor=FACILITATOR, idea=idea_id(1))
TAGS = TagIdea(actor=ANNA, idea=idea_id(1), tags=("green",))
SUBMITTED = [*opened(tags=("green", "blue")), *joins(ANNA, BEN), submits(ANNA, 1)]


def test_a_participant_submits_an_idea_with_a_title_and_tags() -> None:
    submitted = submits(ANNA, 1, title=text("Trees"), tags=("green",))
    story = given(opened(tags=("green",)), joins(ANNA)).when(submitted)
    story.then(IdeaSubmitted(author=ANNA, tags=("green",), text=text("idea 1"), title=text("Trees"))).when(
        submits(ANNA, 1)
    ).then_refused(IdeaStateConflict, status="visible", wanted="submitted again")


def test_nobody_overwrites_another_ones_idea_by_sending_its_id() -> None:
    given(SUBMITTED).when(submits(BEN, 1)).then_refused(IdeaStateConflict, wanted="submitted again")


def test_a_scribe_enters_ideas_for_people_without_a_device_and_speaks_for_nobody_else() -> None:
    story = given(opened(), joins(ANNA), scribe_and_walk_in())
    story.when(submits(CLEO, 1, by=SAM)).then(IdeaSubmitted(author=CLEO, text=text("idea 1")))
    story.when(submits(CLEO, 2, by=FACILITATOR)).then_on((idea_id(2), IdeaSubmitted))
    story.when(submits(ANNA, 3, by=SAM)).then_refused(NotTheAuthor)
    story.when(submits(CLEO, 3, by=ANNA)).then_refused(NotTheAuthor)


def test_only_somebody_who_joined_submits_ideas_and_a_facilitator_joins_for_that_too() -> None:
    given(opened()).when(submits(FACILITATOR, 1)).then_refused(NotAParticipant, status="unknown")


def test_paused_input_stops_ideas_and_edits_but_not_taking_one_back() -> None:
    story = given(SUBMITTED, pauses())
    story.when(submits(ANNA, 2)).then_refused(InputPaused)
    story.when(EDITS).then_refused(InputPaused)
    story.when(TAGS).then_refused(InputPaused)
    story.when(WITHDRAWS).then(IdeaWithdrawn())


def test_a_workshop_and_a_participant_have_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idea_rules, "IDEAS_MAX", 2)
    monkeypatch.setattr(idea_rules, "IDEAS_PER_PARTICIPANT_MAX", 1)
    story = given(SUBMITTED)
    story.when(submits(ANNA, 2)).then_refused(LimitReached, of="ideas of one participant", limit=1)
    story.tell(submits(BEN, 2))
    story.when(submits(BEN, 3)).then_refused(LimitReached, of="ideas", limit=2)


def test_withdrawing_gives_no_room_for_another_idea(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idea_rules, "IDEAS_PER_PARTICIPANT_MAX", 1)
    given(SUBMITTED, WITHDRAWS).when(submits(ANNA, 2)).then_refused(LimitReached)


def test_an_edit_is_a_new_version_of_the_text_by_its_author_or_a_facilitator() -> None:
    story = given(SUBMITTED).when(EDITS).then(IdeaEdited(author=ANNA, text=text("better")))
    assert story.state.ideas[idea_id(1)].text_at == len(story.entries) - 1
    story.when(replace(EDITS, actor=FACILITATOR)).then(IdeaEdited(author=ANNA, text=text("better")))
    story.when(replace(EDITS, actor=BEN)).then_refused(NotTheAuthor)
    story.when(replace(EDITS, idea=idea_id(9))).then_refused(IdeaNotFound, idea=idea_id(9))


@pytest.mark.parametrize(("change", "status"), [(WITHDRAWS, "withdrawn"), (hides(1), "hidden")])
def test_an_idea_that_is_off_the_board_is_neither_edited_nor_tagged_nor_approved(
    change: Command, status: str
) -> None:
    story = given(SUBMITTED, change)
    for command in (EDITS, TAGS, APPROVES):
        story.when(command).then_refused(IdeaStateConflict, status=status)


def test_nobody_edits_the_idea_of_somebody_who_was_erased() -> None:
    erased = EraseSubject(actor=ANNA, subject=ANNA, reason="requested")
    given(SUBMITTED, erased).when(replace(EDITS, actor=FACILITATOR)).then_refused(
        ParticipantStateConflict, status="erased"
    )


def test_an_author_withdraws_an_idea_once_and_nobody_else_does() -> None:
    story = given(SUBMITTED)
    story.when(replace(WITHDRAWS, actor=BEN)).then_refused(NotTheAuthor)
    story.when(replace(WITHDRAWS, actor=FACILITATOR)).then_refused(NotTheAuthor)
    story = story.when(WITHDRAWS).then(IdeaWithdrawn())
    story.when(WITHDRAWS).then_nothing()
    story.when(hides(1)).then_refused(IdeaStateConflict, status="withdrawn", wanted="hidden")
    story.when(RESTORES).then_refused(IdeaStateConflict, status="withdrawn", wanted="restored")


def test_a_closed_workshop_keeps_its_ideas() -> None:
    given(SUBMITTED, CLOSES_WORKSHOP).when(WITHDRAWS).then_refused(WorkshopNotOpen, status="closed")


def test_withdrawing_does_not_take_the_moderators_mark_off_a_hidden_idea() -> None:
    given(SUBMITTED, hides(1)).when(WITHDRAWS).then_refused(
        IdeaStateConflict, status="hidden", wanted="withdrawn"
    )


def test_a_facilitator_hides_an_idea_with_a_reason_and_restores_it_also_after_closing() -> None:
    story = given(SUBMITTED, CLOSES_WORKSHOP)
    note = text("this names a neighbour")
    story = story.when(replace(hides(1), note=note)).then(IdeaHidden(note=note, reason="off_topic"))
    story.when(hides(1)).then_nothing()
    story = story.when(RESTORES).then(IdeaRestored())
    story.when(RESTORES).then_nothing()


@pytest.mark.parametrize("command", [hides(1), RESTORES, APPROVES], ids=lambda one: type(one).__name__)
def test_only_a_facilitator_moderates(command: Command) -> None:
    given(SUBMITTED).when(replace(command, actor=ANNA)).then_refused(NotAFacilitator)


def test_where_approval_comes_first_an_idea_waits_until_a_facilitator_approves_it() -> None:
    story = given(opened(approval_first=True), joins(ANNA), submits(ANNA, 1))
    assert story.state.ideas[idea_id(1)].status == "waiting"
    story = story.when(APPROVES).then(IdeaApproved())
    assert story.state.ideas[idea_id(1)].status == "visible"
    story.when(APPROVES).then_nothing()


def test_a_growing_round_takes_an_idea_when_it_becomes_visible_not_before() -> None:
    story = given(opened(approval_first=True), joins(ANNA), opens_round(1, OPINION, admission="growing"))
    story = story.when(submits(ANNA, 1, claimed_at=7)).then_on((idea_id(1), IdeaSubmitted))
    text_at = len(story.entries) - 1
    story.when(APPROVES).then(IdeaApproved(), OptionAdmitted(idea=idea_id(1), text_at=text_at))


def test_a_growing_round_takes_a_visible_idea_at_once_with_the_time_its_source_claims() -> None:
    story = given(opened(), joins(ANNA), opens_round(1, OPINION, admission="growing"))
    at = len(story.entries)
    story.when(submits(ANNA, 1, claimed_at=7)).then(
        IdeaSubmitted(author=ANNA, claimed_at=7, text=text("idea 1")),
        OptionAdmitted(claimed_at=7, idea=idea_id(1), text_at=at),
    )


def test_approving_an_idea_that_shows_already_records_the_approval_and_admits_nothing() -> None:
    story = given(SUBMITTED, opens_round(1, OPINION, admission="growing")).when(APPROVES)
    story.then(IdeaApproved())
    assert idea_id(1) not in story.story.state.rounds[round_id(1)].options


def test_a_rejected_idea_that_is_restored_shows_and_awaits_its_admission_by_hand() -> None:
    story = given(
        opened(approval_first=True),
        joins(ANNA),
        opens_round(1, OPINION, admission="growing"),
        submits(ANNA, 1),
        hides(1),
    )
    story = story.when(RESTORES).then(IdeaRestored())
    assert story.state.ideas[idea_id(1)].status == "visible"


def test_an_idea_is_tagged_by_its_author_or_a_facilitator_with_the_workshops_tags() -> None:
    story = given(SUBMITTED).when(TAGS).then(IdeaTagged(tags=("green",)))
    story.when(TAGS).then_nothing()
    story.when(replace(TAGS, actor=FACILITATOR, tags=("blue",))).then(IdeaTagged(tags=("blue",)))
    story.when(replace(TAGS, actor=BEN)).then_refused(NotTheAuthor)
    story.when(replace(TAGS, tags=("red",))).then_refused(TagUnknown, tag="red", known="green, blue")
    given(opened(), joins(ANNA)).when(submits(ANNA, 1, tags=("green",))).then_refused(
        TagUnknown, known="none"
    )


def test_an_author_who_left_changes_nothing_any_more() -> None:
    story = given(SUBMITTED, LeaveWorkshop(actor=ANNA))
    for command in (EDITS, WITHDRAWS, TAGS):
        story.when(command).then_refused(NotAParticipant, status="left")
