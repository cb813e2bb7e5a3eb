"""The arithmetic of equal shares: what voters can pay, exactly, in integers.

Voters with the same money left form a purse class: its money is an integer over one common denominator, its voters are the bits
of one integer. So the voters of a class who want a project are counted by one `&`, and no fraction is ever rounded.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from heapq import heapify, heappop, heappush
from math import gcd, lcm
from typing import NamedTuple

from cocreate.domain.voting.method import Ballots, Ties
from cocreate.domain.voting.projects import points_of

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

    def buy(self, share: Fraction) -> list[Purchase]:
        """What is bought where everybody begins with `share`, in order."""
        return _Run(self, share).purchases()


def _supporters(ballots: Ballots, costs: Mapping[str, int], voters: int) -> dict[str, dict[int, Voters]]:
    digits: dict[tuple[str, int], bytearray] = {}
    first = 0
    for choice, times in ballots.items():
        for project, points in points_of(choice):
            if project in costs:
                if (project, points) not in digits:
                    digits[project, points] = bytearray(b"0") * voters
                digits[project, points][first : first + times] = b"1" * times
        first += times
    found: dict[str, dict[int, Voters]] = {}
    for (project, points), written in digits.items():
        found.setdefault(project, {})[points] = int(written, 2)
    return found


class _Run:
    """One run. `purses`: the voters of each class by their money over `over`, the poorest first."""

    def __init__(self, electorate: Electorate, share: Fraction) -> None:
        self.electorate = electorate
        self.over = share.denominator
        self.purses: dict[int, Voters] = {share.numerator: (1 << electorate.voters) - 1}

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
            rate = self._rate(project)
            if rate is not None:
                looked_at.append((rate, project))
                best = rate if best is None else min(best, rate)
        for rate, project in looked_at:
            if rate != best:
                heappush(queue, (rate, project))
        return best, [project for rate, project in looked_at if rate == best]

    def _rate(self, project: str) -> Fraction | None:
        """What one unit of worth costs the supporters; None if they cannot pay for the project together.

        From the poorest purse a point on: who cannot pay in full gives all, until the rest can share what is left.
        """
        by_points = self.electorate.supporters[project]
        cost = self.electorate.costs[project]
        weight = sum(points * voters.bit_count() for points, voters in by_points.items())
        left = cost * self.over
        if len(by_points) == 1:
            groups = [(held, points, voters) for points in by_points for held, voters in self.purses.items()]
        else:
            groups = [(held, points, voters) for held, voters in self.purses.items() for points in by_points]
            common = lcm(*by_points)
            groups.sort(key=lambda group: group[0] * (common // group[1]))
        for held, points, voters in groups:
            if left * points <= held * weight:
                worth = cost * points if self.electorate.by_cost else 1
                return Fraction(left, self.over * weight * worth)
            times = (voters & by_points[points]).bit_count()
            left -= held * times
            weight -= points * times
        return None

    def _pay(self, project: str, rate: Fraction) -> None:
        """Take the payments: each supporter's class splits into who pays and who does not."""
        by_points = self.electorate.supporters[project]
        each = rate * self.electorate.costs[project] if self.electorate.by_cost else rate
        grown = each.denominator // gcd(self.over, each.denominator)
        self.over *= grown
        payment = each.numerator * (self.over // each.denominator)
        after: dict[int, Voters] = {}
        for money, voters in self.purses.items():
            held, staying = money * grown, voters
            for points, supporters in by_points.items():
                if paying := voters & supporters:
                    staying ^= paying
                    rest = max(0, held - payment * points)
                    after[rest] = after.get(rest, 0) | paying
            if staying:
                after[held] = after.get(held, 0) | staying
        self.purses = dict(sorted(after.items()))
