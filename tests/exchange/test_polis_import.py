"""Real conversations become workshops whose every count is the source's own, whatever interrupts the import."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from cocreate.application import Action, HideIdea, RestoreIdea
from cocreate.application.drafting import Draft
from cocreate.application.live import decode_row
from cocreate.application.service import Service
from cocreate.domain.ballot import ballot_parts
from cocreate.domain.errors import OptionHidden
from cocreate.domain.genesis import ImportCompleted, RecordStarted
from cocreate.domain.idea import IdeaSubmitted
from cocreate.domain.messages import Recorded
from cocreate.domain.participant import ParticipantJoined
from cocreate.exchange.csv_source import BadRows
from cocreate.exchange.import_counts import count_import
from cocreate.exchange.import_record import ImportRecord
from cocreate.exchange.polis_import import TEXT_LENGTH_MAX, check_limits, import_conversation
from cocreate.exchange.polis_source import (
    Conversation,
    StatementRow,
    VoteRow,
    licence_of,
    merged,
    read_conversation,
)
from tests.exchange.nodes import Open
from tests.exchange.polis_matrix import read_matrix

POLIS = Path(__file__).resolve().parents[3] / "shared" / "data" / "polis"
CONVERSATIONS = [
    "15-per-hour-seattle",
    "bg2050-volunteers",
    "brexit-consensus",
    pytest.param("vtaiwan.uberx", marks=pytest.mark.slow),
]

pytestmark = pytest.mark.skipif(not POLIS.exists(), reason=f"the real conversations are not at {POLIS}")


def conversation(name: str) -> Conversation:
    return read_conversation(POLIS / name, text_length_max=TEXT_LENGTH_MAX)


async def run(service: Service, source: Conversation, name: str = "a conversation") -> ImportRecord:
    return await import_conversation(service, source, licence=licence_of(source.url), name=name)


async def entries(service: Service, workshop: str) -> list[Recorded]:
    found: list[Recorded] = []
    while rows := await service.store.read(workshop, after=len(found) - 1):
        found += map(decode_row, rows)
    return found


def by_source(record: ImportRecord, source: Conversation) -> tuple[dict[str, int], dict[str, int]]:
    """The source's own ids of participants and of ideas, by ours."""
    people = {row.voter_id for row in source.votes} | {row.author_id for row in source.statements}
    return (
        {str(record.find(f"voter/{person}")): person for person in people},
        {str(record.find(f"comment/{row.comment_id}")): row.comment_id for row in source.statements},
    )


@pytest.mark.parametrize("name", CONVERSATIONS)
async def test_every_count_of_a_real_conversation_is_the_sources_own(node: Open, name: str) -> None:
    """In total and for every statement and voter: last votes, re-votes, voters, moderation."""
    expected = json.loads((POLIS / "expected.json").read_text())[name]
    source = conversation(name)
    async with node() as service:
        record = await run(service, source, name)
        counts = await count_import(service.store, record.workshop)
        facts = counts.facts()
        people, ideas = by_source(record, source)
        live = await service.reading.live(record.workshop)
        view = (await service.reading.view(live, "public")).facts["items"]

    assert facts["latest_counts"] == {"1": 0, "0": 0, "-1": 0} | expected["latest_counts"]
    assert facts["moderated"] == expected["moderated"]
    assert facts["ballots"] == {"cast": expected["distinct_voter_comment"], "replaced": expected["revotes"]}
    assert (facts["ideas"], facts["participants"]) == (expected["comments"], len(people))
    standing = {
        (people[voter], ideas[str(option)]): choice
        for aggregate, choice in counts.standing.items()
        for _, voter, option in [ballot_parts(aggregate)]
    }
    assert standing == read_matrix(POLIS / name)
    assert len({voter for voter, _ in standing}) == expected["voters"]
    per_statement = Counter((comment, choice) for (_, comment), choice in standing.items())
    tallies = {ideas[tally["idea"]]: tally["marks"] for tally in view["tallies"]}
    assert tallies == {
        comment: {
            "agree": per_statement[comment, 1],
            "disagree": per_statement[comment, -1],
            "pass": per_statement[comment, 0],
        }
        for comment in ideas.values()
    }
    assert view["workshop"][0]["source"]["licence"] == "CC-BY-4.0"
    assert not view["workshop"][0]["incomplete"]


