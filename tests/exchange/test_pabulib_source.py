"""A `.pb` file is read exactly, or refused with every bad row named at once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cocreate.domain.voting.budget import BudgetRules
from cocreate.domain.voting.equal_shares import EqualSharesRules
from cocreate.exchange.csv_source import BadRows
from cocreate.exchange.election import Election, ElectionOption, Papers, check_election
from cocreate.exchange.pabulib_source import read_election
from cocreate.exchange.pb_file import in_units, read_amount
from tests.exchange.pb_files import PROJECTS, VOTES, pb

PABULIB = Path(__file__).resolve().parents[3] / "shared" / "data" / "pabulib"
FILES = sorted(json.loads((PABULIB / "expected.json").read_text())) if PABULIB.exists() else []


def findings(path: Path) -> list[tuple[int | None, str | None]]:
    """Line and column of everything found wrong with a file; each says what was expected and found."""
    with pytest.raises(BadRows) as caught:
        check_election(read_election(path))
    assert all(row.expected and row.found and row.file == path.name for row in caught.value.rows)
    return [(row.line, row.column) for row in caught.value.rows]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "votes.pb"


def test_a_file_is_read_as_it_is_written(file: Path) -> None:
    """Projects in order with costs in hundredths, ballots by line, and what the city chose, for whatever reason."""
    election = read_election(pb(file))
    assert election.options == [
        ElectionOption("a/1", "Trees", "", 6000),
        ElectionOption("b", "Benches", "", 5050),
        ElectionOption("c", "Lamps", "", 3000),
    ]
    assert election.papers == [Papers(20, (0, 2)), Papers(21, (2,)), Papers(22, ())]
    assert election.reported == (0, 2)
    assert (election.headings.title, election.headings.host) == ("Trees and benches", "Ghent")
    assert (election.headings.starts_at, election.headings.ends_at) == (1709251200000, 1709424000000)
    assert election.rules == BudgetRules(
        method="budget",
        ballot="approval",
        budget=10000,
        choices_max=2,
        currency="EUR",
        skip=True,
        threshold=0,
        ties="listed",
    )
    check_election(election)


@pytest.mark.parametrize(
    ("meta", "facts"),
    [
        ({"rule": "greedy-no-skip"}, {"skip": False}),
        ({"rule": "greedy-threshold", "min_project_score_threshold": "5"}, {"threshold": 5}),
        ({"rule": "greedy", "min_project_score_threshold": "5"}, {"threshold": 0}),
        ({"rule": "greedy", "min_project_score_threshold": "2.5"}, {"threshold": 0}),
        (
            {"rule": "equalshares/add1-greedy", "raise_by": "0.5", "ties": "draw"},
            {"raise_by": 50, "ties": "draw"},
        ),
        ({"rule": "equalshares"}, {"completion": "none"}),
        ({"rule": "equalshares/add1"}, {"completion": "add_one", "raise_by": 100}),
        ({"rule": "equalshares/add1-comparison"}, {"completion": "add_one"}),
        ({"max_length": "3"}, {"choices_max": 3}),
        ({"vote_type": "choose-1", "max_length": "2"}, {"ballot": "approval"}),
        ({"currency": None}, {"currency": "XXX"}),
    ],
)
def test_rules_are_those_of_meta(file: Path, meta: dict[str, str], facts: dict[str, Any]) -> None:
    rules = read_election(pb(file, **meta)).rules
    assert isinstance(rules, BudgetRules | EqualSharesRules)
    assert facts.items() <= rules.model_dump().items()


def with_votes(file: Path, header: str, *rows: str, **meta: str) -> Election:
    votes = "".join(f"{row}\n" for row in (header, *rows))
    return read_election(pb(file, votes=votes, num_votes=str(len(rows)), **meta))


def test_points_and_orders_are_kept_with_the_ballots(file: Path) -> None:
    """Points as given, none for what has none; places as points, as many as the longest ballot may name."""
    points = "voter_id;vote;points"
    cumulative = with_votes(file, points, "1;a/1,c;3,2", "2;b,c;0,4", vote_type="cumulative")
    assert [one.choice for one in cumulative.papers] == [((0, 3), (2, 2)), ((2, 4),)]
    assert cumulative.rules.points_max == 5  # type: ignore[union-attr]  # a vote on a budget
    scored = with_votes(file, points, "1;a/1,c;3,2", vote_type="scoring", max_points="9")
    assert scored.rules.points_max == 9  # type: ignore[union-attr]
    ordinal = with_votes(file, "voter_id;vote", "1;c,a/1", "2;b", vote_type="ordinal", max_length="3")
    assert [one.choice for one in ordinal.papers] == [((2, 3), (0, 2)), ((1, 3),)]
    unlimited = with_votes(file, "voter_id;vote", "1;c,a/1", "2;b", vote_type="ordinal")
    assert [one.choice for one in unlimited.papers] == [((2, 2), (0, 1)), ((1, 2),)]
    for election in (cumulative, scored, ordinal, unlimited):
        check_election(election)


def test_spaces_quotes_small_letters_and_a_byte_order_mark_change_nothing(file: Path) -> None:
    """The format's own example has spaces behind its semicolons, and names may hold anything."""
    written = pb(
        file, projects='project_id; cost; name\na/1; 60; "Trees; many ""tall"" ones"\nb;50;B\nc;30;C\n'
    )
    file.write_text("\ufeff" + written.read_text().replace("META", "meta").replace("\nVOTES", "\n\nVOTES;"))
    election = read_election(file)
    assert election.options[0].title == 'Trees; many "tall" ones'
    assert election.reported is None


