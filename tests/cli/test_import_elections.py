"""`cocreate import` of elections and `export --as`: what they print, what they refuse, what an auditor makes of it."""

from __future__ import annotations

from pathlib import Path
from subprocess import CompletedProcess

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
    # Of three and three who put one of two first a draw would decide.
    clear = TOI.replace("3: 1", "4: 1").replace("VOTERS: 6", "VOTERS: 7")
    for name, text in (
        ("ward.blt", BLT),
        ("profile.csv", PROFILE.replace("3.0", "4.0")),
        ("choice.toi", clear),
    ):
        (tmp_path / name).write_text(text)
    ward = facts_of(cocreate(tmp_path, "import", "blt", "ward.blt", "--json"))
    assert set(ward) == {"workshop", "round", "rule", "ballots", "elected", "seats", "quota"}
    assert (ward["rule"], ward["ballots"], ward["seats"], ward["quota"]) == ("stv", 7, 2, 3)
    assert ward["elected"] == ["Ada Lovelace", "Di # Dee"]
    choice = facts_of(cocreate(tmp_path, "import", "preflib", "choice.toi", "--json"))
    assert (choice["rule"], choice["elected"], choice["ballots"]) == ("schulze", ["Hall"], 7)
    untold = cocreate(tmp_path, "import", "blt", "profile.csv")
    assert untold.returncode == 2
    assert "--seats" in untold.stderr
    profile = cocreate(tmp_path, "import", "blt", "profile.csv", "--seats", "1", "--count", "borda")
    assert profile.returncode == 0, profile.stderr
    assert "Elected   Dee, Di" in profile.stdout


def test_a_round_and_every_table_are_written_for_other_programs(tmp_path: Path) -> None:
    """One file or a folder of them, whole or not at all, never over another one unasked; a wrong form says which is right."""
    workshop = facts_of(cocreate(tmp_path, "import", "pabulib", pb(tmp_path / "votes.pb"), "--json"))[
        "workshop"
    ]

    def export(form: str, output: str, *more: str) -> CompletedProcess[str]:
        return cocreate(tmp_path, "export", workshop, "--as", form, "--output", output, *more)

    facts = facts_of(export("pb", "again.pb", "--json"))
    assert facts == {"workshop": workshop, "output": "again.pb", "form": "pb", "options": 3, "ballots": 3}
    again = facts_of(cocreate(tmp_path, "import", "pabulib", "again.pb", "--json"))
    assert (again["elected"], again["equal"]) == (["c", "a/1"], True)
    tables = export("csv", "tables")
    assert tables.returncode == 0, tables.stderr
    assert "3 ballots" in tables.stdout
    assert {"ideas.csv", "ballots.csv", "rounds.csv"} <= {
        path.name for path in (tmp_path / "tables").iterdir()
    }
    assert facts_of(export("jsonl", "all.jsonl", "--json"))["tallies"] == 3
    for form, output, words in (
        ("blt", "x.blt", "This round is by budget"),
        ("polis", "x", "This round is by budget"),
        ("csv", "tables", "exists"),
        ("pb", "again.pb", "exists"),
    ):
        refused = export(form, output)
        assert refused.returncode == 2
        assert words in refused.stderr
    assert export("pb", "again.pb", "--force").returncode == 0
    assert export("pb", "y.pb", "--round", "0b7c4a9e-52d6-4f0a-9f43-1f6f3d1a2b3c").returncode == 2
    assert not [path for path in tmp_path.iterdir() if ".part" in path.name or path.name.startswith("x")]


def test_ideas_and_ballots_are_imported_from_csv(tmp_path: Path) -> None:
    """Ideas alone are open for what comes; with ballots and rules they are decided on."""
    (tmp_path / "ideas.csv").write_text("id,text\na,Trees\nb,Benches\n")
    (tmp_path / "ballots.csv").write_text("voter,choice\n1,a\n2,a;b\n3,b=2\n")
    ideas = facts_of(cocreate(tmp_path, "import", "csv", "ideas.csv", "--title", "Our street", "--json"))
    assert ideas["ideas"] == 2
    rules = '{"method":"approval","choices_max":2,"seats":1}'
    given = ["import", "csv", "ideas.csv", "--ballots", "ballots.csv", "--rules", rules, "--json"]
    bad = cocreate(tmp_path, *given)
    assert bad.returncode == 2
    assert "ballots.csv line 4, choice" in bad.stderr
    (tmp_path / "ballots.csv").write_text("voter,choice\n1,a\n2,a;b\n3,a\n")
    facts = facts_of(cocreate(tmp_path, *given))
    assert (facts["rule"], facts["elected"], facts["ballots"]) == ("approval", ["a"], 3)
    assert facts["workshop"] != ideas["workshop"]
    unruly = cocreate(tmp_path, "import", "csv", "ideas.csv", "--ballots", "ballots.csv", "--rules", "{}")
    alone = cocreate(tmp_path, "import", "csv", "ideas.csv", "--ballots", "ballots.csv")
    assert (unruly.returncode, alone.returncode) == (2, 2)
    assert "--rules" in unruly.stderr
    assert "--rules" in alone.stderr
