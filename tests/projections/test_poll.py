"""A poll of many voters is folded by the run: what it says is what its ballots say one after the other."""

from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cocreate.domain.ballot import BallotRun
from cocreate.domain.round import VOTERS_WARNING
from cocreate.domain.voting import METHODS
from cocreate.domain.voting.method import Tally
from cocreate.projections.poll import VOTERS_PER_STEP, Poll

ROUND = "00000000-0000-4000-8000-000000000000"
OPTIONS = ("a", "b", "c")
CHOICES = ((), ("a",), ("b", "c"), None)
APPROVAL = METHODS["approval"]


def runs_of_a_round(chance: Random) -> list[BallotRun]:
    """Ballots of some forty voters, cast, replaced and withdrawn as may be, in runs of any size."""
    counters: dict[str, int] = {}
    standing: dict[str, Any] = {}
    runs, position = [], 0
    for _ in range(chance.randint(1, 12)):
        aggregates, choices = [], []
        for _ in range(chance.choice((1, 2, 10, 30))):
            aggregate = f"{ROUND}/{chance.randrange(40):032x}"
            choice = chance.choice(CHOICES if standing.get(aggregate) is not None else CHOICES[:-1])
            standing[aggregate] = choice
            counters[aggregate] = counters.get(aggregate, 0) + 1
            aggregates.append((aggregate, counters[aggregate]))
            choices.append(choice)
        same = ["0" * 32] * len(choices)
        names, counts = [one for one, _ in aggregates], [count for _, count in aggregates]
        runs.append(BallotRun(ROUND, position, 0, 0, names, choices, counts, same, same))
        position += len(choices)
    return runs


@settings(max_examples=200, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), released=st.booleans())
def test_a_poll_says_what_its_ballots_say_one_by_one(seed: int, *, released: bool) -> None:
    """Totals, turnout, counters, who is shown, and where the round came to have few voters, or enough."""
    poll, tally = Poll(APPROVAL, released=released), Tally(APPROVAL)
    for option in OPTIONS:
        poll.admit(option, 0)
        tally.admit(option)
    standing: dict[str, Any] = {}
    counters: dict[str, int] = {}
    kinds = {"cast": 0, "replaced": 0, "withdrawn": 0}
    shown = 0
    for run in runs_of_a_round(Random(seed)):
        crossed = None
        for at, (aggregate, choice, counter) in enumerate(
            zip(run.aggregates, run.choices, run.counters, strict=True)
        ):
            before, few = standing.get(aggregate), len(voters(standing)) < VOTERS_WARNING
            kinds["withdrawn" if choice is None else "cast" if before is None else "replaced"] += 1
            standing[aggregate] = choice
            counters[aggregate] = counter
            if few != (len(voters(standing)) < VOTERS_WARNING):
                crossed = run.position + at
        assert poll.fold(run) == crossed
        shown += (len(standing) - shown) // VOTERS_PER_STEP * VOTERS_PER_STEP
        assert poll.shown == shown
    for choice in standing.values():
        if choice is not None:
            tally.add(None, choice)
    assert poll.tally.marks == tally.marks
    assert list(poll.standing.items()) == list(standing.items())
    assert {aggregate: poll.counters.get(aggregate, 1) for aggregate in standing} == counters
    assert (poll.replaced, poll.withdrawn) == (kinds["replaced"], kinds["withdrawn"])
    assert poll.ballots == poll.voters == len(voters(standing))


def voters(standing: dict[str, Any]) -> list[str]:
    return [aggregate for aggregate, choice in standing.items() if choice is not None]
