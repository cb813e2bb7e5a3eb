"""Every voting method counts 100,000 ballots on 50 options: from a list of choices to the result with all its steps.

Ballots are random from a seed and nearly all different. On a score ballot every option is rated and on a ranked one every option
has its place, which is the most a ballot can say; on the others voters name up to 15, some options far more often than others.
CPU time, the median of a few runs, next to one bare look at every mark of the same ballots.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from random import Random
from statistics import median
from typing import Any

from cocreate.domain.voting import METHODS, Box, Ranking, Result, Rules, Tally
from cocreate.domain.voting.approval import ApprovalRules
from cocreate.domain.voting.budget import BudgetRules
from cocreate.domain.voting.consent import ConsentRules
from cocreate.domain.voting.dots import DotsRules
from cocreate.domain.voting.equal_shares import EqualSharesRules
from cocreate.domain.voting.groups import opinion_groups
from cocreate.domain.voting.opinion import OpinionRules
from cocreate.domain.voting.quadratic import QuadraticRules
from cocreate.domain.voting.ranked import RankedRules
from cocreate.domain.voting.score import ScoreRules
from cocreate.domain.voting.support import SupportRules
from scripts.benchmarks.figures import Bench, Figure

BALLOTS, OPTIONS, NAMED_MAX = 100_000, 50, 15
VOTERS, STATEMENTS = 1_921, 197
COUNT_S, ADD_ONE_S, GROUPS_S = 2.0, 10.0, 1.0
RUNS_MAX = 3
LONG_S = 2.5
"""What takes so long is run once: its figure moves little, and all sections together must end."""
ROUND = "00000003-0000-4000-8000-000000000001"
MONEY: dict[str, Any] = {
    "budget": 5_000 * BALLOTS,
    "choices_max": OPTIONS,
    "currency": "EUR",
    "ties": "draw",
}
"""Five million euros, 50 a voter; projects cost 20,000 to 1,000,000."""

Make = Callable[[Random, Sequence[str], Sequence[float]], Any]


def measure_all(bench: Bench) -> Iterator[Figure]:
    voters = BALLOTS // 10 if bench.quick else BALLOTS
    options = [f"00000001-0000-4000-8000-{number:012x}" for number in range(OPTIONS)]
    chance = Random("counts")
    costs = {option: chance.randint(2_000_000, 100_000_000) for option in options}
    appeal = [0.02 + chance.random() ** 2 for _ in options]
    for make, rules_of_ballot in BY_BALLOT:
        ballots = [make(chance, options, appeal) for _ in range(voters)]
        yield from _counts(bench, ballots, rules_of_ballot, options, costs)
    yield _groups(bench, Random("groups"))


def _counts(
    bench: Bench,
    ballots: Sequence[Any],
    rules_of_ballot: dict[str, Rules],
    options: Sequence[str],
    costs: dict[str, int],
) -> Iterator[Figure]:
    looked = _seconds(bench, partial(_look, ballots))
    for name, rules in rules_of_ballot.items():
        counted = _seconds(bench, partial(_count, rules, ballots, options, costs))
        goal = ADD_ONE_S if "add one" in name else COUNT_S
        yield Figure(
            f"{name}, {len(ballots):,} ballots × {OPTIONS} options",
            counted,
            "s of CPU",
            "one look at every mark",
            counted / looked,
            f"≤ {goal:.0f} s",
            counted <= goal,
        )


def _groups(bench: Bench, chance: Random) -> Figure:
    """A conversation of the size of vTaiwan's on Uber: 49,443 answers, most voters giving few."""
    statements = [f"{number:03}" for number in range(STATEMENTS)]
    answers = [
        (f"{voter:04}", statement, chance.randint(-1, 1))
        for voter in range(VOTERS)
        for statement in chance.sample(statements, min(STATEMENTS, 1 + int(chance.expovariate(1 / 25))))
    ]
    found = _seconds(bench, partial(opinion_groups, answers, statements))
    return Figure(
        f"opinion groups, {VOTERS:,} voters × {STATEMENTS} statements, {len(answers):,} answers",
        found,
        "s of CPU",
        wanted=f"≤ {GROUPS_S:.0f} s",
        met=found <= GROUPS_S,
    )


