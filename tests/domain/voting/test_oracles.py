"""Independent libraries count the same random elections; each is skipped where it is not installed.

pabutools: greedy and equal shares; it is GPL and brings a proprietary solver, so it is no dependency even of development.
pyrankvote (MIT): instant runoff and the single transferable vote. votelib (MIT): Schulze and the single transferable vote.
Elections where a tie decides are left to our own rule: a library breaks it by another, so only what no tie touches is
compared, and there must be plenty of that.
"""

from __future__ import annotations

import warnings
from collections import Counter
from importlib import import_module
from random import Random
from typing import Any

import pytest

from cocreate.domain.voting import Result
from cocreate.domain.voting.budget import BudgetRules
from cocreate.domain.voting.equal_shares import EqualSharesRules
from cocreate.domain.voting.ranked import RankedRules
from tests.domain.voting.booth import counted
from tests.domain.voting.elections import option_ids

ELECTIONS = 300


def library(name: str) -> Any:
    """The module, or a skip; what it warns of while it loads is no fault of ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return import_module(name)
        except ImportError:
            pytest.skip(f"needs {name.partition('.')[0]}, an oracle that `pip install` brings")


def tied(result: Result) -> bool:
    return any(step["step"] == "tie_broken" for step in result.steps)


class Projects:
    """A random election over projects, in our words and in pabutools'."""

    def __init__(self, chance: Random, *, points_max: int | None = None) -> None:
        self.options = option_ids(chance.randint(2, 9))
        self.costs = {option: chance.randint(1, 60) for option in self.options}
        # pabutools lets a raised share reach for a project above the whole budget; our rule and cities leave such out.
        self.budget = chance.randint(max(self.costs.values()), 160)
        self.points_max = points_max
        voters = chance.randint(1, 25)
        self.ballots = [self._ballot(chance) for _ in range(voters)]

    def _ballot(self, chance: Random) -> Any:
        named = sorted(chance.sample(self.options, chance.randint(1, min(5, len(self.options)))))
        if self.points_max is None:
            return tuple(named)
        return tuple((option, chance.randint(1, self.points_max)) for option in named)

    def facts(self) -> dict[str, Any]:
        return {
            "ballot": "approval" if self.points_max is None else "score",
            "budget": self.budget,
            "choices_max": 9,
            "currency": "EUR",
            "points_max": self.points_max,
            "ties": "listed",
        }

    def ours(self, rules: BudgetRules | EqualSharesRules) -> Result:
        return counted(rules, Counter(self.ballots), self.options, costs=self.costs)

    def theirs(self) -> tuple[Any, Any]:
        """(instance, profile); projects are named so that their order is ours."""
        election = library("pabutools.election")
        projects = {option: election.Project(option, cost) for option, cost in self.costs.items()}
        instance = election.Instance(projects.values(), budget_limit=self.budget)
        if self.points_max is None:
            ballots = [election.ApprovalBallot([projects[one] for one in said]) for said in self.ballots]
            return instance, election.ApprovalProfile(ballots)
        scored = [
            election.CardinalBallot({projects[one]: points for one, points in said}) for said in self.ballots
        ]
        return instance, election.CardinalProfile(scored)


def names(allocation: Any) -> set[str]:
    return {project.name for project in allocation}


@pytest.mark.parametrize(
    ("completion", "points_max"), [("none", None), ("add_one", None), ("none", 5), ("add_one", 5)]
)
def test_pabutools_buys_the_same_projects_by_equal_shares(completion: Any, points_max: int | None) -> None:
    election, rule = library("pabutools.election"), library("pabutools.rules")
    ties = library("pabutools.tiebreaking").lexico_tie_breaking
    chance = Random(f"equal shares {completion} {points_max}")
    worth = election.Cost_Sat if points_max is None else election.Additive_Cardinal_Sat
    bought = 0
    for _ in range(ELECTIONS):
        one = Projects(chance, points_max=points_max)
        rules = EqualSharesRules(method="equal_shares", completion=completion, raise_by=1, **one.facts())
        result = one.ours(rules)
        instance, profile = one.theirs()
        raised = 1 if completion == "add_one" else None
        theirs = rule.method_of_equal_shares(
            instance, profile, worth, tie_breaking=ties, voter_budget_increment=raised
        )
        assert set(result.elected) == names(theirs), (one.costs, one.budget, one.ballots)
        bought += len(result.elected)
    assert bought > ELECTIONS, "elections in which hardly anything is bought prove nothing"


