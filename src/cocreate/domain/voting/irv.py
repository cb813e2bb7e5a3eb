"""Instant runoff: the option with the fewest votes is excluded and its papers pass on, until one has more than half.

Source: W. R. Ware's form of the single transferable vote for one seat (1871), as in the Australian "Commonwealth Electoral Act
1918", s. 274, with optional preferences: more than half means of the papers that still count. A tie for the fewest looks back
at the latest round that tells them apart, then goes by the draw.
"""

from collections.abc import Sequence

from cocreate.domain.voting.method import Ballots, Step, Ties
from cocreate.domain.voting.stages import Votes, fewest, first_papers, next_place, told


def count(
    ballots: Ballots, options: Sequence[str], seats: int, ties: Ties
) -> tuple[tuple[str, ...], tuple[Step, ...]]:
    """Nobody is elected if nobody ranks anything."""
    held = first_papers(ballots, options, 1)
    votes: Votes = {option: sum(times for *_, times in papers) for option, papers in held.items()}
    exhausted = 0
    stages: list[Votes] = []
    steps: list[Step] = []
    while sum(votes.values()):
        stages.append(dict(votes))
        number = len(stages)
        steps.append({"step": "round", "round": number, "votes": told(votes), "exhausted": exhausted})
        leading = max(votes, key=votes.__getitem__)
        if 2 * votes[leading] > sum(votes.values()):
            steps.append({"step": "elected", "seat": 1, "option": leading, "votes": votes[leading]})
            return (leading,), tuple(steps)
        least = min(votes.values())
        gone, tie = fewest([option for option in votes if votes[option] == least], stages, ties)
        if tie is not None:
            if "by_round" in tie:
                tie["by_round"] += 1  # stages count from 0, rounds from 1
            steps.append({**tie, "round": number})
        steps.append({"step": "excluded", "round": number, "option": gone, "votes": least})
        del votes[gone]
        for order, place, value, times in held.pop(gone):
            later = next_place(order, place, votes.keys())
            if later is None:
                exhausted += times
            else:
                votes[order[later]] += times
                held[order[later]].append((order, later, value, times))
    return (), ({"step": "seats_unfilled", "seats": 1},)