def _seconds(bench: Bench, work: Callable[[], object]) -> float:
    found = []
    for _ in range(1 if bench.quick else min(bench.runs, RUNS_MAX)):
        began = time.process_time()
        work()
        found.append(time.process_time() - began)
        if found[-1] > LONG_S:
            break
    return median(found)


def _count(rules: Rules, ballots: Sequence[Any], options: Sequence[str], costs: dict[str, int]) -> Result:
    """As a certificate counts: every ballot into the tally, and into the box where the method counts ballots."""
    method = METHODS[rules.method]
    tally = Tally(method)
    for option in options:
        tally.admit(option)
    said: Counter[Any] = Counter()
    for choice in ballots:
        if method.per_option:
            tally.add(*choice)
        else:
            tally.add(None, choice)
        if method.counts_ballots:
            said[choice] += 1
    return method.result(rules, Box(tally, Ranking(bytes(32), ROUND), said, costs))


def _look(ballots: Sequence[Any]) -> int:
    return sum(1 for choice in ballots for _ in choice)


def _named(chance: Random, options: Sequence[str], appeal: Sequence[float]) -> Any:
    return tuple(sorted(set(chance.choices(options, appeal, k=chance.randint(1, NAMED_MAX)))))


def _statement(chance: Random, options: Sequence[str], appeal: Sequence[float]) -> Any:
    return chance.choices(options, appeal)[0], chance.randint(-1, 1)


def _order(chance: Random, options: Sequence[str], appeal: Sequence[float]) -> Any:
    """All options, those with more appeal rather first."""
    pull = dict(zip(options, appeal, strict=True))
    return tuple(sorted(options, key=lambda option: chance.random() ** (1 / pull[option]), reverse=True))


def _pairs(low: int, high: int, *, all_options: bool = False) -> Make:
    """Numbers from `low` to `high`; equal pairs are one object, as choices of one round share their ids."""
    made: dict[str, list[tuple[str, int]]] = {}

    def make(chance: Random, options: Sequence[str], appeal: Sequence[float]) -> Any:
        if not made:
            made.update({option: [(option, number) for number in range(low, high + 1)] for option in options})
        named = options if all_options else _named(chance, options, appeal)
        numbers = chance.choices(range(high + 1 - low), k=len(named))
        return tuple([made[option][number] for option, number in zip(named, numbers, strict=True)])

    return make


def _ranked(count: Any, seats: int) -> RankedRules:
    return RankedRules(method="ranked", count=count, choices_max=OPTIONS, seats=seats)


def _shares(ballot: Any, completion: Any, points_max: int | None = None) -> EqualSharesRules:
    return EqualSharesRules(
        method="equal_shares",
        ballot=ballot,
        completion=completion,
        points_max=points_max,
        raise_by=100,
        **MONEY,
    )


BY_BALLOT: tuple[tuple[Make, dict[str, Rules]], ...] = (
    (
        _named,
        {
            "support": SupportRules(method="support"),
            "approval": ApprovalRules(method="approval", choices_max=OPTIONS, seats=10),
            "budget": BudgetRules(method="budget", ballot="approval", skip=True, threshold=0, **MONEY),
            "equal shares": _shares("approval", "none"),
            "equal shares, add one, then greedy": _shares("approval", "add_one_greedy"),
        },
    ),
    (_statement, {"opinion": OpinionRules(method="opinion")}),
    (
        _pairs(1, 5),
        {
            "dots": DotsRules(method="dots", purse=75, cap=5, seats=10),
            "quadratic": QuadraticRules(method="quadratic", credits=375, against=False, seats=10),
            "equal shares of points": _shares("score", "none", 5),
            "equal shares of points, add one": _shares("score", "add_one", 5),
        },
    ),
    (
        _pairs(-2, 1, all_options=True),
        {"consent": ConsentRules(method="consent", objections_max=0, quorum=1)},
    ),
    (
        _pairs(0, 5, all_options=True),
        {"score": ScoreRules(method="score", by="mean", raters_min=1, seats=10)},
    ),
    (
        _order,
        {
            "instant runoff": _ranked("irv", 1),
            "STV, 10 seats": _ranked("stv", 10),
            "Schulze": _ranked("schulze", 10),
            "Borda": _ranked("borda", 10),
        },
    ),
)