def test_pabutools_buys_the_same_projects_greedily() -> None:
    election, rule = library("pabutools.election"), library("pabutools.rules")
    ties = library("pabutools.tiebreaking").lexico_tie_breaking
    chance = Random("greedy")
    for _ in range(ELECTIONS):
        one = Projects(chance)
        result = one.ours(BudgetRules(method="budget", skip=True, threshold=1, **one.facts()))
        instance, profile = one.theirs()
        theirs = rule.greedy_utilitarian_welfare(instance, profile, election.Cost_Sat, tie_breaking=ties)
        supported = {project for said in one.ballots for project in said}
        assert set(result.elected) == names(theirs) & supported


class Orders:
    """A random ranked election."""

    def __init__(self, chance: Random, *, partial: bool = True) -> None:
        self.options = option_ids(chance.randint(3, 7))
        voters = chance.randint(5, 60)
        self.ballots: Counter[tuple[str, ...]] = Counter()
        for _ in range(voters):
            length = chance.randint(1, len(self.options)) if partial else len(self.options)
            self.ballots[tuple(chance.sample(self.options, length))] += 1

    def ours(self, count: Any, seats: int = 1) -> Result:
        rules = RankedRules(method="ranked", count=count, choices_max=7, seats=seats)
        return counted(rules, self.ballots, self.options)


def test_pyrankvote_elects_the_same_by_instant_runoff() -> None:
    theirs = library("pyrankvote")
    chance, compared = Random("irv"), 0
    for _ in range(4 * ELECTIONS):
        one = Orders(chance)
        result = one.ours("irv")
        if tied(result):
            continue
        candidates = {option: theirs.Candidate(option) for option in one.options}
        ballots = [
            theirs.Ballot(ranked_candidates=[candidates[option] for option in order])
            for order in one.ballots.elements()
        ]
        found = theirs.instant_runoff_voting(list(candidates.values()), ballots)
        assert [winner.name for winner in found.get_winners()] == list(result.elected)
        compared += 1
    assert compared >= ELECTIONS


def test_votelib_elects_the_same_by_schulze() -> None:
    convert, condorcet = library("votelib.convert"), library("votelib.evaluate.condorcet")
    chance, compared = Random("schulze"), 0
    for _ in range(3 * ELECTIONS):
        one = Orders(chance)
        result = one.ours("schulze", seats=1)
        if tied(result):
            continue
        pairs = convert.RankedToCondorcetVotes(unranked_at_bottom=True).convert(dict(one.ballots))
        assert condorcet.Schulze().evaluate(pairs, 1) == list(result.elected)
        compared += 1
    assert compared >= ELECTIONS


def test_votelib_elects_the_same_by_the_single_transferable_vote() -> None:
    """It counts in exact fractions, where the Scottish rules truncate; in elections this small the elected are the same."""
    sequential, transfer = library("votelib.evaluate.sequential"), library("votelib.component.transfer")
    chance, compared = Random("stv"), 0
    for _ in range(4 * ELECTIONS):
        one = Orders(chance)
        seats = chance.randint(2, len(one.options) - 1)
        result = one.ours("stv", seats)
        if tied(result):
            continue
        selector = sequential.TransferableVoteSelector(transferer=transfer.Gregory(), quota_function="droop")
        try:
            elected = selector.evaluate(dict(one.ballots), seats)
        except NotImplementedError:  # a tie after the point where our count has ended
            continue
        assert set(elected) == set(result.elected), (one.ballots, seats)
        compared += 1
    assert compared >= ELECTIONS
