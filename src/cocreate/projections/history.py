"""Pages of the timeline, and the runs of entries that nobody may read yet."""

from cocreate.projections.fold import Projections
from cocreate.projections.reader import Item
from cocreate.projections.timeline import Entry, Run

TIMELINE_ITEMS_MAX = 1_000
"""Items of one page: about 200 kB of JSON."""


def timeline(projections: Projections, *, after: int = -1, limit: int = 200) -> Item:
    """Up to `limit` items that end behind position `after`; the same for every audience, since it has no texts."""
    limit = min(limit, TIMELINE_ITEMS_MAX)
    found = projections.timeline.behind(after, limit + 1)
    return {
        "at": projections.at,
        "items": [_run(item) if isinstance(item, Run) else _entry(item) for item in found[:limit]],
        "more": len(found) > limit,
    }


def _entry(entry: Entry) -> Item:
    item: Item = {
        "position": entry.position,
        "time": entry.time,
        "event": entry.event,
        "aggregate": entry.aggregate,
        "actor": entry.actor,
    }
    return {**item, "facts": dict(entry.facts)} if entry.facts else item


def _run(run: Run) -> Item:
    return {
        "position": run.position,
        "last": run.last,
        "time": run.time,
        "last_time": run.last_time,
        "event": "ballots",
        "round": run.round,
        "count": run.last - run.position + 1,
    }


def withheld_runs(projections: Projections) -> list[tuple[int, int, str]]:
    """(first, last, round) of each run of ballots, or of paper, whose entries are withheld at the head, in order."""
    rounds = projections.rounds.rounds
    return [
        (run.position, run.last, run.round)
        for run in projections.timeline.runs
        if not rounds[run.round].released
    ]
