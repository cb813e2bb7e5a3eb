"""After a certificate: who may contest it, how it is answered, and what a facilitator may declare beside it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cocreate.domain import contest as contests
from cocreate.domain.certificate import CertifyResult, ResultCertified, ResultPart
from cocreate.domain.contest import (
    CONTEST_MS,
    ContestResult,
    OverrideResult,
    RecertifyResult,
    ResultContested,
    ResultOverridden,
    ResultRecertified,
)
from cocreate.domain.errors import (
    ContestOver,
    LimitReached,
    NotAFacilitator,
    NotAParticipant,
    NotTheAuthor,
    OptionUnknown,
    RecordIsSealed,
    RoundNotFound,
    RoundStateConflict,
)
from cocreate.domain.messages import SYSTEM, Command
from cocreate.domain.participant import LeaveWorkshop
from cocreate.domain.round import CloseRound
from cocreate.domain.workshop import SealRecord
from tests.domain.words import (
    ANNA,
    BEN,
    CLEO,
    CLOSES_WORKSHOP,
    FACILITATOR,
    SAM,
    STRANGER,
    TIE_ROOT,
    approval,
    idea_id,
    ideas,
    joins,
    opened,
    opens_round,
    round_id,
    scribe_and_walk_in,
    text,
    votes,
)
from tests.given_when_then import Story, Wait, given

OPEN: list[Command] = [
    *opened(),
    *joins(ANNA, BEN),
    *ideas(ANNA, 3),
    opens_round(1, approval(2, 1), 1, 2, 3, grace_ms=0),
]
VOTED = [*OPEN, votes(ANNA, 1, 2), votes(BEN, 2), CloseRound(actor=FACILITATOR, round=round_id(1))]
CERTIFIES = CertifyResult(actor=SYSTEM, round=round_id(1), tie_root=TIE_ROOT)
CERTIFIED: list[Command] = [*VOTED, CERTIFIES]
CONTESTS = ContestResult(actor=ANNA, author=ANNA, round=round_id(1), reason=text("twice"))
RECERTIFIES = RecertifyResult(actor=FACILITATOR, round=round_id(1), tie_root=TIE_ROOT)
OVERRIDES = OverrideResult(
    actor=FACILITATOR, round=round_id(1), options=(idea_id(3), idea_id(1)), reason=text("unsafe")
)


def declared(story: Story) -> int:
    verdict = story.state.rounds[round_id(1)].verdict
    assert verdict is not None
    return verdict.declared


def contested(who: str, of: int) -> ResultContested:
    return ResultContested(author=who, contested=of, reason=text("twice"))


def test_who_takes_part_contests_the_certificate_that_stands() -> None:
    story = given(CERTIFIED)
    story.when(CONTESTS).then(contested(ANNA, declared(story)))


def test_a_facilitator_may_contest_too() -> None:
    story = given(CERTIFIED)
    by_hand = replace(CONTESTS, actor=FACILITATOR, author=FACILITATOR)
    story.when(by_hand).then(contested(FACILITATOR, declared(story)))


def test_a_scribe_contests_for_somebody_without_a_device_and_for_nobody_else() -> None:
    story = given([*OPEN, *scribe_and_walk_in(), *CERTIFIED[len(OPEN) :]])
    story.when(replace(CONTESTS, actor=SAM)).then_refused(NotTheAuthor)
    story.when(replace(CONTESTS, actor=SAM, author=CLEO)).then(contested(CLEO, declared(story)))


def test_who_has_left_or_never_came_contests_nothing() -> None:
    story = given(CERTIFIED, LeaveWorkshop(actor=ANNA))
    story.when(CONTESTS).then_refused(NotAParticipant, status="left")
    story.when(replace(CONTESTS, actor=STRANGER, author=STRANGER)).then_refused(NotAParticipant)


@pytest.mark.parametrize("command", [CONTESTS, RECERTIFIES, OVERRIDES])
def test_what_has_no_certificate_is_neither_contested_nor_overridden(command: ContestResult) -> None:
    given(VOTED).when(command).then_refused(RoundStateConflict, status="closed")
    given(OPEN).when(replace(command, round=round_id(9))).then_refused(RoundNotFound)


def test_each_person_contests_a_declaration_once() -> None:
    story = given(CERTIFIED, CONTESTS)
    story.when(CONTESTS).then_refused(RoundStateConflict, wanted="contested again")
    story.when(replace(CONTESTS, actor=BEN, author=BEN)).then(contested(BEN, declared(story)))


def test_a_result_is_contested_within_a_week_of_its_declaration() -> None:
    story = given(CERTIFIED)
    until = story.clock + CONTEST_MS
    story.tell(Wait(CONTEST_MS - 1))
    story.when(CONTESTS).then(contested(ANNA, declared(story)))
    story.when(replace(CONTESTS, actor=BEN, author=BEN)).then_refused(ContestOver, until=until)


def test_a_later_declaration_can_be_contested_anew_and_for_as_long() -> None:
    story = given(CERTIFIED, CONTESTS, Wait(CONTEST_MS), OVERRIDES)
    assert story.entries[declared(story)].event == story.entries[-1].event
    story.when(CONTESTS).then(contested(ANNA, declared(story)))


def test_contests_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contests, "CONTESTS_MAX", 1)
    given(CERTIFIED, CONTESTS).when(replace(CONTESTS, actor=BEN, author=BEN)).then_refused(LimitReached)


def test_a_contest_is_answered_by_a_certificate_that_is_counted_anew_and_names_the_earlier_one() -> None:
    story = given(CERTIFIED)
    first = story.entries[-1]
    assert isinstance(first.event, ResultCertified)
    story = story.when(CONTESTS).then(contested(ANNA, first.position))
    story = story.when(RECERTIFIES).then_on((round_id(1), ResultPart), (round_id(1), ResultRecertified))
    part, again = (entry.event for entry in story.entries[-2:])
    assert isinstance(again, ResultRecertified)
    facts = first.event.model_dump() | {"counted_to": story.state.size - 2, "earlier": first.position}
    assert again.model_dump() == facts
    assert part == story.entries[first.position - 1].event
    story.when(RECERTIFIES).then_nothing()


def test_who_came_after_the_certificate_is_not_counted_among_the_eligible() -> None:
    story = given(CERTIFIED, joins(CLEO), CONTESTS, RECERTIFIES)
    again = story.entries[-1].event
    assert isinstance(again, ResultRecertified)
    assert again.reconciliation.eligible == 2


def test_what_nobody_contests_is_not_counted_anew() -> None:
    given(CERTIFIED).when(RECERTIFIES).then_refused(RoundStateConflict, status="contested by nobody")


def test_only_a_facilitator_counts_anew_or_declares_otherwise() -> None:
    story = given(CERTIFIED, CONTESTS)
    for actor in (ANNA, SYSTEM):
        story.when(replace(RECERTIFIES, actor=actor)).then_refused(NotAFacilitator)
        story.when(replace(OVERRIDES, actor=actor)).then_refused(NotAFacilitator)


def test_certificates_and_overrides_have_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contests, "CERTIFICATES_MAX", 1)
    monkeypatch.setattr(contests, "OVERRIDES_MAX", 1)
    given(CERTIFIED, CONTESTS).when(RECERTIFIES).then_refused(LimitReached)
    given(CERTIFIED, OVERRIDES).when(replace(OVERRIDES, options=())).then_refused(LimitReached)


def test_an_override_declares_options_in_one_order_and_leaves_the_certificate_as_it_is() -> None:
    story = given(CERTIFIED)
    certificate = declared(story)
    before = story.state.rounds[round_id(1)]
    overridden = ResultOverridden(
        certificate=certificate, options=(idea_id(1), idea_id(3)), reason=text("unsafe")
    )
    story = story.when(OVERRIDES).then(overridden)
    row = story.state.rounds[round_id(1)]
    assert (row.ballots_digest, row.result_digest) == (before.ballots_digest, before.result_digest)
    assert row.verdict is not None
    assert (row.verdict.certificate, row.verdict.overridden) == (certificate, (idea_id(1), idea_id(3)))
    story.when(OVERRIDES).then_nothing()


def test_nothing_at_all_can_be_declared_and_nothing_foreign() -> None:
    story = given(CERTIFIED)
    story.when(replace(OVERRIDES, options=(idea_id(9),))).then_refused(OptionUnknown, option=idea_id(9))
    story = story.when(replace(OVERRIDES, options=())).then_on((round_id(1), ResultOverridden))
    story.when(replace(OVERRIDES, options=())).then_nothing()


def test_a_new_certificate_ends_the_override_and_an_override_ends_no_contest() -> None:
    story = given(CERTIFIED, CONTESTS, OVERRIDES)
    verdict = story.state.rounds[round_id(1)].verdict
    assert verdict is not None
    assert verdict.contested
    story.tell(RECERTIFIES)
    verdict = story.state.rounds[round_id(1)].verdict
    assert verdict is not None
    assert (verdict.contested, verdict.overridden) == (frozenset(), None)
    story.when(OVERRIDES).then_on((round_id(1), ResultOverridden))


def test_a_record_is_sealed_only_when_every_contest_is_answered() -> None:
    seals = SealRecord(actor=FACILITATOR)
    story = given(CERTIFIED, CONTESTS, CLOSES_WORKSHOP)
    story.when(seals).then_refused(RoundStateConflict, status="contested")
    story.tell(RECERTIFIES)
    story.tell(seals)
    for command in (CONTESTS, RECERTIFIES, OVERRIDES):
        story.when(command).then_refused(RecordIsSealed)