async def test_entries_stand_in_the_order_of_claimed_time(sqlite_node: Open) -> None:
    """Statements and votes as the merge says, each with its claimed time; moderation after the last vote."""
    source = conversation("15-per-hour-seattle")
    async with sqlite_node() as service:
        record = await run(service, source)
        history = await entries(service, record.workshop)
        people, ideas = by_source(record, source)

    told: list[tuple[Any, ...]] = []
    for one in history:
        if one.event.NAME in ("BallotCast.v1", "BallotReplaced.v1"):
            _, voter, option = ballot_parts(one.aggregate)
            event: Any = one.event
            told.append((event.claimed_at, people[voter], ideas[str(option)], event.choice))
        elif isinstance(one.event, IdeaSubmitted):
            told.append((one.event.claimed_at, people[one.event.author], ideas[one.aggregate]))
    rows = [
        (row.timestamp_ms, row.author_id, row.comment_id)
        if isinstance(row, StatementRow)
        else (row.timestamp_ms, row.voter_id, row.comment_id, row.vote)
        for row in merged(source)
    ]
    assert told == rows

    names = [one.event.NAME for one in history]
    last_vote = max(place for place, name in enumerate(names) if name.startswith("Ballot"))
    assert [names.count("IdeaApproved.v1"), names.count("IdeaHidden.v1")] == [30, 23]
    assert names.index("IdeaApproved.v1") > last_vote
    assert names.index("IdeaHidden.v1") > last_vote
    joined = [one.event for one in history if isinstance(one.event, ParticipantJoined)]
    assert {event.how for event in joined} == {"imported"}
    assert not any(name.startswith("ConsentGiven") for name in names)


async def test_the_genesis_tells_where_the_record_comes_from(sqlite_node: Open) -> None:
    """Source, licence and file digests stand at position 0; the counts of the import are its last entry."""
    source = conversation("15-per-hour-seattle")
    async with sqlite_node() as service:
        record = await run(service, source)
        history = await entries(service, record.workshop)
    first, last = history[0].event, history[-1].event
    assert isinstance(first, RecordStarted)
    assert first.source is not None
    assert dict(first.source.files) == dict(source.files)
    assert (first.source.importer, first.source.licence) == ("polis", "CC-BY-4.0")
    assert isinstance(last, ImportCompleted)
    assert (last.ballots_cast, last.ballots_replaced, last.ideas, last.moderated) == (2872, 123, 54, 53)


async def test_a_second_run_writes_nothing(node: Open) -> None:
    """The same files are the same workshop, from the same node and from another one."""
    source = conversation("brexit-consensus")
    async with node() as service:
        first = await run(service, source)
        head = await service.store.head(first.workshop)
        again = await run(service, source)
        assert (again.workshop, again.resumed) == (first.workshop, True)
        assert await service.store.head(first.workshop) == head
    async with node() as service:
        later = await run(service, source)
        assert later.workshop == first.workshop
        assert await service.store.head(first.workshop) == head
        assert len(await service.store.summaries()) == 1


async def test_other_files_are_another_workshop(sqlite_node: Open, tmp_path: Path) -> None:
    """One byte more in one file makes a new import."""
    for file in ("comments.csv", "votes.csv", "summary.csv"):
        (tmp_path / file).write_bytes((POLIS / "brexit-consensus" / file).read_bytes())
    with (tmp_path / "summary.csv").open("a") as summary:
        summary.write("note,a second edition\n")
    async with sqlite_node() as service:
        first = await run(service, conversation("brexit-consensus"))
        second = await run(service, read_conversation(tmp_path, text_length_max=TEXT_LENGTH_MAX))
    assert first.workshop != second.workshop


