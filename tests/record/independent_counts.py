"""Results of every method, written from FORMAT.md §8 alone over plain JSON values: ballot by ballot, with nothing clever."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import groupby
from typing import Any

from tests.record.independent_rankings import COUNTS, Order, Step, number, place_on, places

Counted = tuple[list[list[Any]], list[str], list[Step]]
"""(rows, elected, steps)."""


def counted(
    rules: dict[str, Any], options: list[str], ballots: list[Any], order: Order, costs: dict[str, int]
) -> Counted:
    rows, elected, steps = METHODS[rules["method"]](rules, options, ballots, order, costs)
    return [[option, *rows[option]] for option in options], elected, steps


def _given(options: list[str], ballots: list[Any]) -> dict[str, list[int]]:
    """All numbers that ballots give each option; 1 for one that is only named."""
    given: dict[str, list[int]] = {option: [] for option in options}
    for ballot in ballots:
        for one in ballot:
            option, value = (one, 1) if isinstance(one, str) else one
            given[option].append(value)
    return given


def _support(rules: Any, options: Any, ballots: Any, order: Order, costs: Any) -> Any:
    rows = {option: [len(given)] for option, given in _given(options, ballots).items()}
    return rows, [], [{"options": len(options), "step": "counted"}]


def _approval(rules: Any, options: Any, ballots: Any, order: Order, costs: Any) -> Any:
    rows = {option: [len(given)] for option, given in _given(options, ballots).items()}
    approved = {option: row[0] for option, row in rows.items() if row[0]}
    return rows, *places(approved, "approvals", rules["seats"], order)


def _dots(rules: Any, options: Any, ballots: Any, order: Order, costs: Any) -> Any:
    rows = {option: [sum(given), len(given)] for option, given in _given(options, ballots).items()}
    dotted = {option: row[0] for option, row in rows.items() if row[0]}
    return rows, *places(dotted, "dots", rules["seats"], order)


def _score(rules: Any, options: Any, ballots: Any, order: Order, costs: Any) -> Any:
    rows, rated, steps = {}, {}, []
    for option, given in _given(options, ballots).items():
        rows[option] = [sum(given), len(given), sum(one * one for one in given)]
        if given:
            mean = Fraction(sum(given), len(given))
            variance = sum((one - mean) * (one - mean) for one in given) / Fraction(len(given))
            steps.append(
                {"mean": number(mean), "option": option, "step": "rated", "variance": number(variance)}
            )
            if len(given) >= rules["raters_min"]:
                rated[option] = mean if rules["by"] == "mean" else sum(given)
    elected, more = places(rated, rules["by"], rules["seats"], order)
    return rows, elected, [*steps, *more]


def _quadratic(rules: Any, options: Any, ballots: Any, order: Order, costs: Any) -> Any:
    rows, wanted = {}, {}
    for option, given in _given(options, ballots).items():
        rows[option] = [sum(max(0, one) for one in given), -sum(min(0, one) for one in given), len(given)]
        if sum(given) > 0:
            wanted[option] = sum(given)
    return rows, *places(wanted, "votes", rules["seats"], order)


def _consent(rules: Any, options: Any, ballots: Any, order: Order, costs: Any) -> Any:
    rows, elected, steps = {}, [], []
    for option, given in _given(options, ballots).items():
        agree, _, objections, blocks = rows[option] = [given.count(one) for one in (1, 0, -1, -2)]
        if len(given) < rules["quorum"]:
            step = {"quorum": rules["quorum"], "step": "no_quorum", "voters": len(given)}
        elif blocks:
            step = {"blocks": blocks, "objections": objections, "step": "blocked"}
        elif objections > rules["objections_max"]:
            step = {"objections": objections, "step": "objected"}
        else:
            step = {"agree": agree, "objections": objections, "step": "consented"}
            elected.append(option)
        steps.append({"option": option, **step})
    return rows, elected, steps


def _ranked(rules: Any, options: Any, ballots: Any, order: Order, costs: Any) -> Any:
    said = [ballot for ballot in ballots if ballot]
    rows = {}
    for option in options:
        firsts = [
            ballot
            for ballot in said
            if place_on(ballot, option) == min(place_on(ballot, one) for one in options)
        ]
        rows[option] = [len(firsts)]
    if not said:
        return rows, [], [{"seats": rules["seats"], "step": "seats_unfilled"}]
    return rows, *COUNTS[rules["count"]](rules["seats"], options, said, order)


def _buy(
    points: dict[str, int], costs: Any, left: int, order: Order, *, skip: bool
) -> tuple[list[str], list[Step]]:
    bought: list[str] = []
    steps: list[Step] = []
    for given, group in groupby(sorted(points, key=lambda one: -points[one]), key=points.__getitem__):
        ranked = order(list(group))
        for option in ranked:
            if option == ranked[0] and len(ranked) > 1:
                steps.append({"order": ranked, "points": given, "step": "tie_broken"})
            fits = costs[option] <= left
            left -= costs[option] if fits else 0
            bought += [option] if fits else []
            why = "bought" if fits else "passed_over" if skip else "stopped"
            steps.append(
                {"cost": costs[option], "left": left, "option": option, "points": given, "step": why}
            )
            if why == "stopped":
                return bought, steps
    return bought, steps


def _budget(rules: Any, options: Any, ballots: Any, order: Order, costs: Any) -> Any:
    rows = {option: [sum(given), len(given)] for option, given in _given(options, ballots).items()}
    steps, points = [], {}
    for option, row in rows.items():
        if row[0] < rules["threshold"]:
            steps.append({"option": option, "points": row[0], "step": "under_threshold"})
        else:
            points[option] = row[0]
    bought, more = _buy(points, costs, rules["budget"], _ties(rules, options, order), skip=rules["skip"])
    return rows, bought, [*steps, *more]


def _ties(rules: Any, options: list[str], order: Order) -> Order:
    return order if rules["ties"] == "draw" else (lambda tied: sorted(tied, key=options.index))


def _shares(rules: Any, options: Any, ballots: Any, order: Order, costs: Any) -> Any:
    """Every voter has a purse of fractions."""
    rows = {option: [sum(given), len(given)] for option, given in _given(options, ballots).items()}
    order, approval = _ties(rules, options, order), rules["ballot"] == "approval"
    worth = [
        {one: costs[one] for one in ballot} if approval else dict(ballot) for ballot in ballots if ballot
    ]
    if not worth:
        return rows, [], [{"step": "no_voters"}]
    reach = [one for one in options if costs[one] <= rules["budget"] and any(one in voter for voter in worth)]
    share = Fraction(rules["budget"], len(worth))
    bought = _bought(share, worth, reach, costs, order)
    steps: list[Step] = [{"each": number(share), "step": "shares", "voters": len(worth)}]
    if rules["completion"] != "none":
        while True:
            spent = sum(costs[one["option"]] for one in bought if one["step"] == "bought")
            had = {one["option"] for one in bought if one["step"] == "bought"}
            if all(one in had or spent + costs[one] > rules["budget"] for one in reach):
                steps.append({"each": number(share), "ended": "nothing_more_fits", "step": "raised"})
                break
            more = _bought(share + rules["raise_by"], worth, reach, costs, order)
            cost = sum(costs[one["option"]] for one in more if one["step"] == "bought")
            if cost > rules["budget"]:
                ended: Step = {"ended": "over_budget", "next_cost": cost}
                steps.append({"each": number(share), **ended, "step": "raised"})
                break
            share, bought = share + rules["raise_by"], more
    left, elected = rules["budget"], []
    for one in bought:
        if one["step"] == "bought":
            left -= one["cost"]
            one["left"] = left
            elected.append(one["option"])
        steps.append(one)
    if rules["completion"] == "add_one_greedy":
        rest = {one: row[0] for one, row in rows.items() if one not in elected}
        others, told = _buy(rest, costs, left, order, skip=True)
        return rows, elected + others, [*steps, {"left": left, "step": "greedy"}, *told]
    return rows, elected, steps


def _bought(share: Fraction, worth: Any, reach: Any, costs: Any, order: Order) -> list[Step]:
    purses, left, steps = [share] * len(worth), list(reach), list[Step]()
    while True:
        rates = {one: rate for one in left if (rate := _rate(one, purses, worth, costs[one])) is not None}
        if not rates:
            return steps
        lowest = min(rates.values())
        ranked = order([one for one in left if rates.get(one) == lowest])
        if len(ranked) > 1:
            steps.append({"order": ranked, "rate": number(lowest), "step": "tie_broken"})
        option = ranked[0]
        left.remove(option)
        for voter, values in enumerate(worth):
            purses[voter] -= min(purses[voter], lowest * values.get(option, 0))
        said = {"cost": costs[option], "option": option, "rate": number(lowest), "step": "bought"}
        steps.append({**said, "supporters": sum(option in values for values in worth)})


def _rate(option: str, purses: Any, worth: Any, cost: int) -> Fraction | None:
    """Try each number of voters who give all they have, the poorest a unit of worth first."""
    who = sorted(
        (purses[at] / values[option], purses[at], values[option])
        for at, values in enumerate(worth)
        if option in values
    )
    for giving_all in range(len(who)):
        left = cost - sum(purse for _, purse, _ in who[:giving_all])
        rate: Fraction = left / Fraction(sum(value for *_, value in who[giving_all:]))
        if rate <= who[giving_all][0]:
            return rate
    return None


METHODS: dict[str, Callable[[Any, Any, Any, Order, Any], Any]] = {
    "support": _support,
    "approval": _approval,
    "dots": _dots,
    "score": _score,
    "quadratic": _quadratic,
    "consent": _consent,
    "ranked": _ranked,
    "budget": _budget,
    "equal_shares": _shares,
}
