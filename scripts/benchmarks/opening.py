"""A cold open, time travel, and the rate of a replay, each in a process of its own that has seen nothing yet.

    python -m scripts.benchmarks.opening {keep,resume,alone,weigh} DATABASE KEY_FILE WORKSHOP     prints one JSON object

What is compared: opening and looking back from waypoints with the same by replay alone; our replay (store → strict decoding →
all projections) with the plain library's reading of the same rows into stored events, which decodes and folds nothing. The
last waypoint stands as far behind the head as it ever does in a workshop that has quiet moments.
"""

import asyncio
import json
import random
import subprocess
import sys
import time
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from statistics import median
from typing import Any, Literal, cast, get_args
from uuid import UUID

from cocreate.application import LiveWorkshop, Service
from cocreate.application.live import decode_entries
from cocreate.application.lives import LiveWorkshops, pages
from cocreate.application.waypoints import FRACTION, Waypoints
from cocreate.bootstrap import opened_reader, opened_service
from cocreate.cli_options import GC_THRESHOLDS
from cocreate.config import Settings
from cocreate.logconfig import set_up_logging
from cocreate.persistence.popo import PopoRecordStore
from cocreate.persistence.record_store import RecordStore
from cocreate.persistence.sealing import Vault
from cocreate.persistence.waypoints import COVER
from cocreate.projections.fold import Projections
from scripts.benchmarks.figures import STORES, Bench, Figure, LongRecord, Store
from scripts.benchmarks.records import lengthen
from scripts.benchmarks.surroundings import ROOT, Room, furnish

SIZES = {100_000: 1.0, 1_000_000: 6.0}
TRAVEL_MS, REPLAY_PER_S, BALLOT_BYTES = 300.0, 200_000, 400
MOMENTS, RUNS_MAX = 9, 3
SMALL = 100_000
"""Records up to this size are looked back into, replayed and weighed, too; a million would take minutes."""

Mode = Literal["keep", "resume", "alone", "weigh"]
Found = dict[str, Any]


def measure_all(bench: Bench) -> Iterator[Figure]:
    for store in STORES:
        database, key_file = bench.new_database(store), bench.folder / f"opening-{store}.key"
        room = asyncio.run(furnish(database, key_file, 1))
        # A million entries take half a minute to write: on one of the stores, and not in a quick look.
        sizes = [size for size in SIZES if size == SMALL or (store == "sqlite" and not bench.quick)]
        for size in sizes:
            runs = min(bench.runs, RUNS_MAX) if size == SMALL else 1
            yield from _figures(store, size, SIZES[size], _measured(database, key_file, room, size, runs))
            if (store, size) == ("sqlite", SMALL):
                yield from _weights(_fresh("weigh", database, key_file, room.workshop))
        bench.long_records[store, sizes[-1]] = LongRecord(database, key_file, room)


