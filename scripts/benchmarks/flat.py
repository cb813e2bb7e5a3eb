"""What a vote costs where much has been voted already: a thousand events in the record, a hundred thousand, a million."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from statistics import median

from scripts.benchmarks.figures import STORES, Bench, Figure, LongRecord, Store
from scripts.benchmarks.records import lengthen
from scripts.benchmarks.surroundings import Measured, furnish, load, measure, populated, server, votes

PEOPLE = 2_000
VOTES = 4_000
SIZES = (4_000, 100_000, 1_000_000)
"""The room's own joins are the first thousands."""


def measure_all(bench: Bench) -> Iterator[Figure]:
    for store in STORES:
        yield from _store(bench, store)


def _made(bench: Bench, store: Store, size: int) -> LongRecord:
    database, key_file = bench.new_database(store), bench.folder / f"flat-{store}-{size}.key"
    room = asyncio.run(furnish(database, key_file, 1))
    asyncio.run(lengthen(database, key_file, room, size - PEOPLE))
    return LongRecord(database, key_file, room)


def _store(bench: Bench, store: Store) -> Iterator[Figure]:
    sizes = SIZES[:2] if bench.quick or store == "postgresql" else SIZES
    ports = []
    found: dict[int, list[Measured]] = {size: [] for size in sizes}
    with ExitStack() as stack:
        for size in sizes:
            long = bench.long_records.pop((store, size), None) or _made(bench, store, size)
            room = asyncio.run(populated(long.database, long.key_file, long.room, PEOPLE))
            process, port = stack.enter_context(server("cocreate", long.database, str(long.key_file)))
            load(port, 32, votes(room, PEOPLE))
            ports.append((size, room, process, port))
        for turn in bench.turns():
            for size, room, process, port in ports:
                pids = [process.pid, *bench.database_pids.get(store, [])]
                found[size].append(measure(pids, port, 256, votes(room, VOTES, first=turn * VOTES)))
    smallest = found[sizes[0]]
    for size in sizes:
        pairs = list(zip(smallest, found[size], strict=True))
        ratio = median(one.cpu_ms / first.cpu_ms for first, one in pairs)
        yield Figure(
            f"CPU a vote with {size:,} events before it, {store}",
            median(one.cpu_ms for one in found[size]),
            "ms",
            f"with {sizes[0]:,}",
            ratio,
            "within 10 %" if size != sizes[0] else "",
            abs(ratio - 1) <= 0.1 if size != sizes[0] else None,
        )
