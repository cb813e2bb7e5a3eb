"""Contests, certificates counted anew and overrides, as an auditor sees them: told in full, and each held to the rules."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from functools import cache
from typing import Any

import pytest

from cocreate.audit.report import VIOLATED, lines_of
from cocreate.domain.certificate import CertifyResult
from cocreate.domain.contest import ContestResult, OverrideResult, RecertifyResult
from cocreate.domain.decider import decide
from cocreate.domain.messages import SYSTEM, Command, Recorded
from cocreate.domain.round import CloseRound
from cocreate.record.codec import decode
from tests.audit.records import Copy, Pen, audited, canonical
from tests.domain.words import (
    ANNA,
    BEN,
    FACILITATOR,
    SUPPORT,
    approval,
    idea_id,
    ideas,
    joins,
    opened,
    opens_round,
    round_id,
    text,
    votes,
)
from tests.record.golden_record import COSIGNED_AT_S

NOON = 1_523_520_000_000
CONTESTS = ContestResult(actor=BEN, author=BEN, round=round_id(1), reason=text("no words here"))


class Told(Pen):
    """A pen that writes what commands lead to, a minute apart."""

    def tell(self, command: Command) -> int:
        """The position of the last entry."""
        time = NOON + 60_000 * len(self.entries)
        command_id = f"{len(self.entries):032x}"
        for one in decide(command, self.state, time):
            self.write(Recorded(0, time, command.actor, one.aggregate, command_id, one.event))
        return len(self.entries) - 1

    def certify(self, kind: type[CertifyResult | RecertifyResult], actor: str) -> int:
        return self.tell(kind(actor=actor, round=round_id(1), tie_root=self.roots[round_id(1)]))


@cache
def disputed() -> tuple[Copy, dict[str, int]]:
    """A result that is contested, counted anew and overridden, and where each of them stands."""
    pen = Told()
    for command in [
        *opened(), *joins(ANNA, BEN), *ideas(ANNA, 3), opens_round(1, approval(2, 1), 1, 2, 3, grace_ms=0, secrecy="open"),
        replace(votes(ANNA, 1, 2), actor=ANNA), replace(votes(BEN, 2), actor=BEN), CloseRound(actor=FACILITATOR, round=round_id(1)),
    ]:  # fmt: skip
        pen.tell(command)
    at = {"certified": pen.certify(CertifyResult, SYSTEM), "contested": pen.tell(CONTESTS)}
    at["recertified"] = pen.certify(RecertifyResult, FACILITATOR)
    declares = OverrideResult(
        actor=FACILITATOR, round=round_id(1), options=(idea_id(3),), reason=text("no words")
    )
    at["overridden"] = pen.tell(declares)
    return pen.copy(), at


def told(copy: Copy) -> dict[str, Any]:
    (found,) = audited(copy).rounds
    return asdict(found)


def test_the_report_tells_the_whole_story_and_recounts_both_certificates() -> None:
    copy, at = disputed()
    report = audited(copy)
    assert {one.kind for one in report.violations} <= {"text_missing"}, "these texts were never written down"
    found = told(copy)
    assert found["recounted"] == "the same"
    assert found["certified_at"] == at["recertified"]
    assert (found["elected"], found["declared"]) == ((idea_id(2),), (idea_id(3),))
    assert [(one["what"], one["position"], one["of"]) for one in found["since"]] == [
        ("contested", at["contested"], at["certified"]),
        ("recertified", at["recertified"], at["certified"]),
        ("overridden", at["overridden"], at["recertified"]),
    ]
    lines = "\n".join(lines_of(report))
    assert f"contested by entry {at['contested']}" in lines
    assert f"in place of entry {at['certified']}" in lines
    assert f"DECLARED INSTEAD of what was counted: {idea_id(3)}" in lines


def forged(which: str, **facts: Any) -> tuple[Copy, int]:
    """The copy with other facts in one of its entries, signed again by its own server."""
    copy, at = disputed()
    entries = list(copy.shown)
    plain = json.loads(entries[at[which]])
    plain["facts"] |= facts
    entries[at[which]] = canonical(plain)
    decode(entries[at[which]])
    return copy.with_entries(entries).signed_again(cosigned_at_s=COSIGNED_AT_S), at[which]


@pytest.mark.parametrize(
    ("which", "facts", "kind"),
    [
        ("recertified", {"elected": [idea_id(1)]}, "tally"),
        ("recertified", {"ballots_digest": "0" * 64}, "tally"),
        ("recertified", {"earlier": 3}, "tally"),
        ("recertified", {"digest": "0" * 64}, "digest"),
        ("recertified", {"rules": {**SUPPORT.model_dump()}}, "tally"),
        ("contested", {"contested": 3}, "facts"),
        ("contested", {"author": ANNA}, "rule"),
        ("overridden", {"certificate": 3}, "facts"),
        ("overridden", {"options": [idea_id(9)]}, "rule"),
    ],
)
def test_each_of_them_is_held_to_the_rules(which: str, facts: dict[str, Any], kind: str) -> None:
    copy, position = forged(which, **facts)
    report = audited(copy)
    found = [one for one in report.violations if one.kind != "text_missing"]
    assert report.exit_code == VIOLATED
    assert (found[0].kind, position in found[0].positions) == (kind, True)
