"""Opinion groups: found where they are, the same in any order of ballots, and silent about few people."""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter
from fractions import Fraction
from importlib import import_module
from itertools import combinations
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cocreate.domain.voting import clusters
from cocreate.domain.voting import groups as module
from cocreate.domain.voting.clusters import best_clusters
from cocreate.domain.voting.groups import OpinionGroups, Said, opinion_groups
from tests.domain.voting.elections import data

Answers = list[tuple[str, str, int]]
STATEMENTS = [f"statement {number:02}" for number in range(12)]


def camps(*sizes: int, seed: int = 1) -> Answers:
    """Camps that agree on the first three statements and answer the others each in its own way, now and then another."""
    chance = Random(f"camps {seed}")
    first = [chance.choice((-1, 1)) for _ in STATEMENTS]
    third = [way if place % 2 else -way for place, way in enumerate(first)]
    ways = [first, [-way for way in first], third]
    answers = []
    for camp, size in enumerate(sizes):
        for number in range(size):
            for place, statement in enumerate(STATEMENTS):
                if chance.random() < 0.95:
                    usual = 1 if place < 3 else ways[camp][place]
                    answer = usual if chance.random() < 0.95 else 0
                    answers.append((f"{camp}{number:03}", statement, answer))
    return answers


def products_of(answers: Answers) -> list[list[int]]:
    said: dict[str, dict[str, int]] = {}
    for voter, statement, answer in answers:
        said.setdefault(voter, {})[statement] = answer
    return module._products(module._columns(sorted(said), said, STATEMENTS))


def digest(found: OpinionGroups) -> str:
    """Everything that is told, as one hash."""
    told = [
        found.members,
        [(one.statement, one.by_group, str(one.agreement), str(one.divide)) for one in found.statements],
    ]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def test_camps_are_found_the_largest_first() -> None:
    found = opinion_groups(camps(40, 25), STATEMENTS)
    assert [len(group) for group in found.members] == [40, 25]
    assert all({voter[0] for voter in group} == {str(camp)} for camp, group in enumerate(found.members))


def test_three_camps_are_three_groups() -> None:
    found = opinion_groups(camps(30, 20, 15, seed=3), STATEMENTS)
    assert [Counter(voter[0] for voter in group) for group in found.members] == [
        {"0": 30},
        {"1": 20},
        {"2": 15},
    ]


def test_what_all_camps_agree_on_unites_and_what_they_answer_apart_divides() -> None:
    found = opinion_groups(camps(40, 25), STATEMENTS)
    assert {one.statement for one in found.uniting(3)} == set(STATEMENTS[:3])
    dividing = found.dividing(2)
    for one in dividing:
        assert one.statement not in STATEMENTS[:3]
        assert one.divide is not None
        assert one.divide > Fraction(7, 10)
    one = dividing[0]
    rates = [Fraction(said.agree + 1, said.answers + 2) for said in one.by_group if said is not None]
    assert one.divide == max(rates) - min(rates)
    assert one.agreement == rates[0] * rates[1]


def test_each_group_is_told_by_what_it_says_otherwise_than_the_others() -> None:
    """By the side that it takes more often; what all agree on tells no group."""
    found = opinion_groups(camps(30, 20, 15, seed=3), STATEMENTS)
    for group in range(3):
        telling = found.telling(group, 4)
        assert [one.more for one in telling] == sorted((one.more for one in telling), reverse=True)
        for one in telling:
            assert one.view.statement not in STATEMENTS[:3]
            own = one.view.by_group[group]
            assert own is not None
            assert (own.agree > own.disagree) == (one.answer == 1)
            assert one.more > Fraction(1, 4)
    assert opinion_groups(camps(40), STATEMENTS[:3]).telling(0, 5) == [], "one group has no others"


