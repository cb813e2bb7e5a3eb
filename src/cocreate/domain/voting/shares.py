"""The arithmetic of equal shares: what voters can pay, exactly, in integers.

Voters with the same money left form a purse class: its money is an integer over one common denominator, its voters are the bits
of one integer. So the voters of a class who want a project are counted by one `&`. Where there are too many classes for that,
each voter has a purse. Either way no fraction is ever rounded.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from heapq import heapify, heappop, heappush
from math import gcd, lcm
from typing import NamedTuple

from cocreate.domain.voting.method import Ballots, Ties
from cocreate.domain.voting.projects import points_of

CLASSES_MAX = 1_000
"""Purse classes, times the different points they give, up to which sets of voters are quicker than voters one by one."""

_ONE = ord("1")

Voters = int
"""A set of voters: bit n stands for voter n."""


class Purchase(NamedTuple):
    """`rate`: what a supporter with money enough pays for one unit of worth; `order` as ranked, where others had the same."""

    project: str
    rate: Fraction
    supporters: int
    order: Sequence[str]


class Electorate:
    """The voters and the projects they want; `buy` runs the method for one share. `costs` has the projects that may be bought.

    Where `by_cost`, a project is worth its cost to each supporter, and otherwise the points given.
    """

    def __init__(self, ballots: Ballots, costs: Mapping[str, int], ties: Ties, *, by_cost: bool) -> None:
        self.costs = costs
        self.voters = sum(ballots.values())
        self.ties = ties
        self.by_cost = by_cost
        self.supporters = _supporters(ballots, costs, self.voters)
        """By project, then by the points that they give it."""
        self.wanted = tuple(self.supporters)
        self._members: dict[str, dict[int, list[int]]] = {}

    def buy(self, share: Fraction) -> list[Purchase]:
        """What is bought where everybody begins with `share`, in order."""
        return _Run(self, share).purchases()

    def members_of(self, project: str) -> dict[int, list[int]]:
        """The supporters one by one, by the points that they give."""
        if project not in self._members:
            found = {points: members(voters) for points, voters in self.supporters[project].items()}
            self._members[project] = found
        return self._members[project]


def _supporters(ballots: Ballots, costs: Mapping[str, int], voters: int) -> dict[str, dict[int, Voters]]:
    digits: dict[tuple[str, int], bytearray] = {}
    first = 0
    for choice, times in ballots.items():
        for given in points_of(choice):
            written = digits.get(given)
            if written is None:
                if given[0] not in costs:
                    continue
                written = digits[given] = bytearray(b"0") * voters
            if times == 1:
                written[first] = _ONE
            else:
                written[first : first + times] = b"1" * times
        first += times
    found: dict[str, dict[int, Voters]] = {}
    for (project, points), bits in digits.items():
        found.setdefault(project, {})[points] = int(bits, 2)
    return found


class _Run:
    """One run: what is bought, the lowest rate first."""

    def __init__(self, electorate: Electorate, share: Fraction) -> None:
        self.electorate = electorate
        self.purses: _ByClass | _ByVoter = _ByClass(electorate, share)
        self._levels = max(map(len, electorate.supporters.values()), default=1)

    def purchases(self) -> list[Purchase]:
        electorate = self.electorate
        queue = [(Fraction(0), project) for project in electorate.wanted]
        heapify(queue)
        bought: list[Purchase] = []
        while True:
            best, tied = self._cheapest(queue)
            if best is None:
                return bought
            order = electorate.ties.order(tied)
            for one in order[1:]:
                heappush(queue, (best, one))
            self._pay(order[0], best)
            supporters = sum(map(int.bit_count, electorate.supporters[order[0]].values()))
            bought.append(Purchase(order[0], best, supporters, order if len(order) > 1 else ()))

    def _cheapest(self, queue: list[tuple[Fraction, str]]) -> tuple[Fraction | None, list[str]]:
        """The lowest rate and the projects that have it, taken off the queue; None if nobody can pay for anything.

        A rate never falls, so a project is looked at again only when it may be the next.
        """
        looked_at: list[tuple[Fraction, str]] = []
        best: Fraction | None = None
        while queue and (best is None or queue[0][0] <= best):
            _, project = heappop(queue)
            rate = self.purses.rate(project)
            if rate is not None:
                looked_at.append((rate, project))
                best = rate if best is None else min(best, rate)
        for rate, project in looked_at:
            if rate != best:
                heappush(queue, (rate, project))
        return best, [project for rate, project in looked_at if rate == best]

    def _pay(self, project: str, rate: Fraction) -> None:
        """Take the payments; where purses have become too many to be classes, each voter has one from here on."""
        each = rate * self.electorate.costs[project] if self.electorate.by_cost else rate
        self.purses.pay(project, each)
        if isinstance(self.purses, _ByClass) and len(self.purses.money) * self._levels > CLASSES_MAX:
            self.purses = _ByVoter(self.electorate, self.purses)


class _Purses:
    """The arithmetic that both forms of purses share: money is in integers over `over`."""

    electorate: Electorate
    over: int

    def _rate(self, left: int, weight: int, project: str) -> Fraction:
        worth = self.electorate.costs[project] if self.electorate.by_cost else 1
        return Fraction(left, self.over * weight * worth)

    def _grow(self, each: Fraction) -> tuple[int, int]:
        """What all money is multiplied by so that the payment is an integer, and that integer."""
        grown = each.denominator // gcd(self.over, each.denominator)
        self.over *= grown
        return grown, each.numerator * (self.over // each.denominator)


class _ByClass(_Purses):
    """`money`: the voters of each class by what they have, the poorest first."""

    def __init__(self, electorate: Electorate, share: Fraction) -> None:
        self.electorate = electorate
        self.over = share.denominator
        self.money: dict[int, Voters] = {share.numerator: (1 << electorate.voters) - 1}

    def rate(self, project: str) -> Fraction | None:
        """What one unit of worth costs the supporters; None if they cannot pay for the project together.

        From the poorest purse a point on: who cannot pay in full gives all, until the rest can share what is left.
        """
        by_points = self.electorate.supporters[project]
        weight = sum(points * voters.bit_count() for points, voters in by_points.items())
        left = self.electorate.costs[project] * self.over
        groups = [(held, points, voters) for held, voters in self.money.items() for points in by_points]
        if len(by_points) > 1:
            common = lcm(*by_points)
            groups.sort(key=lambda group: group[0] * (common // group[1]))
        for held, points, voters in groups:
            if left * points <= held * weight:
                return self._rate(left, weight, project)
            times = (voters & by_points[points]).bit_count()
            left -= held * times
            weight -= points * times
        return None

    def pay(self, project: str, each: Fraction) -> None:
        """Each class splits into who pays and who does not."""
        grown, payment = self._grow(each)
        after: dict[int, Voters] = {}
        for money, voters in self.money.items():
            held, staying = money * grown, voters
            for points, supporters in self.electorate.supporters[project].items():
                if paying := voters & supporters:
                    staying ^= paying
                    rest = max(0, held - payment * points)
                    after[rest] = after.get(rest, 0) | paying
            if staying:
                after[held] = after.get(held, 0) | staying
        self.money = dict(sorted(after.items()))


class _ByVoter(_Purses):
    """`money`: what each voter has."""

    def __init__(self, electorate: Electorate, classes: _ByClass) -> None:
        self.electorate = electorate
        self.over = classes.over
        self.money = [0] * electorate.voters
        for held, voters in classes.money.items():
            for voter in members(voters):
                self.money[voter] = held

    def rate(self, project: str) -> Fraction | None:
        """As of classes: take out who cannot pay in full, share the rest among the others, until all of them can."""
        money = self.money
        paying = {
            points: [money[voter] for voter in voters]
            for points, voters in self.electorate.members_of(project).items()
        }
        left, weight = self.electorate.costs[project] * self.over, _weight(paying)
        while weight:
            able, poor = {}, 0
            for points, purses in paying.items():
                full = -(-left * points // weight)  # rounded up: money is in integers
                able[points] = [held for held in purses if held >= full]
                if len(able[points]) < len(purses):
                    poor += sum(held for held in purses if held < full)
            remaining = _weight(able)
            if remaining == weight:
                return self._rate(left, weight, project)
            paying, left, weight = able, left - poor, remaining
        return None

    def pay(self, project: str, each: Fraction) -> None:
        grown, payment = self._grow(each)
        money = [held * grown for held in self.money] if grown > 1 else self.money
        for points, voters in self.electorate.members_of(project).items():
            paid = payment * points
            for voter in voters:
                money[voter] = max(0, money[voter] - paid)
        self.money = money


def _weight(paying: Mapping[int, Sequence[int]]) -> int:
    return sum(points * len(purses) for points, purses in paying.items())


def members(voters: Voters) -> list[int]:
    """The numbers of a set of voters, ascending."""
    digits = bin(voters)[:1:-1]
    found, at = [], digits.find("1")
    while at >= 0:
        found.append(at)
        at = digits.find("1", at + 1)
    return found
