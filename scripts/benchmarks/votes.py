"""Durable votes over HTTP on one node, next to a bare handler and to the plain library.

Every counted answer must add exactly one entry, from distinct sessions with distinct keys, or the run fails. Loads on the
bare handler and on the product take turns, so that a noisy machine is noisy for both; ratios are medians of the pairs'.
"""

from collections.abc import Iterator
from pathlib import Path
from statistics import median

from scripts.benchmarks.electorate import PEOPLE, Polling, beside_bare, electorate
from scripts.benchmarks.figures import STORES, Bench, Figure, Store
from scripts.benchmarks.surroundings import (
    Measured,
    bare_room,
    durability,
    load,
    measure,
    server,
    votes,
)

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
    record = electorate(bench, store)
    print(durability(record.database), flush=True)
    library = _library(bench, store)
    with server("cocreate", record.database, str(record.key_file)) as (process, port):
        load(port, 8, votes(record.room, 500))
        polling = Polling(record, port, [process.pid, *bench.database_pids.get(store, [])])
        for connections in (256,) if bench.quick else (1, 32, 256):
            pairs = []
            for turn in bench.turns():
                count = VOTES[connections]
                bare = measure([bare_pid], bare_port, connections, votes(bare_room(PEOPLE), count))
                pairs.append((bare, polling.vote(connections, count, turn)))
            yield from _figures(store, connections, pairs, library)


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
    where, goal = f"{store}, {connections} connections", connections == 256
    yield from beside_bare(where, pairs, judged=goal)
    if goal:
        rate = median(ours.per_s for _, ours in pairs)
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
    yield Figure(
        f"CPU a vote, server and database, {where}",
        median(ours.cpu_ms for _, ours in pairs),
        "ms",
        "the bare handler",
        median(ours.cpu_ms / bare.cpu_ms for bare, ours in pairs),
    )