def test_what_every_group_disagrees_with_is_told_too() -> None:
    answers = [
        (voter, one, -answer if one in STATEMENTS[:3] else answer) for voter, one, answer in camps(40, 25)
    ]
    found = opinion_groups(answers, STATEMENTS)
    assert {one.statement for one in found.rejected(3)} == set(STATEMENTS[:3])


def test_a_group_stands_apart_from_another_by_more_than_its_own_people_do() -> None:
    """One place a group, in their order; nobody's own place is told."""
    found = opinion_groups(camps(40, 25), STATEMENTS)
    (one, other), apart = found.places, abs(found.places[0].across - found.places[1].across)
    assert apart > 2 * max(one.spread, other.spread) > 0


@given(seed=st.integers(0, 10**6))
@settings(max_examples=15, deadline=None)
def test_the_same_answers_in_any_order_give_the_same_groups(seed: int) -> None:
    answers = camps(12, 9, 7, seed=seed % 5)
    other = list(answers)
    Random(seed).shuffle(other)
    assert opinion_groups(other, STATEMENTS) == opinion_groups(answers, STATEMENTS)


def test_the_result_is_the_one_written_down() -> None:
    """On any machine and any version of Python: a change of one bit is a change of the method."""
    found = opinion_groups(camps(40, 25), STATEMENTS)
    assert digest(found) == GOLDEN["camps"]
    components = module._components(products_of(camps(40, 25, 20, seed=3)))
    assert hashlib.sha256(json.dumps(components).encode()).hexdigest() == GOLDEN["components"]


def test_few_people_are_never_told_of() -> None:
    """A camp of four joins others or no division is told; and what four of a group said on a statement is hidden."""
    for seed in range(30):
        found = opinion_groups(camps(25, 4, seed=seed), STATEMENTS)
        assert all(len(group) >= 5 for group in found.members)
    lone = "said by few"
    answers = [
        *camps(40, 25),
        *(("0000", lone, 1), ("0001", lone, 1), *((f"1{n:03}", lone, -1) for n in range(9))),
    ]
    found = opinion_groups(answers, [*STATEMENTS, lone])
    few = found.statements[-1]
    assert few.by_group == (None, Said(0, 9, 0))
    assert (few.agreement, few.disagreement, few.divide) == (None, None, None)
    assert lone not in {one.statement for one in found.dividing(20)}


def test_too_few_voters_are_no_group_at_all() -> None:
    assert opinion_groups(camps(4), STATEMENTS) == OpinionGroups((), ())
    assert opinion_groups([], STATEMENTS) == OpinionGroups((), ())
    assert opinion_groups([], []) == OpinionGroups((), ())


def test_voters_with_few_answers_are_left_out() -> None:
    """Six answers of twelve are too few to place somebody; where there are three statements, three are enough."""
    few = [("9000", statement, 1) for statement in STATEMENTS[:6]]
    found = opinion_groups([*camps(20), *few], STATEMENTS)
    assert "9000" not in {voter for group in found.members for voter in group}
    three = [one for one in camps(20, seed=2) if one[1] in STATEMENTS[3:6]]
    assert sum(map(len, opinion_groups(three, STATEMENTS[3:6]).members)) > 5


def test_people_of_one_mind_are_one_group() -> None:
    answers = [(f"{voter:03}", statement, 1) for voter in range(20) for statement in STATEMENTS]
    found = opinion_groups(answers, STATEMENTS)
    assert [len(group) for group in found.members] == [20]
    assert found.dividing(5) == []
    assert found.statements[0].agreement == Fraction(21, 22)


def test_statements_beyond_the_limit_are_counted_though_not_used_to_form_groups(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers = camps(40, 25)
    monkeypatch.setattr(module, "STATEMENTS_MAX", 8)
    found = opinion_groups(answers, STATEMENTS)
    assert len(found.statements) == 12
    assert [len(group) for group in found.members] == [40, 25]


def test_clusters_on_a_line_are_cut_where_the_gap_is() -> None:
    points = [(place, 0) for place in (0, 1, 2, 3, 4, 100, 101, 102, 103, 104)]
    assert best_clusters(points, 5) == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]]
    assert best_clusters(points, 6) == [list(range(10))]
    assert best_clusters([(7, 7)] * 12, 5) == [list(range(12))]


