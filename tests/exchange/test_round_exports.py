"""What is written for other programs is read again as it was: nothing is lost on the way, and nothing withheld gets out."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from cocreate.application import CloseRound, OpenRound
from cocreate.application.service import Service
from cocreate.bootstrap import opened_service
from cocreate.config import Settings
from cocreate.domain.errors import RoundNotFound
from cocreate.exchange import blt_source, pabulib_source, preflib_source
from cocreate.exchange.election import Election
from cocreate.exchange.election_export import NotThisRound, blt_of, pb_of, round_told
from cocreate.exchange.election_import import import_election, recount_of
from cocreate.exchange.polis_export import polis_files
from cocreate.exchange.polis_import import TEXT_LENGTH_MAX, import_conversation
from cocreate.exchange.polis_source import Conversation, merged, read_conversation
from cocreate.exchange.tables import guarded, tables_of, unguarded, write_csv, write_json_lines
from cocreate.projections.reader import Audience
from tests.exchange.pb_files import pb
from tests.exchange.test_export_record import a_workshop
from tests.exchange.test_ranked_sources import BLT, TOI, said

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
needs_data = pytest.mark.skipif(not DATA.exists(), reason=f"the real elections are not at {DATA}")

POINTS = "voter_id;vote;points\n1;c,b;3,2\n2;b;5\n3;c,b,a/1;1,1,1\n"
ORDERS = "voter_id;vote\n1;c,b\n2;b\n3;b,a/1,c\n"
DESCRIBED = (
    "project_id;cost;name;description\n"
    'a/1;60;Trees;"Tall ones; of many kinds"\nb;50.25;"The ""b"" benches";\nc;30;Lamps;L\n'
)
BUDGETS: dict[str, dict[str, Any]] = {
    "approval": {},
    "described": {"projects": DESCRIBED},
    "no_skip": {"rule": "greedy-no-skip", "language": "nl"},
    "threshold": {"rule": "greedy-threshold", "min_project_score_threshold": "1", "ties": "draw"},
    "cumulative": {"votes": POINTS, "vote_type": "cumulative", "max_sum_points": "9", "max_length": "3"},
    "score": {"votes": POINTS, "vote_type": "scoring", "max_points": "5"},
    "ordinal": {"votes": ORDERS, "vote_type": "ordinal", "max_length": "4"},
    "shares": {"rule": "equalshares"},
    "add_one": {"rule": "equalshares/add1", "raise_by": "2.5"},
    "add_one_greedy": {"rule": "equalshares/add1-greedy"},
}


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    settings = Settings(database="memory:", key_file=tmp_path / "instance.key")
    async with opened_service(settings) as opened:
        yield opened


def ballots(election: Election) -> Counter[Any]:
    """How many ballots say each choice: the order within one says nothing in a vote on a budget, its points do."""
    found: Counter[Any] = Counter()
    for papers in election.papers:
        found[tuple(sorted(papers.choice))] += papers.times
    return found


async def written(service: Service, election: Election, form: Any) -> tuple[str, tuple[int, ...]]:
    """What is written of an imported election, and who was elected."""
    record = await import_election(service, election, licence="unknown")
    live = await service.reading.live(record.workshop)
    recount = await recount_of(service, record, election)
    return form(round_told(live, None, "public")), recount.elected


@pytest.mark.parametrize("kind", BUDGETS)
async def test_a_budget_is_written_as_it_was_read(kind: str, service: Service, tmp_path: Path) -> None:
    """Projects, costs, rules, ballots and headings; `selected` is what the certificate says."""
    election = pabulib_source.read_election(pb(tmp_path / "votes.pb", **BUDGETS[kind]))
    text, elected = await written(service, election, pb_of)
    (tmp_path / "again.pb").write_text(text, encoding="utf-8")
    again = pabulib_source.read_election(tmp_path / "again.pb")
    assert (again.options, again.rules, again.headings) == (
        election.options,
        election.rules,
        election.headings,
    )
    assert ballots(again) == ballots(election)
    assert set(again.reported or ()) == set(elected)


REAL = (
    "Netherlands_Assen_2024.pb",
    "Poland_Czestochowa_2024_Stare_Miasto.pb",
    "Poland_Krakow_2020_Bronowice.pb",
)


@needs_data
@pytest.mark.slow
@pytest.mark.parametrize("name", REAL)
async def test_a_real_budget_is_written_as_it_was_read(name: str, service: Service, tmp_path: Path) -> None:
    election = pabulib_source.read_election(DATA / "pabulib" / name)
    text, elected = await written(service, election, pb_of)
    (tmp_path / "again.pb").write_text(text, encoding="utf-8")
    again = pabulib_source.read_election(tmp_path / "again.pb")
    assert (again.options, again.rules) == (election.options, election.rules)
    assert ballots(again) == ballots(election)
    assert set(again.reported or ()) == set(elected) == set(election.reported or ())


async def test_what_a_pb_file_has_no_word_for_is_refused(service: Service, tmp_path: Path) -> None:
    """Better than a file that says something else."""
    given = {"rule": "greedy-threshold", "min_project_score_threshold": "1"}
    election = pabulib_source.read_election(pb(tmp_path / "votes.pb", **given))
    record = await import_election(service, election, licence="unknown")
    told = round_told(await service.reading.live(record.workshop), None, "public")
    object.__setattr__(told, "rules", told.rules.model_copy(update={"skip": False}))
    with pytest.raises(NotThisRound, match="no word"):
        pb_of(told)
    with pytest.raises(NotThisRound, match="by budget"):
        blt_of(told)


async def test_ranked_ballots_are_written_as_they_were_read(service: Service, tmp_path: Path) -> None:
    """Seats, names, title and every ballot; who had withdrawn is no candidate any more."""
    path = tmp_path / "ward.blt"
    path.write_text(BLT.replace("-2\n", ""))
    election = blt_source.read_election(path)
    text, _ = await written(service, election, blt_of)
    path.write_text(text)
    again = blt_source.read_election(path)
    assert (again.options, again.rules, again.headings) == (
        election.options,
        election.rules,
        election.headings,
    )
    assert said(again) == said(election)
    path.write_text(BLT)
    text, _ = await written(service, blt_source.read_election(path), blt_of)
    assert text.splitlines()[0] == "3 2"
    assert '"Bob"' not in text


async def test_equals_are_written_as_they_were_read(service: Service, tmp_path: Path) -> None:
    (tmp_path / "choice.toi").write_text(TOI)
    election = preflib_source.read_election(tmp_path / "choice.toi")
    text, _ = await written(service, election, blt_of)
    (tmp_path / "choice.blt").write_text(text)
    again = blt_source.read_election(tmp_path / "choice.blt", count="schulze")
    assert said(again) == said(election)
    assert again.rules == election.rules


@needs_data
@pytest.mark.slow
async def test_a_real_ward_is_written_as_it_was_read(service: Service, tmp_path: Path) -> None:
    election = blt_source.read_election(DATA / "stv" / "glasgow2007" / "Anderston-City-2007.blt")
    text, _ = await written(service, election, blt_of)
    (tmp_path / "again.blt").write_text(text)
    again = blt_source.read_election(tmp_path / "again.blt")
    assert (again.options, again.rules, said(again)) == (election.options, election.rules, said(election))


def story(conversation: Conversation) -> list[tuple[Any, ...]]:
    """Statements and votes in their order, with whoever said it numbered as they come."""
    people: dict[int, int] = {}
    statements: dict[int, int] = {}
    told: list[tuple[Any, ...]] = []
    for row in merged(conversation):
        person = getattr(row, "voter_id", None)
        number = people.setdefault(row.author_id if person is None else person, len(people))  # type: ignore[union-attr]
        what = row.vote if person is not None else (row.body.strip(), row.moderated)  # type: ignore[union-attr]
        statement = statements.setdefault(row.comment_id, len(statements))
        told.append((row.timestamp_ms, statement, number, what))
    return told


def put(folder: Path, files: Mapping[str, str]) -> None:
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


async def polis_again(service: Service, source: Conversation, folder: Path) -> tuple[Conversation, int]:
    """The conversation after import, export for the facilitator, and reading again; and what the public is not told."""
    record = await import_conversation(service, source, licence="unknown", name="talk")
    live = await service.reading.live(record.workshop)
    public = await polis_files(service, live, None, "public")
    everything = await polis_files(service, live, None, "facilitator")
    put(folder, everything.files)
    assert (everything.statements, everything.votes) == (len(source.statements), len(source.votes))
    return read_conversation(folder, text_length_max=TEXT_LENGTH_MAX), public.left_out


async def test_a_conversation_is_written_as_it_was_read(service: Service, tmp_path: Path) -> None:
    """Every statement, every vote, every change of mind, moderation and times; hidden statements are not for the public."""
    (tmp_path / "comments.csv").write_text(
        "timestamp,comment-id,author-id,agrees,disagrees,moderated,comment-body\n"
        '100,7,1,2,0,1,"Trees, ""tall"" ones\nand benches"\n102,8,1,0,1,-1,Cars\n103,9,3,0,0,0,=Bikes\n'
    )
    (tmp_path / "votes.csv").write_text(
        "timestamp,comment-id,voter-id,vote\n101,7,1,1\n104,7,2,-1\n105,7,2,1\n106,8,2,0\n106,8,1,-1\n"
    )
    source = read_conversation(tmp_path, text_length_max=TEXT_LENGTH_MAX)
    again, left_out = await polis_again(service, source, tmp_path / "again")
    assert story(again) == story(source)
    assert (again.topic, left_out) == ("talk", 1)


@needs_data
@pytest.mark.slow
async def test_a_real_conversation_is_written_as_it_was_read(service: Service, tmp_path: Path) -> None:
    source = read_conversation(DATA / "polis" / "15-per-hour-seattle", text_length_max=TEXT_LENGTH_MAX)
    again, left_out = await polis_again(service, source, tmp_path / "again")
    assert story(again) == story(source)
    assert (again.topic, again.url, left_out) == (source.topic, source.url, 23)


async def test_withheld_results_are_in_no_file(service: Service) -> None:
    """Neither ballots nor tallies while the round is open, for whomever; after it they are."""
    workshop, host, _, _, round_id = await a_workshop(service)
    live = await service.reading.live(workshop)
    audiences: tuple[Audience, ...] = ("public", "facilitator")
    for audience in audiences:
        tables = tables_of(live, audience)
        assert (tables["ballots"], tables["tallies"]) == ([], [])
        with pytest.raises(NotThisRound, match="do not show yet"):
            round_told(live, round_id, "facilitator")
    await service.execute(host, workshop, CloseRound(round=round_id))
    assert tables_of(live, "public")["ballots"] == []


async def test_the_round_must_be_there_and_be_named(service: Service) -> None:
    workshop, host, _, ideas, _ = await a_workshop(service)
    live = await service.reading.live(workshop)
    rules = {"method": "support", "version": 1}
    opened = OpenRound.model_validate(
        {"question": "Again?", "rules": rules, "options": ideas, "results": "always"}
    )
    shown = (await service.execute(host, workshop, opened)).aggregates[0]
    with pytest.raises(NotThisRound, match="2 rounds"):
        round_told(live, None, "public")
    with pytest.raises(RoundNotFound):
        round_told(live, "0b7c4a9e-52d6-4f0a-9f43-1f6f3d1a2b3c", "public")
    with pytest.raises(NotThisRound, match="by support"):
        pb_of(round_told(live, shown, "public"))
    with pytest.raises(NotThisRound, match="by support"):
        await polis_files(service, live, shown, "public")


def cells(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


async def test_every_table_is_written_whole(service: Service, tmp_path: Path) -> None:
    """Each row of every table as JSON and as cells: a fact in a cell is the fact of the item."""
    election = pabulib_source.read_election(pb(tmp_path / "votes.pb"))
    record = await import_election(service, election, licence="unknown")
    tables = tables_of(await service.reading.live(record.workshop), "public")
    out = io.StringIO()
    write_json_lines(tables, out)
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert Counter(line["table"] for line in lines) == {
        name: len(rows) for name, rows in tables.items() if rows
    }
    told = {(line["table"], line["item"]["key"]): line["item"] for line in lines}
    assert told["ballots", tables["ballots"][0]["key"]]["voter"] == tables["ballots"][0]["voter"]
    for name, rows in tables.items():
        sheet = io.StringIO(newline="")
        write_csv(rows, sheet)
        read = cells(sheet.getvalue())
        assert len(read) == len(rows)
        for row, item in zip(read, rows, strict=True):
            assert sum(cell != "" for cell in row.values()) >= len(item), "every fact has a cell"
            for column, cell in row.items():
                fact: Any = told[name, str(item["key"])]
                for part in column.split("."):
                    fact = fact.get(part) if fact is not None else None
                if cell:
                    assert fact == (unguarded(cell) if isinstance(fact, str) else json.loads(cell))


@pytest.mark.parametrize("text", ["=1+1", "+49", "-x", "@you", "'quoted", "'=1", "plain", "", "''", "\t1"])
def test_no_text_becomes_a_formula_and_every_text_comes_back(text: str) -> None:
    assert not guarded(text).startswith(("=", "+", "-", "@", "\t"))
    assert unguarded(guarded(text)) == text
