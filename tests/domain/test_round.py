"""Rounds: opened with rules that never change, growing or frozen, closed, voided, replaced."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cocreate.domain import opening
from cocreate.domain import round as round_rules
from cocreate.domain.certificate import CertifyResult
from cocreate.domain.errors import (
    IdeaNotFound,
    IdeaStateConflict,
    LimitReached,
    NotAFacilitator,
    RoundNotFound,
    RoundNotOpen,
    RoundStateConflict,
    RulesMalformed,
    SecrecyUnavailable,
    WorkshopNotOpen,
)
from cocreate.domain.idea import EditIdea, WithdrawIdea
from cocreate.domain.messages import SYSTEM
from cocreate.domain.opening import GRACE_MS_DEFAULT, WITHHOLDING_MS_MAX, OpenRound, RoundOpened
from cocreate.domain.round import AdmitOption, CloseRound, OptionAdmitted, RoundClosed, RoundVoided, VoidRound
from tests.domain.words import (
    ANNA,
    CLOSES_WORKSHOP,
    FACILITATOR,
    KEY,
    OPINION,
    SOURCE,
    SUPPORT,
    TIE_ROOT,
    hides,
    idea_id,
    ideas,
    joins,
    opened,
    opens_round,
    round_id,
    schedule,
    submits,
    text,
)
from tests.given_when_then import NOON, Wait, given

BOARD = [*opened(), *joins(ANNA), *ideas(ANNA, 3)]
OPENS = opens_round(1, SUPPORT, 1, 2)
CLOSES = CloseRound(actor=FACILITATOR, round=round_id(1))
TERM_ENDS = CloseRound(actor=SYSTEM, round=round_id(1), because="withheld_until")
VOIDS = VoidRound(actor=FACILITATOR, round=round_id(1), reason="rules_changed")
ADMITS = AdmitOption(actor=FACILITATOR, round=round_id(1), idea=idea_id(1))
GROWS = opens_round(1, OPINION, admission="growing")


def test_a_round_opens_on_visible_ideas_each_at_its_present_text() -> None:
    edited = EditIdea(actor=ANNA, idea=idea_id(2), text=text("better"))
    story = given(BOARD, edited)
    at = {number: story.state.ideas[idea_id(number)].text_at for number in (1, 2)}
    now = story.clock + 1
    story.when(OPENS).then(
        RoundOpened(
            admission="frozen",
            eligibility="one_per_browser",
            grace_ms=GRACE_MS_DEFAULT,
            key=KEY,
            options=((idea_id(1), at[1]), (idea_id(2), at[2])),
            question=text("Which?"),
            results="after_closing",
            rules=SUPPORT,
            secrecy="pseudonymous",
            withheld_until=now + WITHHOLDING_MS_MAX,
        )
    )
    assert at[2] == len(story.entries) - 2, "the option is the edited text"


def test_options_stay_frozen_whatever_becomes_of_their_ideas() -> None:
    story = given(BOARD, OPENS)
    before = dict(story.state.rounds[round_id(1)].options)
    story.tell(EditIdea(actor=ANNA, idea=idea_id(1), text=text("later")))
    story.tell(WithdrawIdea(actor=ANNA, idea=idea_id(1)))
    story.tell(hides(2))
    assert story.state.rounds[round_id(1)].options == before


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        (opens_round(1, SUPPORT), "at least one"),
        (opens_round(1, SUPPORT, 1, 1), "twice"),
        (opens_round(1, SUPPORT, 1, admission="growing"), "only opinion rounds"),
        (opens_round(1, SUPPORT, 1, results="always", withheld_until=NOON + 60_000), "withhold nothing"),
        (opens_round(1, SUPPORT, 1, withheld_until=NOON), "within 90 days"),
        (opens_round(1, SUPPORT, 1, withheld_until=NOON + WITHHOLDING_MS_MAX + 60_000), "within 90 days"),
        (opens_round(1, SUPPORT, 1, key=None), "has a key"),
        (opens_round(1, SUPPORT, 1, secrecy="open", key=KEY), "has a key"),
    ],
)
def test_rules_that_contradict_each_other_are_refused(command: OpenRound, problem: str) -> None:
    story = given(BOARD)
    outcome = story.when(command)
    outcome.then_refused(RulesMalformed)
    assert isinstance(outcome.answer, tuple)
    assert problem in outcome.answer[1]["problem"]


def test_only_visible_ideas_of_this_workshop_are_put_to_the_vote() -> None:
    given(BOARD, hides(2)).when(OPENS).then_refused(IdeaStateConflict, status="hidden")
    given(opened(approval_first=True), joins(ANNA), ideas(ANNA, 2)).when(OPENS).then_refused(
        IdeaStateConflict, status="waiting"
    )
    given(BOARD).when(opens_round(1, SUPPORT, 9)).then_refused(IdeaNotFound, idea=idea_id(9))


def test_secret_ballots_are_refused_until_they_can_be_kept_secret() -> None:
    given(BOARD).when(opens_round(1, SUPPORT, 1, secrecy="secret")).then_refused(
        SecrecyUnavailable, secrecy="secret"
    )


def test_rounds_open_in_an_open_workshop_by_a_facilitator_and_an_id_opens_once() -> None:
    given(schedule()).when(OPENS).then_refused(WorkshopNotOpen, status="scheduled")
    given(BOARD).when(replace(OPENS, actor=ANNA)).then_refused(NotAFacilitator)
    given(BOARD, OPENS).when(OPENS).then_refused(RoundStateConflict, status="open", wanted="opened again")


def test_rounds_and_their_options_have_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "ROUNDS_MAX", 1)
    monkeypatch.setattr(opening, "OPTIONS_FROZEN_MAX", 2)
    monkeypatch.setattr(round_rules, "OPTIONS_GROWING_MAX", 1)
    given(BOARD).when(opens_round(1, SUPPORT, 1, 2, 3)).then_refused(LimitReached, limit=2)
    given(BOARD, OPENS).when(opens_round(2, SUPPORT, 1)).then_refused(LimitReached, of="rounds", limit=1)
    story = given(BOARD, GROWS, ADMITS)
    story.when(replace(ADMITS, idea=idea_id(2))).then_refused(LimitReached, of="options of a round")


def test_during_an_import_who_voted_is_claimed_by_the_source() -> None:
    story = given(opened(SOURCE), opens_round(1, OPINION, admission="growing", secrecy="open"))
    assert story.state.rounds[round_id(1)].eligibility == "claimed_by_source"


def test_results_that_always_show_withhold_nothing_and_have_no_term() -> None:
    story = given(BOARD, replace(OPENS, results="always"))
    assert story.state.rounds[round_id(1)].withheld_until is None
    story.when(TERM_ENDS).then_nothing()


def test_a_changed_round_is_a_new_one_that_names_the_old_once_that_has_ended() -> None:
    renewed = replace(opens_round(2, SUPPORT, 1), replaces=round_id(1))
    given(BOARD).when(renewed).then_refused(RoundNotFound, round=round_id(1))
    story = given(BOARD, OPENS)
    story.when(renewed).then_refused(RoundStateConflict, status="open")
    story.tell(VOIDS)
    story.when(renewed).then_on((round_id(2), RoundOpened))


def test_a_growing_round_is_given_a_statement_by_hand_once() -> None:
    story = given(BOARD, GROWS)
    text_at = story.state.ideas[idea_id(1)].text_at
    story = story.when(ADMITS).then(OptionAdmitted(idea=idea_id(1), text_at=text_at))
    story.when(ADMITS).then_nothing()
    story.when(replace(ADMITS, actor=ANNA)).then_refused(NotAFacilitator)
    story.tell(hides(2))
    story.when(replace(ADMITS, idea=idea_id(2))).then_refused(IdeaStateConflict, status="hidden")


def test_frozen_and_closed_rounds_are_given_nothing() -> None:
    given(BOARD, OPENS).when(replace(ADMITS, idea=idea_id(3))).then_refused(
        RoundStateConflict, status="frozen"
    )
    given(BOARD, GROWS, CLOSES).when(ADMITS).then_refused(RoundNotOpen, status="closed")
    given(BOARD).when(ADMITS).then_refused(RoundNotFound, round=round_id(1))


def test_an_idea_joins_every_growing_round_that_is_open() -> None:
    story = given(BOARD, GROWS, replace(GROWS, round=round_id(2)), replace(GROWS, round=round_id(3)), CLOSES)
    story.tell(submits(ANNA, 4))
    grown = [number for number in (1, 2, 3) if idea_id(4) in story.state.rounds[round_id(number)].options]
    assert grown == [2, 3]


def test_a_facilitator_closes_a_round_once() -> None:
    story = given(BOARD, OPENS)
    story.when(replace(CLOSES, actor=ANNA)).then_refused(NotAFacilitator)
    story = story.when(CLOSES).then(RoundClosed(because="facilitator"))
    story.when(CLOSES).then_nothing()
    given(BOARD).when(CLOSES).then_refused(RoundNotFound, round=round_id(1))
    given(BOARD, OPENS, VOIDS).when(CLOSES).then_refused(RoundStateConflict, status="voided")


def test_the_system_closes_a_round_when_its_term_is_over_and_not_before() -> None:
    story = given(BOARD, replace(OPENS, withheld_until=NOON + 60_000))
    story.when(TERM_ENDS).then_nothing()
    story.tell(Wait(60_000))
    story.when(TERM_ENDS).then(RoundClosed(because="withheld_until"))


def test_the_system_closes_a_round_whose_key_is_lost() -> None:
    lost = CloseRound(actor=SYSTEM, round=round_id(1), because="key_lost")
    given(BOARD, OPENS).when(lost).then(RoundClosed(because="key_lost"))


def test_a_round_is_voided_with_a_reason_open_or_closed_and_never_certified_or_reopened() -> None:
    note = text("the list was wrong")
    story = given(BOARD, OPENS)
    story = story.when(replace(VOIDS, note=note)).then(RoundVoided(note=note, reason="rules_changed"))
    story.when(VOIDS).then_nothing()
    certifies = CertifyResult(actor=SYSTEM, round=round_id(1), tie_root=TIE_ROOT)
    story.when(certifies).then_refused(RoundStateConflict, status="voided", wanted="certified")
    given(BOARD, OPENS, CLOSES).when(VOIDS).then(RoundVoided(reason="rules_changed"))
    given(BOARD, OPENS, CLOSES_WORKSHOP).when(VOIDS).then(RoundVoided(reason="rules_changed"))
    given(BOARD, OPENS).when(replace(VOIDS, actor=ANNA)).then_refused(NotAFacilitator)


def test_a_certified_round_is_not_voided() -> None:
    certifies = CertifyResult(actor=SYSTEM, round=round_id(1), tie_root=TIE_ROOT)
    story = given(BOARD, OPENS, CLOSES, Wait(GRACE_MS_DEFAULT), certifies)
    story.when(VOIDS).then_refused(RoundStateConflict, status="certified", wanted="voided")
    story.when(CLOSES).then_nothing()


def test_a_rollback_takes_a_statement_out_of_a_growing_round_again() -> None:
    story = given(BOARD, GROWS)
    story.state.mark()
    story.tell(ADMITS)
    story.state.rollback()
    assert story.state.rounds[round_id(1)].options == {}
