"""What a ballot costs in each step that is ours alone: deciding, encoding, and strict decoding; CPU, without store and HTTP.

The library's own transcoder writes and reads the same values beside ours.
"""

import asyncio
import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

from eventsourcing.persistence import JSONTranscoder

from cocreate.bootstrap import opened_service
from cocreate.config import Settings
from cocreate.domain.ballot import CastBallot
from cocreate.domain.decider import decide
from cocreate.domain.messages import Recorded
from cocreate.domain.state import WorkshopState
from cocreate.record.codec import decode, decode_page, encode
from cocreate.record.page import Page
from scripts.benchmarks.figures import Bench, Figure
from scripts.benchmarks.surroundings import Room, furnish

PEOPLE = 2_000
DECIDE_US, ENCODE_US, DECODE_US = 6.0, 6.0, 5.0


def measure_all(bench: Bench) -> Iterator[Figure]:
    database, key_file = bench.new_database("sqlite"), bench.folder / "steps.key"
    room = asyncio.run(furnish(database, key_file, PEOPLE))
    state = asyncio.run(_state(database, key_file, room))
    commands = [_command(room, state, number) for number in range(PEOPLE)]
    now, transcoder = state.now, JSONTranscoder()
    pending = [decide(command, state, now)[0] for command in commands]
    ballots = [
        Recorded(state.size + at, now, one.aggregate[37:69], one.aggregate, secrets.token_hex(16), one.event)
        for at, one in enumerate(pending)
    ]
    entries = [encode(ballot) for ballot in ballots]
    plain: list[dict[str, Any]] = [
        {**ballot._asdict(), "event": ballot.event.NAME, "facts": ballot.event.model_dump(mode="json")}
        for ballot in ballots
    ]
    written = [transcoder.encode(one) for one in plain]
    page = Page([ballot.position for ballot in ballots], [one.event.NAME for one in ballots], entries)

    def cost(work: Callable[[], object]) -> float:
        """µs of CPU a ballot: the median of some turns, one after the other."""
        return median(_us(work) for _ in range(4 * bench.runs)) / PEOPLE

    library = "the library's transcoder"
    yield _judged("decide a ballot", cost(lambda: [decide(one, state, now) for one in commands]), DECIDE_US)
    encoding = cost(lambda: [encode(one) for one in ballots])
    theirs = cost(lambda: [transcoder.encode(one) for one in plain])
    yield _judged("encode a ballot", encoding, ENCODE_US, library, encoding / theirs)
    reading = cost(lambda: _all(decode_page(page)))
    alone = cost(lambda: [decode(one) for one in entries])
    theirs = cost(lambda: [transcoder.decode(one) for one in written])
    yield _judged("decode a ballot strictly, in a page", reading, DECODE_US, library, reading / theirs)
    yield Figure("decode a ballot strictly, alone", alone, "µs of CPU", library, alone / theirs)


def _us(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return 1e6 * (time.process_time() - began)


def _judged(
    name: str, value_us: float, most_us: float, baseline: str = "", ratio: float | None = None
) -> Figure:
    return Figure(name, value_us, "µs of CPU", baseline, ratio, f"≤ {most_us:.0f} µs", value_us <= most_us)


async def _state(database: str, key_file: Path, room: Room) -> WorkshopState:
    async with opened_service(Settings(database=database, key_file=key_file)) as service:
        return (await service.lives.get(room.workshop)).state


def _command(room: Room, state: WorkshopState, number: int) -> CastBallot:
    participant = list(state.participants)[number]
    start = number % (len(room.options) - 1)
    return CastBallot(
        actor=secrets.token_hex(16),
        participant=participant,
        round=room.round,
        choice=tuple(room.options[start : start + 2]),
        random=secrets.token_hex(16),
    )


def _all(some: Iterable[object]) -> int:
    return sum(1 for _ in some)
