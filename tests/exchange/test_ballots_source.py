"""Ideas and ballots from CSV: read exactly for every method, or refused with every bad row named at once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from cocreate.application.service import Service
from cocreate.bootstrap import opened_service
from cocreate.config import Settings
from cocreate.domain.voting import Rules
from cocreate.exchange.ballots_source import read_election, read_ideas
from cocreate.exchange.csv_source import BadRows
from cocreate.exchange.election import Election, Headings, check_election
from cocreate.exchange.election_import import import_election, import_ideas, recount_of
from cocreate.exchange.tables import tables_of

IDEAS = 'id,title,text,cost\nt,Trees,More trees,60\nb,,"\'=Benches",50.5\nl,Lamps,Lamps; many,30\n'
HEADINGS = Headings(title="Our street", host="Us")
APPROVAL = {"method": "approval", "choices_max": 2, "seats": 1}
SCORE = {"method": "score", "by": "sum", "raters_min": 1, "seats": 1}
BUDGET = {"method": "budget", "ballot": "approval", "budget": 10000, "choices_max": 3, "currency": "EUR",
          "skip": True, "threshold": 0, "ties": "listed"}  # fmt: skip


def rules_of(facts: dict[str, Any]) -> Rules:
    adapter: TypeAdapter[Rules] = TypeAdapter(Rules)
    return adapter.validate_python(facts)


def read(folder: Path, rules: dict[str, Any], *choices: str, ideas: str = IDEAS) -> Election:
    """The election of these ideas and choices, a voter each."""
    (folder / "ideas.csv").write_text(ideas, encoding="utf-8")
    ballots = "".join(f'{voter},"{choice}"\n' for voter, choice in enumerate(choices, start=1))
    (folder / "ballots.csv").write_text(f"voter,choice\n{ballots}", encoding="utf-8")
    return read_election(folder / "ideas.csv", folder / "ballots.csv", rules_of(rules), HEADINGS)


def findings(
    folder: Path, rules: dict[str, Any], *choices: str, ideas: str = IDEAS
) -> list[tuple[str, int | None, str | None]]:
    with pytest.raises(BadRows) as caught:
        check_election(read(folder, rules, *choices, ideas=ideas))
    return [(row.file, row.line, row.column) for row in caught.value.rows]


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    settings = Settings(database="memory:", key_file=tmp_path / "instance.key")
    async with opened_service(settings) as opened:
        yield opened


@pytest.mark.parametrize(
    "case",
    [
        (APPROVAL, ("t;l", "l", ""), [(0, 2), (2,), ()], ["l"]),
        ({"method": "support"}, ("t", "t;b"), [(0,), (0, 1)], None),
        (SCORE, ("t=5;l=2", "l=4"), [((0, 5), (2, 2)), ((2, 4),)], None),
        ({"method": "consent", "objections_max": 0, "quorum": 1}, ("t=1;b=-1",), [((0, 1), (1, -1))], ["t"]),
        ({"method": "ranked", "count": "irv", "choices_max": 3, "seats": 1}, ("b;t", "b"), [(1, 0), (1,)], ["b"]),
        (
            {"method": "ranked", "count": "schulze", "choices_max": 3, "seats": 1},
            ("b;t=l", "b"),
            [((1, 1), (0, 2), (2, 2)), (1,)],
            ["b"],
        ),
        (BUDGET, ("t;l", "t;b;l"), [(0, 2), (0, 1, 2)], ["t", "l"]),
        (
            {**BUDGET, "ballot": "cumulative", "points_max": 5},
            ("b=3;l=2", "b=1"),
            [((1, 3), (2, 2)), ((1, 1),)],
            ["b", "l"],
        ),
    ],
)  # fmt: skip
async def test_ballots_of_every_form_are_read_counted_and_certified(
    service: Service,
    tmp_path: Path,
    case: tuple[dict[str, Any], tuple[str, ...], list[Any], list[str] | None],
) -> None:
    """Rules and choices as they are written, what they say, and who is elected where no draw decides."""
    rules, choices, said, elected = case
    election = read(tmp_path, rules, *choices)
    assert [papers.choice for papers in election.papers] == said
    record = await import_election(service, election, licence="CC0-1.0")
    recount = await recount_of(service, record, election)
    assert recount.certificate.reconciliation.standing == len(choices)
    if elected is not None:
        assert [election.options[place].id for place in recount.elected] == elected


@pytest.mark.parametrize(
    ("rules", "choices"),
    [
        (APPROVAL, ("t;b;l", "x", "t;t", "t=b")),
        (SCORE, ("t=9", "t", "x=1", "t=1;t=2")),
        ({"method": "ranked", "count": "irv", "choices_max": 3, "seats": 1}, ("t=b", "t;x", "t;b;t", "=")),
    ],
)
def test_bad_choices_are_told_by_line(
    tmp_path: Path, rules: dict[str, Any], choices: tuple[str, ...]
) -> None:
    """Each by itself, whether its form is wrong or the rules do not permit it."""
    for choice in choices:
        assert [
            line for _, line, _ in findings(tmp_path, rules, "b;l" if rules is APPROVAL else "", choice)
        ] == [3]


BAD: list[tuple[str, str, list[tuple[str, int | None, str | None]]]] = [
    ("t,Trees", ",Trees", [("ideas.csv", 2, "id"), ("ballots.csv", 2, "choice")]),
    ("t,Trees", "l,Trees", [("ideas.csv", 4, "id"), ("ballots.csv", 2, "choice")]),
    ("t,Trees", "t=1,Trees", [("ideas.csv", 2, "id"), ("ballots.csv", 2, "choice")]),
    ("More trees", "", [("ideas.csv", 2, "text")]),
    ("Trees", "T" * 201, [("ideas.csv", 2, "title")]),
    ("More trees", "m" * 5001, [("ideas.csv", 2, "text")]),
    ("id,title", "key,title", [("ideas.csv", 1, "id")]),
    ("60", "much", [("ideas.csv", 2, "cost")]),
    ("60", "60,more", [("ideas.csv", 2, None), ("ballots.csv", 2, "choice")]),
]


@pytest.mark.parametrize(("part", "by", "found"), BAD)
def test_bad_ideas_are_told_by_line_and_column(
    tmp_path: Path, part: str, by: str, found: list[tuple[str, int | None, str | None]]
) -> None:
    assert findings(tmp_path, BUDGET, "t;l", ideas=IDEAS.replace(part, by, 1)) == found


def test_votes_on_each_statement_are_for_another_importer(tmp_path: Path) -> None:
    assert findings(tmp_path, {"method": "opinion"}, "t") == [("ballots.csv", None, "choice")]


async def test_ideas_alone_become_an_open_workshop(service: Service, tmp_path: Path) -> None:
    """Texts as they were, the guard against formulas taken off; a second run writes nothing."""
    (tmp_path / "ideas.csv").write_text(IDEAS, encoding="utf-8")
    ideas = read_ideas(tmp_path / "ideas.csv", HEADINGS)
    record = await import_ideas(service, ideas, licence="unknown")
    live = await service.reading.live(record.workshop)
    tables = tables_of(live, "public")
    assert [one["text"]["texts"]["und"] for one in tables["ideas"]] == [
        "More trees",
        "=Benches",
        "Lamps; many",
    ]
    assert [one.get("title", {}).get("texts") for one in tables["ideas"]] == [
        {"und": "Trees"},
        None,
        {"und": "Lamps"},
    ]
    (workshop,) = tables["workshop"]
    assert (workshop["status"], workshop["incomplete"]) == ("open", False)
    assert dict(workshop["source"]["files"]) == {"election.csv": ideas.file.sha256}
    size = live.size
    again = await import_ideas(service, ideas, licence="unknown")
    assert (again.workshop, again.resumed, live.size) == (record.workshop, True, size)
