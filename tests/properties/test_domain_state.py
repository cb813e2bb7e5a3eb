"""Whatever people send, in whatever order: the decision state can be undone, replayed and trusted."""

from __future__ import annotations

from collections import Counter

from hypothesis import given as for_all
from hypothesis import settings

from cocreate.domain.agenda import ChangeAgenda, EndActivity, StartActivity
from cocreate.domain.ballot import Turnout
from cocreate.domain.certificate import CertifyResult, ResultCertified, ResultPart, standing_ballots
from cocreate.domain.comment import COMMENT_DEPTH_MAX, HideComment, RestoreComment, WithdrawComment
from cocreate.domain.contest import (
    OverrideResult,
    RecertifyResult,
    ResultContested,
    ResultOverridden,
    ResultRecertified,
)
from cocreate.domain.decider import commands, decide, evolve
from cocreate.domain.erasure import EraseSubject, EraseText
from cocreate.domain.errors import Refusal
from cocreate.domain.facilitator import AddFacilitator
from cocreate.domain.genesis import CompleteImport
from cocreate.domain.idea import ApproveIdea, HideIdea, RestoreIdea, TagIdea, WithdrawIdea
from cocreate.domain.opening import RoundOpened
from cocreate.domain.paper import (
    CheckPaperBatch,
    IssuePaper,
    PaperBatchChecked,
    PaperBatchEntered,
    PaperBatchVoided,
    PaperReconciled,
    VoidPaperBatch,
)
from cocreate.domain.participant import GrantRole, LeaveWorkshop, ReadmitParticipant, RemoveParticipant
from cocreate.domain.round import AdmitOption, CloseRound, VoidRound
from cocreate.domain.settings import ChangeSettings
from cocreate.domain.state import WorkshopState
from cocreate.domain.workshop import (
    CancelWorkshop,
    CloseWorkshop,
    OpenWorkshop,
    ReopenWorkshop,
    RescheduleWorkshop,
    SealRecord,
)
from tests.given_when_then import Story, Wait, picture
from tests.properties.domain_commands import Step, histories, more_steps

REPEATABLE = (
    AddFacilitator,
    AdmitOption,
    ApproveIdea,
    CancelWorkshop,
    CertifyResult,
    ChangeAgenda,
    ChangeSettings,
    CheckPaperBatch,
    CloseRound,
    CloseWorkshop,
    CompleteImport,
    EndActivity,
    EraseSubject,
    EraseText,
    GrantRole,
    HideComment,
    HideIdea,
    IssuePaper,
    LeaveWorkshop,
    OpenWorkshop,
    OverrideResult,
    ReadmitParticipant,
    RecertifyResult,
    RemoveParticipant,
    ReopenWorkshop,
    RescheduleWorkshop,
    RestoreComment,
    RestoreIdea,
    SealRecord,
    StartActivity,
    TagIdea,
    VoidPaperBatch,
    VoidRound,
    WithdrawComment,
    WithdrawIdea,
)
"""Commands that wish for a state of things; the others make something new each time, or move on from what they saw."""


AFTER_A_CERTIFICATE = (
    PaperBatchChecked,
    PaperBatchEntered,
    PaperBatchVoided,
    PaperReconciled,
    ResultContested,
    ResultOverridden,
    ResultPart,
    ResultRecertified,
)
"""What may be said of a round once it is certified."""


def live(story: Story, history: list[Step]) -> Story:
    """Let everything happen that is not refused."""
    for step in history:
        try:
            story.tell(step)
        except Refusal:
            continue
    return story


@for_all(histories, more_steps)
@settings(max_examples=60, deadline=None)
def test_a_rollback_restores_the_state_exactly(kept: list[Step], undone: list[Step]) -> None:
    story = live(Story(), kept)
    story.state.mark()
    before = picture(story.state)
    live(story, undone)
    story.state.rollback()
    assert picture(story.state) == before
    story.state.rollback()
    assert picture(story.state) == before, "a second rollback has nothing to undo"


