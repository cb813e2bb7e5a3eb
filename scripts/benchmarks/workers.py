"""Durable votes over HTTP by `serve --workers 2`, next to one process and to the bare handler, in turns.

Two processes that speak HTTP and one that writes need cores: where others take them, one process does more. So the rate of
the bare handler, which says how free the machine was, belongs to the figure.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

from scripts.benchmarks.figures import STORES, Bench, Figure, Store
from scripts.benchmarks.surroundings import (
    Measured,
    Room,
    bare_room,
    furnish,
    head_of,
    load,
    measure,
    server,
    votes,
)

PEOPLE = 2_000
VOTES = 4_000
CONNECTIONS = 256
ROOT = Path(__file__).resolve().parents[2]


def measure_all(bench: Bench) -> Iterator[Figure]:
    with server("bare") as (bare, bare_port):
        load(bare_port, 8, votes(bare_room(PEOPLE), 500))
        for store in STORES:
            with ExitStack() as stack:
                one, two = (stack.enter_context(_served(bench, store, workers)) for workers in (1, 2))
                turns = []
                for turn in bench.turns():
                    asked = votes(bare_room(PEOPLE), VOTES)
                    nothing = measure([bare.pid], bare_port, CONNECTIONS, asked)
                    turns.append((nothing, one.vote(turn), two.vote(turn)))
            yield from _figures(store, turns)


class Served:
    """A server, and the room that votes on it."""

    def __init__(self, database: str, room: Room, port: int, pids: list[int]) -> None:
        self._database, self._room, self._port, self._pids = database, room, port, pids

    def vote(self, turn: int) -> Measured:
        before = head_of(self._database, self._room.workshop)
        lines = votes(self._room, VOTES, first=turn * VOTES)
        measured = measure(self._pids, self._port, CONNECTIONS, lines)
        added = head_of(self._database, self._room.workshop) - before
        if added != VOTES:
            raise SystemExit(f"expected {VOTES} new entries for as many answers, found {added}")
        return measured


@contextmanager
def _served(bench: Bench, store: Store, workers: int) -> Iterator[Served]:
    database, key_file = bench.new_database(store), bench.folder / f"workers-{store}-{workers}.key"
    room = asyncio.run(furnish(database, key_file, PEOPLE))
    command = ["serve", "--port", "0", "--json", "--database", database, "--key-file", str(key_file)]
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "cocreate", *command, "--workers", str(workers)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        port = int(json.loads(process.stdout.readline())["address"].rpartition(":")[2])
        load(port, 8, votes(room, 500))
        yield Served(database, room, port, [process.pid, *bench.database_pids.get(store, [])])
    finally:
        process.terminate()
        process.wait(30)


def _figures(store: Store, turns: list[tuple[Measured, Measured, Measured]]) -> Iterator[Figure]:
    where = f"{store}, 2 workers, {CONNECTIONS} connections"
    rate = median(two.per_s for _, _, two in turns)
    lift = median(two.per_s / one.per_s for _, one, two in turns)
    yield Figure(f"durable votes, {where}", rate, "votes/s", "one process", lift)
    ratio = median(two.per_s / bare.per_s for bare, _, two in turns)
    yield Figure(
        f"the same, {where}",
        rate,
        "votes/s",
        f"bare ({median(bare.per_s for bare, _, _ in turns):,.0f}/s)",
        ratio,
        "≥ 0.6 ×",
        ratio >= 0.6,
    )
    cpu = median(two.cpu_ms for _, _, two in turns)
    spent = median(two.cpu_ms / one.cpu_ms for _, one, two in turns)
    yield Figure(f"CPU a vote, {where}", cpu, "ms", "one process", spent)
