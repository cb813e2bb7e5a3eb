"""`cocreate import` of elections: what it prints, what it refuses, and what an auditor makes of it."""

from __future__ import annotations

from pathlib import Path

from tests.cli.commands import cocreate, facts_of
from tests.exchange.pb_files import pb
from tests.exchange.test_ranked_sources import BLT, PROFILE, TOI


def test_a_budget_is_imported_and_its_certificate_holds_against_an_audit(tmp_path: Path) -> None:
    """One JSON object with these keys; exported and counted again it is the same."""
    file = pb(tmp_path / "votes.pb")
    facts = facts_of(cocreate(tmp_path, "import", "pabulib", file, "--json"))
    workshop, round_id = facts.pop("workshop"), facts.pop("round")
    assert facts == {
        "rule": "greedy",
        "ballots": 3,
        "elected": ["c", "a/1"],
        "budget": 100,
        "cost": 90,
        "reported": ["a/1", "c"],
        "equal": True,
    }
    facts_of(cocreate(tmp_path, "export", workshop, "--output", "copy.jsonl", "--json"))
    (recount,) = facts_of(cocreate(tmp_path, "audit", "recount", "copy.jsonl", "--json"))["rounds"]
    assert (recount["round"], recount["same"]) == (round_id, True)
    again = cocreate(tmp_path, "import", "pabulib", file)
    assert again.returncode == 0
    assert "imported before" in again.stderr
    assert f"Workshop  {workshop}" in again.stdout
    assert "Elected   c, a/1" in again.stdout
    assert "Cost      90 of 100" in again.stdout


def test_what_differs_from_the_source_is_told_in_words(tmp_path: Path) -> None:
    votes = "voter_id;vote\n1;b,b\n2;b\n3;c\n"
    result = cocreate(tmp_path, "import", "pabulib", pb(tmp_path / "votes.pb", votes=votes, max_length="2"))
    assert result.returncode == 0, result.stderr
    assert "Elected here alone: b" in result.stdout
    assert "Reported alone: a/1" in result.stdout
    assert "line 21: a project is named twice" in result.stderr


def test_a_bad_file_and_other_rules_are_told_and_nothing_is_written(tmp_path: Path) -> None:
    """Exit code 2 with every bad row, or with the workshop that the file is already; no traceback."""
    bad = cocreate(
        tmp_path, "import", "pabulib", pb(tmp_path / "bad.pb", votes="voter_id;vote\n1;d\n1;c\n3;c;c\n")
    )
    assert (bad.returncode, bad.stdout) == (2, "")
    for place in ("line 20, vote", "line 21, voter_id", "line 22:"):
        assert f"bad.pb {place}" in bad.stderr
    assert not (tmp_path / "cocreate").exists()
    file = pb(tmp_path / "votes.pb", rule="custom")
    unknown = cocreate(tmp_path, "import", "pabulib", file)
    assert unknown.returncode == 2
    assert "--rule" in unknown.stderr
    facts = facts_of(cocreate(tmp_path, "import", "pabulib", file, "--rule", "greedy", "--json"))
    other = cocreate(tmp_path, "import", "pabulib", file, "--rule", "equalshares")
    assert other.returncode == 2
    assert facts["workshop"] in other.stderr
    assert "Traceback" not in bad.stderr + unknown.stderr + other.stderr


def test_ranked_ballots_are_imported_from_each_of_three_formats(tmp_path: Path) -> None:
    """Names in order of election, with the seats, and the quota where the count has one; the count is the user's to choose."""
    for name, text in (
        ("ward.blt", BLT),
        ("profile.csv", PROFILE.replace("3.0", "4.0")),
        ("choice.toi", TOI),
    ):
        (tmp_path / name).write_text(text)
    ward = facts_of(cocreate(tmp_path, "import", "blt", "ward.blt", "--json"))
    assert set(ward) == {"workshop", "round", "rule", "ballots", "elected", "seats", "quota"}
    assert (ward["rule"], ward["ballots"], ward["seats"], ward["quota"]) == ("stv", 7, 2, 3)
    assert ward["elected"] == ["Ada Lovelace", "Di # Dee"]
    choice = facts_of(cocreate(tmp_path, "import", "preflib", "choice.toi", "--json"))
    assert (choice["rule"], choice["elected"], choice["ballots"]) == ("schulze", ["Hall"], 6)
    untold = cocreate(tmp_path, "import", "blt", "profile.csv")
    assert untold.returncode == 2
    assert "--seats" in untold.stderr
    profile = cocreate(tmp_path, "import", "blt", "profile.csv", "--seats", "1", "--count", "borda")
    assert profile.returncode == 0, profile.stderr
    assert "Elected   Dee, Di" in profile.stdout