async def test_two_runs_at_once_are_one_import(sqlite_node: Open) -> None:
    """A second process that imports the same files meanwhile shares the workshop, and every row is there once."""
    source = conversation("15-per-hour-seattle")
    begun = asyncio.Event()

    async def second(service: Service) -> ImportRecord:
        await begun.wait()
        return await run(service, source)

    async with sqlite_node() as one, sqlite_node() as other:
        first = import_conversation(
            one, source, licence="unknown", name="first", progress=lambda done, total: begun.set()
        )
        records = await asyncio.gather(first, second(other))
        assert len({record.workshop for record in records}) == 1
        facts = (await count_import(one.store, records[0].workshop)).facts()
    assert facts["ballots"] == {"cast": 2872, "replaced": 123}
    assert (facts["ideas"], facts["participants"]) == (54, 339)


async def test_two_runs_that_begin_at_once_agree_on_one_workshop(node: Open) -> None:
    """Both find no record of the source; one genesis is written, and the other run takes it up."""
    source = conversation("brexit-consensus")
    async with node() as one, node() as other:
        records = await asyncio.gather(run(one, source), run(other, source))
        assert len({record.workshop for record in records}) == 1
        assert len(await one.store.summaries()) == 1
        facts = (await count_import(one.store, records[0].workshop)).facts()
    assert facts["ballots"] == {"cast": 5303, "replaced": 9}


class Interrupted(Exception):
    """What ends an import in a test."""


async def interrupt(service: Service, source: Conversation, *, rows: int) -> str:
    """Import until so many rows are in, and say which workshop it is."""

    def stop(done: int, total: int) -> None:
        if done >= rows:
            raise Interrupted

    with pytest.raises(Interrupted):
        await import_conversation(service, source, licence="unknown", name="interrupted", progress=stop)
    (summary,) = await service.store.summaries()
    return summary.workshop


async def test_an_interrupted_import_shows_as_incomplete_until_a_new_run_ends_it(node: Open) -> None:
    """The catalogue and the public view say so; the new run, in another process, adds what is missing."""
    source = conversation("15-per-hour-seattle")
    async with node() as service:
        workshop = await interrupt(service, source, rows=1_000)
        live = await service.reading.live(workshop)
        assert (await service.reading.view(live, "public")).facts["items"]["workshop"][0]["incomplete"]
        half = (await count_import(service.store, workshop)).facts()["ballots"]
        assert 0 < half["cast"] < 1_000
    async with node() as service:
        assert (await service.store.summaries())[0].incomplete
        record = await run(service, source)
        assert (record.workshop, record.resumed) == (workshop, True)
        assert not (await service.store.summaries())[0].incomplete
        facts = (await count_import(service.store, workshop)).facts()
    assert facts["ballots"] == {"cast": 2872, "replaced": 123}
    assert facts["latest_counts"] == {"1": 1358, "0": 592, "-1": 922}


async def test_what_a_facilitator_does_in_between_stops_the_import_with_the_reason(sqlite_node: Open) -> None:
    """Votes on a hidden statement are refused, and the import says so; once it is restored, a new run ends it."""
    source = conversation("15-per-hour-seattle")
    async with sqlite_node() as service:
        workshop = await interrupt(service, source, rows=1_000)
        live = await service.reading.live(workshop)
        draft = Draft(live=live, seat=next(iter(live.state.workshop.facilitators)))

        async def moderate(action: Action) -> None:
            await service.submit(
                workshop, action.command(draft), draft, actor=bytes.fromhex(draft.actor), key=action.NAME
            )

        idea = next(iter(live.state.ideas))
        await moderate(HideIdea(idea=idea, reason="off_topic"))
        with pytest.raises(OptionHidden):
            await run(service, source)
        await moderate(RestoreIdea(idea=idea))
        await run(service, source)
        facts = (await count_import(service.store, workshop)).facts()
    assert facts["latest_counts"] == {"1": 1358, "0": 592, "-1": 922}


def test_what_no_workshop_can_hold_is_refused_before_anything_is_written() -> None:
    """Two thousand statements of one author are the limit; the finding names file, limit and number."""
    statements = [StatementRow(line, 1, line, 7, 0, "text") for line in range(2, 2003)]
    too_many = Conversation("", "", "", statements, [VoteRow(2, 1, 2, 1, 1)], (("votes.csv", "0" * 64),), 1)
    with pytest.raises(
        BadRows, match=r"comments\.csv: expected at most 2000 statements of one author, found 2001"
    ):
        check_limits(too_many)
