"""What counts in stages share: the papers an option holds, and how a tie looks back at earlier stages before the draw."""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from cocreate.domain.voting.method import Ballots, Ties

Paper = tuple[Sequence[str], int, int, int]
"""(order, index of the preference it counts for, value of each, how many such papers)."""
Votes = dict[str, int]


def first_papers(ballots: Ballots, options: Iterable[str], value: int) -> dict[str, list[Paper]]:
    """The papers of each option by first preference, each worth `value`."""
    held: dict[str, list[Paper]] = {option: [] for option in options}
    for order, times in ballots.items():
        held[order[0]].append((order, 0, value, times))
    return held


def next_place(order: Sequence[str], place: int, continuing: AbstractSet[str]) -> int | None:
    """Where the next preference for a continuing option stands after `place`, None if there is none."""
    for later in range(place + 1, len(order)):
        if order[later] in continuing:
            return later
    return None


def fewest(
    tied: Sequence[str], stages: Sequence[Votes], ties: Ties, *, most: bool = False
) -> tuple[str, dict[str, Any] | None]:
    """The one of the options tied at the last stage that had the fewest (or most) votes at the latest stage that tells.

    Where no stage does, the draw decides, in which the option that ranks first fares best. Returns the option and, if there
    was a tie, the facts of a step that tells how it broke.
    """
    left = list(tied)
    for stage in range(len(stages) - 2, -1, -1):
        if len(left) == 1:
            break
        votes = stages[stage]
        wanted = (max if most else min)(votes[option] for option in left)
        apart = [option for option in left if votes[option] == wanted]
        if len(apart) == 1:
            return apart[0], {"step": "tie_broken", "options": sorted(tied), "by_round": stage}
        left = apart
    if len(left) == 1:
        return left[0], None
    order = ties.order(left)
    return order[0 if most else -1], {"step": "tie_broken", "order": order}


def told(votes: Votes) -> list[list[Any]]:
    """Votes as a step tells them: (option, votes) pairs, most first."""
    return [[option, count] for option, count in sorted(votes.items(), key=lambda pair: (-pair[1], pair[0]))]