def test_a_project_approved_twice_counts_once_and_is_told(file: Path) -> None:
    election = read_election(pb(file, votes="voter_id;vote\n1;c,a/1,c\n2;c\n3;c\n"))
    assert election.papers[0].choice == (2, 0)
    assert election.notes == ("votes.pb line 20: a project is named twice; it counts once.",)


def test_another_rule_can_be_asked_for(file: Path) -> None:
    """A city's own rule is no published one: the file is counted under what is asked for, and says so."""
    path = pb(file, rule="greedy-custom")
    assert findings(path) == [(9, "rule")]
    election = read_election(path, "greedy-no-skip")
    assert election.rule == "greedy-no-skip"
    assert not election.rules.skip  # type: ignore[union-attr]


BAD_META: list[tuple[dict[str, Any], list[tuple[int | None, str | None]]]] = [
    ({"budget": "much"}, [(7, "budget")]),
    ({"budget": None}, [(None, "budget")]),
    ({"budget": "0"}, [(7, "budget")]),
    ({"vote_type": "acclamation"}, [(8, "vote_type")]),
    ({"vote_type": None, "rule": None}, [(None, "vote_type"), (None, "rule")]),
    ({"currency": "euro"}, [(12, "currency")]),
    ({"num_projects": "4"}, [(5, "num_projects")]),
    ({"num_votes": "2"}, [(6, "num_votes")]),
    ({"max_length": "some"}, [(13, "max_length")]),
    ({"max_length": "1"}, [(21, None)]),
    ({"vote_type": "cumulative"}, [(18, "points")]),
    ({"ties": "age"}, [(13, "ties")]),
    ({"raise_by": "little"}, [(13, "raise_by")]),
    (
        {"rule": "greedy-threshold", "min_project_score_threshold": "2.5"},
        [(13, "min_project_score_threshold")],
    ),
]


@pytest.mark.parametrize(("meta", "found"), BAD_META)
def test_bad_meta_is_told_by_line_and_key(
    file: Path, meta: dict[str, Any], found: list[tuple[int | None, str | None]]
) -> None:
    """A ballot longer than the file's own limit is one of these; so is a file that was cut short."""
    assert findings(pb(file, **meta)) == found


