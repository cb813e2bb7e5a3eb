"""The arithmetic of equal shares: what voters can pay, exactly, in integers.

Voters with the same money left form a purse class. A class's money is an integer over one common denominator, which grows with
every purchase, so that no fraction is ever rounded and none reduced on the way.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction
from heapq import heapify, heappop, heappush
from itertools import repeat
from math import gcd
from typing import Any, NamedTuple

from cocreate.domain.voting.method import Ballots, Ties
from cocreate.domain.voting.projects import points_of


class Purchase(NamedTuple):
    """`rate`: what a supporter with money enough pays for one unit of worth; `order` as ranked, where others had the same."""

    project: str
    rate: Fraction
    supporters: int
    order: Sequence[str]


class _Project(NamedTuple):
    supporters: Sequence[int]
    """Indices of ballots."""
    points: Sequence[int] | None
    """What each gives; None where all give one."""


class Electorate:
    """The voters and their projects; `buy` runs the method for one share. `costs` has the projects that may be bought."""

    def __init__(self, ballots: Ballots, costs: Mapping[str, int], ties: Ties, *, by_cost: bool) -> None:
        self.costs = costs
        self.voters = sum(ballots.values())
        self._times = list(ballots.values())
        self._single = all(times == 1 for times in self._times)
        self._ties = ties
        self._by_cost = by_cost
        named: dict[str, tuple[list[int], list[int]]] = {}
        for index, choice in enumerate(ballots):
            for project, points in points_of(choice):
                if project in costs:
                    who, worth = named.setdefault(project, ([], []))
                    who.append(index)
                    worth.append(points)
        self._projects = {
            project: _Project(who, None if set(worth) == {1} else worth)
            for project, (who, worth) in named.items()
        }
        self.wanted = tuple(self._projects)

    def buy(self, share: Fraction) -> list[Purchase]:
        """What is bought where everybody begins with `share`, in order."""
        run = _Run(self, share)
        return run.purchases()

    def groups(self, project: str, classes: Sequence[int]) -> Counter[Any]:
        """How many voters of each purse class support the project; by (class, points) where points differ."""
        who, points = self._projects[project]
        held = map(classes.__getitem__, who)
        keys = held if points is None else zip(held, points, strict=True)
        if self._single:
            return Counter(keys)
        found: Counter[Any] = Counter()
        for key, times in zip(keys, map(self._times.__getitem__, who), strict=True):
            found[key] += times
        return found

    def of(self, project: str) -> _Project:
        return self._projects[project]


class _Run:
    """One run: the money of each purse class over `self._over`, the class of each ballot."""

    def __init__(self, electorate: Electorate, share: Fraction) -> None:
        self._electorate = electorate
        self._over = share.denominator
        self._money = [share.numerator]
        self._classes = list(repeat(0, len(electorate._times)))  # noqa: SLF001  both sides of one computation

    def purchases(self) -> list[Purchase]:
        """The cheapest rate first. A rate never falls, so a project is looked at again only when it may be the next."""
        electorate = self._electorate
        queue = [(Fraction(0), project) for project in electorate.wanted]
        heapify(queue)
        bought: list[Purchase] = []
        while queue:
            best, tied = self._cheapest(queue)
            if best is None:
                break
            order = electorate._ties.order(tied)  # noqa: SLF001
            for one in order[1:]:
                heappush(queue, (best, one))
            supporters = self._pay(order[0], best)
            bought.append(Purchase(order[0], best, supporters, order if len(order) > 1 else ()))
        return bought

    def _cheapest(self, queue: list[tuple[Fraction, str]]) -> tuple[Fraction | None, list[str]]:
        """The lowest rate and the projects that have it, taken off the queue; None if nobody can pay for anything."""
        looked_at: list[tuple[Fraction, str]] = []
        best: Fraction | None = None
        while queue and (best is None or queue[0][0] <= best):
            _, project = heappop(queue)
            rate = self._rate(project)
            if rate is not None:
                looked_at.append((rate, project))
                best = rate if best is None else min(best, rate)
        for rate, project in looked_at:
            if rate != best:
                heappush(queue, (rate, project))
        return best, [project for rate, project in looked_at if rate == best]

    def _rate(self, project: str) -> Fraction | None:
        """What one unit of worth costs its supporters; None if they cannot pay for the project together."""
        electorate, money = self._electorate, self._money
        cost = electorate.costs[project]
        groups = electorate.groups(project, self._classes)
        left = cost * self._over
        if electorate.of(project).points is None:
            paying = sum(groups.values())
            for held, times in sorted([(money[one], times) for one, times in groups.items()]):
                if left <= held * paying:
                    worth = paying * cost if electorate._by_cost else paying  # noqa: SLF001
                    return Fraction(left, self._over * worth)
                left -= held * times
                paying -= times
            return None
        weight = sum(points * times for (_, points), times in groups.items())
        purses = [
            (Fraction(money[one], points), money[one], points, times)
            for (one, points), times in groups.items()
        ]
        for most, held, points, times in sorted(purses):
            if left <= most * weight:
                return Fraction(left, self._over * weight)
            left -= held * times
            weight -= points * times
        return None

    def _pay(self, project: str, rate: Fraction) -> int:
        """Take the payments; returns how many supporters there are."""
        electorate = self._electorate
        who, points = electorate.of(project)
        each = rate * electorate.costs[project] if electorate._by_cost and points is None else rate  # noqa: SLF001
        grown = each.denominator // gcd(self._over, each.denominator)
        if grown > 1:
            self._over *= grown
            self._money = [held * grown for held in self._money]
        payment = each.numerator * (self._over // each.denominator)
        money, classes = self._money, self._classes
        fresh: dict[Any, int] = {}
        known = {held: one for one, held in enumerate(money)}
        supporters = 0
        for at, index in enumerate(who):
            worth = 1 if points is None else points[at]
            before = classes[index]
            key = (before, worth)
            after = fresh.get(key)
            if after is None:
                held = max(0, money[before] - payment * worth)
                after = known.setdefault(held, len(money))
                if after == len(money):
                    money.append(held)
                fresh[key] = after
            classes[index] = after
            supporters += electorate._times[index]  # noqa: SLF001
        return supporters
