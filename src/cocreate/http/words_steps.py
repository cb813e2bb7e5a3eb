"""A count told step by step: one sentence for each step that a method writes down, in the order in which they happened.

Facts are the step's own, so that page, certificate and audit tell the same; an option is named by `name`.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any, Final

from cocreate.http import money

Step = Mapping[str, Any]
Name = Callable[[str], str]

DECISIVE: Final = (
    "elected", "last_place", "bought", "consented", "blocked", "objected", "no_quorum", "seats_unfilled",
)  # fmt: skip
"""The steps that a room sees: what came out, without how."""
LISTED_MAX: Final = 16
"""Options in one sentence: a count of orders may have 120 of them, and a sentence for each."""
CELLS_MAX: Final = 3_000
"""Of a table of votes round by round; an election that needs more is read from its steps."""
UNITS: Final = {
    "approvals": ("approval", "approvals"),
    "dots": ("dot", "dots"),
    "sum": ("point", "points"),
    "votes": ("vote", "votes"),
    "half_points": ("point", "points"),
    "points": ("point", "points"),
}


def told(step: Step, rules: Mapping[str, Any], name: Name, scale: int = 1) -> str | None:
    """The step in a sentence; None where this page has none for it. `scale`: one vote, in the count's own integers."""
    return _common(step, name, scale) or _own(step, rules, name, scale)


def scale_of(steps: Sequence[Step]) -> int:
    """What one vote is in the integers of the count: 1, but for counts that split votes."""
    return next((int(step["scale"]) for step in steps if "scale" in step), 1)


def _own(step: Step, rules: Mapping[str, Any], name: Name, scale: int) -> str | None:
    match rules["method"]:
        case "consent":
            return _consent(step, name, rules)
        case "budget" | "equal_shares":
            return _money(step, name, rules["currency"])
        case "ranked":
            return _ranked(step, name, scale)
        case "score" if step["step"] == "rated":
            return (
                f"{name(step['option'])}: {decimal(step['mean'], 2)} on average, "
                f"with a variance of {decimal(step['variance'], 2)}."
            )
        case _:
            return None


def _common(step: Step, name: Name, scale: int) -> str | None:
    match step["step"]:
        case "counted":
            return f"The marks on all {money.grouped(step['options'])} options were added up."
        case "merged":
            had = "; ".join(f"{name(option)}: {money.grouped(marks)}" for option, marks in step["marks"])
            voters = money.grouped(step["voters"])
            stands = f"{name(step['option'])} also stands for what was merged into it."
            return f"{stands} {had}. Whoever chose any of them counts once: {voters}."
        case "elected" | "last_place" if "has" in step:
            why = (
                "reaches the quota"
                if step["step"] == "elected"
                else "fills a place, as no more ideas are left than places,"
            )
            has = _many(step["has"], "votes", scale)
            return f"Place {step['seat']}: {name(step['option'])} {why} with {has}."
        case "elected" if (unit := _unit(step)) is not None:
            return f"Place {step['seat']}: {name(step['option'])} with {unit}."
        case "elected":
            return f"Place {step['seat']}: {name(step['option'])}, which no other idea left beats."
        case "tie_broken":
            return _tie(step, name)
        case "seats_unfilled":
            many = step["seats"]
            return f"{many} {'place stays' if many == 1 else 'places stay'} empty: nothing else was chosen by anybody."
        case _:
            return None


def _unit(step: Step) -> str | None:
    """What an option was elected with."""
    if "mean" in step:
        return f"an average of {decimal(step['mean'], 2)}"
    found = next((unit for unit in UNITS if unit in step), None)
    return None if found is None else _many(step[found], found, 2 if found == "half_points" else 1)


def _tie(step: Step, name: Name) -> str:
    if "by_round" in step:
        tied = _names(step["options"], name)
        decides = f"Round {step['by_round']} is the last in which their votes differed; it decides."
        return f"{_round(step)}A tie between {tied}. {decides}"
    order = _names(step["order"], name)
    unit = _unit(step)
    had = f"Several had {unit}. " if unit is not None else "Several were equal. "
    return f"{_round(step)}{had}The draw, fixed before the first vote, put them in this order: {order}."


def _ranked(step: Step, name: Name, scale: int) -> str | None:
    match step["step"]:
        case "quota":
            ballots = (
                "1 ballot fills" if step["ballots"] == 1 else f"{money.grouped(step['ballots'])} ballots fill"
            )
            return (
                f"{ballots} {step['seats']} {'place' if step['seats'] == 1 else 'places'}: "
                f"the quota is {_many(step['quota'], 'votes', scale)}."
            )
        case "first_preferences":
            return f"First places: {_table(step['votes'], name, scale)}."
        case "round":
            ended = (
                f" {_many(step['exhausted'], 'votes', 1)} without a further choice."
                if step["exhausted"]
                else ""
            )
            return f"{_round(step)}{_table(step['votes'], name, 1)}.{ended}"
        case "surplus":
            return (
                f"{_round(step)}the surplus of {name(step['option'])}, {_many(step['surplus'], 'votes', scale)}, passes on: "
                f"each ballot counts {shown(step['value'], scale)} of what it did."
            )
        case "excluded":
            had = step["had"] if "had" in step else step["votes"]
            return f"{_round(step)}{name(step['option'])} has the fewest votes, {shown(had, scale)}, and goes; its ballots pass on."
        case "pairs":
            return f"{name(step['option'])} is preferred {_pairs(step['preferred_to'], name)}."
        case "paths":
            return (
                f"The strongest chains from {name(step['option'])} reach {_pairs(step['strengths'], name)}."
            )
        case _:
            return None


