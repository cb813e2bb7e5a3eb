"""A voting booth for tests: options, a box of ballots, and a count of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cocreate.domain.voting import METHODS, Box, Ranking, Result, Rules, Tally
from cocreate.domain.voting.method import Listed, Ties
from tests.domain.words import idea_id, round_id

A, B, C, D, E = (idea_id(number) for number in (1, 2, 3, 4, 5))
RANKING = Ranking(bytes(32), round_id(1))


def box(method: str, *choices: tuple[str | None, Any], options: Sequence[str] = (A, B, C, D)) -> Box:
    """The ballots as (statement, choice) pairs, as they come."""
    running = Tally(METHODS[method])
    for admitted in options:
        running.admit(admitted)
    for option, choice in choices:
        running.add(option, choice)
    return Box(running, RANKING, Counter(choice for _, choice in choices))


def counted(
    rules: Rules,
    ballots: Iterable[Any] | Mapping[Any, int],
    options: Sequence[str] = (A, B, C, D),
    *,
    ties: Ties = RANKING,
    costs: Mapping[str, int] | None = None,
) -> Result:
    """The count of choices, or of how many say each."""
    method = METHODS[rules.method]
    running = Tally(method)
    for admitted in options:
        running.admit(admitted)
    said = Counter(ballots)
    for choice, times in said.items():
        running.add(None, choice, times)
    return method.result(rules, Box(running, ties, said, costs or {}))


def listed(options: Sequence[str]) -> Ties:
    """Ties by the order of options, as a source may say."""
    return Listed(options)
