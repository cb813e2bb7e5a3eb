"""Schulze: an option beats another if its strongest chain of pairwise wins to it is stronger than any chain back.

Source: M. Schulze, "A new monotonic, clone-independent, reversal symmetric, and Condorcet-consistent single-winner election
method", Social Choice and Welfare 36 (2011), with winning votes as strength. Options a ballot leaves out are equal and last.
Several seats go to the first in the order that the relation gives; ties by the stated rule.
"""

from collections.abc import Sequence
from typing import Any

from cocreate.domain.voting.method import Ballots, Step, Ties

_LAST = 127
"""Place of what a ballot leaves out: places fit seven bits of a lane, the eighth is for the comparison."""


def count(
    ballots: Ballots, options: Sequence[str], seats: int, ties: Ties
) -> tuple[tuple[str, ...], tuple[Step, ...]]:
    """Nobody is elected if nobody ranks anything."""
    if not ballots:
        return (), ({"step": "seats_unfilled", "seats": seats},)
    wins = preferences(ballots, options)
    paths = strongest_paths(wins)
    steps: list[Step] = [
        {"step": "pairs", "option": option, "preferred_to": _pairs(options, row)}
        for option, row in zip(options, wins, strict=True)
    ]
    steps += [
        {"step": "paths", "option": option, "strengths": _pairs(options, row)}
        for option, row in zip(options, paths, strict=True)
    ]
    left = list(range(len(options)))
    elected: list[str] = []
    while left and len(elected) < seats:
        best = [one for one in left if all(paths[one][other] >= paths[other][one] for other in left)]
        order = ties.order([options[one] for one in best])
        if len(order) > 1:
            steps.append({"step": "tie_broken", "seat": len(elected) + 1, "order": order})
        elected.append(order[0])
        left.remove(options.index(order[0]))
        steps.append({"step": "elected", "seat": len(elected), "option": order[0]})
    if len(elected) < seats:
        steps.append({"step": "seats_unfilled", "seats": seats - len(elected)})
    return tuple(elected), tuple(steps)


def _pairs(options: Sequence[str], row: Sequence[int]) -> list[list[Any]]:
    return [[option, number] for option, number in zip(options, row, strict=True) if number]


def preferences(ballots: Ballots, options: Sequence[str]) -> list[list[int]]:
    """How many ballots prefer each option (row) to each other (column).

    The places of an option on all ballots are the bytes of one integer, so that two options are compared on all ballots by
    one subtraction: the top bit of a byte stays where the left place is not before the right one.
    """
    total = sum(ballots.values())
    places = {option: bytearray([_LAST]) * total for option in options}
    start = 0
    for choice, times in ballots.items():
        ordered = enumerate(choice, 1) if isinstance(choice[0], str) else ((at, one) for one, at in choice)
        for place, option in ordered:
            if times == 1:
                places[option][start] = place
            else:
                places[option][start : start + times] = bytes([place]) * times
        start += times
    lanes = [int.from_bytes(one, "little") for one in places.values()]
    tops = int.from_bytes(b"\x80" * total, "little")
    return [
        [
            0 if one is other else total - (((one | tops) - other) & tops).bit_count()
            for other in lanes
        ]
        for one in lanes
    ]  # fmt: skip


def strongest_paths(wins: Sequence[Sequence[int]]) -> list[list[int]]:
    """The strength of the strongest chain from each option to each other: its weakest win. Cost: the cube of the options."""
    size = range(len(wins))
    paths = [
        [wins[one][other] if wins[one][other] > wins[other][one] else 0 for other in size] for one in size
    ]
    for through in size:
        onward = paths[through]
        for one in size:
            reach = paths[one][through]
            if one != through and reach:
                paths[one] = [
                    max(direct, min(reach, more)) for direct, more in zip(paths[one], onward, strict=True)
                ]
    for one in size:
        paths[one][one] = 0
    return paths
