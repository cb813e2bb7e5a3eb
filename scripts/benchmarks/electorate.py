"""A room of ten thousand, a server that it votes on, and its votes next to the bare handler's: what several sections share."""

import asyncio
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from tempfile import mkdtemp

from scripts.benchmarks.figures import Bench, Figure, LongRecord, Store
from scripts.benchmarks.surroundings import Measured, furnish, head_of, measure, votes

PEOPLE = 10_000


def electorate(bench: Bench, store: Store) -> LongRecord:
    """The room in a database of the caller's own: furnished once a run, which takes ten seconds, and copied since."""
    if store not in bench.electorates:
        database, key_file = bench.new_database(store), Path(mkdtemp(dir=bench.folder)) / "instance.key"
        room = asyncio.run(furnish(database, key_file, PEOPLE))
        bench.electorates[store] = LongRecord(database, key_file, room)
    made = bench.electorates[store]
    # With the key goes what was signed, without which a server takes the record for one that was put back.
    keys = shutil.copytree(made.key_file.parent, Path(mkdtemp(dir=bench.folder)) / "keys")
    return replace(made, database=bench.copied(made.database), key_file=keys / made.key_file.name)


@dataclass(frozen=True)
class Polling:
    """A running server whose room votes on it. `pids` are the processes whose CPU a vote costs."""

    record: LongRecord
    port: int
    pids: list[int]

    def vote(self, connections: int, count: int, turn: int) -> Measured:
        """So many votes, each of which must be a new entry."""
        database, room = self.record.database, self.record.room
        before = head_of(database, room.workshop)
        measured = measure(self.pids, self.port, connections, votes(room, count, first=turn * count))
        added = head_of(database, room.workshop) - before
        if added != count:
            raise SystemExit(f"expected {count} new entries for as many answers, found {added}")
        return measured


def beside_bare(where: str, pairs: Sequence[tuple[Measured, Measured]], *, judged: bool) -> Iterator[Figure]:
    """Rate and p99 of our votes next to the bare handler's, which is the first of each pair."""
    ratio = median(ours.per_s / bare.per_s for bare, ours in pairs)
    yield Figure(
        f"durable votes, {where}",
        median(ours.per_s for _, ours in pairs),
        "votes/s",
        f"the bare handler ({median(bare.per_s for bare, _ in pairs):,.0f}/s)",
        ratio,
        "≥ 0.6 ×" if judged else "",
        ratio >= 0.6 if judged else None,
    )
    slower = median(ours.p99_ms / bare.p99_ms for bare, ours in pairs)
    yield Figure(
        f"p99, {where}",
        median(ours.p99_ms for _, ours in pairs),
        "ms",
        "the bare handler",
        slower,
        "≤ 4 ×" if judged else "",
        slower <= 4 if judged else None,
    )
