"""Opinion groups: who answers alike, and which statements unite or divide them.

Source: the method of Polis (C. Small et al., "Polis: Scaling deliberation by mapping high dimensional opinion spaces", 2021):
principal components of the answers, k-means on the first two, group-aware consensus. Where Polis depends on random starts and on
the history of its computations, this is fixed: integers only, voters in the order of their ids, statements in that of the round, a
stated number of steps. So the same answers in any order, on any machine, give the same groups, bit for bit.

A group of fewer than `GROUP_VOTERS_MIN` is never told of, nor is what fewer than that many of a group said on a statement.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt
from operator import mul
from typing import Literal, NamedTuple

from cocreate.domain.voting.clusters import Point, best_clusters

ANSWERS_MIN = 7
"""Answers a voter needs to be grouped, or as many as there are statements."""
GROUP_VOTERS_MIN = 5
STATEMENTS_MAX = 400
"""Statements that groups are formed by: those with the most answers. The cost grows with their square."""
STEPS = 60
"""Of the power iteration, for each component."""
_UNIT = 1 << 20
_LENGTH = 1 << 30


class Said(NamedTuple):
    """How many of a group agreed, disagreed and passed."""

    agree: int
    disagree: int
    passed: int

    @property
    def answers(self) -> int:
        return self.agree + self.disagree + self.passed


@dataclass(frozen=True, slots=True)
class StatementView:
    """`by_group` has None where too few of a group answered; the rates are None if any group is hidden so.

    `agreement` and `disagreement`: group-aware consensus, the product over all groups of (n + 1) / (answers + 2).
    `divide`: the largest difference between two groups in (agree + 1) / (answers + 2); 0 where there is one group.
    """

    statement: str
    by_group: tuple[Said | None, ...]
    agreement: Fraction | None
    disagreement: Fraction | None
    divide: Fraction | None


class Place(NamedTuple):
    """Where a group stands on the first two components, and how far its voters are from there on average."""

    across: int
    up: int
    spread: int


class Telling(NamedTuple):
    """A statement that a group answers otherwise than everybody else; `more` is the difference of the rates of that answer."""

    view: StatementView
    answer: Literal[-1, 1]
    more: Fraction


@dataclass(frozen=True, slots=True)
class OpinionGroups:
    """`members`: each group's voters, the largest first; one group where no division holds, none where nobody can be grouped."""

    members: tuple[tuple[str, ...], ...]
    statements: tuple[StatementView, ...]
    places: tuple[Place, ...] = ()

    def uniting(self, most: int) -> list[StatementView]:
        """The statements that every group agrees with most, then in the round's order."""
        told = [one for one in self.statements if one.agreement is not None]
        return sorted(told, key=lambda one: -(one.agreement or 0))[:most]

    def rejected(self, most: int) -> list[StatementView]:
        """The statements that every group disagrees with most."""
        told = [one for one in self.statements if one.disagreement is not None]
        return sorted(told, key=lambda one: -(one.disagreement or 0))[:most]

    def telling(self, group: int, most: int) -> list[Telling]:
        """The statements on which the group differs most from all others together, by what it says more often than they do."""
        found = []
        for view in self.statements:
            said = [one for one in view.by_group if one is not None]
            if len(said) < len(view.by_group) or len(said) == 1:
                continue
            own = said.pop(group)
            answers = sum(one.answers for one in said)
            sides: tuple[tuple[Literal[-1, 1], int, int], ...] = (
                (1, own.agree, sum(one.agree for one in said)),
                (-1, own.disagree, sum(one.disagree for one in said)),
            )
            for answer, ours, theirs in sides:
                more = Fraction(ours + 1, own.answers + 2) - Fraction(theirs + 1, answers + 2)
                if more > 0:
                    found.append(Telling(view, answer, more))
        return sorted(found, key=lambda one: -one.more)[:most]

    def dividing(self, most: int) -> list[StatementView]:
        """The statements on which groups differ most."""
        told = [one for one in self.statements if one.divide]
        return sorted(told, key=lambda one: -(one.divide or 0))[:most]


def opinion_groups(answers: Iterable[tuple[str, str, int]], statements: Sequence[str]) -> OpinionGroups:
    """The groups of standing (voter, statement, answer) triples, each voter and statement once; other statements are left out.

    Cost: the square of the statements, times the voters in words of a machine integer.
    """
    said: dict[str, dict[str, int]] = {}
    known = set(statements)
    for voter, statement, answer in answers:
        if statement in known:
            said.setdefault(voter, {})[statement] = answer
    enough = min(ANSWERS_MIN, len(statements))
    voters = sorted(voter for voter, given in said.items() if len(given) >= enough)
    if len(voters) < GROUP_VOTERS_MIN:
        return OpinionGroups((), ())
    columns = _columns(voters, said, _most_answered(said, statements))
    points = _projected(columns, len(voters))
    clusters = best_clusters(points, GROUP_VOTERS_MIN)
    groups = sorted(
        ((tuple(voters[one] for one in cluster), cluster) for cluster in clusters),
        key=lambda group: (-len(group[0]), group[0]),
    )
    members = tuple(group for group, _ in groups)
    views = tuple(_view(statement, members, said) for statement in statements)
    places = tuple(_place([points[one] for one in cluster]) for _, cluster in groups)
    return OpinionGroups(members, views, places)


