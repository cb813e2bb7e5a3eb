"""What ballots say: the rules in plain words, running totals, and what is wrong with a ballot and how to mend it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from cocreate.http import money

NOT_AN_OPTION: Final = (
    "The form names an idea that is not in this vote. Reload the page and fill it in again."
)
COSTS: Final = "What you have named costs {cost}; the budget is {budget}"
DOUBLE: Final = "Place {place} is given to several ideas: {names}. Give each of them a place of its own."
REASON_ALONE: Final = (
    "{name}: a reason goes with an objection or a block. Choose one of them, or take the reason away."
)
REASON_TOO_LONG: Final = "The reason is too long: at most {limit} characters."
REASONS_TOO_MANY: Final = (
    "A ballot has room for {limit} reasons. Keep the most important ones, and comment on the other proposals."
)
STANCES: Final = {
    "1": ("Agree", "I support it, or can live with it."),
    "0": ("Abstain", "I take part in the quorum and leave it to the others."),
    "-1": ("Object", "It does harm that we have to deal with first."),
    "-2": ("Block", "It must not happen: it goes against what we are here for."),
}


class Running(NamedTuple):
    """`so_far` and `over` take facts by name; the page's script fills in the same words."""

    so_far: str
    over: str


def running(kind: str, unit: str, limit: int | None) -> Running:
    match kind, limit:
        case "tick", None:
            return Running("{used} chosen", "")
        case "tick", _:
            return Running("{used} of {limit} chosen", "Take {over} away to send your vote")
        case "number", None:
            return Running("{named} ideas have points", "")
        case "number", _:
            return Running(
                f"{{used}} of {{limit}} {unit} used, {{left}} left",
                f"Take {{over}} {unit} away to send your vote",
            )
        case "rating", _:
            return Running("{named} rated", "")
        case "rank", _:
            return Running("{named} placed", "")
        case _:
            return Running("{named} answered", "")


def rules(rule: Mapping[str, Any], options: int) -> list[str]:
    """A round's rules in plain words, the ballot's first, then how it is decided."""
    match rule["method"]:
        case "support":
            return ["Choose all the ideas you support.", "They are counted; nothing is decided by it."]
        case "opinion":
            return [
                "Agree, pass or disagree, statement by statement.",
                "The answers are counted; nothing is decided by it.",
            ]
        case "approval":
            return [f"Choose up to {rule['choices_max']} of {options}.", _winners("approved", rule["seats"])]
        case "dots":
            return [
                f"You have {_many(rule['purse'], 'dot')} to give, at most {rule['cap']} to one idea. You may keep some.",
                f"The dots of each idea are added up. {_winners('dotted', rule['seats'], 'with the most dots')}",
            ]
        case "score":
            by = "average rating" if rule["by"] == "mean" else "sum of ratings"
            few = (
                f" An idea needs at least {rule['raters_min']} ratings to be chosen."
                if rule["raters_min"] > 1
                else ""
            )
            return [
                "Give each idea 0 (bad) to 5 (excellent). What you do not rate, you leave to the others.",
                f"{_winners('', rule['seats'], f'with the highest {by}')}{few}",
            ]
        case "quadratic":
            return _quadratic(rule)
        case "consent":
            return _consent(rule)
        case "ranked":
            return _ranked(rule)
        case _:
            return _money(rule)


def _quadratic(rule: Mapping[str, Any]) -> list[str]:
    have = f"You have {_many(rule['credits'], 'credit')}. Votes for one idea cost their square: 1 costs 1, 2 cost 4, 3 cost 9."
    against = " Votes against an idea are negative numbers and cost the same." if rule["against"] else ""
    decides = f"The votes of each idea are added up. {_winners('', rule['seats'], 'with the most votes')}"
    return [f"{have}{against}", decides]


def _consent(rule: Mapping[str, Any]) -> list[str]:
    bears = rule["objections_max"]
    many = f"More than {_many(bears, 'objection')} stop it" if bears else "A single objection stops it"
    people = "person has" if rule["quorum"] == 1 else "people have"
    return [
        "Say for each proposal whether you agree, abstain, object or block.",
        f"{many}, and so does a single block. At least {rule['quorum']} {people} to say something.",
    ]


