"""Open dashboards during five hundred votes a second: how long after the vote's answer each of them has it.

Every vote of the round changes totals that show always, so every vote is a change for every reader. Times are taken from the
moment the voter has the answer to the arrival of the first frame whose position is the vote's or beyond, for 200 of the
readers; of all readers it is checked that positions only rise and that the last frame is the record's end.
"""

import asyncio
import json
import resource
import subprocess
import sys
from bisect import bisect_left
from collections.abc import Iterator
from functools import partial
from statistics import median
from typing import Any

from scripts.benchmarks.figures import Bench, Figure
from scripts.benchmarks.surroundings import ROOT, Room, furnish, load, resident_bytes, server, votes

READERS = {1_000: 150.0, 5_000: 400.0, 10_000: 1_000.0}
"""And the milliseconds within which 99 of 100 hear."""
RATE_PER_S, SECONDS = 500, 6
VIEWER_KB = 25
PEOPLE = 10_000


def measure_all(bench: Bench) -> Iterator[Figure]:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    database, key_file = bench.new_database("sqlite"), bench.folder / "live.key"
    room = asyncio.run(furnish(database, key_file, PEOPLE, results="always"))
    with server("cocreate", database, str(key_file)) as (process, port):
        load(port, 32, votes(room, 2_000))
        cookies = bench.folder / "live.cookies"
        cookies.write_text("\n".join(room.cookies))
        crowd = partial(_start, "read", port, f"/api/workshops/{room.workshop}/live?audience=public")
        alone = _p99([latency for _, latency, _ in _vote(port, room)])
        yield Figure("p99 of a vote at 500/s, no reader", alone, "ms")
        for readers, wanted in ((200, 150.0),) if bench.quick else READERS.items():
            before = resident_bytes(process.pid)
            with crowd(str(readers), str(cookies)) as reading:
                assert reading.stdout is not None
                if reading.stdout.readline().strip() != "ready":
                    raise SystemExit("the readers could not connect")
                held_kb = (resident_bytes(process.pid) - before) / readers / 1000
                yield from _heard(reading, _vote(port, room), readers, wanted, alone)
            yield Figure(
                f"memory a reader, of {readers:,}",
                held_kb,
                "kB",
                wanted=f"< {VIEWER_KB} kB",
                met=held_kb < VIEWER_KB,
            )


def _heard(
    reading: subprocess.Popen[str],
    found: list[tuple[float, float, int]],
    readers: int,
    wanted_ms: float,
    alone_ms: float,
) -> Iterator[Figure]:
    # The last change reaches everybody within a moment; then they are asked what they have.
    asyncio.run(asyncio.sleep(3))
    told = json.loads(reading.communicate()[0])
    last = max(position for _, _, position in found)
    if told["backwards"] or told["last"] != [last, last]:
        raise SystemExit(
            f"readers ended at {told['last']}, the record at {last}; {told['backwards']} frames went back"
        )
    delays = _delays(told["arrivals"], found)
    yield Figure(
        f"a change reaches {readers:,} readers, p99",
        _p99(delays),
        "ms",
        wanted=f"≤ {wanted_ms:.0f} ms",
        met=_p99(delays) <= wanted_ms,
    )
    yield Figure(f"a change reaches {readers:,} readers, median", median(delays), "ms")
    voting = _p99([latency for _, latency, _ in found])
    yield Figure(
        f"p99 of a vote beside {readers:,} readers",
        voting,
        "ms",
        "without readers",
        voting / alone_ms,
        "≤ 2 ×",
        voting <= 2 * alone_ms,
    )


def _start(what: str, port: int, *arguments: str) -> subprocess.Popen[str]:
    # Ten thousand readers share a processor with the voters here, and nowhere else: the voters' waiting for it is not the server's.
    command = [
        *(("nice", "-n", "5") if what == "read" else ()),
        sys.executable,
        str(ROOT / "scripts" / "bench_crowd.py"),
        what,
        "127.0.0.1",
        str(port),
        *arguments,
    ]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _vote(port: int, room: Room) -> list[tuple[float, float, int]]:
    voters = _start("vote", port, str(RATE_PER_S))
    told: dict[str, Any] = json.loads(voters.communicate(votes(room, RATE_PER_S * SECONDS))[0])
    return sorted(map(tuple, told["votes"]))


def _delays(arrivals: list[list[tuple[float, int]]], found: list[tuple[float, float, int]]) -> list[float]:
    """Milliseconds from each vote's answer to each noted reader's frame; a frame may even come before the answer."""
    delays = []
    for frames in arrivals:
        positions = [position for _, position in frames]
        for came, _, position in found:
            arrived = frames[bisect_left(positions, position)][0]
            delays.append(max(0.0, 1000 * (arrived - came)))
    return delays


def _p99(values: list[float]) -> float:
    return sorted(values)[len(values) * 99 // 100]
