"""Certificates of every voting method are recounted by both auditors, and a ballot, a cost or a step that lies is found."""

from __future__ import annotations

from typing import Any

import pytest

from cocreate.domain.certificate import ResultCertified, ResultPart
from tests.audit.records import Copy, Pen, audited, kinds, refilled
from tests.audit.stranger import Wrong, audit
from tests.domain.voting.rulebook import RULES
from tests.domain.voting.test_rounds import CERTIFIES, voted

EVERY = pytest.mark.parametrize("name", RULES)


def record_of(name: str) -> Copy:
    """A workshop with one round by the method, certified, as its server would export it."""
    story = voted(name, 0)
    story.tell(CERTIFIES)
    pen = Pen()
    for entry in story.entries:
        recorded = entry._replace(command=f"{entry.time:032x}")
        if isinstance(recorded.event, ResultPart):
            continue
        for one in pen.certificate(recorded) if isinstance(recorded.event, ResultCertified) else [recorded]:
            pen.write(one)
    return pen.copy()


def found_in(copy: Copy) -> list[str]:
    """The kinds of violations; the texts of these records were never anywhere, and their witness lives in another year."""
    return [kind for kind in kinds(audited(copy)) if kind not in ("text_missing", "cosigned_time")]


def verdict_of_a_stranger(copy: Copy) -> str:
    try:
        audit(copy.file(), copy.header.vkey, {})
    except Wrong as wrong:
        return str(wrong).partition(":")[0]
    return ""


@EVERY
def test_both_auditors_recount_a_round_by_every_method(name: str) -> None:
    copy = record_of(name)
    report = audited(copy)
    assert found_in(copy) == []
    assert report.rules_checked_to == len(copy.entries)
    assert [one.recounted for one in report.rounds] == ["the same"]
    assert verdict_of_a_stranger(copy) == ""


@EVERY
def test_a_certificate_with_other_steps_is_found_by_both(name: str) -> None:
    def change(entries: list[dict[str, Any]]) -> None:
        entries[-1]["facts"]["steps_digest"] = "0" * 64

    forged = refilled(record_of(name), change)
    assert found_in(forged) == ["tally"]
    assert verdict_of_a_stranger(forged) == "count"


@pytest.mark.parametrize(
    "name", [name for name, rules in RULES.items() if rules.method in ("budget", "equal_shares")]
)
def test_a_cost_that_is_not_an_options_is_found(name: str) -> None:
    """All the rest made to fit: a record whose rules were never kept."""

    def change(entries: list[dict[str, Any]]) -> None:
        priced = next(one for one in entries if one["event"] == "OptionsPriced.v1")
        priced["facts"]["costs"].pop()

    assert found_in(refilled(record_of(name), change)) == ["rule"]


def test_a_ballot_outside_the_rules_is_found_whatever_is_made_to_fit() -> None:
    """More dots than the purse holds, on an option of the round; and dots on something that is no option."""
    for dots, option in ((9, None), (1, "0000000f-0000-4000-8000-000000000009")):

        def change(entries: list[dict[str, Any]], dots: int = dots, option: str | None = option) -> None:
            cast = [
                one for one in entries if one["event"].startswith("Ballot") and one["facts"].get("choice")
            ]
            first = cast[0]["facts"]["choice"][0]
            first[1] = dots
            first[0] = option or first[0]

        assert found_in(refilled(record_of("dots"), change))[0] == "ballot"