def _consent(step: Step, name: Name, rules: Mapping[str, Any]) -> str | None:
    match step["step"]:
        case "no_quorum":
            return f"{name(step['option'])}: {step['voters']} said something, fewer than the quorum of {step['quorum']}."
        case "blocked":
            return (
                f"{name(step['option'])} is blocked: {step['blocks']} block it, {step['objections']} object."
            )
        case "objected":
            borne = rules["objections_max"]
            return f"{name(step['option'])} has no consent: {step['objections']} object, and {borne} would be borne."
        case "consented":
            return f"{name(step['option'])} has consent: {step['agree']} agree, {step['objections']} object, nobody blocks."
        case _:
            return None


def _money(step: Step, name: Name, currency: str) -> str | None:
    match step["step"]:
        case "under_threshold":
            return f"{name(step['option'])} has {_many(step['points'], 'points', 1)}, too few to be bought."
        case "shares":
            have = "voter has" if step["voters"] == 1 else "voters have"
            return f"{money.grouped(step['voters'])} {have} {amount(step['each'], currency)} each."
        case "raised":
            return f"Raised as far as it goes, a share is {amount(step['each'], currency)}: {_ended(step, currency)}."
        case "greedy":
            return f"{money.said(step['left'], currency)} are left, and buy by points what still fits."
        case "no_voters":
            return "Nobody has voted for anything, so nothing is bought."
        case "bought" if "rate" in step:
            who = f"{money.grouped(step['supporters'])} {'voter' if step['supporters'] == 1 else 'voters'}"
            return (
                f"{name(step['option'])} is bought by {who} for {money.said(step['cost'], currency)}; "
                f"{money.said(step['left'], currency)} are left."
            )
        case "bought" | "passed_over" | "stopped":
            happens = {
                "bought": "is bought",
                "passed_over": "does not fit and is passed over",
                "stopped": "does not fit, and the buying ends",
            }[step["step"]]
            return (
                f"{name(step['option'])}, {_many(step['points'], 'points', 1)}, {money.said(step['cost'], currency)}: "
                f"{happens}; {money.said(step['left'], currency)} are left."
            )
        case _:
            return None


def _ended(step: Step, currency: str) -> str:
    if step["ended"] == "nothing_more_fits":
        return "nothing more would fit"
    return f"the next step would have cost {money.said(step['next_cost'], currency)}, more than there is"


def _round(step: Step) -> str:
    return f"Round {step['round']}: " if "round" in step else ""


def _table(votes: Sequence[Sequence[Any]], name: Name, scale: int) -> str:
    return _listed([f"{name(option)} {shown(count, scale)}" for option, count in votes[:LISTED_MAX]], votes)


def _pairs(pairs: Sequence[Sequence[Any]], name: Name) -> str:
    most = sorted(pairs, key=lambda pair: -pair[1])[:LISTED_MAX]
    return (
        _listed([f"to {name(option)} by {money.grouped(count)}" for option, count in most], pairs)
        or "to nothing"
    )


def _names(options: Sequence[str], name: Name) -> str:
    return _listed([name(option) for option in options[:LISTED_MAX]], options)


def _listed(words: Sequence[str], of: Sequence[Any]) -> str:
    rest = len(of) - len(words)
    return ", ".join(words) + (f" and {rest} more" if rest > 0 else "")


def _many(count: Any, unit: str, scale: int) -> str:
    one, more = UNITS[unit]
    return f"{shown(count, scale)} {one if count == scale else more}"


def shown(count: Any, scale: int = 1) -> str:
    """A number of the count, exact: whole, or with as many decimal places as it has (at most five)."""
    if scale == 1:
        return money.grouped(int(count))
    whole, rest = divmod(int(count), scale)
    return f"{money.grouped(whole)}{_places(rest, scale)}"


def _places(rest: int, scale: int) -> str:
    if not rest:
        return ""
    exact = (Decimal(rest) / Decimal(scale)).quantize(Decimal("0.00001"), ROUND_DOWN)
    return str(exact).removeprefix("0").rstrip("0")


def decimal(value: Any, places: int) -> str:
    """An integer or a fraction "n/d" as a decimal number, rounded for reading."""
    found = Fraction(value)
    exact = Decimal(found.numerator) / Decimal(found.denominator)
    return str(exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP))


def amount(value: Any, currency: str) -> str:
    """A share of money in minor units, perhaps a fraction of one, down to the minor unit."""
    return money.said(int(Fraction(value)), currency)


def stages(steps: Sequence[Step], options: Sequence[str]) -> list[tuple[str, dict[str, str]]]:
    """The count as a table: for each round its heading and the votes of each option; nothing where it has no rounds or too many."""
    scale = scale_of(steps)
    found: list[tuple[str, dict[str, str]]] = []
    for step in steps:
        if "votes" in step and isinstance(step["votes"], list) and "round" in step:
            votes = {option: shown(count, scale) for option, count in step["votes"]}
            heading = str(step["round"]) if step["round"] else "First"
            found.append((heading, {option: votes.get(option, "–") for option in options}))
    return found if len(found) * len(options) <= CELLS_MAX else []


def pairs(steps: Sequence[Step]) -> dict[str, dict[str, int]]:
    """How many ballots prefer each option to each other, where the count compares them."""
    return {
        step["option"]: {option: int(count) for option, count in step["preferred_to"]}
        for step in steps
        if step["step"] == "pairs"
    }
