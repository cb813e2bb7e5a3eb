"""Paper ballots: one person, one ballot; entered by one, checked by another, reconciled in the certificate."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from cocreate.domain.certificate import CertifyResult, ResultCertified, ResultPart
from cocreate.domain.errors import (
    BallotStands,
    ChoiceMalformed,
    LimitReached,
    NotAFacilitator,
    NotAParticipant,
    NotAScribe,
    OptionUnknown,
    PaperAwaited,
    PaperBatchNotFound,
    PaperBatchRepeated,
    PaperBatchStateConflict,
    PaperCountDiffers,
    PaperExceeded,
    PaperHeld,
    PaperUnavailable,
    RecordIsSealed,
    RoundNotOpen,
    RoundStateConflict,
    SecondPersonNeeded,
    WorkshopNotOpen,
)
from cocreate.domain.messages import SYSTEM, Command
from cocreate.domain.paper import (
    BATCH_PAPERS_MAX,
    CheckPaperBatch,
    EnterPaperBatch,
    IssuePaper,
    PaperBatchChecked,
    PaperBatchEntered,
    PaperBatchVoided,
    PaperEntered,
    PaperIssued,
    PaperReconciled,
    VoidPaperBatch,
    paper_ballots,
)
from cocreate.domain.participant import GrantRole, JoinWorkshop
from cocreate.domain.round import CloseRound, VoidRound
from cocreate.domain.workshop import SealRecord
from tests.domain.words import (
    ANNA,
    BEN,
    CLEO,
    CLOSES_WORKSHOP,
    FACILITATOR,
    OPINION,
    RANDOM,
    SAM,
    STRANGER,
    SUPPORT,
    TIE_ROOT,
    idea_id,
    ideas,
    joins,
    opened,
    opens_round,
    person,
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
OTHER_SCRIBE = "6" * 32
CLOSES = CloseRound(actor=FACILITATOR, round=round_id(1))
CERTIFIES = CertifyResult(actor=FACILITATOR, round=round_id(1), tie_root=TIE_ROOT)
DESK: list[Command] = [
    *opened(),
    *scribe_and_walk_in(),
    *joins(ANNA, BEN, OTHER_SCRIBE),
    GrantRole(actor=FACILITATOR, participant=OTHER_SCRIBE, role="scribe"),
    *ideas(ANNA, 3),
    opens_round(1, SUPPORT, 1, 2, grace_ms=GRACE_MS),
]
PAPERS = ((idea_id(1),), (idea_id(1), idea_id(2)))


def batch_id(number: int) -> str:
    return uuid(9, number)


def issues(participant: str, *, again: bool = False, number: int = 1, by: str = SAM) -> IssuePaper:
    return IssuePaper(
        actor=by, round=round_id(number), participant=participant, voter=voter(participant), again=again
    )


def enters(number: int = 1, *, by: str = SAM, **more: Any) -> EnterPaperBatch:
    facts = {"ballots": PAPERS, "number": number, **more}
    facts["ballots"] = tuple((choice, RANDOM) for choice in facts["ballots"])
    return EnterPaperBatch(actor=by, round=round_id(1), batch=batch_id(number), **facts)


def checks(number: int = 1, *, papers: int = 2, by: str = OTHER_SCRIBE) -> CheckPaperBatch:
    return CheckPaperBatch(actor=by, round=round_id(1), batch=batch_id(number), papers=papers)


def voids(number: int = 1, *, by: str = SAM) -> VoidPaperBatch:
    return VoidPaperBatch(actor=by, round=round_id(1), batch=batch_id(number), reason="mistake")


HANDED_OUT = [*DESK, issues(CLEO), issues(BEN)]
ENTERED = [*HANDED_OUT, enters()]
CHECKED = [*ENTERED, checks()]


def certified(story: Story) -> tuple[list[ResultPart], PaperReconciled, ResultCertified]:
    *parts, papers, certificate = [pending.event for pending in story.tell(CERTIFIES)]
    assert isinstance(papers, PaperReconciled)
    assert isinstance(certificate, ResultCertified)
    return [part for part in parts if isinstance(part, ResultPart)], papers, certificate


def test_paper_is_given_to_a_voter_and_blocks_their_electronic_ballot() -> None:
    story = given(DESK).when(issues(CLEO)).then(PaperIssued(again=False, voter=voter(CLEO)))
    story.when(votes(CLEO, 1)).then_refused(PaperHeld, round=round_id(1))
    story.when(withdraws_ballot(CLEO)).then_refused(PaperHeld)


def test_whose_ballot_stands_gets_no_paper_until_it_is_withdrawn() -> None:
    story = given(DESK, votes(ANNA, 1))
    story.when(issues(ANNA)).then_refused(BallotStands, round=round_id(1))
    story.tell(withdraws_ballot(ANNA))
    story.when(issues(ANNA)).then(PaperIssued(again=False, voter=voter(ANNA)))


def test_a_second_paper_is_given_only_for_a_spoiled_one() -> None:
    story = given(DESK)
    story.when(issues(CLEO, again=True)).then_refused(PaperHeld)
    story.tell(issues(CLEO))
    story.when(issues(CLEO)).then_refused(PaperHeld)
    story.when(issues(CLEO, again=True)).then(PaperIssued(again=True, voter=voter(CLEO)))


def test_only_the_desk_gives_out_paper_to_people_who_are_present_while_the_round_takes_ballots() -> None:
    story = given(DESK)
    story.when(issues(CLEO, by=ANNA)).then_refused(NotAScribe)
    story.when(issues(STRANGER)).then_refused(NotAParticipant)
    story.tell(CLOSES)
    story.when(issues(CLEO)).then(PaperIssued(again=False, voter=voter(CLEO)))
    story.tell(Wait(GRACE_MS))
    story.when(issues(BEN)).then_refused(RoundNotOpen)
    given(DESK, CLOSES_WORKSHOP).when(issues(CLEO)).then_refused(WorkshopNotOpen)


def test_opinion_rounds_have_no_paper() -> None:
    story = given(DESK, opens_round(2, OPINION, 1))
    story.when(issues(CLEO, number=2)).then_refused(PaperUnavailable, method="opinion")
    story.when(replace(enters(), round=round_id(2))).then_refused(PaperUnavailable)


def test_a_batch_says_what_its_papers_say_and_where_they_come_from() -> None:
    given(HANDED_OUT).when(enters(ballots=PAPERS[:1], invalid=1, place=text("table 4"))).then(
        PaperBatchEntered(batch=batch_id(1), invalid=1, number=1, papers=1, place=text("table 4")),
        PaperEntered(batch=batch_id(1), choice=PAPERS[0], random=RANDOM),
    )


def test_no_more_papers_come_back_than_people_hold_one() -> None:
    story = given(DESK, issues(CLEO), issues(CLEO, again=True))
    story.when(enters()).then_refused(PaperExceeded, held=1, returned=2)
    story.tell(enters(ballots=PAPERS[:1]))
    story.when(enters(2, ballots=(), invalid=1)).then_refused(PaperExceeded, held=1, returned=2)
    story.tell(voids())
    story.when(enters(2, ballots=(), invalid=1)).then_on((round_id(1), PaperBatchEntered))


def test_a_repeated_batch_is_refused_until_the_first_is_void() -> None:
    story = given(HANDED_OUT, enters(ballots=PAPERS[:1]))
    story.when(enters(ballots=PAPERS[:1])).then_refused(PaperBatchStateConflict, status="entered")
    again = replace(enters(ballots=PAPERS[:1]), batch=batch_id(2))
    story.when(again).then_refused(PaperBatchRepeated, number=1)
    story.tell(voids())
    story.when(again).then_on((round_id(1), PaperBatchEntered), (round_id(1), PaperEntered))


@pytest.mark.parametrize(
    ("ballots", "refusal"),
    [
        (((idea_id(3),),), OptionUnknown),
        (((idea_id(2), idea_id(1)),), ChoiceMalformed),
        ((1,), ChoiceMalformed),
        (((),) * (BATCH_PAPERS_MAX + 1), LimitReached),
    ],
    ids=["not an option", "not ascending", "an answer", "too many"],
)
def test_what_no_ballot_may_say_no_paper_may_say(ballots: tuple[object, ...], refusal: type) -> None:
    given(HANDED_OUT).when(enters(ballots=ballots)).then_refused(refusal)


def test_a_batch_counts_once_somebody_else_has_counted_its_papers() -> None:
    story = given(ENTERED)
    story.when(checks(by=SAM)).then_refused(SecondPersonNeeded)
    story.when(checks(by=ANNA)).then_refused(NotAScribe)
    story.when(checks(papers=3)).then_refused(PaperCountDiffers, entered=2, counted=3)
    story.when(checks(2)).then_refused(PaperBatchNotFound, batch=batch_id(2))
    assert not story.state.ballots[round_id(1)]
    story.when(checks()).then(PaperBatchChecked(batch=batch_id(1)))
    standing = story.state.ballots[round_id(1)]
    assert [ballot.choice for ballot in standing.values()] == list(PAPERS)
    batch = story.state.batches[round_id(1)][batch_id(1)]
    assert list(standing) == [ballot for ballot, _, _ in paper_ballots(round_id(1), batch_id(1), batch)]
    assert all(re.fullmatch(rf"{round_id(1)}/[0-9a-f]{{32}}", ballot) for ballot in standing)
    story.when(checks()).then_nothing()


def test_the_desk_voids_what_is_unchecked_and_a_facilitator_what_counts() -> None:
    story = given(ENTERED).when(voids()).then(PaperBatchVoided(batch=batch_id(1), reason="mistake"))
    story.when(voids()).then_nothing()
    story.when(checks()).then_refused(PaperBatchStateConflict, status="voided")
    story = given(CHECKED)
    story.when(voids()).then_refused(NotAFacilitator)
    story.when(voids(by=FACILITATOR)).then(PaperBatchVoided(batch=batch_id(1), reason="mistake"))
    assert all(ballot.choice is None for ballot in story.state.ballots[round_id(1)].values())


def test_the_certificate_counts_paper_as_ballots_and_as_voters_and_reconciles_it() -> None:
    story = given(
        DESK,
        [issues(one) for one in (CLEO, BEN, SAM)],
        issues(CLEO, again=True),
        votes(ANNA, 2),
        CLOSES,
        Wait(GRACE_MS),
        enters(invalid=1),
        checks(papers=3),
    )
    parts, papers, certificate = certified(story)
    assert parts[0].rows == ((idea_id(1), 2), (idea_id(2), 2))
    assert papers == PaperReconciled(issued=4, returned=3, spoiled=1)
    found = certificate.reconciliation
    assert (found.paper, found.invalid, found.voters, found.eligible) == (2, 1, 4, 5)
    assert found.standing == found.cast - found.withdrawn == 4
    assert certificate.parts == 1


def test_what_was_voided_is_in_no_count() -> None:
    story = given(CHECKED, voids(by=FACILITATOR), CLOSES, Wait(GRACE_MS))
    parts, papers, certificate = certified(story)
    assert parts[0].rows == ((idea_id(1), 0), (idea_id(2), 0))
    assert papers == PaperReconciled(issued=2, returned=0, spoiled=0)
    found = certificate.reconciliation
    assert (found.paper, found.cast, found.standing, found.voters, found.withdrawn) == (0, 0, 0, 0, 0)


def test_a_round_with_paper_is_certified_by_a_person_when_all_of_it_is_settled() -> None:
    story = given(ENTERED, CLOSES, Wait(GRACE_MS))
    story.when(CERTIFIES).then_refused(PaperAwaited, unchecked=1)
    story.tell(checks())
    story.when(replace(CERTIFIES, actor=SYSTEM)).then_refused(PaperAwaited, unchecked=0)
    story.when(CERTIFIES).then_on(
        (round_id(1), ResultPart), (round_id(1), PaperReconciled), (round_id(1), ResultCertified)
    )
    story.when(enters(2)).then_refused(RoundStateConflict, status="certified")
    story.when(voids(by=FACILITATOR)).then_refused(RoundStateConflict)
    story.when(checks()).then_refused(RoundStateConflict)


def test_a_voided_round_and_a_sealed_record_take_no_paper() -> None:
    story = given(HANDED_OUT, VoidRound(actor=FACILITATOR, round=round_id(1), reason="mistake"))
    story.when(enters()).then_refused(RoundStateConflict, status="voided")
    story.tell(CLOSES_WORKSHOP)
    story.tell(SealRecord(actor=FACILITATOR))
    story.when(enters()).then_refused(RecordIsSealed)


def test_many_may_hold_paper() -> None:
    """The walk-ins of a desk: each is a participant whom a scribe brought in."""
    people = [person(number) for number in range(1, 120)]
    walk_in = [JoinWorkshop(actor=one, how="scribe", scribe=SAM) for one in people]
    story = given(DESK, walk_in, [issues(one) for one in people])
    story.tell(enters(ballots=((idea_id(1),),) * BATCH_PAPERS_MAX))
    story.tell(checks(papers=BATCH_PAPERS_MAX))
    story.tell(CLOSES)
    story.tell(Wait(GRACE_MS))
    parts, _, certificate = certified(story)
    assert parts[0].rows[0] == (idea_id(1), BATCH_PAPERS_MAX)
    assert certificate.reconciliation.voters == BATCH_PAPERS_MAX
