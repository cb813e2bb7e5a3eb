"""Certificates: what was counted, from which ballots, and how ties broke."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from cocreate.domain import certificate as certificates
from cocreate.domain.ballot import BallotCast
from cocreate.domain.canonical import digest_of
from cocreate.domain.certificate import CertifyResult, Reconciliation, ResultCertified, ResultPart
from cocreate.domain.errors import GraceRunning, NotAFacilitator, RoundNotFound, RoundStateConflict
from cocreate.domain.messages import SYSTEM, Command
from cocreate.domain.participant import LeaveWorkshop
from cocreate.domain.round import CloseRound
from cocreate.domain.voting import Rules
from cocreate.domain.workshop import UNSET_DIGEST
from tests.domain.words import (
    ANNA,
    BEN,
    CLEO,
    CLOSES_WORKSHOP,
    FACILITATOR,
    OPINION,
    SAM,
    SUPPORT,
    TIE_ROOT,
    answers,
    approval,
    hides,
    idea_id,
    ideas,
    joins,
    opened,
    opens_round,
    round_id,
    voter,
    votes,
    withdraws_ballot,
)
from tests.given_when_then import Story, Wait, given

GRACE_MS = 5_000
PEOPLE = [*opened(), *joins(ANNA, BEN, CLEO, SAM)]
BOARD = [*PEOPLE, *ideas(ANNA, 4)]
CLOSES = CloseRound(actor=FACILITATOR, round=round_id(1))
CERTIFIES = CertifyResult(actor=SYSTEM, round=round_id(1), tie_root=TIE_ROOT)


def voted(*ballots: Command, rules: Rules = SUPPORT, options: tuple[int, ...] = (1, 2, 3, 4)) -> Story:
    """A round over these ballots, closed, its grace over."""
    round_opened = opens_round(1, rules, *options, grace_ms=GRACE_MS)
    return given(BOARD, round_opened, list(ballots), CLOSES, Wait(GRACE_MS))


def certify(story: Story) -> tuple[list[ResultPart], ResultCertified]:
    events = [pending.event for pending in story.tell(CERTIFIES)]
    *parts, certified = events
    assert isinstance(certified, ResultCertified)
    return [part for part in parts if isinstance(part, ResultPart)], certified


def test_a_certificate_carries_rows_rules_reconciliation_and_digests_of_what_it_counted() -> None:
    story = voted(votes(ANNA, 1, 2), votes(BEN, 2), votes(CLEO), withdraws_ballot(CLEO), votes(BEN, 2, 3))
    counted_to = story.state.size
    rows = ((idea_id(1), 1), (idea_id(2), 2), (idea_id(3), 1), (idea_id(4), 0))
    ballots = sorted(
        [
            [f"{round_id(1)}/{voter(ANNA)}", 1, [idea_id(1), idea_id(2)]],
            [f"{round_id(1)}/{voter(BEN)}", 2, [idea_id(2), idea_id(3)]],
        ]
    )
    story.when(CERTIFIES).then(
        ResultPart(number=0, rows=rows),
        ResultCertified(
            ballots_digest=digest_of(ballots),
            counted_to=counted_to,
            digest=UNSET_DIGEST,
            digest_version=1,
            elected=(),
            parts=1,
            reconciliation=Reconciliation(
                blank=0,
                cast=3,
                eligible=4,
                invalid=0,
                paper=0,
                replaced=1,
                standing=2,
                voters=2,
                withdrawn=1,
            ),
            result_digest=digest_of(rows),
            rules=SUPPORT,
            steps_digest=digest_of([{"step": "counted", "options": 4}]),
        ),
    )


def test_certifying_again_changes_nothing() -> None:
    story = voted(votes(ANNA, 1))
    story.tell(CERTIFIES)
    story.when(CERTIFIES).then_nothing()


def test_a_facilitator_may_certify_by_hand_and_nobody_else_but_the_system() -> None:
    story = voted(votes(ANNA, 1))
    story.when(replace(CERTIFIES, actor=ANNA)).then_refused(NotAFacilitator)
    story.when(replace(CERTIFIES, actor=FACILITATOR)).then_on(
        (round_id(1), ResultPart), (round_id(1), ResultCertified)
    )


def test_an_open_round_or_an_unknown_one_is_not_certified() -> None:
    given(BOARD).when(CERTIFIES).then_refused(RoundNotFound, round=round_id(1))
    given(BOARD, opens_round(1, SUPPORT, 1)).when(CERTIFIES).then_refused(
        RoundStateConflict, status="open", wanted="certified"
    )


def test_no_certificate_while_late_ballots_count_then_they_are_in_it() -> None:
    story = given(BOARD, opens_round(1, SUPPORT, 1, grace_ms=GRACE_MS), CLOSES)
    until = story.clock + GRACE_MS
    story.when(CERTIFIES).then_refused(GraceRunning, until=until)
    story = story.when(votes(ANNA, 1)).then_on((f"{round_id(1)}/{voter(ANNA)}", BallotCast))
    story.tell(Wait(until - story.clock - 1))
    story.when(CERTIFIES).then_refused(GraceRunning, until=until)
    _, certified = certify(story)
    assert certified.reconciliation.standing == 1


def test_closing_the_workshop_ends_the_grace_so_its_rounds_are_certified_at_once() -> None:
    story = given(BOARD, opens_round(1, SUPPORT, 1), votes(ANNA, 1), CLOSES_WORKSHOP)
    story.when(CERTIFIES).then_on((round_id(1), ResultPart), (round_id(1), ResultCertified))


def test_the_reconciliation_adds_up() -> None:
    story = voted(
        votes(ANNA, 1), votes(ANNA, 2), votes(BEN), votes(CLEO, 1), withdraws_ballot(CLEO), votes(CLEO)
    )
    _, certified = certify(story)
    found = certified.reconciliation
    assert found.standing == found.cast - found.withdrawn == 3
    with_a_mark = 1
    assert found.standing == found.blank + found.invalid + with_a_mark
    assert found.voters <= found.eligible


def test_who_leaves_after_voting_was_eligible_and_who_left_before_was_not() -> None:
    story = given(
        BOARD,
        LeaveWorkshop(actor=SAM),
        opens_round(1, SUPPORT, 1, grace_ms=0),
        votes(ANNA, 1),
        votes(BEN, 1),
        LeaveWorkshop(actor=ANNA),
        LeaveWorkshop(actor=BEN),
        LeaveWorkshop(actor=CLEO),
        CLOSES,
    )
    _, certified = certify(story)
    assert (certified.reconciliation.eligible, certified.reconciliation.voters) == (3, 2)


def test_in_an_opinion_round_ballots_outnumber_voters() -> None:
    story = voted(answers(ANNA, 1, 1), answers(ANNA, 2, 0), answers(BEN, 1, -1), rules=OPINION)
    parts, certified = certify(story)
    assert parts[0].rows[:2] == ((idea_id(1), 1, 1, 0), (idea_id(2), 0, 0, 1))
    assert (certified.reconciliation.standing, certified.reconciliation.voters) == (3, 2)


def test_answers_to_a_statement_hidden_since_stay_counted() -> None:
    growing = opens_round(1, OPINION, admission="growing", grace_ms=0)
    story = given(PEOPLE, growing, ideas(ANNA, 2), answers(BEN, 1, 1), hides(1), CLOSES)
    parts, _ = certify(story)
    assert parts[0].rows[0] == (idea_id(1), 1, 0, 0)


def test_ballots_of_other_rounds_do_not_count() -> None:
    story = given(
        BOARD,
        opens_round(1, SUPPORT, 1, grace_ms=0),
        opens_round(2, SUPPORT, 1),
        votes(ANNA, 1, number=2),
        votes(BEN, 1),
        CLOSES,
    )
    parts, certified = certify(story)
    assert parts[0].rows == ((idea_id(1), 1),)
    assert certified.reconciliation.cast == 1


def test_a_long_result_is_written_in_numbered_parts_whose_count_and_digest_the_certificate_carries(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(certificates, "ROWS_PER_PART", 3)
    parts, certified = certify(voted(votes(ANNA, 4)))
    assert [(part.number, len(part.rows)) for part in parts] == [(0, 3), (1, 1)]
    assert certified.parts == 2
    assert certified.result_digest == digest_of([row for part in parts for row in part.rows])


def test_seats_go_to_the_most_approved_one_after_another() -> None:
    story = voted(votes(ANNA, 1, 2), votes(BEN, 2, 3), votes(CLEO, 2, 3), rules=approval(2, seats=2))
    _, certified = certify(story)
    assert certified.elected == (idea_id(2), idea_id(3))


def test_a_tie_breaks_by_the_published_rule() -> None:
    """The rule written out from RECORD.md §4 alone: SHA-256 of a seed from the root before the round, then of each option."""

    def part(value: bytes) -> bytes:
        return len(value).to_bytes(4, "big") + value

    raw_round = bytes.fromhex(round_id(1).replace("-", ""))
    seed = hashlib.sha256(b"cocreate/tie/v1\n" + part(TIE_ROOT) + part(raw_round)).digest()
    ranked = sorted(
        (idea_id(number) for number in (1, 2, 3, 4)),
        key=lambda option: hashlib.sha256(
            b"cocreate/tie-rank/v1\n" + part(seed) + part(bytes.fromhex(option.replace("-", "")))
        ).digest(),
    )
    assert ranked != sorted(ranked), "an example where the rule differs from the order of ids"
    story = voted(votes(ANNA, 1, 2, 3, 4), rules=approval(4, seats=3))
    _, certified = certify(story)
    assert list(certified.elected) == ranked[:3]


def test_another_root_breaks_the_tie_otherwise() -> None:
    elected = set()
    for root in range(8):
        story = voted(votes(ANNA, 1, 2, 3, 4), rules=approval(4, seats=1))
        command = CertifyResult(actor=SYSTEM, round=round_id(1), tie_root=bytes([root]) * 32)
        certified = story.tell(command)[-1].event
        assert isinstance(certified, ResultCertified)
        elected.add(certified.elected)
    assert len(elected) > 1
