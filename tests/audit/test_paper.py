"""Votes on paper as an auditor sees them: recounted, reconciled, and every trick with them found."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from cocreate.audit.report import UNCHECKED, VIOLATED, lines_of
from cocreate.domain.certificate import CertifyResult
from cocreate.domain.messages import Command
from cocreate.domain.paper import CheckPaperBatch, EnterPaperBatch, IssuePaper, VoidPaperBatch, batch_digest
from cocreate.domain.participant import GrantRole
from cocreate.domain.round import CloseRound
from cocreate.record.export import Withheld
from cocreate.tlog.merkle import leaf_hash
from tests.audit.records import Copy, audited, canonical
from tests.audit.stranger import Wrong
from tests.audit.stranger import audit as strangers_audit
from tests.audit.test_contest import Told
from tests.domain.words import (
    ANNA,
    BEN,
    CLEO,
    FACILITATOR,
    SAM,
    approval,
    idea_id,
    ideas,
    joins,
    opened,
    opens_round,
    round_id,
    uuid,
    votes,
)
from tests.record.golden_record import COSIGNED_AT_S

BALLOTS = ((), (idea_id(2),))
BATCH, VOIDED = uuid(5, 1), uuid(5, 2)


def issues(who: str) -> IssuePaper:
    return IssuePaper(actor=SAM, round=round_id(1), participant=who, voter=who)


def enters(batch: str, label: str) -> EnterPaperBatch:
    return EnterPaperBatch(actor=SAM, round=round_id(1), batch=batch, label=label, ballots=BALLOTS, spoiled=1)


@cache
def on_paper(*, certified: bool = True) -> tuple[Copy, dict[str, int]]:
    """Anna has sent a ballot, Ben (twice) and Cleo have a sheet; one batch is taken out, the same one counts."""
    pen = Told()
    story: list[Command] = [
        *opened(), *joins(ANNA, BEN, CLEO, SAM), GrantRole(actor=FACILITATOR, participant=SAM, role="scribe"), *ideas(ANNA, 2),
        opens_round(1, approval(2, 1), 1, 2, grace_ms=0, secrecy="open"), replace(votes(ANNA, 1), actor=ANNA),
        issues(BEN), replace(issues(BEN), sheet=2), issues(CLEO), CloseRound(actor=FACILITATOR, round=round_id(1)),
    ]  # fmt: skip
    for command in story:
        pen.tell(command)
    at = {"issued": len(pen.entries) - 2, "wrong": pen.tell(enters(VOIDED, "box-1"))}
    at["voided"] = pen.tell(
        VoidPaperBatch(actor=FACILITATOR, round=round_id(1), batch=VOIDED, reason="mistake")
    )
    at["entered"] = pen.tell(enters(BATCH, "box-1"))
    digest = batch_digest(round_id(1), BALLOTS, 1)
    at["checked"] = pen.tell(
        CheckPaperBatch(actor=FACILITATOR, round=round_id(1), batch=BATCH, digest=digest)
    )
    if certified:
        at["certified"] = pen.certify(CertifyResult, FACILITATOR)
    return pen.copy(), at


def kinds_of(copy: Copy) -> list[str]:
    return [one.kind for one in audited(copy).violations if one.kind != "text_missing"]


def test_papers_are_counted_again_and_every_sheet_is_told() -> None:
    copy, _ = on_paper()
    report = audited(copy)
    assert kinds_of(copy) == []
    (found,) = report.rounds
    assert found.recounted == "the same"
    assert found.paper is not None
    sheets = found.paper
    assert (sheets.people, sheets.issued, sheets.counted, sheets.spoiled, sheets.batches) == (2, 3, 2, 1, 1)
    assert "3 sheets to 2 people, 2 counted in 1 batches, 1 spoiled, 0 not brought back" in "\n".join(
        lines_of(report)
    )


def test_a_strangers_auditor_counts_the_same() -> None:
    """Written from FORMAT.md alone; papers that say something else are not what was signed for."""
    copy, at = on_paper()
    assert strangers_audit(copy.file(), str(copy.key)) == 0
    forged = edited(at["entered"], lambda facts: facts.update(ballots=[[], []]))
    with pytest.raises(Wrong, match="digest"):
        strangers_audit(forged.file(), str(copy.key))


def edited(position: int, change: Callable[[dict[str, Any]], object], *, actor: str | None = None) -> Copy:
    """The copy with other facts in one entry, signed again by its own server."""
    copy, _ = on_paper()
    entries = list(copy.shown)
    plain = json.loads(entries[position])
    change(plain["facts"])
    plain["actor"] = actor or plain["actor"]
    entries[position] = canonical(plain)
    return copy.with_entries(entries).signed_again(cosigned_at_s=COSIGNED_AT_S)


TRICKS: dict[str, tuple[str, Callable[[dict[str, Any]], object], str | None, str]] = {
    "a paper says something else": ("entered", lambda facts: facts.update(ballots=[[], [idea_id(1)]]), None, "facts"),
    "one more paper than sheets": ("entered", lambda facts: facts["ballots"].append([idea_id(2)]), None, "rule"),
    "papers in the order of the box": ("entered", lambda facts: facts["ballots"].reverse(), None, "facts"),
    "checked by who entered it": ("checked", lambda facts: None, SAM, "rule"),
    "checked as something else": ("checked", lambda facts: facts.update(digest="0" * 64), None, "rule"),
    "the batch taken out counts": ("checked", lambda facts: facts.update(batch=VOIDED), None, "rule"),
    "a sheet for somebody who has voted": ("issued", lambda facts: facts.update(voter=ANNA), None, "rule"),
    "entered by a participant": ("entered", lambda facts: None, ANNA, "rule"),
}  # fmt: skip


@pytest.mark.parametrize("name", TRICKS)
def test_a_trick_with_paper_is_found(name: str) -> None:
    which, change, actor, kind = TRICKS[name]
    _, at = on_paper()
    copy = edited(at[which], change, actor=actor)
    assert audited(copy).exit_code == VIOLATED
    assert kinds_of(copy)[0] == kind


@pytest.mark.parametrize("fact", ["counted", "issued", "outstanding", "people", "spoiled"])
def test_a_sheet_that_is_told_otherwise_is_found(fact: str) -> None:
    """The reconciliation stands right before the certificate's part."""
    _, at = on_paper()
    copy = edited(at["certified"] - 2, lambda facts: facts.update({fact: facts[fact] + 1}))
    assert kinds_of(copy) == ["tally"]


def test_a_batch_withheld_while_results_are_leaves_the_audit_open_and_nothing_else_may_be() -> None:
    """What is entered, checked and taken out stands as hashes until the certificate."""
    copy, at = on_paper(certified=False)
    for positions, kinds in (
        ([at["wrong"], at["voided"], at["entered"], at["checked"]], []),
        ([at["issued"]], ["rule"]),
    ):
        entries = [
            Withheld(withheld=leaf_hash(entry).hex()) if place in positions else entry
            for place, entry in enumerate(copy.shown)
        ]
        report = audited(replace(copy, entries=tuple(entries)).signed_again(cosigned_at_s=COSIGNED_AT_S))
        assert [one.kind for one in report.violations if one.kind != "text_missing"] == kinds
        if not kinds:
            assert report.entries_withheld == 4
            assert "withheld" in report.unchecked
            assert report.exit_code in (UNCHECKED, VIOLATED)
