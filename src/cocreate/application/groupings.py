"""Opinion groups of rounds whose results show: worked out beside everything else, kept until more answers have come.

Nobody waits for them but who asks for them alone, and no vote ever: a process of its own counts, one round at a time, with a low
claim to the processor, and ends. What it is sent are answers of a released round, which anybody can read on the record.
"""

import asyncio
import os
import sys
import time
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from structlog import get_logger

import cocreate
from cocreate.application.live import LiveWorkshop
from cocreate.projections.opinion import Grouped, packed, packed_head, read_counted

ANSWERS_MAX: Final = 1_000_000
"""Of one round, twenty times the largest conversation at hand; some seconds of counting and 40 MB to send."""
KEPT_MAX: Final = 32
"""Results kept, the least recently read go first: a few hundred kilobytes each at a thousand statements."""
EVERY_S: Final = 5.0
"""Between two counts of a round in which people are still voting."""
WAIT_S: Final = 2.0
"""How long somebody who asks for nothing else waits for a first result."""
COUNT_S_MAX: Final = 120.0
"""After this the count is given up, and tried again when somebody asks."""
_SLICE: Final = 4_000
"""Answers packed at a time, two milliseconds; then everybody else has a turn."""
_PROGRAM: Final = (
    "import os, sys; os.nice(10); from cocreate.projections.opinion import counted; "
    "sys.stdout.buffer.write(counted(sys.stdin.buffer.read()))"
)

log = get_logger()


@dataclass(frozen=True, slots=True)
class Grouping:
    """The groups as they were at a position of the record, when so many answers stood."""

    at: int
    answers: int
    groups: Grouped


class Groupings:
    """Owner of the count that runs, and of what earlier ones have found."""

    def __init__(self) -> None:
        self._found: OrderedDict[tuple[str, str], Grouping] = OrderedDict()
        self._began: dict[tuple[str, str], float] = {}
        self._running: asyncio.Task[None] | None = None

    def latest(self, live: LiveWorkshop, round_id: str) -> Grouping | None:
        """What is known now, at once; if more answers have come since, they are counted as soon as there is room."""
        place, rounds = (live.id, round_id), live.projections.rounds
        known = self._found.get(place)
        if known is not None:
            self._found.move_to_end(place)
        moved = known is None or known.at < rounds.turnout_changes.at(round_id)
        if moved and rounds.rounds[round_id].poll.ballots <= ANSWERS_MAX and self._has_room(place):
            self._began[place] = time.monotonic()
            self._running = asyncio.create_task(self._count(live, round_id), name="opinion groups")
        return known

    async def soon(self, live: LiveWorkshop, round_id: str) -> Grouping | None:
        """The same for who asks for it alone: a first result is waited for, briefly."""
        known = self.latest(live, round_id)
        if known is not None or self._running is None:
            return known
        await asyncio.wait((self._running,), timeout=WAIT_S)
        return self._found.get((live.id, round_id))

    def _has_room(self, place: tuple[str, str]) -> bool:
        if self._running is not None and not self._running.done():
            return False
        return time.monotonic() - self._began.get(place, -EVERY_S) >= EVERY_S

    async def _count(self, live: LiveWorkshop, round_id: str) -> None:
        row, at = live.projections.rounds.rounds[round_id], live.projections.at
        answers, standing, statements = row.poll.ballots, list(row.poll.standing.items()), list(row.options)
        numbers = {statement: number for number, statement in enumerate(statements)}
        sent = [packed_head(statements)]
        for first in range(0, len(standing), _SLICE):
            sent.append(packed(standing[first : first + _SLICE], numbers))
            await asyncio.sleep(0)
        began = time.perf_counter()
        answer = await _counted(b"".join(sent))
        seconds = round(time.perf_counter() - began, 3)
        if answer is None:
            log.warning("groups_not_counted", workshop=live.id, answers=answers, seconds=seconds)
            return
        log.info("groups_counted", workshop=live.id, answers=answers, seconds=seconds)
        self._found[live.id, round_id] = Grouping(at, answers, read_counted(answer, statements))
        while len(self._found) > KEPT_MAX:
            self._began.pop(self._found.popitem(last=False)[0], None)

    async def stop(self) -> None:
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)


async def _counted(sent: bytes) -> bytes | None:
    """What the counting process says; None if it ended otherwise, or was given up."""
    here = str(Path(cocreate.__file__).parents[1])
    known = os.pathsep.join(filter(None, (here, os.environ.get("PYTHONPATH", ""))))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _PROGRAM),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": known},
    )
    try:
        async with asyncio.timeout(COUNT_S_MAX):
            answer, _ = await process.communicate(sent)
    except TimeoutError:
        return None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return answer if process.returncode == 0 else None
