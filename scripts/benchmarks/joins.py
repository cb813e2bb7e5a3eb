"""A room comes in at once: two hundred people without a session join one workshop. None is refused, none is lost."""

import asyncio
import json
import urllib.request
from collections.abc import Iterator
from statistics import median

from scripts.benchmarks.figures import STORES, Bench, Figure, Store
from scripts.benchmarks.surroundings import bare_room, furnish, head_of, load, measure, server, votes

PEOPLE = 200
ENTRIES = 2
"""A join and the consent that is given with it."""


def measure_all(bench: Bench) -> Iterator[Figure]:
    with server("bare") as (bare, bare_port):
        load(bare_port, 8, votes(bare_room(1), 200))
        for store in STORES:
            for connections in (32, 256):
                yield from _rooms(bench, store, connections, bare.pid, bare_port)


def _rooms(bench: Bench, store: Store, connections: int, bare_pid: int, bare_port: int) -> Iterator[Figure]:
    database = bench.new_database(store)
    key_file = bench.folder / f"joins-{store}-{connections}.key"
    room = asyncio.run(furnish(database, key_file, 1))
    pairs = []
    with server("cocreate", database, str(key_file)) as (process, port):
        load(port, 1, votes(room, 1))
        pids = [process.pid, *bench.database_pids.get(store, [])]
        for turn in bench.turns():
            bare = measure([bare_pid], bare_port, connections, votes(bare_room(1), PEOPLE))
            before = head_of(database, room.workshop)
            # A cookie of no session: each comes for the first time.
            lines = f"/api/workshops/{room.workshop}/join\tnobody=1\t-\t{{}}\n" * PEOPLE
            ours = measure(pids, port, connections, lines)
            added = head_of(database, room.workshop) - before
            asked = f"http://127.0.0.1:{port}/api/workshops/{room.workshop}?audience=public"
            with urllib.request.urlopen(asked) as answer:
                seen = json.load(answer)["items"]["participation"][0]["joined"]
            if (added, seen) != (ENTRIES * PEOPLE, 1 + PEOPLE * (turn + 1)):
                raise SystemExit(
                    f"{PEOPLE} people joined; the record has {added} more entries and counts {seen}"
                )
            pairs.append((bare, ours))
    ratio = median(ours.per_s / bare.per_s for bare, ours in pairs)
    yield Figure(
        f"{PEOPLE} people join at once, {store}, {connections} connections",
        median(ours.per_s for _, ours in pairs),
        "joins/s",
        "the bare handler",
        ratio,
        wanted="none refused, none lost",
        met=True,
    )
    yield Figure(
        f"p99 of a join, {store}, {connections} connections", median(ours.p99_ms for _, ours in pairs), "ms"
    )
