"""What a section of the benchmark is given, and what it gives back: figures next to what they are compared with.

A section is a module of this folder with `measure(bench) -> Iterable[Figure]`; `scripts/bench.py` runs them all. A figure
that cannot be compared in the same run is not worth much: name its baseline, or say what it must stay under.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from scripts.benchmarks.surroundings import Room

Store = Literal["sqlite", "postgresql"]
STORES: tuple[Store, ...] = ("sqlite", "postgresql")
TURNS_MIN = 2
"""Fewer would have no median."""
TURNS_S = 15.0
"""For the turns of one loop; some twenty loops and what they need before them are to end in ten minutes."""


@dataclass(frozen=True)
class Figure:
    """One measured number. `wanted` is the goal in words, `met` whether it was reached (None: no goal)."""

    name: str
    value: float
    unit: str
    baseline: str = ""
    """What `ratio` compares with, measured in the same run."""
    ratio: float | None = None
    wanted: str = ""
    met: bool | None = None


@dataclass(frozen=True)
class LongRecord:
    """Where it is, and the room it is of."""

    database: str
    key_file: Path
    room: Room


@dataclass(frozen=True)
class Bench:
    """The surroundings of one run. `runs`: how often a section repeats what it takes the median of."""

    folder: Path
    """For files of the run; removed at its end."""
    new_database: Callable[[Store], str]
    """The URL of a new empty database of that kind, durable as in production."""
    copied: Callable[[str], str]
    """The URL of a new database with all that this one holds, which nobody may be using meanwhile."""
    database_pids: dict[Store, list[int]] = field(default_factory=dict)
    """Processes whose CPU (and whose children's) is the database's."""
    runs: int = 5
    long_records: dict[tuple[Store, int], LongRecord] = field(default_factory=dict)
    """Records of so many entries that one section made and another goes on with: a million take half a minute to write."""
    electorates: dict[Store, LongRecord] = field(default_factory=dict)
    """Rooms of ten thousand people, made once and copied for each server they vote on."""
    quick: bool = False
    """Smaller sizes and one run: to see that it works, not to quote."""

    def turns(self) -> Iterator[int]:
        """The numbers of a loop's turns: `runs` of them, fewer where that would take more than its time."""
        began = time.monotonic()
        for turn in range(self.runs):
            if turn >= TURNS_MIN and time.monotonic() - began > TURNS_S:
                return
            yield turn