def _place(points: Sequence[Point]) -> Place:
    across = sum(x for x, _ in points) // len(points)
    up = sum(y for _, y in points) // len(points)
    away = sum(isqrt((x - across) ** 2 + (y - up) ** 2) for x, y in points)
    return Place(across, up, away // len(points))


def _most_answered(said: Mapping[str, Mapping[str, int]], statements: Sequence[str]) -> Sequence[str]:
    if len(statements) <= STATEMENTS_MAX:
        return statements
    answers = dict.fromkeys(statements, 0)
    for given in said.values():
        for statement in given:
            answers[statement] += 1
    kept = set(sorted(statements, key=lambda one: -answers[one])[:STATEMENTS_MAX])
    return [one for one in statements if one in kept]


class _Column(NamedTuple):
    """One statement: who agreed, disagreed and answered, as bits by voter; the mean of its answers in units."""

    agree: int
    disagree: int
    answered: int
    mean: int


def _columns(
    voters: Sequence[str], said: Mapping[str, Mapping[str, int]], statements: Sequence[str]
) -> list[_Column]:
    columns = []
    for statement in statements:
        agree = disagree = answered = 0
        for place, voter in enumerate(voters):
            answer = said[voter].get(statement)
            if answer is None:
                continue
            answered |= 1 << place
            if answer == 1:
                agree |= 1 << place
            elif answer == -1:
                disagree |= 1 << place
        balance, times = agree.bit_count() - disagree.bit_count(), answered.bit_count()
        if times:
            columns.append(_Column(agree, disagree, answered, balance * _UNIT // times))
    return columns


def _projected(columns: Sequence[_Column], voters: int) -> list[Point]:
    """Each voter on the first two components: the sum over the answers given, times √(statements ÷ answers given)."""
    first, second = _components(_products(columns))
    sums = [[0, 0, 0] for _ in range(voters)]
    for column, one, two in zip(columns, first, second, strict=True):
        for bits, answer in (
            (column.agree, _UNIT),
            (column.disagree, -_UNIT),
            (column.answered & ~column.agree & ~column.disagree, 0),
        ):
            away = answer - column.mean
            across, up = away * one, away * two
            digits = bin(bits)[:1:-1]
            at = digits.find("1")
            while at >= 0:
                row = sums[at]
                row[0] += across
                row[1] += up
                row[2] += 1
                at = digits.find("1", at + 1)
    points = []
    for across, up, answers in sums:
        stretch = isqrt((len(columns) << 40) // answers) if answers else 0
        points.append(((across * stretch) // (_LENGTH << 20), (up * stretch) // (_LENGTH << 20)))
    return points


def _products(columns: Sequence[_Column]) -> list[list[int]]:
    """The statements' products over all voters who answered both, each answer less its statement's mean; scaled to 31 bits."""
    size = len(columns)
    products = [[0] * size for _ in columns]
    for row, one in enumerate(columns):
        for column in range(row, size):
            other = columns[column]
            both = (one.answered & other.answered).bit_count()
            if not both:
                continue
            alike = (one.agree & other.agree).bit_count() + (one.disagree & other.disagree).bit_count()
            unlike = (one.agree & other.disagree).bit_count() + (one.disagree & other.agree).bit_count()
            mine = (one.agree & other.answered).bit_count() - (one.disagree & other.answered).bit_count()
            theirs = (other.agree & one.answered).bit_count() - (other.disagree & one.answered).bit_count()
            products[row][column] = products[column][row] = (
                (alike - unlike) * _UNIT * _UNIT
                - (mine * other.mean + theirs * one.mean) * _UNIT
                + both * one.mean * other.mean
            )
    most = max(abs(one) for row in products for one in row)
    shift = max(0, most.bit_length() - 31)
    return [[one >> shift for one in row] for row in products]


def _components(products: Sequence[Sequence[int]]) -> tuple[list[int], list[int]]:
    """The first two principal components, each of length `_LENGTH`, its largest part positive."""
    first = _iterated(products, None)
    return first, _iterated(products, first)


def _iterated(products: Sequence[Sequence[int]], across: Sequence[int] | None) -> list[int]:
    """`STEPS` of the power iteration from the statement that varies most, kept at right angles to `across`."""
    start = max(range(len(products)), key=lambda one: products[one][one])
    vector = _at_length(_apart(products[start], across))
    if across is not None and not any(vector):
        return vector
    for _ in range(STEPS):
        vector = _at_length(_apart([sum(map(mul, row, vector)) for row in products], across))
    largest = max(vector, key=abs)
    return vector if largest >= 0 else [-part for part in vector]


def _apart(vector: Sequence[int], across: Sequence[int] | None) -> Sequence[int]:
    if across is None:
        return vector
    along = sum(map(mul, vector, across))
    return [part - along * other // (_LENGTH * _LENGTH) for part, other in zip(vector, across, strict=True)]


def _at_length(vector: Sequence[int]) -> list[int]:
    length = isqrt(sum(map(mul, vector, vector)))
    return [part * _LENGTH // length for part in vector] if length else [0] * len(vector)


def _view(
    statement: str, members: Sequence[Sequence[str]], said: Mapping[str, Mapping[str, int]]
) -> StatementView:
    counts = []
    for group in members:
        given = [said[voter].get(statement) for voter in group]
        counts.append(Said(given.count(1), given.count(-1), given.count(0)))
    return view_of(statement, [one if one.answers >= GROUP_VOTERS_MIN else None for one in counts])


def view_of(statement: str, by_group: Sequence[Said | None]) -> StatementView:
    """The statement's rates, which follow from what each group said."""
    told = [one for one in by_group if one is not None]
    if len(told) < len(by_group):
        return StatementView(statement, tuple(by_group), None, None, None)
    agreement = disagreement = Fraction(1)
    rates = []
    for one in told:
        rates.append(Fraction(one.agree + 1, one.answers + 2))
        agreement *= rates[-1]
        disagreement *= Fraction(one.disagree + 1, one.answers + 2)
    return StatementView(statement, tuple(by_group), agreement, disagreement, max(rates) - min(rates))
