"""The form of a choice that names options: distinct, in ascending order of id, so that one choice has one form."""

from itertools import pairwise
from sys import intern
from typing import Any

from cocreate.domain.errors import ChoiceMalformed
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
        choice = tuple(map(intern, choice))
        if len(choice) > OPTIONS_KEPT_MAX:
            return choice
        if len(_kept) >= _KEPT_MAX:
            _kept.clear()
        _kept[choice] = choice
    return _kept.get(choice, choice)


def check_options_named(method: str, choice: Any, choices_max: int = CHOICES_MAX) -> None:
    """Refuse anything but up to `choices_max` distinct option ids in ascending order."""
    if not isinstance(choice, tuple):
        raise ChoiceMalformed(method=method, expected="a list of idea ids", found="a single answer")
    if any(first >= second for first, second in pairwise(choice)):
        raise ChoiceMalformed(
            method=method, expected="distinct idea ids in ascending order", found="another order or a repeat"
        )
    if len(choice) > choices_max:
        raise ChoiceMalformed(method=method, expected=f"at most {choices_max} ideas", found=f"{len(choice)}")
