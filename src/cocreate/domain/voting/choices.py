"""The form of a choice that names options: distinct, in ascending order of id, so that one choice has one form."""

from typing import Any

from cocreate.domain.errors import ChoiceMalformed
from cocreate.domain.voting.method import CHOICES_MAX


def check_options_named(method: str, choice: Any, choices_max: int = CHOICES_MAX) -> None:
    """Refuse anything but up to `choices_max` distinct option ids in ascending order."""
    if not isinstance(choice, tuple):
        raise ChoiceMalformed(method=method, expected="a list of idea ids", found="a single answer")
    if list(choice) != sorted(set(choice)):
        raise ChoiceMalformed(
            method=method, expected="distinct idea ids in ascending order", found="another order or a repeat"
        )
    if len(choice) > choices_max:
        raise ChoiceMalformed(method=method, expected=f"at most {choices_max} ideas", found=f"{len(choice)}")
