"""The form of a choice that names options: distinct, in ascending order of id, so that one choice has one form."""

from itertools import pairwise
from typing import Any, TypeVar

from cocreate.domain.errors import ChoiceMalformed
from cocreate.domain.voting.method import CHOICES_MAX

C = TypeVar("C")

_KEPT_MAX = 50_000
_kept: dict[Any, Any] = {}


def one_object(choice: C) -> C:
    """The same object for equal choices, so that a hundred thousand ballots that say one of a few things hold those few.

    What is kept is forgotten when there are too many different ones; equality never depends on it.
    """
    if len(_kept) >= _KEPT_MAX:
        _kept.clear()
    kept: C = _kept.setdefault(choice, choice)
    return kept


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