def _measured(database: str, key_file: Path, room: Room, size: int, runs: int) -> dict[Mode, list[Found]]:
    """What was found while the waypoints were saved, then from them and without them."""
    asyncio.run(lengthen(database, key_file, room, size - size // FRACTION + 1))
    found: dict[Mode, list[Found]] = {
        "keep": [_fresh("keep", database, key_file, room.workshop)],
        "resume": [],
        "alone": [],
    }
    asyncio.run(lengthen(database, key_file, room, size))
    for _ in range(runs):
        found["resume"].append(_fresh("resume", database, key_file, room.workshop))
        found["alone"].append(_fresh("alone", database, key_file, room.workshop))
    return found


def _fresh(mode: Mode, database: str, key_file: Path, workshop: str) -> Found:
    command = [sys.executable, "-m", "scripts.benchmarks.opening", mode, database, str(key_file), workshop]
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, cwd=ROOT, env={"PYTHONPATH": "src:."}
    )
    found: Found = json.loads(done.stdout)
    return found


def _figures(store: Store, size: int, wanted_s: float, found: dict[Mode, list[Found]]) -> Iterator[Figure]:
    what = f"{size:,} events, {store}"
    resumed, alone, (kept,) = found["resume"], found["alone"], found["keep"]
    opened, replayed = (median(one["open_s"] for one in some) for some in (resumed, alone))
    yield Figure(
        f"cold open, {what}",
        opened,
        "s",
        "by replay alone",
        opened / replayed,
        f"≤ {wanted_s:.0f} s",
        opened <= wanted_s,
    )
    yield Figure(f"cold open that leaves waypoints behind, {what}", kept["open_s"], "s")
    yield Figure(f"all waypoints, {what}", kept["bytes_per_event"], "bytes/event")
    yield Figure(f"longest pause while one is saved, {what}", kept["pause_ms"], "ms")
    if size == SMALL:
        worst = max(ms for one in resumed for ms in one["travel_ms"])
        yield Figure(
            f"time travel to a random moment, worst, {what}",
            worst,
            "ms",
            "by replay alone",
            worst / max(ms for one in alone for ms in one["travel_ms"]),
            "≤ 300 ms",
            worst <= TRAVEL_MS,
        )
        rate = median(one["replay_per_cpu_s"] for one in alone)
        yield Figure(
            f"replay through all projections, {what}",
            rate,
            "events a second of one core",
            "the library reading the rows alone",
            median(one["replay_per_cpu_s"] / one["library_per_cpu_s"] for one in alone),
            "≥ 200,000",
            rate >= REPLAY_PER_S,
        )
        by_clock = median(one["replay_per_s"] for one in alone)
        yield Figure(f"the same by the clock, where others may use the core, {what}", by_clock, "events/s")


def _weights(found: Found) -> Iterator[Figure]:
    for how, held in found.items():
        yield Figure(
            f"memory a ballot held open, {how}", held, "bytes", wanted="< 400", met=held < BALLOT_BYTES
        )


async def fresh(mode: Mode, database: str, key_file: Path, workshop: str) -> Found:
    import gc

    gc.set_threshold(*GC_THRESHOLDS)
    set_up_logging("warning")  # standard output is for the one object
    settings = Settings(database=database, key_file=key_file)
    async with opened_service(settings) if mode == "keep" else opened_reader(settings) as service:
        if mode == "alone":
            service.lives.waypoints = _none()
        await service.store.head(workshop)
        if mode == "weigh":
            return await _weighed(service.lives, workshop)
        began = time.perf_counter()
        live = await service.reading.live(workshop)
        found: Found = {"open_s": time.perf_counter() - began}
        if mode == "keep":
            found["pause_ms"] = await _pause(service, live)
            found["bytes_per_event"] = await _saved_bytes(service.store, workshop) / live.size
        elif live.size <= SMALL:
            found["travel_ms"] = [ms async for ms in _travels(service, live)]
            if mode == "alone":
                found |= await _rates(service.store, live)
    return found


def _none() -> Waypoints:
    """An empty shelf of waypoints."""
    return Waypoints(PopoRecordStore(), Vault(bytes(32)))


async def _pause(service: Service, live: LiveWorkshop) -> float:
    """How long the event loop was busy without a break, at worst, while the workshop was saved, in ms of CPU."""
    pauses = [0.0]

    async def watch() -> None:
        last = time.thread_time()
        while True:
            await asyncio.sleep(0)
            now = time.thread_time()
            pauses.append(now - last)
            last = now

    watcher = asyncio.create_task(watch())
    assert await service.lives.waypoints.save(live), "nobody writes to it"
    watcher.cancel()
    return 1000 * max(pauses)


async def _saved_bytes(store: RecordStore, workshop: str) -> int:
    total = 0
    for cover in await store.waypoints.covers(workshop):
        pieces = await store.waypoints.pieces(workshop, cover.size, cover.part, after=COVER, limit=10_000)
        total += sum(len(piece.sealed) for piece in (cover, *pieces))
    return total


async def _travels(service: Service, live: LiveWorkshop) -> AsyncIterator[float]:
    for at in random.Random(live.size).sample(range(10, live.size - 1), MOMENTS):
        began = time.perf_counter()
        await service.reading.view(live, "public", at)
        yield 1000 * (time.perf_counter() - began)


async def _rates(store: RecordStore, live: LiveWorkshop) -> Found:
    """How many events a second of CPU of this process, and by the clock; of the library's reading, by CPU."""
    began, cpu = time.perf_counter(), time.process_time()
    projections = Projections()
    async for page in pages(store, live.id, after=-1):
        projections.apply_all(decode_entries(live.id, page))
    replay_s, replay_cpu_s = time.perf_counter() - began, time.process_time() - cpu
    cpu = time.process_time()
    read = sum(1 for _ in store.recorder.select_events(UUID(live.id)))
    return {
        "replay_per_s": live.size / replay_s,
        "replay_per_cpu_s": live.size / replay_cpu_s,
        "library_per_cpu_s": read / (time.process_time() - cpu),
    }


async def _weighed(lives: LiveWorkshops, workshop: str) -> Found:
    resumed = await _held(lives, workshop)
    lives.forget([workshop])
    lives.waypoints = _none()
    return {"resumed": resumed, "replayed": await _held(lives, workshop)}


async def _held(lives: LiveWorkshops, workshop: str) -> float:
    """What an open workshop holds in memory, a ballot; of a small record, since tracing is slow."""
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    live = await lives.get(workshop)
    held = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    return held / sum(len(ballots) for ballots in live.state.ballots.values())


if __name__ == "__main__":
    chosen, where, key, which = sys.argv[1:]
    assert chosen in get_args(Mode)
    print(json.dumps(asyncio.run(fresh(cast("Mode", chosen), where, Path(key), which))))
