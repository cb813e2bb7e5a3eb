"""The forms of choices, each with one way to say one thing: options named, options with a number each, one answer."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from sys import intern
from typing import Any

from cocreate.domain.errors import ChoiceMalformed, RulesMalformed
from cocreate.domain.voting.method import CHOICES_MAX

_KEPT_MAX = 50_000
OPTIONS_KEPT_MAX = 8
"""Longer choices hardly repeat; fifty thousand of these are some 20 MB."""
_kept: dict[Any, Any] = {}


def one_object(choice: Any) -> Any:
    """The same object for equal choices, so that a hundred thousand ballots that say one of a few things hold those few.

    Long choices share the ids they name and nothing else. What is kept is forgotten when there are too many different ones;
    equality never depends on it.
    """
    if isinstance(choice, tuple) and choice not in _kept:
        choice = tuple(map(_interned, choice))
        if len(choice) > OPTIONS_KEPT_MAX:
            return choice
        if len(_kept) >= _KEPT_MAX:
            _kept.clear()
        _kept[choice] = choice
    return _kept.get(choice, choice)


def _interned(part: Any) -> Any:
    return intern(part) if type(part) is str else (intern(part[0]), part[1])


def check_options_named(method: str, choice: Any, choices_max: int = CHOICES_MAX) -> None:
    """Refuse anything but up to `choices_max` distinct option ids in ascending order."""
    _require_ids(method, choice)
    if list(choice) != sorted(set(choice)):
        raise ChoiceMalformed(
            method=method, expected="distinct idea ids in ascending order", found="another order or a repeat"
        )
    if len(choice) > choices_max:
        raise ChoiceMalformed(method=method, expected=f"at most {choices_max} ideas", found=f"{len(choice)}")


def check_order(method: str, choice: Any, choices_max: int = CHOICES_MAX) -> None:
    """Refuse anything but up to `choices_max` distinct option ids, the most preferred first."""
    _require_ids(method, choice)
    if len(set(choice)) < len(choice):
        raise ChoiceMalformed(method=method, expected="each idea at one place", found="a repeat")
    if len(choice) > choices_max:
        raise ChoiceMalformed(method=method, expected=f"at most {choices_max} ideas", found=f"{len(choice)}")


def check_numbers(method: str, choice: Any, fits: Callable[[int], bool], expected: str) -> None:
    """Refuse anything but (idea, number) pairs, ascending by distinct ids, each number as `expected` says; () is blank."""
    if not isinstance(choice, tuple) or (choice and not isinstance(choice[0], tuple)):
        found = "a single answer" if not isinstance(choice, tuple) else "a list of idea ids"
        raise ChoiceMalformed(method=method, expected="a list of [idea id, number]", found=found)
    if any(first[0] >= second[0] for first, second in pairwise(choice)):
        raise ChoiceMalformed(
            method=method, expected="distinct idea ids in ascending order", found="another order or a repeat"
        )
    for _, number in choice:
        if not fits(number):
            raise ChoiceMalformed(method=method, expected=expected, found=str(number))


def _require_ids(method: str, choice: Any) -> None:
    if not isinstance(choice, tuple):
        raise ChoiceMalformed(method=method, expected="a list of idea ids", found="a single answer")
    if choice and not isinstance(choice[0], str):
        raise ChoiceMalformed(method=method, expected="a list of idea ids", found="numbers beside them")


class AnyOptions:
    """The part of a method that decides on any options, whatever they cost."""

    def check_round(self, rules: Any, options: Sequence[str], costs: Mapping[str, int]) -> None:
        if costs:
            raise RulesMalformed(problem="only options of a vote on a budget have costs")


class Named(AnyOptions):
    """The part of a method whose choices are ids of ideas, each of which counts once."""

    per_option = False

    def is_blank(self, choice: Any) -> bool:
        return not choice

    def named(self, option: str | None, choice: Any) -> Iterable[str]:
        return choice  # type: ignore[no-any-return]  # a tuple of ids, as `check` has seen to

    def mark(self, marks: Mapping[str, list[int]], option: str | None, choice: Any, times: int) -> None:
        for chosen in choice:
            marks[chosen][0] += times


class Numbered(AnyOptions):
    """The part of a method whose choices are (idea, number) pairs."""

    per_option = False

    def is_blank(self, choice: Any) -> bool:
        return not choice

    def named(self, option: str | None, choice: Any) -> Iterable[str]:
        return (chosen for chosen, _ in choice)
