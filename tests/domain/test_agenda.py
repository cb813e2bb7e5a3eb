"""The agenda: activities in any order, any number of times, and what each of them takes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cocreate.domain.agenda import (
    ActivityEnded,
    ActivityKind,
    ActivityStarted,
    AgendaChanged,
    EndActivity,
    StartActivity,
)
from cocreate.domain.comment import CommentPosted
from cocreate.domain.errors import (
    ActivityConflict,
    ActivityNotFound,
    AgendaMalformed,
    NotAFacilitator,
    NotNow,
    WorkshopNotOpen,
)
from cocreate.domain.idea import IdeaSubmitted
from cocreate.domain.round import OptionAdmitted
from tests.domain.words import (
    ANNA,
    CLOSES_WORKSHOP,
    FACILITATOR,
    OPINION,
    activity,
    activity_id,
    agenda,
    comment_id,
    idea_id,
    joins,
    opened,
    opens_round,
    posts,
    round_id,
    schedule,
    submits,
)
from tests.given_when_then import Wait, given

COLLECT, DISCUSS, BREAK = activity(1, "collect", grace_ms=5_000), activity(2, "discuss"), activity(3, "break")
DAY = agenda(COLLECT, DISCUSS, BREAK)


def starts(number: int) -> StartActivity:
    return StartActivity(actor=FACILITATOR, activity=activity_id(number))


def ends(number: int) -> EndActivity:
    return EndActivity(actor=FACILITATOR, activity=activity_id(number))


def test_the_agenda_can_be_set_before_the_day_and_the_same_agenda_again_changes_nothing() -> None:
    story = given(schedule()).when(DAY).then(AgendaChanged(activities=(COLLECT, DISCUSS, BREAK)))
    story.when(DAY).then_nothing()


def test_two_activities_never_share_an_id() -> None:
    given(schedule()).when(agenda(COLLECT, activity(1, "vote"))).then_refused(AgendaMalformed)


def test_the_current_activity_cannot_be_taken_off_the_agenda_but_others_can() -> None:
    story = given(opened(), DAY, starts(1))
    story.when(agenda(DISCUSS)).then_refused(AgendaMalformed)
    story.when(agenda(COLLECT)).then(AgendaChanged(activities=(COLLECT,)))


def test_starting_an_activity_ends_the_current_one() -> None:
    story = given(opened(), DAY).when(starts(1)).then(ActivityStarted(activity=activity_id(1)))
    story.when(starts(1)).then_nothing()
    story.when(starts(2)).then(
        ActivityEnded(activity=activity_id(1)), ActivityStarted(activity=activity_id(2))
    )


def test_going_back_to_an_earlier_activity_loses_nothing() -> None:
    story = given(opened(), joins(ANNA), DAY, starts(1), submits(ANNA, 1), starts(2), Wait(60_000))
    story.when(submits(ANNA, 2)).then_refused(NotNow, activity="discuss")
    story.tell(starts(1))
    story.when(submits(ANNA, 2)).then_on((idea_id(2), IdeaSubmitted))
    assert idea_id(1) in story.state.ideas


def test_an_activity_that_is_not_on_the_agenda_neither_starts_nor_ends() -> None:
    given(opened(), DAY).when(starts(9)).then_refused(ActivityNotFound, activity=activity_id(9))
    given(opened(), DAY).when(ends(9)).then_refused(ActivityNotFound, activity=activity_id(9))


def test_activities_start_only_in_an_open_workshop() -> None:
    given(schedule(), DAY).when(starts(1)).then_refused(WorkshopNotOpen, status="scheduled")
    given(opened(), DAY, CLOSES_WORKSHOP).when(starts(1)).then_refused(WorkshopNotOpen, status="closed")


def test_only_the_current_activity_ends_and_ending_it_again_changes_nothing() -> None:
    story = given(opened(), DAY, starts(1))
    story.when(ends(2)).then_refused(ActivityConflict, activity=activity_id(2), wanted="ended")
    story = story.when(ends(1)).then(ActivityEnded(activity=activity_id(1)))
    story.when(ends(1)).then_nothing()


@pytest.mark.parametrize("command", [starts(1), ends(1), DAY], ids=lambda command: type(command).__name__)
def test_only_a_facilitator_moves_the_agenda(command: StartActivity) -> None:
    given(opened(), DAY).when(replace(command, actor=ANNA)).then_refused(NotAFacilitator)


@pytest.mark.parametrize(
    ("kind", "takes_ideas", "takes_comments"),
    [
        ("welcome", False, False),
        ("collect", True, True),
        ("discuss", False, True),
        ("cluster", False, True),
        ("vote", False, False),
        ("decide", False, True),
        ("break", False, False),
    ],
)
def test_each_activity_takes_what_it_is_for(
    kind: ActivityKind, takes_ideas: bool, takes_comments: bool
) -> None:
    story = given(opened(), joins(ANNA), submits(ANNA, 1), agenda(activity(1, kind)), starts(1))
    idea, comment = story.when(submits(ANNA, 2)), story.when(posts(ANNA, 1))
    if takes_comments:
        comment.then_on((comment_id(1), CommentPosted))
    else:
        comment.then_refused(NotNow, wanted="comments", activity=kind)
    if takes_ideas:
        idea.then_on((idea_id(2), IdeaSubmitted))
    else:
        idea.then_refused(NotNow, wanted="ideas", activity=kind)


def test_without_an_agenda_a_workshop_takes_everything() -> None:
    given(opened(), joins(ANNA)).when(submits(ANNA, 1)).then_on((idea_id(1), IdeaSubmitted))


def test_between_two_activities_nothing_is_taken() -> None:
    given(opened(), joins(ANNA), DAY).when(submits(ANNA, 1)).then_refused(NotNow, activity="none")


def test_an_idea_still_arrives_within_the_grace_of_the_activity_that_took_it_and_not_after() -> None:
    story = given(opened(), joins(ANNA), DAY, starts(1), starts(3), Wait(4_999))
    story.when(submits(ANNA, 1)).then_on((idea_id(1), IdeaSubmitted))
    story.when(submits(ANNA, 2)).then_refused(NotNow, activity="break")


def test_the_grace_of_an_activity_lasts_though_others_have_ended_since() -> None:
    story = given(opened(), joins(ANNA), DAY, starts(1), starts(3), starts(2), Wait(4_000))
    story.when(submits(ANNA, 1)).then_on((idea_id(1), IdeaSubmitted))


def test_an_open_growing_round_takes_ideas_whatever_the_activity() -> None:
    story = given(
        opened(),
        joins(ANNA),
        agenda(activity(1, "vote")),
        starts(1),
        opens_round(1, OPINION, admission="growing"),
    )
    story.when(submits(ANNA, 1)).then_on((idea_id(1), IdeaSubmitted), (round_id(1), OptionAdmitted))
