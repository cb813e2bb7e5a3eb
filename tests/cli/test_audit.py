"""`cocreate audit` as an auditor uses it: a file, a key from elsewhere, an exit code and words."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cocreate import cli_audit
from cocreate.domain.voting.what_if import UNDERS
from tests.audit.records import GOLDEN, Copy, golden_until
from tests.cli.commands import cocreate, facts_of
from tests.record.golden_record import SIGNED, WITNESS

KEY = GOLDEN.header.vkey


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "policy.txt"
    path.write_text(f"# who must have seen it\nwitness W {WITNESS.key}\nquorum W\n")
    return path


def saved(folder: Path, copy: Copy, name: str = "copy.jsonl") -> Path:
    path = folder / name
    path.write_bytes(copy.file())
    return path


def changed(folder: Path) -> Path:
    """The golden record with one ballot's counter raised: a copy that somebody has edited."""
    path = folder / "changed.jsonl"
    path.write_bytes(SIGNED.read_bytes().replace(b'"counter":1,', b'"counter":7,', 1))
    return path


def test_an_audit_goes_from_a_file_to_a_verdict(tmp_path: Path, policy: Path) -> None:
    """0 with key and witness; the key may stand in a file."""
    (tmp_path / "workshop.vkey").write_text(KEY + "\n")
    result = cocreate(tmp_path, "audit", "verify", SIGNED, "--key", "workshop.vkey", "--policy", policy)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("All of it is proven.\n")


def test_an_audit_says_what_it_could_not_check(tmp_path: Path) -> None:
    """2, and why."""
    result = cocreate(tmp_path, "audit", "verify", SIGNED)
    assert result.returncode == 2
    assert "no key was given" in result.stdout


def test_an_audit_finds_a_change_and_keeps_what_shows_it(tmp_path: Path, policy: Path) -> None:
    """1; evidence and page in files of their own, the report as JSON."""
    result = cocreate(
        tmp_path, "audit", "verify", changed(tmp_path), "--key", KEY, "--policy", policy, "--json",
        "--evidence", "evidence.json", "--report", "report.html",
    )  # fmt: skip
    assert result.returncode == 1
    report = json.loads(result.stdout)
    assert report["exit_code"] == 1
    evidence = json.loads((tmp_path / "evidence.json").read_text())
    assert [one["kind"] for one in evidence["violations"]] == [one["kind"] for one in report["violations"]]
    page = (tmp_path / "report.html").read_text()
    assert page.startswith("<!doctype html>")
    assert "NOT as it should be" in page


def test_an_audit_remembers(tmp_path: Path) -> None:
    """A shorter copy afterwards is one from which entries were taken away."""
    arguments = ("--key", KEY, "--state", tmp_path / "seen.json")
    assert cocreate(tmp_path, "audit", "verify", SIGNED, *arguments).returncode == 2
    assert cocreate(tmp_path, "audit", "verify", SIGNED, *arguments).returncode == 0
    shorter = cocreate(tmp_path, "audit", "verify", saved(tmp_path, golden_until(40)), *arguments)
    assert shorter.returncode == 1
    assert "rewound" in shorter.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("nowhere.jsonl",), "cannot be read"),
        ((SIGNED, "--key", "nonsense+1+2"), "--key"),
        ((SIGNED, "--key", str(WITNESS.key)), "that of a witness"),
        ((SIGNED, "--max-age", "1"), "--policy"),
        (("ftp://example.org/log",), "http or https"),
    ],
)
def test_what_cannot_be_used_is_told_in_words(
    tmp_path: Path, arguments: tuple[str | Path, ...], says: str
) -> None:
    result = cocreate(tmp_path, "audit", "verify", *arguments)
    assert result.returncode == 2
    assert says in result.stderr
    assert "Traceback" not in result.stderr


def test_an_address_where_nobody_answers_can_be_tried_again(tmp_path: Path) -> None:
    result = cocreate(tmp_path, "audit", "verify", "http://127.0.0.1:9/log", "--key", KEY)
    assert result.returncode == 3
    assert "not reached" in result.stderr


def test_a_past_moment_is_shown_from_the_file_alone(tmp_path: Path) -> None:
    """By position and by time."""
    at = json.loads(cocreate(tmp_path, "audit", "replay", SIGNED, "--at", "20").stdout)
    assert (at["at"], at["head"]) == (20, 50)
    moment = datetime.fromtimestamp(GOLDEN.plain()[20]["time"] / 1000, UTC).isoformat()
    assert json.loads(cocreate(tmp_path, "audit", "replay", SIGNED, "--at", moment).stdout) == at
    unknown = cocreate(tmp_path, "audit", "replay", SIGNED, "--at", "51")
    assert (unknown.returncode, "0 to 50" in unknown.stderr) == (2, True)


def test_a_view_of_a_record_that_breaks_its_rules_is_not_shown(tmp_path: Path) -> None:
    result = cocreate(tmp_path, "audit", "replay", changed(tmp_path))
    assert (result.returncode, result.stdout) == (1, "")


def test_two_copies_are_compared(tmp_path: Path) -> None:
    """One continues the other, or they part, and where."""
    shorter = saved(tmp_path, golden_until(40))
    grown = facts_of(cocreate(tmp_path, "audit", "diff", shorter, SIGNED, "--json"))
    assert (grown["sizes"], grown["parted_at"], grown["forked"]) == ([40, 51], None, False)
    parted = cocreate(tmp_path, "audit", "diff", SIGNED, changed(tmp_path))
    assert parted.returncode == 1
    assert "differ from entry 26 on" in parted.stdout


def test_every_certificate_is_counted_again(tmp_path: Path) -> None:
    rounds = facts_of(cocreate(tmp_path, "audit", "recount", SIGNED, "--json"))["rounds"]
    assert [one["same"] for one in rounds] == [True, True]
    assert [marks for _, marks in rounds[0]["rows"]] == [2, 1, 1]


def test_a_round_is_counted_under_another_method_where_its_ballots_allow_it(tmp_path: Path) -> None:
    """The approval round has no other; the opinion round's agreements count as approvals. Both in words, too."""
    found = facts_of(cocreate(tmp_path, "audit", "recount", SIGNED, "--under", "approval", "--json"))
    refused, counted = found["under"]
    assert "do not say" in refused["not_possible"]
    assert (counted["method"], counted["reading"], len(counted["elected"])) == ("approval", "agreed", 1)
    told = cocreate(tmp_path, "audit", "recount", SIGNED, "--under", "approval")
    assert told.returncode == 0
    assert "under approval (ballots agreed): chooses otherwise" in told.stdout
    assert "elected: seat 1" in told.stdout


def test_the_command_offers_every_count_that_there_is() -> None:
    """Its names stand in the command, so that `--help` loads no rules."""
    assert cli_audit.UNDERS == UNDERS