def _ranked(rule: Mapping[str, Any]) -> list[str]:
    order = f"Number the ideas in your order: 1 is the one you like best, then 2, and so on, up to {rule['choices_max']}."
    rest = "You need not number all; what you leave out comes last."
    equal = (
        "Ideas you like equally may have the same number. " if rule["count"] in ("borda", "schulze") else ""
    )
    chosen = f"{rule['seats']} {'is' if rule['seats'] == 1 else 'are'} chosen."
    how = {
        "irv": (
            "The idea with the fewest first places goes, and its ballots pass to their next choice, until one idea has more "
            "than half."
        ),
        "stv": (
            f"{chosen} An idea with enough votes is chosen, and what it has beyond that passes on to the next choices; the idea "
            "with the fewest votes goes. So on until all places are filled (Scottish rules)."
        ),
        "schulze": (
            f"{chosen} Every two ideas are compared on all ballots. The one that beats the others, directly or through a chain, "
            "comes first."
        ),
        "borda": f"{chosen} On each ballot an idea gets a point for every idea it stands before; the points are added up.",
    }
    return [f"{order} {rest} {equal}Only the order counts.", how[rule["count"]]]


def _money(rule: Mapping[str, Any]) -> list[str]:
    many, points = rule["choices_max"], rule.get("points_max")
    ballot = {
        "approval": f"Choose up to {many} projects. They may cost more than the budget together.",
        "cumulative": f"Share out {points} points among up to {many} projects.",
        "score": f"Give up to {many} projects 1 to {points} points each.",
        "ordinal": (
            f"Number up to {many} projects in your order: 1 is the one you want most. Only the order counts: the first gets "
            f"{many} points, the next one less, and so on."
        ),
    }
    there = f"There are {money.said(rule['budget'], rule['currency'])} to spend."
    return [there, ballot[rule["ballot"]], _greedy(rule) if rule["method"] == "budget" else _shares(rule)]


def _greedy(rule: Mapping[str, Any]) -> str:
    stop = (
        "one that does not fit is passed over"
        if rule["skip"]
        else "the buying ends at the first that does not fit"
    )
    floor = f" A project needs at least {_many(rule['threshold'], 'point')}." if rule["threshold"] else ""
    return f"Projects are bought by points, the most first, while the money lasts; {stop}.{floor}"


def _shares(rule: Mapping[str, Any]) -> str:
    rest = {
        "none": "What is left over is not spent.",
        "add_one": "Shares are then raised step by step as long as all of it fits the budget.",
        "add_one_greedy": (
            "Shares are then raised step by step as long as all of it fits the budget, and what is left buys what fits, by "
            "points."
        ),
    }
    shared = (
        "The budget is shared out equally among the voters (method of equal shares): a project is bought when those who want it "
        "can pay for it together from their shares."
    )
    return f"{shared} {rest[rule['completion']]}"


def _winners(verb: str, seats: int, which: str = "") -> str:
    which = which or f"most {verb}"
    if which.startswith("most"):
        return f"The {which} is chosen." if seats == 1 else f"The {seats} {which} are chosen."
    return f"The idea {which} is chosen." if seats == 1 else f"The {seats} ideas {which} are chosen."


def _many(count: int, noun: str) -> str:
    return f"{money.grouped(count)} {noun}{'' if count == 1 else 's'}"


def not_a_number(kind: str, name: str, text: str) -> str:
    wanted = "a place: 1, 2, 3 or so on" if kind == "rank" else "a whole number"
    short = text if len(text) <= 20 else f"{text[:19]}…"
    return f"{name} needs {wanted}, not “{short}”."


def double(place: int, names: Sequence[str]) -> str:
    return DOUBLE.format(place=place, names=", ".join(names))


def out_of_range(name: str, unit: str, each: int | None, number: int) -> str:
    if number < 0:
        return f"{name} has {number}: there are no {unit} against an idea here."
    return f"{name} has {number} {unit}: one idea may get at most {each}."


def over(kind: str, unit: str, limit: int, used: int) -> str:
    if kind == "tick":
        return f"You have chosen {used}, and up to {limit} may be chosen. Take {used - limit} away."
    return f"You have used {used} {unit}, and there are {limit}. Take {used - limit} away."


def too_many(places: int, named: int) -> str:
    return f"You have named {named} ideas, and a ballot may name up to {places}. Take {named - places} away."


def mark(kind: str, unit: str, text: str) -> str:
    """What a field held, for a ballot that could not be sent."""
    match kind:
        case "tick":
            return ""
        case "rank":
            return f"place {text}"
        case "rating":
            return f"rated {text}"
        case "stance":
            return STANCES[text][0] if text in STANCES else text
        case _:
            return f"{text} {'votes' if unit == 'credits' else unit}"
