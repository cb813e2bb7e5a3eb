"""FORMAT.md is enough to write an auditor: one that shares no code with ours agrees on the honest record and the attacks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from cocreate.record.export import Withheld
from tests.audit import test_attacks as attacks
from tests.audit.records import (
    GOLDEN,
    Copy,
    audited,
    golden_until,
    history_copy,
    kinds,
    refilled,
    rewritten,
    withheld,
)
from tests.audit.stranger import Wrong, audit
from tests.histories import random_history
from tests.tlog.test_mutations import changed_bytes

LENGTH_MAX = 200
"""Lines that are not empty."""
CASES = 600


def refused(copy: Copy | bytes, **remembered: bytes) -> str:
    """What the stranger says is wrong; empty where nothing is."""
    seen = {int(size[1:]): root for size, root in remembered.items()}
    try:
        audit(copy if isinstance(copy, bytes) else copy.file(), GOLDEN.header.vkey, seen)
    except Wrong as wrong:
        return str(wrong).partition(":")[0]
    return ""


def test_both_take_the_golden_record_in_both_formats() -> None:
    assert refused(GOLDEN) == refused(replace(GOLDEN, note=None)) == ""


@pytest.mark.parametrize("seed", range(8))
def test_both_take_any_honest_history(seed: int) -> None:
    copy = history_copy(random_history(Random(f"stranger/{seed}"), 200))
    assert kinds(audited(copy)) == []
    assert audit(copy.file(), copy.header.vkey) == 0


def test_both_count_what_is_withheld_and_refuse_it_once_results_are_out() -> None:
    waiting = withheld(golden_until(33))
    assert audit(waiting.file(), GOLDEN.header.vkey) == audited(waiting).entries_withheld == 6
    assert refused(withheld(GOLDEN)) in ("count", "withheld")


@pytest.mark.parametrize("name", attacks.NOTES)
def test_both_refuse_notes_that_are_not_the_logs_own(name: str) -> None:
    if name != "a witness's bad signature":  # the stranger knows no witness
        assert refused(attacks.NOTES[name][0]()) == "note"


@pytest.mark.parametrize("name", attacks.TALLIES)
def test_both_refuse_certificates_that_are_not_the_count(name: str) -> None:
    found = refused(refilled(GOLDEN, attacks.TALLIES[name]))
    assert found == (
        "" if name == "ballots that were not cast" else "count"
    )  # it leaves the reconciliation alone


@pytest.mark.parametrize("name", [one for one, (_, kind, _) in attacks.RULES.items() if kind == "ballot"])
def test_both_refuse_ballots_that_stand_where_none_may(name: str) -> None:
    """Those that the page lets everybody tell; who was present is a rule of the domain, and shows in the digest."""
    found = refused(refilled(GOLDEN, attacks.RULES[name][0]))
    assert found == ("digest" if name == "not eligible, open round" else "ballot")


@pytest.mark.parametrize("name", attacks.REWRITES)
def test_both_find_a_rewritten_history_by_memory_alone(name: str) -> None:
    """The stranger, too, passes it without."""
    forged = rewritten(GOLDEN, attacks.REWRITES[name])
    assert refused(forged) == ""
    assert refused(forged, _51=bytes.fromhex(GOLDEN.header.root)) == "history"


def test_both_refuse_entries_that_the_root_does_not_hold() -> None:
    node = replace(GOLDEN.with_entries([Withheld(withheld=GOLDEN.header.root)]), texts=())
    assert refused(node) == "note"
    assert refused(GOLDEN.with_entries(GOLDEN.entries[:-1])) == "root"
    swapped = [GOLDEN.entries[1], GOLDEN.entries[0], *GOLDEN.entries[2:]]
    assert refused(GOLDEN.with_entries(swapped)) == "root"


def test_whatever_bytes_are_changed_neither_takes_them() -> None:
    """Where only lines of others in the note changed, ours leaves the verdict open, which the stranger cannot."""
    random, file = Random("stranger"), GOLDEN.file()
    for _ in range(CASES):
        made = changed_bytes(file, random)
        report = audited(made)
        assert report.exit_code != 0
        if report.violations and kinds(report) not in (["text_missing"], ["signature"]):
            assert refused(made) != ""


def test_the_stranger_is_short() -> None:
    lines = Path(__file__).with_name("stranger.py").read_text().splitlines()
    assert sum(line != "" for line in lines) <= LENGTH_MAX
