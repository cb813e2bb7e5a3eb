"""Durable votes over HTTP on one node, next to a bare handler and to the plain library.

Every counted answer must add exactly one entry, from distinct sessions with distinct keys, or the run fails. Loads on the
bare handler and on the product take turns, so that a noisy machine is noisy for both; ratios are medians of the pairs'.
"""

import asyncio
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from statistics import median

from scripts.benchmarks.figures import STORES, Bench, Figure, Store
from scripts.benchmarks.surroundings import (
    Measured,
    Room,
    bare_room,
    durability,
    furnish,
    head_of,
    load,
    measure,
    server,
    votes,
)

PEOPLE = 10_000
VOTES = {1: 800, 32: 4_000, 256: 5_000}
LIBRARY_VOTES = 800
LIBRARY_WORKERS = (4, 16)
LIBRARY_TIMES = {"sqlite": 8.0, "postgresql": 20.0}


def measure_all(bench: Bench) -> Iterator[Figure]:
    with server("bare") as (bare, bare_port):
        load(bare_port, 8, votes(bare_room(PEOPLE), 500))
        for store in STORES:
            yield from _store(bench, store, bare.pid, bare_port)


def _store(bench: Bench, store: Store, bare_pid: int, bare_port: int) -> Iterator[Figure]:
    database, key_file = bench.new_database(store), bench.folder / f"votes-{store}.key"
    room = asyncio.run(furnish(database, key_file, PEOPLE))
    print(durability(database), flush=True)
    library = _library(bench, store)
    with server("cocreate", database, str(key_file)) as (process, port):
        load(port, 8, votes(room, 500))
        asked = partial(_counted, database, room, [process.pid, *bench.database_pids.get(store, [])], port)
        for connections in (256,) if bench.quick else (1, 32, 256):
            pairs = []
            for turn in bench.turns():
                count = VOTES[connections]
                bare = measure([bare_pid], bare_port, connections, votes(bare_room(PEOPLE), count))
                pairs.append((bare, asked(connections=connections, count=count, turn=turn)))
            yield from _figures(store, connections, pairs, library)


def _counted(
    database: str, room: Room, pids: list[int], port: int, *, connections: int, count: int, turn: int
) -> Measured:
    before = head_of(database, room.workshop)
    ours = measure(pids, port, connections, votes(room, count, first=turn * count))
    added = head_of(database, room.workshop) - before
    if added != count:
        raise SystemExit(f"expected {count} new entries for as many answers, found {added}")
    return ours


def _library(bench: Bench, store: Store) -> float:
    """Votes/s of the plain library at 256 connections, the best of some sizes of its pool of threads."""
    room = bare_room(PEOPLE)
    environment = _library_environment(store, bench)
    best = 0.0
    for workers in LIBRARY_WORKERS:
        with server("library", str(workers), environment=environment) as (process, port):
            load(port, 4, votes(room, 50))
            best = max(best, measure([process.pid], port, 256, votes(room, LIBRARY_VOTES)).per_s)
    return best


def _library_environment(store: Store, bench: Bench) -> dict[str, str]:
    if store == "sqlite":
        return {
            "PERSISTENCE_MODULE": "eventsourcing.sqlite",
            "SQLITE_DBNAME": str(Path(bench.folder) / "library.sqlite"),
        }
    from psycopg.conninfo import conninfo_to_dict

    facts = conninfo_to_dict(bench.new_database("postgresql"))
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": str(facts["dbname"]),
        "POSTGRES_HOST": str(facts.get("host", "127.0.0.1")),
        "POSTGRES_PORT": str(facts.get("port", 5432)),
        "POSTGRES_USER": str(facts.get("user", "postgres")),
        "POSTGRES_PASSWORD": str(facts.get("password", "postgres")),
    }


def _figures(
    store: Store, connections: int, pairs: list[tuple[Measured, Measured]], library: float
) -> Iterator[Figure]:
    where = f"{store}, {connections} connections"
    rate = median(ours.per_s for _, ours in pairs)
    ratio = median(ours.per_s / bare.per_s for bare, ours in pairs)
    goal = connections == 256
    yield Figure(
        f"durable votes, {where}",
        rate,
        "votes/s",
        "the bare handler of one process",
        ratio,
        "≥ 0.6 ×" if goal else "",
        ratio >= 0.6 if goal else None,
    )
    if goal:
        times, wanted = rate / library, LIBRARY_TIMES[store]
        yield Figure(
            f"the same, {where}",
            rate,
            "votes/s",
            "the plain library",
            times,
            f"≥ {wanted:.0f} ×",
            times >= wanted,
        )
    slower = median(ours.p99_ms / bare.p99_ms for bare, ours in pairs)
    yield Figure(
        f"p99, {where}",
        median(ours.p99_ms for _, ours in pairs),
        "ms",
        "the bare handler",
        slower,
        "≤ 4 ×" if goal else "",
        slower <= 4 if goal else None,
    )
    yield Figure(
        f"CPU a vote, server and database, {where}",
        median(ours.cpu_ms for _, ours in pairs),
        "ms",
        "the bare handler",
        median(ours.cpu_ms / bare.cpu_ms for bare, ours in pairs),
    )
