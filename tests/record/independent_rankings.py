"""Counts of ranked ballots, written from FORMAT.md §8 alone over plain JSON values: ballot by ballot, with nothing clever."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import groupby
from typing import Any

Step = dict[str, Any]
Order = Callable[[Sequence[str]], list[str]]
"""Options as ranked by the draw."""


def number(value: Fraction) -> str:
    return f"{value.numerator}/{value.denominator}"


def places(totals: dict[str, Any], unit: str, seats: int, order: Order) -> tuple[list[str], list[Step]]:
    elected: list[str] = []
    steps: list[Step] = []
    for total, group in groupby(sorted(totals, key=lambda one: -totals[one]), key=totals.__getitem__):
        if len(elected) == seats:
            break
        said = {unit: number(total) if isinstance(total, Fraction) else total}
        ranked = order(list(group))
        if len(ranked) > 1:
            steps.append({"order": ranked, "step": "tie_broken", **said})
        for option in ranked[: seats - len(elected)]:
            elected.append(option)
            steps.append({"option": option, "seat": len(elected), "step": "elected", **said})
    if len(elected) < seats:
        steps.append({"seats": seats - len(elected), "step": "seats_unfilled"})
    return elected, steps


def place_on(ballot: Any, option: str) -> float:
    """Where the ballot has the option; infinitely far where it leaves it out."""
    if option in ballot:
        return float(ballot.index(option))
    return float(dict(one for one in ballot if not isinstance(one, str)).get(option, "inf"))


def _borda(seats: int, options: list[str], ballots: list[Any], order: Order) -> Any:
    points = dict.fromkeys(options, 0)
    for ballot in ballots:
        for one in options:
            for other in options:
                if one != other:
                    mine, theirs = place_on(ballot, one), place_on(ballot, other)
                    points[one] += 2 if mine < theirs else mine == theirs
    return places(points, "half_points", seats, order)


def _schulze(seats: int, options: list[str], ballots: list[Any], order: Order) -> Any:
    wins = {
        (one, other): sum(place_on(ballot, one) < place_on(ballot, other) for ballot in ballots)
        for one in options
        for other in options
    }
    paths = {(one, other): won if won > wins[other, one] else 0 for (one, other), won in wins.items()}
    for through in options:
        for one in options:
            for other in options:
                if one != other:
                    by_way = min(paths[one, through], paths[through, other])
                    paths[one, other] = max(paths[one, other], by_way)
    steps: list[Step] = []
    for name, said, table in (("pairs", "preferred_to", wins), ("paths", "strengths", paths)):
        for one in options:
            row = [[other, table[one, other]] for other in options if table[one, other]]
            steps.append({"option": one, said: row, "step": name})
    left, elected = list(options), list[str]()
    while left and len(elected) < seats:
        best = order([one for one in left if all(paths[one, two] >= paths[two, one] for two in left)])
        if len(best) > 1:
            steps.append({"order": best, "seat": len(elected) + 1, "step": "tie_broken"})
        elected.append(best[0])
        left.remove(best[0])
        steps.append({"option": best[0], "seat": len(elected), "step": "elected"})
    if len(elected) < seats:
        steps.append({"seats": seats - len(elected), "step": "seats_unfilled"})
    return elected, steps


def _votes(votes: dict[str, int]) -> list[list[Any]]:
    return [[option, votes[option]] for option in sorted(votes, key=lambda one: (-votes[one], one))]


def _apart(
    tied: list[str], earlier: list[dict[str, int]], order: Order, first_round: int, *, most: bool
) -> tuple[str, Step | None]:
    left = tied
    for place in reversed(range(len(earlier))):
        if len(left) > 1:
            extreme = (max if most else min)(earlier[place][one] for one in left)
            left = [one for one in left if earlier[place][one] == extreme]
            if len(left) == 1:
                told = {"by_round": place + first_round, "options": sorted(tied), "step": "tie_broken"}
                return left[0], told
    if len(left) == 1:
        return left[0], None
    ranked = order(left)
    return ranked[0 if most else -1], {"order": ranked, "step": "tie_broken"}


def _irv(seats: int, options: list[str], ballots: list[Any], order: Order) -> Any:
    left, earlier, steps = list(options), list[dict[str, int]](), list[Step]()
    while True:
        votes = dict.fromkeys(left, 0)
        for ballot in ballots:
            for option in ballot:
                if option in votes:
                    votes[option] += 1
                    break
        at = len(earlier) + 1
        counting = sum(votes.values())
        if not counting:
            return [], [{"seats": 1, "step": "seats_unfilled"}]
        steps.append(
            {"exhausted": len(ballots) - counting, "round": at, "step": "round", "votes": _votes(votes)}
        )
        for option in left:
            if 2 * votes[option] > counting:
                return [option], [
                    *steps,
                    {"option": option, "seat": 1, "step": "elected", "votes": votes[option]},
                ]
        least = min(votes.values())
        gone, tie = _apart([one for one in left if votes[one] == least], earlier, order, 1, most=False)
        if tie:
            steps.append({"round": at, **tie})
        steps.append({"option": gone, "round": at, "step": "excluded", "votes": least})
        earlier.append(votes)
        left.remove(gone)


def _stv(  # noqa: C901, PLR0915  the Order's eight rules on one page
    seats: int, options: list[str], ballots: list[Any], order: Order
) -> Any:
    """Every paper by itself: its order, its value, who holds it."""
    quota = (len(ballots) // (seats + 1) + 1) * 100_000
    papers = [[ballot, 100_000, ballot[0]] for ballot in ballots]
    left, elected, waiting, kept, exhausted = list(options), list[str](), list[str](), dict[str, int](), 0
    stages: list[dict[str, int]] = []

    def votes() -> dict[str, int]:
        found = dict.fromkeys(options, 0)
        for _, value, holder in papers:
            if holder is not None:
                found[holder] += value
        return {**found, **kept}

    now = votes()
    steps: list[Step] = [
        {"ballots": len(ballots), "quota": quota, "scale": 100_000, "seats": seats, "step": "quota"},
        {"round": 0, "step": "first_preferences", "votes": _votes(now)},
    ]

    def apart(among: list[str], *, most: bool) -> str:
        extreme = (max if most else min)(now[one] for one in among)
        tied = [one for one in among if now[one] == extreme]
        option, tie = _apart(tied, stages, order, 0, most=most)
        if tie:
            steps.append({"round": len(stages), **tie})
        return option

    def elect(option: str, why: str) -> None:
        left.remove(option)
        elected.append(option)
        said = {"has": now[option], "option": option, "round": len(stages), "seat": len(elected)}
        steps.append({**said, "step": why})
        if now[option] > quota:
            waiting.append(option)

    def elect_at_quota() -> None:
        reached = [one for one in left if now[one] >= quota]
        while reached and len(elected) < seats:
            option = apart(reached, most=True)
            reached.remove(option)
            elect(option, "elected")

    def complete() -> bool:
        return len(elected) >= seats or len(left) <= seats - len(elected)

    elect_at_quota()
    while not complete():
        surplus = bool(waiting)
        option = apart(waiting if surplus else left, most=surplus)
        total = now[option]
        over = total - quota if surplus else total
        stages.append(now)
        (waiting if surplus else left).remove(option)
        kept[option] = quota if surplus else 0
        for paper in papers:
            ballot, value, holder = paper
            if holder != option:
                continue
            later = [one for one in ballot[ballot.index(option) + 1 :] if one in left]
            paper[1] = value * over // total if total else value
            paper[2] = later[0] if later else None
            exhausted += 0 if later else paper[1]
        now = votes()
        table = {"exhausted": exhausted, "truncated": len(ballots) * 100_000 - sum(now.values()) - exhausted}
        said = {
            "option": option,
            "round": len(stages),
            **table,
            "votes": _votes({k: v for k, v in now.items() if v}),
        }
        if surplus:
            steps.append({**said, "step": "surplus", "surplus": over, "value": 100_000 * over // total})
        else:
            steps.append({**said, "step": "excluded", "had": total})
        if surplus or not complete():
            elect_at_quota()
    for option in list(left)[: max(0, seats - len(elected))]:
        elect(option, "last_place")
    if len(elected) < seats:
        steps.append({"seats": seats - len(elected), "step": "seats_unfilled"})
    return elected, steps


COUNTS = {"borda": _borda, "irv": _irv, "schulze": _schulze, "stv": _stv}
