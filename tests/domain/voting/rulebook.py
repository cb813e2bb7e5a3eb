"""Rules of every method, and random ballots that they permit."""

from __future__ import annotations

from random import Random
from typing import Any

from cocreate.domain.errors import ChoiceMalformed
from cocreate.domain.voting import METHODS, Rules
from cocreate.domain.voting.approval import ApprovalRules
from cocreate.domain.voting.budget import BudgetRules
from cocreate.domain.voting.consent import ConsentRules
from cocreate.domain.voting.dots import DotsRules
from cocreate.domain.voting.equal_shares import EqualSharesRules
from cocreate.domain.voting.opinion import OpinionRules
from cocreate.domain.voting.quadratic import QuadraticRules
from cocreate.domain.voting.ranked import RankedRules
from cocreate.domain.voting.score import ScoreRules
from cocreate.domain.voting.support import SupportRules
from tests.domain.voting.booth import A, B, C, D, E

OPTIONS = (A, B, C, D, E)
COSTS = {A: 30, B: 45, C: 25, D: 70, E: 10}
MONEY: dict[str, Any] = {"budget": 100, "choices_max": 5, "currency": "EUR", "ties": "draw"}


def ranked(count: Any, seats: int = 1) -> Rules:
    return RankedRules(method="ranked", count=count, choices_max=5, seats=seats)


def equal_shares(ballot: Any, completion: Any, points_max: int | None = None) -> Rules:
    return EqualSharesRules(
        method="equal_shares",
        ballot=ballot,
        completion=completion,
        points_max=points_max,
        raise_by=1,
        **MONEY,
    )


def greedy(ballot: Any, *, skip: bool = True, threshold: int = 0, points_max: int | None = None) -> Rules:
    return BudgetRules(
        method="budget", ballot=ballot, skip=skip, threshold=threshold, points_max=points_max, **MONEY
    )


RULES: dict[str, Rules] = {
    "support": SupportRules(method="support"),
    "opinion": OpinionRules(method="opinion"),
    "approval": ApprovalRules(method="approval", choices_max=5, seats=2),
    "dots": DotsRules(method="dots", purse=9, cap=5, seats=2),
    "score by sum": ScoreRules(method="score", by="sum", raters_min=1, seats=2),
    "score by mean": ScoreRules(method="score", by="mean", raters_min=1, seats=2),
    "quadratic": QuadraticRules(method="quadratic", credits=30, against=True, seats=2),
    "consent": ConsentRules(method="consent", objections_max=0, quorum=1),
    "irv": ranked("irv"),
    "stv": ranked("stv", 2),
    "schulze": ranked("schulze", 2),
    "borda": ranked("borda", 2),
    "greedy": greedy("approval"),
    "greedy of points": greedy("cumulative", points_max=9),
    "greedy of orders": greedy("ordinal"),
    "greedy without skipping": greedy("score", skip=False, points_max=5),
    "greedy with threshold": greedy("approval", threshold=2),
    "equal shares": equal_shares("approval", "none"),
    "equal shares, add one": equal_shares("approval", "add_one"),
    "equal shares, add one, greedy": equal_shares("approval", "add_one_greedy"),
    "equal shares of points": equal_shares("score", "add_one", points_max=5),
}
BY_PAIRS: dict[str, tuple[int, int]] = {
    "dots": (1, 5),
    "score by sum": (0, 5),
    "score by mean": (0, 5),
    "quadratic": (-5, 5),
    "consent": (-2, 1),
    "greedy of points": (1, 5),
    "greedy without skipping": (1, 5),
    "equal shares of points": (1, 5),
}


def choice_of(name: str, chance: Random) -> Any:
    """A random choice that the rules permit."""
    rules = RULES[name]
    while True:
        picked = chance.sample(OPTIONS, chance.randint(0, len(OPTIONS)))
        if name in BY_PAIRS:
            choice: Any = tuple(sorted((option, chance.randint(*BY_PAIRS[name])) for option in picked))
        elif name == "greedy of orders":
            choice = tuple(sorted((option, 5 - place) for place, option in enumerate(picked)))
        elif rules.method == "ranked":
            choice = tuple(picked)
            if name in ("schulze", "borda") and len(picked) > 2 and chance.random() < 0.3:
                choice = tuple(sorted((option, max(1, place)) for place, option in enumerate(picked)))
        elif name == "opinion":
            return chance.randint(-1, 1)
        else:
            choice = tuple(sorted(picked))
        try:
            METHODS[rules.method].check(rules, choice)
        except ChoiceMalformed:  # drawn again: what is refused is tested elsewhere
            continue
        return choice


def election(name: str, seed: int) -> list[Any]:
    chance = Random(f"{name} {seed}")
    return [choice_of(name, chance) for _ in range(chance.randint(1, 14))]
