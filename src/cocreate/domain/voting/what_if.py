"""What if: the ballots of one method counted by another one, as far as they say what that needs.

A ballot is taken as it stands where both methods ask for the same. Otherwise it is read, by one of the readings below, each of
which drops something that the voter said and invents nothing: who was put before whom, or who was named at all.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Final, Literal, get_args

from cocreate.domain.errors import CountImpossible, LimitReached
from cocreate.domain.voting import METHODS, Rules
from cocreate.domain.voting.approval import ApprovalRules
from cocreate.domain.voting.budget import BudgetRules
from cocreate.domain.voting.equal_shares import EqualSharesRules
from cocreate.domain.voting.method import CHOICES_MAX, Ballots, Box, Result, Tally, Ties
from cocreate.domain.voting.ranked import OPTIONS_MAX, RankedRules
from cocreate.domain.voting.score import RATING_MAX

Under = Literal["approval", "first", "borda", "irv", "stv", "schulze", "budget", "equal_shares"]
UNDERS: Final[tuple[Under, ...]] = get_args(Under)
"""What ballots can be counted by: approvals, first preferences alone, four counts of orders, two ways to spend a budget."""

Reading = Literal["as_cast", "named", "agreed", "liked", "given", "first", "ordered"]
"""As cast; what is named or put in order; agreed with; rated 3 or more; given points; put first; in order of points."""

CELLS_MAX: Final = 6_000_000
"""Different ballots times options that are counted for whoever asks: a second or two of work."""
RAISED_CELLS_MAX: Final = 100_000
"""The same where equal shares raise the share time after time: with more, what is bought without raising is all that is told."""
RAISES_MAX: Final = 500
_LIKED: Final = (RATING_MAX + 1) // 2


@dataclass(frozen=True, slots=True)
class Cast:
    """What was cast in a round: all that a count of it needs. `ballots` by `whole_ballots`."""

    rules: Rules
    options: tuple[str, ...]
    costs: Mapping[str, int]
    ballots: Ballots
    ties: Ties
    merged: Mapping[str, str] = field(default_factory=dict)
    """Options that count for another one, in a round that says so."""

    @property
    def cells(self) -> int:
        """Different ballots times options: what a count costs."""
        return len(self.ballots) * len(self.options)


@dataclass(frozen=True, slots=True)
class Otherwise:
    """A count under other rules; `reading` says how the ballots were read for it."""

    under: Under
    reading: Reading
    rules: Rules
    result: Result


def whole_ballots(standing: Iterable[tuple[str, Any]], *, per_option: bool) -> Ballots:
    """How many voters say what, from (ballot's aggregate id, choice); answers to statements are put together voter by voter."""
    if not per_option:
        return Counter(choice for _, choice in standing)
    answers: dict[str, list[tuple[str, int]]] = {}
    for aggregate, choice in standing:
        _, voter, option = aggregate.split("/")
        answers.setdefault(voter, []).append((option, choice))
    return Counter(tuple(sorted(one)) for one in answers.values())


def possible(rules: Rules) -> tuple[Under, ...]:
    """What ballots cast under these rules can be counted by; the round's own count is none of them."""
    own = own_count(rules)
    return tuple(under for under in UNDERS if under != own and _reading(rules, under) is not None)


def own_count(rules: Rules) -> str:
    """The round's own way of counting, by the names of `Under` where it has one."""
    return rules.count if isinstance(rules, RankedRules) else rules.method


def count_otherwise(under: Under, cast: Cast, *, seats: int | None = None) -> Otherwise:
    """The count of these ballots under another method, for as many seats as the round has unless others are named.

    Raises CountImpossible, LimitReached. Cost: that of the method's own count.
    """
    own, reading = own_count(cast.rules), _reading(cast.rules, under)
    if reading is None or under == own:
        raise CountImpossible(method=own, under=under, possible=possible(cast.rules))
    if cast.cells > CELLS_MAX:
        raise LimitReached(of="different ballots times options counted another way", limit=CELLS_MAX)
    if under in _ORDERS and len(cast.options) > OPTIONS_MAX:
        raise LimitReached(of="options put in order", limit=OPTIONS_MAX)
    read = _READ[reading]
    said: Counter[Any] = Counter()
    for choice, times in cast.ballots.items():
        said[read(choice)] += times
    if under in _STRICT and any(choice and not isinstance(choice[0], str) for choice in said):
        others = tuple(one for one in possible(cast.rules) if one not in _STRICT)
        raise CountImpossible(method=f"{own} with equal places", under=under, possible=others)
    there = _rules(under, cast, getattr(cast.rules, "seats", 1) if seats is None else seats)
    method = METHODS[there.method]
    tally = Tally(method)
    for option in cast.options:
        tally.admit(option)
    tally.merge(cast.merged)
    for choice, times in said.items():
        tally.add(None, choice, times)
    box = Box(tally, cast.ties, said if method.counts_ballots else {}, cast.costs)
    return Otherwise(under, reading, there, method.result(there, box))


_ORDERS: Final = ("borda", "irv", "schulze", "stv")
_STRICT: Final = ("irv", "stv", "first")
"""What takes no two options as equal."""
_SPENT: Final = ("budget", "equal_shares")


def _reading(rules: Rules, under: Under) -> Reading | None:
    """How ballots under these rules are read for another count; None where they do not say what it needs."""
    if under in _SPENT:
        return "as_cast" if rules.method in _SPENT else None
    if under == "approval":
        return _NAMED_BY[rules.method] if rules.method not in _SPENT else _spent(rules, "named", "given")
    if rules.method == "ranked":
        return "first" if under == "first" else "as_cast"
    points = rules.method in ("dots", "score") or _spent(rules, "no", "yes") == "yes"
    return "ordered" if points and under in ("borda", "schulze") else None


def _spent(rules: Rules, named: Any, points: Any) -> Any:
    """One for ballots that name projects, the other for those that give them points."""
    if isinstance(rules, BudgetRules | EqualSharesRules):
        return named if rules.ballot == "approval" else points
    return None


_NAMED_BY: Final[Mapping[str, Reading]] = {
    "support": "as_cast",
    "approval": "as_cast",
    "opinion": "agreed",
    "consent": "agreed",
    "dots": "given",
    "quadratic": "given",
    "score": "liked",
    "ranked": "named",
}


def _with(fits: Callable[[int], bool]) -> Callable[[Any], Any]:
    return lambda choice: tuple(option for option, mark in choice if fits(mark))


def _named(choice: Any) -> Any:
    return tuple(sorted(one if isinstance(one, str) else one[0] for one in choice))


def _first(choice: Any) -> Any:
    """The one option put first; where several share the first place, the pairs, which no strict count takes."""
    if not choice or isinstance(choice[0], str):
        return choice[:1]
    leading = tuple(one for one in choice if one[1] == 1)
    return (leading[0][0],) if len(leading) == 1 else leading


def _ordered(choice: Any) -> Any:
    """Points as an order: ids where all differ, else (id, place) pairs; options without points stay out, equal and last."""
    given = sorted((one for one in choice if one[1] > 0), key=lambda one: -one[1])
    groups = [sorted(option for option, _ in group) for _, group in groupby(given, key=lambda one: one[1])]
    if all(len(group) == 1 for group in groups):
        return tuple(group[0] for group in groups)
    return tuple(sorted((option, place) for place, group in enumerate(groups, start=1) for option in group))


_READ: Final[Mapping[Reading, Callable[[Any], Any]]] = {
    "as_cast": lambda choice: choice,
    "named": _named,
    "agreed": _with(lambda mark: mark == 1),
    "liked": _with(lambda mark: mark >= _LIKED),
    "given": _with(lambda mark: mark > 0),
    "first": _first,
    "ordered": _ordered,
}


def _rules(under: Under, cast: Cast, seats: int) -> Rules:
    """The plainest rules of the method; those on a budget keep budget, ballots and ties of the round."""
    rules = cast.rules
    if isinstance(rules, BudgetRules | EqualSharesRules) and under in _SPENT:
        kept = {
            name: getattr(rules, name)
            for name in ("ballot", "budget", "choices_max", "currency", "points_max", "ties")
        }
        if under == "budget":
            return BudgetRules(method="budget", skip=True, threshold=0, **kept)
        voters = sum(times for choice, times in cast.ballots.items() if choice)
        share = rules.budget // max(1, voters)
        raise_by = max(100, share // 100, max(cast.costs.values(), default=0) // RAISES_MAX)
        completion: Any = "add_one_greedy" if cast.cells <= RAISED_CELLS_MAX else "none"
        return EqualSharesRules(method="equal_shares", completion=completion, raise_by=raise_by, **kept)
    match under:
        case "borda" | "irv" | "schulze" | "stv":
            wanted = 1 if under == "irv" else seats
            return RankedRules(method="ranked", count=under, choices_max=OPTIONS_MAX, seats=wanted)
        case _:
            return ApprovalRules(method="approval", choices_max=CHOICES_MAX, seats=seats)