BAD_ROWS: list[tuple[dict[str, Any], list[tuple[int | None, str | None]]]] = [
    ({"projects": PROJECTS.replace("c;30", "c;-3")}, [(17, "cost")]),
    ({"projects": PROJECTS.replace("c;30", "a/1;30")}, [(17, "project_id"), (20, "vote"), (21, "vote")]),
    ({"projects": PROJECTS.replace("c;30", ";30")}, [(17, "project_id"), (20, "vote"), (21, "vote")]),
    ({"projects": PROJECTS.replace("Lamps;2", "Lamps;yes")}, [(17, "selected")]),
    ({"projects": PROJECTS.replace("Lamps;2", "Lamps")}, [(17, None)]),
    ({"projects": PROJECTS.replace("Lamps;2", "Lamps;2;3")}, [(17, None)]),
    ({"projects": PROJECTS.replace("project_id;cost", "cost;cost")}, [(14, "project_id"), (14, "cost")]),
    ({"votes": VOTES.replace("2;c", "1;c")}, [(21, "voter_id")]),
    ({"votes": VOTES.replace("2;c", ";c")}, [(21, "voter_id")]),
    ({"votes": VOTES.replace("2;c", "2;d,e")}, [(21, "vote"), (21, "vote")]),
    ({"votes": VOTES + "4;c;d;e\n"}, [(23, None), (6, "num_votes")]),
    ({"votes": VOTES + "VOTES\nvoter_id;vote\n"}, [(23, None)]),
    ({"votes": "voter_id;vote;points\n1;c;x\n2;c;1,1\n3;c,c;1,1\n", "vote_type": "cumulative"},
     [(20, "points"), (21, "points"), (22, "vote")]),
    ({"votes": "voter_id;vote;points\n1;c;3\n2;c;4\n3;c;1\n", "vote_type": "cumulative", "max_sum_points": "3"},
     [(22, None)]),
    ({"votes": "voter_id;vote;points\n1;c;3\n2;c;4\n3;c;1\n", "vote_type": "scoring", "default_score": "1"},
     [(13, "default_score")]),
]  # fmt: skip


@pytest.mark.parametrize(("given", "found"), BAD_ROWS)
def test_bad_rows_are_told_by_line_and_column(
    file: Path, given: dict[str, Any], found: list[tuple[int | None, str | None]]
) -> None:
    assert findings(pb(file, **given)) == found


@pytest.mark.parametrize(
    "text", ["", "a;b\n", "META\nkey;value\n", "META\nMETA\nPROJECTS\nVOTES\n", 'META\nkey;"value\n']
)
def test_what_is_no_such_file_is_refused(file: Path, text: str) -> None:
    """Missing sections, sections without headers, quotes that never end: each is told, none is guessed at."""
    file.write_text(text)
    assert findings(file)


def test_amounts_are_exact() -> None:
    """Two decimals at most, with a point or a comma; more than a workshop can hold is none."""
    assert [read_amount(one) for one in ("7", "7.5", "7,05", "7.500", "0.01")] == [700, 750, 705, 750, 1]
    bad = ("", "0", "-1", "1.005", "1 000", "1e3", "10000000001", ".5", "٣")
    assert [read_amount(one) for one in bad] == [None] * len(bad)
    assert [in_units(one) for one in (700, 705)] == [7, 7.05]
    assert isinstance(in_units(700), int)


def test_more_than_a_workshop_holds_is_refused_before_anything_is_written(file: Path) -> None:
    """A round has at most a thousand options."""
    rows = "".join(f"{number};5\n" for number in range(1_001))
    path = pb(
        file,
        projects=f"project_id;cost\n{rows}",
        num_projects=None,
        votes="voter_id;vote\n1;7\n",
        num_votes=None,
    )
    assert findings(path) == [(None, None)]


@pytest.mark.parametrize("name", FILES)
def test_a_real_file_is_read_whole(name: str) -> None:
    """Number of projects and ballots, budget and winners are the known ones, and its ballots keep its own rules."""
    told = json.loads((PABULIB / "expected.json").read_text())[name]
    election = read_election(PABULIB / name)
    check_election(election)
    assert (len(election.options), election.voters) == (told["projects"], told["ballots"])
    assert election.reported is not None
    assert {election.options[place].id for place in election.reported} == set(told["selected"])
    assert str(in_units(election.rules.budget)) == told["budget"]  # type: ignore[union-attr]
    cost = sum(election.options[place].cost or 0 for place in election.reported)
    assert str(in_units(cost)) == told["cost_selected"]
