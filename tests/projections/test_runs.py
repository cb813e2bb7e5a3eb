"""Ballots are folded in runs: it makes no difference where a run is cut, nor whether there are any."""

from collections.abc import Iterable
from itertools import groupby
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cocreate.domain.ballot import BallotRun, evolve_run, run_of, voted_in
from cocreate.domain.decider import evolve
from cocreate.domain.messages import Recorded
from cocreate.domain.state import WorkshopState
from cocreate.persistence.batch import Row
from cocreate.projections.fold import Projections
from cocreate.projections.history import timeline, withheld_runs
from cocreate.projections.outcome import shown_as_voted
from cocreate.projections.reader import AUDIENCES
from cocreate.projections.views import changes, view
from cocreate.record.codec import EntryMalformed, decode_page, encode
from cocreate.record.digest import digest_tables
from tests.histories import History, random_history
from tests.pages import page_of
from tests.projections.folding import fold

SEEDS = st.integers(0, 2**32 - 1)


def in_runs(entries: Iterable[Recorded], cuts: Random) -> Iterable[Recorded | BallotRun]:
    """The entries with consecutive ballots of a round as runs that are cut somewhere."""
    for round_id, group in groupby(entries, key=voted_in):
        ballots = list(group)
        while ballots:
            size = 1 if round_id is None else cuts.randint(1, len(ballots))
            yield ballots[0] if round_id is None else run_of(ballots[:size])
            del ballots[:size]


def told(projections: Projections, history: History) -> list[object]:
    """Everything that anybody can be told, order and all."""
    texts = history.readable(len(history.entries))
    return [
        [view(projections, projections, audience, texts) for audience in AUDIENCES],
        [changes(projections, since, "facilitator", texts) for since in range(-1, projections.at + 1)],
        timeline(projections, limit=1_000),
        withheld_runs(projections),
        [shown_as_voted(projections, one) for one in projections.rounds.rounds],
        [(row.poll.counters, row.poll.standing) for row in projections.rounds.rounds.values()],
    ]


@settings(max_examples=80, deadline=None)
@given(seed=SEEDS, length=st.integers(30, 120))
def test_runs_tell_what_single_ballots_tell(seed: int, length: int) -> None:
    """Every view, every change since any position, the timeline and who is shown as having voted."""
    history = random_history(Random(seed), length)
    projections = Projections()
    projections.apply_all(in_runs(history.entries, Random(seed)))
    assert told(projections, history) == told(fold(history), history)


@settings(max_examples=80, deadline=None)
@given(seed=SEEDS, length=st.integers(30, 120))
def test_runs_leave_the_state_that_single_ballots_leave(seed: int, length: int) -> None:
    """Table by table; and all of a run can be undone."""
    history = random_history(Random(seed), length)
    one_by_one, by_runs = WorkshopState(), WorkshopState()
    for recorded in history.entries:
        evolve(one_by_one, recorded)
    for event in in_runs(history.entries, Random(seed)):
        if isinstance(event, BallotRun):
            before = digest_tables(by_runs)
            by_runs.mark()
            evolve_run(by_runs, event)
            by_runs.rollback()
            assert digest_tables(by_runs) == before
            evolve_run(by_runs, event)
        else:
            evolve(by_runs, event)
    assert digest_tables(by_runs) == digest_tables(one_by_one)
    assert (by_runs.size, by_runs.now, dict(by_runs.turnout)) == (
        one_by_one.size,
        one_by_one.now,
        dict(one_by_one.turnout),
    )


def rows_of(history: History) -> list[Row]:
    return [Row("w", one.position, one.event.NAME, encode(one)) for one in history.entries]


@settings(max_examples=80, deadline=None)
@given(seed=SEEDS, length=st.integers(30, 120))
def test_a_page_reads_as_its_entries_do(seed: int, length: int) -> None:
    """Ballots read together are the ballots read alone; the claimed time of an import's is in no run and missed by none."""
    history = random_history(Random(seed), length)
    alone = Projections()
    alone.apply_all(history.entries)
    paged = Projections()
    events = list(decode_page(page_of(rows_of(history))))
    paged.apply_all(events)
    assert told(paged, history) == told(alone, history)
    singles = [one for one in events if not isinstance(one, BallotRun)]
    assert [
        one for one in history.entries if one.position in {single.position for single in singles}
    ] == singles


def a_page() -> list[Row]:
    """Consecutive ballots of one round."""
    for seed in range(100):
        rows = rows_of(random_history(Random(seed), 120))
        for first in range(len(rows) - 3):
            names = [row.name for row in rows[first : first + 3]]
            if all(name in ("BallotCast.v1", "BallotReplaced.v1") for name in names):
                return rows[first : first + 3]
    raise AssertionError("the histories have no three ballots in a row")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda page: [page[0], page[2]._replace(position=page[1].position), page[2]],
        lambda page: [page[0], page[1]._replace(name="BallotWithdrawn.v1"), page[2]],
        lambda page: [page[0], page[1]._replace(entry=page[1].entry + b"\n" + page[2].entry), page[2]],
        lambda page: [
            page[0]._replace(entry=page[0].entry + b"\n" + page[1].entry),
            page[1]._replace(entry=b"nothing"),
            page[2],
        ],
        lambda page: [page[0], page[1]._replace(entry=page[1].entry + b"\n"), page[2]],
        lambda page: [page[0], page[1]._replace(entry=b" " + page[1].entry), page[2]],
        lambda page: [
            page[0],
            page[1]._replace(entry=page[1].entry.replace(b'"counter":', b'"counter":0')),
            page[2],
        ],
        lambda page: [page[0], page[1]._replace(entry=page[1].entry[:-1] + b"\xff}"), page[2]],
    ],
    ids=[
        "moved",
        "another name",
        "two in one",
        "two in one, none in the next",
        "a line more",
        "a blank",
        "a zero",
        "no text",
    ],
)
def test_a_page_with_one_spoiled_ballot_is_refused(spoil: object) -> None:
    """However it is spoiled, and however good its neighbours are."""
    assert callable(spoil)
    page = a_page()
    assert len(list(decode_page(page_of(page)))) >= 1
    with pytest.raises(EntryMalformed):
        list(decode_page(page_of(spoil(page))))
