"""A cold open, time travel, and the rate of a replay, each in a process of its own that has seen nothing yet.

    python -m scripts.benchmarks.opening DATABASE KEY_FILE WORKSHOP     prints one JSON object

What is compared: our replay (store → strict decoding → all projections) with the plain library's reading of the same rows
into stored events, which decodes and folds nothing.
"""

import asyncio
import json
import random
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID

from cocreate.application.live import LiveWorkshops, decode_rows, pages
from cocreate.bootstrap import opened_reader
from cocreate.cli_options import GC_THRESHOLDS
from cocreate.config import Settings
from cocreate.logconfig import set_up_logging
from cocreate.projections.fold import Projections
from scripts.benchmarks.figures import STORES, Bench, Figure, Store
from scripts.benchmarks.records import lengthen
from scripts.benchmarks.surroundings import ROOT, furnish

SIZES = {100_000: 1.0, 1_000_000: 6.0}
TRAVEL_MS, REPLAY_PER_S, BALLOT_BYTES = 300.0, 200_000, 400
MOMENTS = 5
MEMORY_ENTRIES = 100_000


def measure_all(bench: Bench) -> Iterator[Figure]:
    for store in STORES:
        database, key_file = bench.new_database(store), bench.folder / f"opening-{store}.key"
        room = asyncio.run(furnish(database, key_file, 1))
        for size, wanted_s in SIZES.items():
            # A million entries take a minute to write: on one of the stores, and not in a quick look.
            if size == 100_000 or (store == "sqlite" and not bench.quick):
                asyncio.run(lengthen(database, key_file, room, size))
                runs = min(bench.runs, 3) if size == 100_000 else 1
                found = [_fresh(database, key_file, room.workshop) for _ in range(runs)]
                yield from _figures(store, size, wanted_s, found)


def _fresh(database: str, key_file: Path, workshop: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "scripts.benchmarks.opening", database, str(key_file), workshop]
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, cwd=ROOT, env={"PYTHONPATH": "src:."}
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _figures(store: Store, size: int, wanted_s: float, found: list[dict[str, Any]]) -> Iterator[Figure]:
    what = f"{size:,} events, {store}"
    opened = median(one["open_s"] for one in found)
    yield Figure(f"cold open, {what}", opened, "s", wanted=f"≤ {wanted_s:.0f} s", met=opened <= wanted_s)
    if size == 100_000:
        travels = [ms for one in found for ms in one["travel_ms"]]
        yield Figure(
            f"time travel to a random moment, worst, {what}",
            max(travels),
            "ms",
            wanted="≤ 300 ms",
            met=max(travels) <= TRAVEL_MS,
        )
        rate = median(one["replay_per_s"] for one in found)
        yield Figure(
            f"replay through all projections, {what}",
            rate,
            "events/s",
            "the library reading the rows alone",
            median(one["replay_per_s"] / one["library_per_s"] for one in found),
            "≥ 200,000",
            rate >= REPLAY_PER_S,
        )
        held = median(one["bytes_per_event"] for one in found)
        yield Figure(
            f"memory a ballot held open, {what}", held, "bytes", wanted="< 400", met=held < BALLOT_BYTES
        )


async def fresh(database: str, key_file: Path, workshop: str) -> dict[str, Any]:
    import gc

    gc.set_threshold(*GC_THRESHOLDS)
    set_up_logging("warning")  # standard output is for the one object
    async with opened_reader(Settings(database=database, key_file=key_file)) as service:
        await service.store.head(workshop)
        began = time.perf_counter()
        live = await service.reading.live(workshop)
        found: dict[str, Any] = {"open_s": time.perf_counter() - began}
        rng = random.Random(live.size)
        found["travel_ms"] = []
        for at in rng.sample(range(10, live.size - 1), MOMENTS) if live.size <= 200_000 else ():
            began = time.perf_counter()
            await service.reading.view(live, "public", at)
            found["travel_ms"].append(1000 * (time.perf_counter() - began))
        began = time.perf_counter()
        projections = Projections()
        async for rows in pages(service.store, workshop, after=-1):
            projections.apply_all(decode_rows(rows))
        found["replay_per_s"] = live.size / (time.perf_counter() - began)
        began = time.perf_counter()
        read = sum(1 for _ in service.store.recorder.select_events(UUID(workshop)))
        found["library_per_s"] = read / (time.perf_counter() - began)
        found["bytes_per_event"] = await _held(service.lives, workshop, live.size)
    return found


async def _held(lives: LiveWorkshops, workshop: str, size: int) -> float:
    """What an open workshop holds in memory, a ballot; measured on a smaller record, since tracing is slow."""
    if size > MEMORY_ENTRIES:
        return 0.0
    lives.forget([workshop])
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    live = await lives.get(workshop)
    held = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    return held / sum(len(ballots) for ballots in live.state.ballots.values())


if __name__ == "__main__":
    print(json.dumps(asyncio.run(fresh(sys.argv[1], Path(sys.argv[2]), sys.argv[3]))))
