"""Votes on paper: handed out, entered by one person, checked by another, reconciled with every sheet."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cocreate.domain import paper as papers
from cocreate.domain.ballot import BallotCast
from cocreate.domain.certificate import CertifyResult, Reconciliation, ResultCertified, ResultPart
from cocreate.domain.contest import ContestResult, RecertifyResult, ResultRecertified
from cocreate.domain.errors import (
    BallotStands,
    ChoiceMalformed,
    GraceRunning,
    LimitReached,
    NotAFacilitator,
    NotAParticipant,
    NotAScribe,
    NotTheAuthor,
    OptionUnknown,
    PaperBatchDiffers,
    PaperBatchNotFound,
    PaperBatchRepeated,
    PaperBatchStateConflict,
    PaperUnaccounted,
    PaperUnchecked,
    RoundNotFound,
    RoundNotOpen,
    RoundStateConflict,
    SecondPersonNeeded,
    VotesOnPaper,
)
from cocreate.domain.messages import SYSTEM, Command
from cocreate.domain.paper import (
    CheckPaperBatch,
    EnterPaperBatch,
    IssuePaper,
    PaperBatchChecked,
    PaperBatchEntered,
    PaperBatchVoided,
    PaperIssued,
    PaperReconciled,
    VoidPaperBatch,
    batch_digest,
)
from cocreate.domain.round import CloseRound, VoidRound
from tests.domain.words import (
    ANNA,
    BEN,
    CLEO,
    FACILITATOR,
    OPINION,
    SAM,
    STRANGER,
    SUPPORT,
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
    uuid,
    voter,
    votes,
    withdraws_ballot,
)
from tests.given_when_then import Story, Wait, given

GRACE_MS = 5_000
BEGUN = [*opened(), *joins(ANNA, BEN), *scribe_and_walk_in(), *ideas(ANNA, 3)]
OPEN: list[Command] = [*BEGUN, opens_round(1, approval(2, 1), 1, 2, 3, grace_ms=GRACE_MS)]
CLOSES = CloseRound(actor=FACILITATOR, round=round_id(1))
CERTIFIES = CertifyResult(actor=FACILITATOR, round=round_id(1), tie_root=TIE_ROOT)


def issues(who: str, *, by: str = SAM, **more: Any) -> IssuePaper:
    return IssuePaper(actor=by, round=round_id(1), participant=who, voter=voter(who), **more)


def batch_id(number: int) -> str:
    return uuid(5, number)


def choice(*options: int) -> tuple[str, ...]:
    return tuple(idea_id(option) for option in options)


def enters(number: int, *ballots: tuple[str, ...], by: str = SAM, **more: Any) -> EnterPaperBatch:
    facts = {"label": f"box-{number}", **more}
    return EnterPaperBatch(actor=by, round=round_id(1), batch=batch_id(number), ballots=ballots, **facts)


def checks(
    number: int, *ballots: tuple[str, ...], by: str = FACILITATOR, spoiled: int = 0
) -> CheckPaperBatch:
    digest = batch_digest(round_id(1), ballots, spoiled)
    return CheckPaperBatch(actor=by, round=round_id(1), batch=batch_id(number), digest=digest)


def voids(number: int, *, by: str = FACILITATOR) -> VoidPaperBatch:
    return VoidPaperBatch(actor=by, round=round_id(1), batch=batch_id(number), reason="mistake")


def over(*issued: Command) -> Story:
    """The round after its grace; Anna has sent a ballot, Ben and Cleo have a sheet each."""
    handed = list(issued) or [issues(BEN), issues(CLEO)]
    return given(OPEN, votes(ANNA, 1), handed, CLOSES, Wait(GRACE_MS))


# Handing out


def test_a_scribe_or_a_facilitator_hands_out_a_sheet_and_nobody_else() -> None:
    story = given(OPEN)
    story.when(issues(CLEO, by=ANNA)).then_refused(NotAScribe)
    story = story.when(issues(CLEO)).then(PaperIssued(sheet=1, voter=voter(CLEO)))
    story.when(issues(BEN, by=FACILITATOR)).then(PaperIssued(sheet=1, voter=voter(BEN)))


def test_a_sheet_goes_to_somebody_who_is_here_while_the_round_is_open() -> None:
    given(OPEN).when(issues(STRANGER)).then_refused(NotAParticipant)
    given(BEGUN).when(issues(CLEO)).then_refused(RoundNotFound)
    given(OPEN, CLOSES).when(issues(CLEO)).then_refused(RoundNotOpen, status="closed")


def test_statement_by_statement_nobody_votes_on_paper() -> None:
    given(BEGUN, opens_round(1, OPINION, 1)).when(issues(CLEO)).then_refused(RoundStateConflict)


def test_in_an_open_round_the_sheet_is_the_participants_own() -> None:
    story = given(BEGUN, opens_round(1, SUPPORT, 1, secrecy="open"))
    story.when(issues(CLEO)).then_refused(NotTheAuthor)
    story.when(replace(issues(CLEO), voter=CLEO)).then(PaperIssued(sheet=1, voter=CLEO))


def test_who_has_a_sheet_sends_no_ballot_and_who_has_a_ballot_gets_no_sheet() -> None:
    story = given(OPEN, votes(ANNA, 1), issues(BEN))
    story.when(votes(BEN, 1)).then_refused(VotesOnPaper)
    story.when(issues(ANNA)).then_refused(BallotStands)
    story.tell(withdraws_ballot(ANNA))
    story.when(issues(ANNA)).then(PaperIssued(sheet=1, voter=voter(ANNA)))


def test_a_sheet_of_one_round_blocks_no_other() -> None:
    story = given(OPEN, opens_round(2, SUPPORT, 1), issues(BEN))
    story.when(votes(BEN, 1, number=2)).then_on((f"{round_id(2)}/{voter(BEN)}", BallotCast))


def test_a_spoiled_sheet_is_replaced_by_a_numbered_one_up_to_a_limit() -> None:
    story = given(OPEN, issues(BEN))
    story.when(issues(BEN)).then_nothing()
    story.when(issues(BEN, sheet=3)).then_refused(RoundStateConflict)
    for sheet in range(2, papers.SHEETS_MAX + 1):
        story = story.when(issues(BEN, sheet=sheet)).then(PaperIssued(sheet=sheet, voter=voter(BEN)))
    story.when(issues(BEN, sheet=papers.SHEETS_MAX + 1)).then_refused(LimitReached)


# Entering and checking


def test_papers_are_entered_only_when_nobody_can_send_a_ballot_any_more() -> None:
    story = given(OPEN, issues(BEN))
    story.when(enters(1, choice(1))).then_refused(RoundStateConflict, status="open")
    story.tell(CLOSES)
    until = story.clock + GRACE_MS
    story.when(enters(1, choice(1))).then_refused(GraceRunning, until=until)
    story.tell(Wait(GRACE_MS))
    story.when(enters(1, choice(1))).then_on((round_id(1), PaperBatchEntered))


def test_a_batch_is_written_in_an_order_that_tells_nothing_of_who_handed_in_what() -> None:
    ballots = (choice(2, 3), choice(1))
    entered = PaperBatchEntered(
        ballots=ballots[::-1],
        batch=batch_id(1),
        digest=batch_digest(round_id(1), ballots, 0),
        label="box-1",
        spoiled=0,
    )
    over().when(enters(1, *ballots)).then(entered)


def test_a_paper_says_what_a_ballot_of_the_round_may_say() -> None:
    story = over()
    story.when(enters(1, choice(2, 1))).then_refused(ChoiceMalformed)
    story.when(enters(1, choice(1, 2, 3))).then_refused(ChoiceMalformed)
    story.when(enters(1, choice(9))).then_refused(OptionUnknown, option=idea_id(9))
    story.when(enters(1, ())).then_on((round_id(1), PaperBatchEntered))


def test_more_papers_than_people_or_sheets_are_not_entered() -> None:
    story = over()
    story.when(enters(1, *[choice(1)] * 3)).then_refused(PaperUnaccounted, people=2, counted=3)
    story.when(enters(1, choice(1), choice(2), spoiled=1)).then_refused(PaperUnaccounted, sheets=2, spoiled=1)
    story.when(enters(1)).then_refused(PaperUnaccounted)
    story.tell(enters(1, choice(1)))
    story.when(enters(2, choice(1), choice(2))).then_refused(PaperUnaccounted)
    again = over(issues(BEN), issues(BEN, sheet=2), issues(CLEO))
    again.when(enters(1, *[choice(1)] * 3)).then_refused(PaperUnaccounted, people=2, sheets=3)
    again.when(enters(1, choice(1), choice(2), spoiled=1)).then_on((round_id(1), PaperBatchEntered))


def test_a_batch_counts_only_when_a_second_person_has_entered_the_same() -> None:
    story = over()
    story.tell(enters(1, choice(1), choice(2)))
    story.when(checks(1, choice(2), choice(1), by=SAM)).then_refused(SecondPersonNeeded, batch="box-1")
    story.when(checks(1, choice(1), choice(1))).then_refused(PaperBatchDiffers)
    story.when(checks(1, choice(1), choice(2), spoiled=1)).then_refused(PaperBatchDiffers)
    story.when(checks(2, choice(1))).then_refused(PaperBatchNotFound)
    story.when(checks(1, choice(1), by=ANNA)).then_refused(NotAScribe)
    digest = batch_digest(round_id(1), (choice(1), choice(2)), 0)
    story = story.when(checks(1, choice(2), choice(1))).then(
        PaperBatchChecked(batch=batch_id(1), digest=digest)
    )
    story.when(checks(1, choice(1), choice(2))).then_nothing()
    story.when(checks(1, choice(1))).then_refused(PaperBatchStateConflict, status="checked")


def test_a_batch_that_is_entered_is_not_entered_again() -> None:
    story = over()
    story.tell(enters(1, choice(1)))
    story.when(enters(1, choice(1))).then_refused(PaperBatchStateConflict, status="entered")
    story.when(enters(2, choice(2), label="box-1")).then_refused(PaperBatchRepeated, batch="box-1")
    story.when(enters(2, choice(1))).then_refused(PaperBatchRepeated, batch="box-1")
    story.when(enters(2, choice(2), same_as=batch_id(1))).then_refused(PaperBatchNotFound)
    story.when(enters(2, choice(1), same_as=batch_id(1))).then_on((round_id(1), PaperBatchEntered))


def test_batches_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(papers, "BATCHES_MAX", 1)
    story = over()
    story.tell(enters(1, choice(1)))
    story.when(enters(2, choice(2))).then_refused(LimitReached)


def test_a_voided_batch_counts_no_more_and_can_be_entered_again() -> None:
    story = over()
    story.tell(enters(1, choice(1)))
    story.tell(checks(1, choice(1)))
    story.when(voids(1, by=SAM)).then_refused(NotAFacilitator)
    story.when(voids(2)).then_refused(PaperBatchNotFound)
    voided = PaperBatchVoided(batch=batch_id(1), reason="mistake")
    story = story.when(voids(1)).then(voided)
    story.when(voids(1)).then_nothing()
    story.when(checks(1, choice(1))).then_refused(PaperBatchStateConflict, status="voided")
    story.when(enters(2, choice(1), label="box-1")).then_on((round_id(1), PaperBatchEntered))


def test_who_has_mistyped_voids_their_own_batch_before_it_is_checked() -> None:
    story = over()
    story.tell(enters(1, choice(1)))
    story.when(voids(1, by=SAM)).then_on((round_id(1), PaperBatchVoided))


# Certifying


def test_a_certificate_reconciles_every_sheet_and_counts_papers_as_ballots_and_as_voters() -> None:
    story = over(issues(BEN), issues(BEN, sheet=2), issues(CLEO))
    story.tell(enters(1, choice(2), (), spoiled=1))
    story.tell(checks(1, choice(2), (), spoiled=1))
    story = story.when(replace(CERTIFIES, actor=SYSTEM)).then_on(
        (round_id(1), PaperReconciled), (round_id(1), ResultPart), (round_id(1), ResultCertified)
    )
    paper, part, certified = (entry.event for entry in story.entries[-3:])
    assert isinstance(certified, ResultCertified)
    digest = batch_digest(round_id(1), ((), choice(2)), 1)
    assert paper == PaperReconciled(
        batches=((batch_id(1), digest),), counted=2, issued=3, outstanding=0, people=2, spoiled=1
    )
    assert isinstance(part, ResultPart)
    assert part.rows == ((idea_id(1), 1), (idea_id(2), 1), (idea_id(3), 0))
    assert certified.counted_to == story.state.size - 2
    assert certified.reconciliation == Reconciliation(
        blank=1, cast=1, eligible=4, invalid=0, paper=2, replaced=0, standing=3, voters=3, withdrawn=0
    )


def test_nothing_is_certified_while_a_batch_waits_for_its_check() -> None:
    story = over()
    story.tell(enters(1, choice(1), choice(2)))
    for actor in (FACILITATOR, SYSTEM):
        story.when(replace(CERTIFIES, actor=actor)).then_refused(PaperUnchecked, batches=1)


def test_the_system_waits_for_sheets_that_are_out_and_a_facilitator_need_not() -> None:
    story = over()
    story.when(replace(CERTIFIES, actor=SYSTEM)).then_refused(PaperUnchecked, batches=0, outstanding=2)
    story = story.when(CERTIFIES).then_on(
        (round_id(1), PaperReconciled), (round_id(1), ResultPart), (round_id(1), ResultCertified)
    )
    for late in (enters(1, choice(1)), voids(1), checks(1, choice(1))):
        story.when(late).then_refused(RoundStateConflict)


def test_a_contest_opens_the_papers_again_until_the_next_certificate() -> None:
    story = over()
    for command in (enters(1, choice(2), choice(2)), checks(1, choice(2), choice(2)), CERTIFIES):
        story.tell(command)
    story.tell(ContestResult(actor=ANNA, author=ANNA, round=round_id(1), reason=text("miscounted")))
    for step in (voids(1), enters(2, choice(2), choice(3)), checks(2, choice(2), choice(3))):
        story.tell(step)
    again = RecertifyResult(actor=FACILITATOR, round=round_id(1), tie_root=TIE_ROOT)
    story = story.when(again).then_on(
        (round_id(1), PaperReconciled), (round_id(1), ResultPart), (round_id(1), ResultRecertified)
    )
    part = story.entries[-2].event
    assert isinstance(part, ResultPart)
    assert part.rows == ((idea_id(1), 1), (idea_id(2), 1), (idea_id(3), 1))


def test_a_round_declared_void_takes_no_papers() -> None:
    story = over()
    story.tell(VoidRound(actor=FACILITATOR, round=round_id(1), reason="mistake"))
    story.when(enters(1, choice(1))).then_refused(RoundStateConflict, status="voided")


# For people without a device


def test_a_scribe_sends_a_ballot_for_somebody_without_a_device_and_for_nobody_else() -> None:
    story = given(OPEN)
    story.when(replace(votes(BEN, 1), by=SAM)).then_refused(NotTheAuthor)
    story.when(replace(votes(CLEO, 1), by=ANNA)).then_refused(NotTheAuthor)
    story = story.when(replace(votes(CLEO, 1), by=SAM)).then_on((f"{round_id(1)}/{voter(CLEO)}", BallotCast))
    story.when(replace(withdraws_ballot(CLEO), by=BEN)).then_refused(NotTheAuthor)
