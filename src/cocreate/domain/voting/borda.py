"""Borda: on each ballot an option gets a point for every option it is put before, and half for every equal one.

Source: J.-C. de Borda (1784); for ballots with equals or options left out, which are equal and last: D. Black, "Partial
justification of the Borda count" (1976). Counted in half points, so that all are integers.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from cocreate.domain.voting.method import Ballots, Step, Ties
from cocreate.domain.voting.places import elect_in_order


def count(
    ballots: Ballots, options: Sequence[str], seats: int, ties: Ties
) -> tuple[tuple[str, ...], tuple[Step, ...]]:
    """An option that no ballot ranks is elected like any other: left out, it still is before nobody."""
    points = dict.fromkeys(options, 0)
    everybody = 0
    for choice, times in ballots.items():
        rest = len(options) - len(choice)
        everybody += (rest - 1) * times
        if isinstance(choice[0], str):
            # 2 (n − 1 − place), less the rest − 1 that everybody gets
            more = 2 * len(options) - rest - 1
            for option in choice:
                points[option] += more * times
                more -= 2
        else:
            for option, worth in _equals(choice, len(options)):
                points[option] += (worth - rest + 1) * times
    totals = {option: own + everybody for option, own in points.items() if ballots}
    return elect_in_order(totals, "half_points", seats, ties)


def _equals(choice: Sequence[tuple[str, Any]], options: int) -> Iterator[tuple[str, int]]:
    """Half points of each option that has a place: two for each one behind it, one for each beside it."""
    sizes = Counter(place for _, place in choice)
    behind, worth = options, {}
    for place in sorted(sizes):
        behind -= sizes[place]
        worth[place] = 2 * behind + sizes[place] - 1
    return ((option, worth[place]) for option, place in choice)