@for_all(histories, more_steps, more_steps)
@settings(max_examples=60, deadline=None)
def test_after_a_rollback_everything_goes_on_as_if_nothing_had_been_tried(
    kept: list[Step], undone: list[Step], then: list[Step]
) -> None:
    tried = live(Story(), kept)
    tried.state.mark()
    clock, entries = tried.clock, list(tried.entries)
    live(tried, undone)
    tried.state.rollback()
    tried.clock, tried.entries = clock, entries
    live(tried, then)
    straight = live(live(Story(), kept), then)
    assert tried.entries == straight.entries
    assert picture(tried.state) == picture(straight.state)


@for_all(histories)
@settings(max_examples=60, deadline=None)
def test_replaying_the_entries_gives_the_live_state(history: list[Step]) -> None:
    story = live(Story(), history)
    replayed = WorkshopState()
    for entry in story.entries:
        evolve(replayed, entry)
        replayed.mark()
    assert picture(replayed) == picture(story.state)


@for_all(histories)
@settings(max_examples=60, deadline=None)
def test_deciding_changes_nothing_and_answers_the_same_question_the_same_way(history: list[Step]) -> None:
    story = Story()
    for step in history:
        if isinstance(step, Wait):
            story.tell(step)
            continue
        outcome = story.when(step)
        if isinstance(outcome.answer, list):
            outcome.then(*(pending.event for pending in outcome.answer))


@for_all(histories)
@settings(max_examples=60, deadline=None)
def test_a_harmless_repeat_returns_no_events(history: list[Step]) -> None:
    story = Story()
    for step in history:
        before = len(story.entries)
        live(story, [step])
        if isinstance(step, REPEATABLE) and len(story.entries) > before:
            assert decide(step, story.state, story.clock) == []


def test_the_list_of_repeatable_commands_names_commands() -> None:
    assert set(REPEATABLE) <= commands()


@for_all(histories)
@settings(max_examples=150, deadline=None)
def test_what_must_always_hold_holds(history: list[Step]) -> None:
    story = live(Story(), history)
    state = story.state
    assert [entry.position for entry in story.entries] == list(range(state.size))
    if state.workshop.status != "unborn":
        assert state.workshop.facilitators
    if state.workshop.status in ("closed", "sealed"):
        assert state.workshop.agenda.current is None
        assert all(row.status != "open" and row.grace_until is None for row in state.rounds.values())
    if state.workshop.status == "sealed":
        assert all(row.status in ("certified", "voided") for row in state.rounds.values())
        assert not any(row.verdict is not None and row.verdict.contested for row in state.rounds.values())
    for comment in state.comments.values():
        assert 1 <= comment.depth <= COMMENT_DEPTH_MAX
        assert comment.idea in state.ideas
    for idea in state.ideas.values():
        assert idea.author in state.participants
    for round_id, row in state.rounds.items():
        cast, _, withdrawn = state.turnout.get(round_id, Turnout())
        assert len(standing_ballots(state, round_id)) == cast - withdrawn
        assert set(row.options) <= set(state.ideas)
    for person in state.participants.values():
        assert (person.status == "present") == (person.gone_at is None)


@for_all(histories)
@settings(max_examples=150, deadline=None)
def test_every_certificate_reconciles_and_no_ballot_moves_after_it(history: list[Step]) -> None:
    story = live(Story(), history)
    opened = {entry.aggregate: entry.event for entry in story.entries if isinstance(entry.event, RoundOpened)}
    seen: Counter[str] = Counter()
    for entry in story.entries:
        round_id = entry.aggregate[:36]
        after = isinstance(entry.event, AFTER_A_CERTIFICATE)
        assert after or not seen[round_id], "an entry about a round after its certificate"
        if isinstance(entry.event, ResultCertified | ResultRecertified):
            seen[round_id] += 1
            found = entry.event.reconciliation
            assert found.standing == found.cast - found.withdrawn + found.paper
            assert found.voters <= found.eligible
            assert found.blank + found.invalid <= found.standing
            assert entry.event.rules == opened[round_id].rules
            assert entry.event.counted_to + entry.event.parts == entry.position
