"""The arithmetic of equal shares: what voters can pay, exactly.

Sets of voters are the bits of integers, and a number for every voter is one such set for each of its binary digits; so a payment
is added to what all have paid, and who cannot pay is found, by some dozens of operations on whole electorates. Those digits are
rounded down. They only tell voters apart, and where they are too near to tell, the exact payments do: no result is ever rounded.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from heapq import heapify, heappop, heappush
from math import gcd, lcm
from typing import NamedTuple

from cocreate.domain.voting.method import Ballots, Ties
from cocreate.domain.voting.projects import points_of

PLACES = 24
"""Binary places of a share beyond those that rounding can reach: with them hardly a voter needs the exact payments."""

Voters = int
"""A set of voters: one bit each."""

Digits = Sequence[Voters]
"""A number for each voter: who has the binary digit 1, the lowest place first."""


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
        self.points = _points(ballots, costs, self.voters)
        """What each voter gives, by project."""
        self.wanted = tuple(self.points)

    def worth(self, project: str) -> int:
        """Of a point, to whoever gives it."""
        return self.costs[project] if self.by_cost else 1

    def buy(self, share: Fraction) -> list[Purchase]:
        """What is bought where everybody begins with `share`, in order, the lowest rate first."""
        purses = _Purses(self, share)
        queue = [(Fraction(0), project) for project in self.wanted]
        heapify(queue)
        bought: list[Purchase] = []
        while True:
            best, tied = _cheapest(purses, queue)
            if best is None:
                return bought
            order = self.ties.order(tied)
            for one in order[1:]:
                heappush(queue, (best, one))
            purses.pay(order[0], best)
            supporters = _any(self.points[order[0]]).bit_count()
            bought.append(Purchase(order[0], best, supporters, order if len(order) > 1 else ()))


def _points(ballots: Ballots, costs: Mapping[str, int], voters: int) -> dict[str, Digits]:
    most = max(points for choice in ballots for _, points in points_of(choice))
    places = most.bit_length()
    size = (places + 7) // 8
    written: dict[str, bytearray] = {}
    first = 0
    for choice, times in ballots.items():
        after = first + times * size
        for project, points in points_of(choice):
            row = written.get(project)
            if row is None:
                if project not in costs:
                    continue
                row = written[project] = bytearray(voters * size)
            if after == first + 1:
                row[first] = points
            else:
                row[first:after] = points.to_bytes(size, "little") * times
        first = after
    return {
        project: [int(row[place // 8 :: size].translate(_DIGIT_AT[place % 8]), 2) for place in range(places)]
        for project, row in written.items()
    }


_DIGIT_AT = [bytes(b"01"[number >> place & 1] for number in range(256)) for place in range(8)]
"""For each place, the digit that a byte has there."""


def _cheapest(purses: "_Purses", queue: list[tuple[Fraction, str]]) -> tuple[Fraction | None, list[str]]:
    """The lowest rate and the projects that have it, taken off the queue; None if nobody can pay for anything.

    A rate never falls, so a project is looked at again only when it may be the next.
    """
    looked_at: list[tuple[Fraction, str]] = []
    best: Fraction | None = None
    while queue and (best is None or queue[0][0] <= best):
        least, project = heappop(queue)
        rate = purses.rate(project, least, best)
        if rate is not None:
            looked_at.append((rate, project))
            best = rate if best is None else min(best, rate)
    for rate, project in looked_at:
        if rate != best:
            heappush(queue, (rate, project))
    return best, [project for rate, project in looked_at if rate == best]


class _Purses:
    """What voters have left in one run: the share without their payments. Money is in integers over `over`."""

    def __init__(self, electorate: Electorate, share: Fraction) -> None:
        self.electorate = electorate
        self.share = share
        self.over = share.denominator
        self.payments: list[tuple[int, Digits]] = []
        """What a point cost, and the points of who paid; not of the exhausted, who may have paid less."""
        self.solvent: Voters = (1 << electorate.voters) - 1
        """Who has paid in full so far."""
        self._near = sum(1 << len(points) for points in electorate.points.values()).bit_length()
        """Digits that rounding can reach: the payments for a point are each less than one unit too low."""
        self._paid: list[Voters] = [0] * (self._near + PLACES)
        """About what the solvent have paid, in units of which a share has as many as these digits can say."""

    def rate(self, project: str, least: Fraction, best: Fraction | None) -> Fraction | None:
        """What one unit of worth costs the supporters, who is not able to pay in full giving all; None if they cannot pay for it.

        `least` is known to be no higher, and where the rate is above `best`, anything between them will do. From there up: who
        cannot pay so much gives all, what is left is shared by the others, until all of them can.
        """
        worth = self.electorate.worth(project)
        points = [digit & self.solvent for digit in self.electorate.points[project]]
        supporters = _any(points)
        cost = self.electorate.costs[project] * self.over
        if self._left(supporters) < cost:
            return None
        weight = _sum(points, supporters)
        rate = least
        while best is None or rate <= best:
            _, short = self._charged(points, rate * worth)
            left = cost - self._left(short)
            higher = Fraction(left, (weight - _sum(points, short)) * self.over * worth)
            if higher == rate:
                break
            rate = higher
        return rate

    def pay(self, project: str, rate: Fraction) -> None:
        """Take the payments."""
        each = rate * self.electorate.worth(project)
        points = self.electorate.points[project]
        self._paid, short = self._charged([digit & self.solvent for digit in points], each)
        self.solvent ^= short
        grown = each.denominator // gcd(self.over, each.denominator)
        self.over *= grown
        self.payments = [(payment * grown, paying) for payment, paying in self.payments]
        self.payments.append((each.numerator * (self.over // each.denominator), points))

    def _left(self, voters: Voters) -> int:
        """What these solvent voters have together."""
        if not voters:
            return 0
        money = self.share.numerator * (self.over // self.share.denominator) * voters.bit_count()
        return money - sum(payment * _sum(points, voters) for payment, points in self.payments)

    def _charged(self, points: Digits, each: Fraction) -> tuple[list[Voters], Voters]:
        """What voters will have paid with `each` for every point, and which of them have less than that."""
        paid, short = list(self._paid), 0
        units = each * ((1 << len(paid)) - 1) // self.share
        for place, voters in enumerate(points):
            short |= _add(paid, voters, units << place)
        near = _any(points)
        near ^= near & short
        for digit in paid[self._near :]:
            near &= digit
        if near:
            short |= self._exactly_short(near, points, each)
        return paid, short

    def _exactly_short(self, voters: Voters, points: Digits, each: Fraction) -> Voters:
        over = lcm(self.over, each.denominator)
        payments = [(payment * (over // self.over), paying) for payment, paying in self.payments]
        payments.append((each.numerator * (over // each.denominator), points))
        left = {self.share.numerator * (over // self.share.denominator): voters}
        for payment, paying in payments:
            for place, digit in enumerate(paying):
                after: dict[int, Voters] = {}
                for money, those in left.items():
                    pay = those & digit
                    for rest, some in ((money - (payment << place), pay), (money, those ^ pay)):
                        if some:
                            after[rest] = after.get(rest, 0) | some
                left = after
        return _any([those for money, those in left.items() if money < 0])


def _add(digits: list[Voters], voters: Voters, amount: int) -> Voters:
    """Add to the numbers of these voters; returns who would need more digits."""
    if not voters or amount >> len(digits):
        return voters
    carry = 0
    for place, digit in enumerate(digits):
        if amount >> place & 1:
            digits[place] = digit ^ voters ^ carry
            carry |= digit & voters
        elif carry:
            digits[place] = digit ^ carry
            carry &= digit
    return carry


def _any(digits: Sequence[Voters]) -> Voters:
    found = 0
    for digit in digits:
        found |= digit
    return found


def _sum(digits: Digits, voters: Voters) -> int:
    """Of the numbers of these voters."""
    total = 0
    for place, digit in enumerate(digits):
        total += (digit & voters).bit_count() << place
    return total
