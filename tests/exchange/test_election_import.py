"""Elections become workshops whose certified result is the recount of the source, whatever interrupts the import."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from cocreate.application.live import decode_row
from cocreate.application.service import Service
from cocreate.cli_import_election import facts_of
from cocreate.domain.ballot import BallotCast
from cocreate.domain.genesis import ImportCompleted, RecordStarted
from cocreate.domain.messages import Recorded
from cocreate.domain.opening import OptionsPriced, RoundOpened
from cocreate.domain.participant import ParticipantJoined, ParticipantLeft
from cocreate.exchange.election import Election
from cocreate.exchange.election_import import OtherRules, import_election, option_ids, recount_of
from cocreate.exchange.import_record import ImportRecord
from cocreate.exchange.pabulib_source import read_election as read_pb
from tests.exchange.nodes import Open
from tests.exchange.pb_files import pb


@pytest.fixture
def small(tmp_path: Path) -> Election:
    """Three projects for 100 euros and three voters, one of whom says nothing."""
    return read_pb(pb(tmp_path / "votes.pb"))


async def run(service: Service, election: Election, **given: Any) -> ImportRecord:
    return await import_election(service, election, licence="CC-BY-4.0", **given)


async def entries(service: Service, workshop: str) -> list[Recorded]:
    found: list[Recorded] = []
    while rows := await service.store.read(workshop, after=len(found) - 1):
        found += map(decode_row, rows)
    return found


async def test_a_small_budget_is_imported_counted_and_certified(node: Open, small: Election) -> None:
    """The result stands on the record, with what was elected in order, and beside what the city chose."""
    async with node() as service:
        record = await run(service, small)
        facts = facts_of(small, await recount_of(service, record, small))
        live = await service.reading.live(record.workshop)
        view = (await service.reading.view(live, "public")).facts["items"]
    assert facts.pop("round") == view["rounds"][0]["key"]
    assert facts == {
        "rule": "greedy",
        "ballots": 3,
        "elected": ["c", "a/1"],
        "budget": 100,
        "cost": 90,
        "reported": ["a/1", "c"],
        "equal": True,
    }
    assert not view["workshop"][0]["incomplete"]
    assert [tuple(idea["title"]["texts"].values()) for idea in view["ideas"]] == [
        ("Trees",),
        ("Benches",),
        ("Lamps",),
    ]
    assert [tuple(idea["text"]["texts"].values()) for idea in view["ideas"]] == [("a/1",), ("b",), ("c",)]
    assert [option["cost"] for option in view["options"]] == [6000, 5050, 3000]
    certified = view["rounds"][0]["certificate"]["reconciliation"]
    assert (certified["eligible"], certified["voters"], certified["blank"]) == (3, 3, 1)


async def test_a_difference_is_told_with_what_differs(sqlite_node: Open, tmp_path: Path) -> None:
    """A city may have departed from its rule; the recount says so and changes nothing."""
    projects = "project_id;cost;name;selected\na;60;Trees;0\nb;50;Benches;1\nc;30;Lamps;1\n"
    election = read_pb(pb(tmp_path / "votes.pb", projects=projects, votes="voter_id;vote\n1;a\n2;c\n3;a\n"))
    async with sqlite_node() as service:
        facts = facts_of(election, await recount_of(service, await run(service, election), election))
    assert (facts["elected"], facts["reported"], facts["equal"]) == (["a", "c"], ["b", "c"], False)
    assert facts["differs"] == {"only_elected": ["a"], "only_reported": ["b"]}


async def test_a_file_that_reports_nothing_is_compared_with_nothing(
    sqlite_node: Open, tmp_path: Path
) -> None:
    projects = "project_id;cost\na/1;60\nb;50\nc;30\n"
    election = read_pb(pb(tmp_path / "votes.pb", projects=projects))
    async with sqlite_node() as service:
        facts = facts_of(election, await recount_of(service, await run(service, election), election))
    assert (facts["reported"], facts["equal"]) == (None, None)


async def test_the_record_tells_where_it_comes_from_and_in_which_order(
    sqlite_node: Open, small: Election
) -> None:
    """The source joins, tells the projects and leaves; voters come after the round opens; the counts are the last entry."""
    async with sqlite_node() as service:
        record = await run(service, small)
        history = await entries(service, record.workshop)
        ids = option_ids(record, small.options)
    first, last = history[0].event, history[-1].event
    assert isinstance(first, RecordStarted)
    assert first.source is not None
    assert dict(first.source.files) == {"election.pabulib": small.file.sha256}
    assert (first.source.importer, first.source.licence) == ("pabulib", "CC-BY-4.0")
    assert last == ImportCompleted(ballots_cast=3, ballots_replaced=0, ideas=3, moderated=0, participants=4)
    names = [one.event.NAME.partition(".")[0] for one in history]
    assert names == [
        "RecordStarted", "WorkshopScheduled", "FacilitatorAdded", "WorkshopOpened", "ParticipantJoined",
        "IdeaSubmitted", "IdeaSubmitted", "IdeaSubmitted", "ParticipantLeft", "RoundOpened", "OptionsPriced",
        "ParticipantJoined", "ParticipantJoined", "ParticipantJoined", "BallotCast", "BallotCast", "BallotCast",
        "RoundClosed", "ResultPart", "ResultCertified", "ImportCompleted",
    ]  # fmt: skip
    assert {one.event.how for one in history if isinstance(one.event, ParticipantJoined)} == {"imported"}
    assert sum(isinstance(one.event, ParticipantLeft) for one in history) == 1
    (opened,) = (one.event for one in history if isinstance(one.event, RoundOpened))
    assert [idea for idea, _ in opened.options] == ids
    assert opened.eligibility == "claimed_by_source"
    (priced,) = (one.event for one in history if isinstance(one.event, OptionsPriced))
    assert dict(priced.costs) == {ids[0]: 6000, ids[1]: 5050, ids[2]: 3000}
    said = [one.event.choice for one in history if isinstance(one.event, BallotCast)]
    assert said == [tuple(sorted((ids[0], ids[2]))), (ids[2],), ()]


async def test_a_second_run_writes_nothing(node: Open, small: Election) -> None:
    """The same file is the same workshop, from the same node and from another one, under whatever name it has."""
    async with node() as service:
        first = await run(service, small)
        head = await service.store.head(first.workshop)
        again = await run(service, small)
        assert (again.workshop, again.resumed) == (first.workshop, True)
        assert await service.store.head(first.workshop) == head
        recount = await recount_of(service, first, small)
    async with node() as service:
        later = await run(service, small)
        assert (later.workshop, await service.store.head(later.workshop)) == (first.workshop, head)
        assert await recount_of(service, later, small) == recount
        assert len(await service.store.summaries()) == 1


async def test_two_runs_at_once_are_one_import(node: Open, tmp_path: Path) -> None:
    """Both begin, vote, close and certify; every ballot is there once, and both tell the same result."""
    rows = "".join(f"{voter};{'abc'[voter % 3]}\n" for voter in range(700))
    projects = "project_id;cost\na;60\nb;50\nc;30\n"
    votes = f"voter_id;vote\n{rows}"
    election = read_pb(pb(tmp_path / "votes.pb", projects=projects, votes=votes, num_votes="700"))
    async with node() as one, node() as other:
        first, second = await asyncio.gather(run(one, election), run(other, election))
        assert first.workshop == second.workshop
        recounts = [await recount_of(one, first, election), await recount_of(other, second, election)]
        assert recounts[0] == recounts[1]
        assert len(await one.store.summaries()) == 1
    counts = recounts[0].certificate.reconciliation
    assert (counts.eligible, counts.cast, counts.replaced, counts.voters) == (700, 700, 0, 700)


async def test_the_same_file_under_other_rules_is_refused(sqlite_node: Open, tmp_path: Path) -> None:
    """One file is one record with one round; the refusal names the workshop and the rules it was imported with."""
    path = pb(tmp_path / "votes.pb")
    async with sqlite_node() as service:
        record = await run(service, read_pb(path))
        head = await service.store.head(record.workshop)
        with pytest.raises(OtherRules, match=record.workshop):
            await run(service, read_pb(path, "equalshares/add1"))
        assert await service.store.head(record.workshop) == head


class Interrupted(Exception):
    """What ends an import in a test."""


async def test_an_interrupted_import_is_incomplete_until_a_new_run_ends_it(
    node: Open, tmp_path: Path
) -> None:
    """Another process adds what is missing: every voter joins once and votes once."""
    rows = "".join(f"{voter};{'abc'[voter % 3]}\n" for voter in range(1_200))
    projects = "project_id;cost\na;60\nb;50\nc;30\n"
    votes = f"voter_id;vote\n{rows}"
    election = read_pb(pb(tmp_path / "votes.pb", projects=projects, votes=votes, num_votes="1200"))

    def stop(done: int, total: int) -> None:
        if done >= 1_000:
            raise Interrupted

    async with node() as service:
        with pytest.raises(Interrupted):
            await run(service, election, progress=stop)
        assert (await service.store.summaries())[0].incomplete
    told: list[tuple[int, int]] = []
    async with node() as service:
        record = await run(service, election, progress=lambda done, total: told.append((done, total)))
        assert record.resumed
        assert not (await service.store.summaries())[0].incomplete
        recount = await recount_of(service, record, election)
        joined = [
            one for one in await entries(service, record.workshop) if type(one.event) is ParticipantJoined
        ]
    assert told == [(500, 1_200), (1_000, 1_200), (1_200, 1_200)]
    assert len(joined) == 1_201
    counts = recount.certificate.reconciliation
    assert (counts.eligible, counts.cast, counts.standing, counts.voters) == (1_200, 1_200, 1_200, 1_200)
