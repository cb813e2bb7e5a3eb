"""Durable votes over HTTP by `serve` with one and with two processes that speak HTTP before one that writes.

Next to one process that does both, and to the bare handler, in turns. What several processes bring depends on the cores that
others leave them, so the rate of the bare handler, which says how free the machine was, belongs to each figure.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from statistics import median

from scripts.benchmarks.electorate import PEOPLE, Polling, beside_bare, electorate
from scripts.benchmarks.figures import STORES, Bench, Figure, Store
from scripts.benchmarks.surroundings import ROOT, Measured, bare_room, load, measure, server, votes

VOTES = 5_000
CONNECTIONS = 256
WORKERS = (0, 1, 2)
JUDGED = 1
"""What two cores are best used by: a second worker, the writer and the load want more of them."""


def measure_all(bench: Bench) -> Iterator[Figure]:
    with server("bare") as (bare, bare_port):
        load(bare_port, 8, votes(bare_room(PEOPLE), 500))
        for store in STORES:
            with ExitStack() as stack:
                pollings = [stack.enter_context(_served(bench, store, workers)) for workers in WORKERS]
                turns = []
                for turn in bench.turns():
                    asked = votes(bare_room(PEOPLE), VOTES)
                    nothing = measure([bare.pid], bare_port, CONNECTIONS, asked)
                    turns.append((nothing, *(one.vote(CONNECTIONS, VOTES, turn) for one in pollings)))
            bare_ones, alone, *others = zip(*turns, strict=True)
            for workers, ours in zip(WORKERS[1:], others, strict=True):
                yield from _figures(store, workers, bare_ones, alone, ours)


@contextmanager
def _served(bench: Bench, store: Store, workers: int) -> Iterator[Polling]:
    record = electorate(bench, store)
    where = ["--database", record.database, "--key-file", str(record.key_file)]
    command = ["serve", "--port", "0", "--json", "--workers", str(workers), *where]
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "cocreate", *command],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        port = int(json.loads(process.stdout.readline())["address"].rpartition(":")[2])
        load(port, 8, votes(record.room, 500))
        yield Polling(record, port, [process.pid, *bench.database_pids.get(store, [])])
    finally:
        process.terminate()
        process.wait(30)


def _figures(
    store: Store,
    workers: int,
    bare: tuple[Measured, ...],
    alone: tuple[Measured, ...],
    ours: tuple[Measured, ...],
) -> Iterator[Figure]:
    where = f"{store}, --workers {workers}, {CONNECTIONS} connections"
    yield from beside_bare(where, list(zip(bare, ours, strict=True)), judged=workers == JUDGED)
    both = list(zip(alone, ours, strict=True))
    yield Figure(
        f"the same, {where}",
        median(one.per_s for one in ours),
        "votes/s",
        "one process",
        median(one.per_s / first.per_s for first, one in both),
    )
    yield Figure(
        f"CPU a vote, {where}",
        median(one.cpu_ms for one in ours),
        "ms",
        "one process",
        median(one.cpu_ms / first.cpu_ms for first, one in both),
    )