def test_a_point_between_two_centres_goes_to_the_first() -> None:
    assert clusters._nearest((5, 0), [(0, 0), (10, 0)]) == 0
    assert clusters._nearest((5, 0), [(10, 0), (0, 0)]) == 0
    assert clusters._nearest((6, 0), [(0, 0), (10, 0)]) == 1


def conversation(name: str) -> tuple[Answers, list[str], dict[str, str]]:
    """Last votes, statements in order, and the group that the source gives a voter. The file says 1 for agree."""
    last: dict[tuple[str, str], int] = {}
    with data("polis", name, "votes.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            last[row["voter-id"], row["comment-id"]] = int(row["vote"])
    with data("polis", name, "participants-votes.csv").open(newline="") as file:
        theirs = {row["participant"]: row["group-id"] for row in csv.DictReader(file) if row["group-id"]}
    statements = sorted({statement for _, statement in last}, key=int)
    return [(*key, answer) for key, answer in last.items()], statements, theirs


@pytest.mark.parametrize(
    "name", ["vtaiwan.uberx", "15-per-hour-seattle", "brexit-consensus", "bg2050-volunteers"]
)
def test_real_conversations_give_the_groups_written_down(name: str) -> None:
    answers, statements, _ = conversation(name)
    found = opinion_groups(answers, statements)
    assert digest(found) == GOLDEN[name]
    assert opinion_groups(reversed(answers), statements) == found


def test_vtaiwan_divides_as_the_source_says_it_did() -> None:
    """Two groups then and now; of all pairs of voters that both place, nearly all are together or apart in both."""
    answers, statements, theirs = conversation("vtaiwan.uberx")
    ours = {
        voter: str(n)
        for n, group in enumerate(opinion_groups(answers, statements).members)
        for voter in group
    }
    both = sorted(ours.keys() & theirs.keys(), key=int)[:400]
    same = [(ours[a] == ours[b]) == (theirs[a] == theirs[b]) for a, b in combinations(both, 2)]
    assert len(both) == 400
    assert len(set(ours.values())) == 2
    assert sum(same) / len(same) > 0.8


def test_the_components_are_those_that_numpy_finds() -> None:
    """The same directions to six places, from floating point on the other side; nothing of ours needs numpy."""
    try:
        numpy: Any = import_module("numpy")
    except ImportError:
        pytest.skip("needs numpy, a development dependency")
    products = products_of(camps(40, 25, 20, seed=3))
    _, vectors = numpy.linalg.eigh(numpy.array(products, dtype=float))
    for ours, place in zip(module._components(products), (-1, -2), strict=True):
        unit = numpy.array(ours, dtype=float) / 2**30
        assert abs(float(unit @ vectors[:, place])) > 0.999999


# What each of these has given since the method was fixed. The conversations are no part of the project; their hashes are.
GOLDEN = {
    "components": "9b68280a9f4a65ad65a5104e8bc64a7583887da5cca3593b63e0a97827f5cd47",
    "camps": "e500c5ab9d470e6946759e9d46550319ee3c5a80fc7ac62356e5d8861bf0b0c3",
    "vtaiwan.uberx": "fbb796653ed9d3ee7b6b2695c92201a680b0906a355de2ca96650a5eded77131",
    "15-per-hour-seattle": "9d42ea0621ea4cc07e225a5e34248bf79d6c89df3e14ef7ac176f9a613c07457",
    "brexit-consensus": "7e7823748bcd7e2ab0f398b4b0ff98c2bd7a9cd4174369b58e530438e903523b",
    "bg2050-volunteers": "8ba1223dacce9bb386b253c9845fffb99b639af8251d1e79d81c561f4d78393d",
}
