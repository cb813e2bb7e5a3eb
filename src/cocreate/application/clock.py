"""The clock that stamps entries: wall time, checked against the monotonic clock."""

import time
from collections.abc import Callable

from cocreate.application.errors import ClockJumped

JUMP_MS_MAX = 60_000
"""A wall clock that leaves the monotonic clock by more than this is wrong, or was: an operator must look."""


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000


_STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Where there is a choice, the clock that goes on while a laptop sleeps: its lid may be shut between two sessions."""


def _monotonic_ms() -> int:
    return time.clock_gettime_ns(_STEADY) // 1_000_000


class Clock:
    """Milliseconds since 1970 UTC. A small drift is followed, so that a slow correction never adds up to a jump."""

    def __init__(
        self, wall: Callable[[], int] = _wall_ms, monotonic: Callable[[], int] = _monotonic_ms
    ) -> None:
        self._wall, self._monotonic = wall, monotonic
        self._last = (wall(), monotonic())
        self._jumped = False

    def read(self) -> int:
        """The wall clock as it is, for what nobody writes on a record: whether a session has expired, say."""
        return self._wall()

    def now(self) -> int:
        """The time to stamp entries with.

        Raises ClockJumped, from the first jump on: only a restart, which is the operator's word, ends it."""
        wall, monotonic = self._wall(), self._monotonic()
        drift = (wall - self._last[0]) - (monotonic - self._last[1])
        if self._jumped or abs(drift) > JUMP_MS_MAX:
            self._jumped = True
            raise ClockJumped()
        self._last = (wall, monotonic)
        return wall
