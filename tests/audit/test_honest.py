"""Honest records pass, whatever happened in them, and the report says what was proven."""

import io
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from cocreate.audit.report import EVENTS_SHOWN_MAX, PROVEN, UNCHECKED, Report, lines_of
from tests.audit.records import GOLDEN, audited, golden_until, history_copy, kinds, withheld
from tests.histories import random_history
from tests.record.golden_record import ROUND_KEY

SEEDS = 24
LENGTH = 300


def round_of(report: Report, secrecy: str) -> str:
    return next(one.round for one in report.rounds if one.secrecy == secrecy)


def test_the_golden_record_is_proven() -> None:
    """With the key pinned and a witness that vouches for its head, nothing is left open."""
    report = audited(GOLDEN)
    assert (report.exit_code, report.violations, report.unchecked) == (PROVEN, (), {})
    assert (report.pinned, report.signed, report.unwitnessed) == (True, True, 0)
    assert (report.entries_hashed, report.rules_checked_to, report.digests_checked) == (51, 51, 4)
    assert report.texts == {
        "verified": 19, "erased": 5, "withheld": 0, "not_for_this_reader": 0, "missing": 0, "mismatch": 0,
    }  # fmt: skip
    assert [one.recounted for one in report.rounds] == ["the same", "the same"]


def test_without_its_key_a_pseudonymous_round_has_a_bound_and_with_it_every_voter_is_checked() -> None:
    without = audited(GOLDEN)
    secret = round_of(without, "pseudonymous")
    bound = {one.round: one.unseen_max for one in without.rounds}
    assert bound == {secret: 1, round_of(without, "open"): None}
    with_key = audited(GOLDEN, round_keys={secret: ROUND_KEY})
    assert all(one.unseen_max is None for one in with_key.rounds)
    assert with_key.exit_code == PROVEN


def test_another_round_key_is_not_taken_for_the_rounds_own() -> None:
    secret = round_of(audited(GOLDEN), "pseudonymous")
    report = audited(GOLDEN, round_keys={secret: bytes(32)})
    assert report.exit_code == UNCHECKED
    assert list(report.unchecked) == [f"round_key/{secret}"]
    assert report.rounds[0].unseen_max == 1


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_history_that_the_rules_allowed_is_found_to_be_one(seed: int) -> None:
    """Random commands, accepted by the domain: every event is traced back to a command that leads to it."""
    copy = history_copy(random_history(Random(f"audit/{seed}"), LENGTH))
    report = audited(copy)
    assert report.violations == ()
    assert report.rules_checked_to == len(copy.entries)
    assert report.digest is not None


def test_without_a_key_the_copy_is_only_compared_with_itself() -> None:
    report = audited(GOLDEN, key=None)
    assert report.exit_code == UNCHECKED
    assert list(report.unchecked) == ["key"]
    assert not report.pinned


def test_without_memory_or_a_witness_a_rewritten_history_cannot_be_excluded() -> None:
    report = audited(GOLDEN, policy=None)
    assert report.exit_code == UNCHECKED
    assert list(report.unchecked) == ["history"]
    assert report.unwitnessed == 51


def test_a_file_without_a_checkpoint_leaves_the_signature_open() -> None:
    """Export format 1."""
    report = audited(replace(GOLDEN, note=None))
    assert report.violations == ()
    assert {"signature", "history"} <= set(report.unchecked)


def test_what_was_seen_before_is_remembered_and_continued(tmp_path: Path) -> None:
    """The first audit remembers, the second proves that the longer record holds the shorter one."""
    state = tmp_path / "state.json"
    first = audited(golden_until(40), policy=None, state=state)
    assert kinds(first) == []
    second = audited(GOLDEN, policy=None, state=state)
    assert (second.exit_code, second.remembered) == (PROVEN, 40)
    assert audited(GOLDEN, policy=None, state=state).remembered == 51


def test_ballots_that_may_be_withheld_leave_the_audit_open_until_results_show() -> None:
    """While the round waits for its certificate its ballots are hashes; of the certified record nothing is left open."""
    certified = next(at for at, one in enumerate(GOLDEN.plain()) if one["event"] == "ResultPart.v1")
    report = audited(withheld(golden_until(certified)))
    assert report.violations == ()
    assert (report.exit_code, report.entries_withheld) == (UNCHECKED, 6)
    assert "withheld" in report.unchecked
    assert report.withheld_until_ms is not None


def test_the_report_says_all_that_it_must() -> None:
    """Line by line, for a terminal; never a bare OK."""
    text = "\n".join(lines_of(audited(GOLDEN)))
    for wanted in (
        GOLDEN.header.vkey, GOLDEN.header.root, "51 entries", "Unwitnessed tail  0", "51 hashed again", "19 verified",
        "4 erased by entry 47", "eligible 4, cast 3, counted 2", "at most 1 votes could have been added unseen",
    ):  # fmt: skip
        assert wanted in text
    assert io.StringIO(text).readline() == "All of it is proven.\n"


def test_what_took_texts_away_is_named_up_to_a_few_and_counted_beyond() -> None:
    """A moderated record has hundreds of such entries; a report for people stays one to read."""
    many = tuple(("withheld", event, 1) for event in range(100, 100 + EVENTS_SHOWN_MAX + 3))
    lines = list(lines_of(replace(audited(GOLDEN), texts_by_event=many)))
    assert sum("withheld by entry" in line for line in lines) == EVENTS_SHOWN_MAX
    assert any("3 more entries" in line for line in lines)
