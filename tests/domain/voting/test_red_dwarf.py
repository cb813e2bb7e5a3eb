"""Our consensus and routing figures beside those of red-dwarf, a second implementation of Polis's mathematics.

It weighs three hundred megabytes with what it needs, so it is no dependency: `pip install red-dwarf` beside ours runs these.
"""

import math
import warnings
from importlib import import_module
from random import Random
from typing import Any

import pytest

from cocreate.domain.voting.groups import Said, opinion_groups, view_of
from cocreate.domain.voting.routing import weight
from tests.domain.voting.test_groups import Answers, conversation

CONVERSATIONS = ["vtaiwan.uberx", "15-per-hour-seattle", "brexit-consensus", "bg2050-volunteers"]


def oracle(name: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return import_module(name)
        except ImportError:
            pytest.skip("needs red-dwarf, an oracle that is no dependency")


def consensus(answers: Answers, group_of: dict[str, int]) -> Any:
    """(agree, disagree) of each statement as red-dwarf has them, over the voters with a group."""
    stats, pandas = oracle("reddwarf.utils.stats"), oracle("pandas")
    rows = [one for one in answers if one[0] in group_of]
    matrix = pandas.DataFrame(rows, columns=["voter", "statement", "answer"]).pivot(
        index="voter", columns="statement", values="answer"
    )
    labels = [group_of[voter] for voter in matrix.index]
    _, told = stats.calculate_comment_statistics_dataframes(matrix, labels)
    return told


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_consensus_over_our_groups_is_what_red_dwarf_works_out(name: str) -> None:
    """Every statement of which every group is told, in four real conversations."""
    oracle("reddwarf.utils.stats")
    answers, statements, _ = conversation(name)
    found = opinion_groups(answers, statements)
    group_of = {voter: place for place, group in enumerate(found.members) for voter in group}
    told = consensus(answers, group_of)
    compared = [one for one in found.statements if one.agreement is not None]
    assert len(compared) > len(statements) // 3
    for one in compared:
        theirs = told.loc[one.statement]
        assert math.isclose(theirs["group-aware-consensus-agree"], one.agreement or 0, rel_tol=1e-9)
        assert math.isclose(theirs["group-aware-consensus-disagree"], one.disagreement or 0, rel_tol=1e-9)


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_consensus_over_the_groups_that_polis_published_is_the_same(name: str) -> None:
    """With the groups of the source in place of ours."""
    oracle("reddwarf.utils.stats")
    answers, statements, published = conversation(name)
    groups = sorted(set(published.values()))
    group_of = {voter: groups.index(group) for voter, group in published.items()}
    told = consensus(answers, group_of)
    counts: dict[str, list[list[int]]] = {one: [[0, 0, 0] for _ in groups] for one in statements}
    for voter, statement, answer in answers:
        if voter in group_of:
            counts[statement][group_of[voter]][(1, -1, 0).index(answer)] += 1
    for statement in set(statements) & set(told.index):
        ours = view_of(statement, [Said(*one) for one in counts[statement]])
        theirs = told.loc[statement]
        assert math.isclose(theirs["group-aware-consensus-agree"], ours.agreement or 0, rel_tol=1e-9)
        assert math.isclose(theirs["group-aware-consensus-disagree"], ours.disagreement or 0, rel_tol=1e-9)


def test_weights_are_the_priorities_of_polis_with_the_spread_for_the_extremity() -> None:
    """To a ten-thousandth, or a millionth of the unit where they are tiny: importance is kept in 2^-20."""
    stats = oracle("reddwarf.utils.stats")
    chance = Random("priorities")
    for most in (1, 5, 30, 400):
        for _ in range(200):
            agree, disagree, passed = marks = (
                chance.randint(0, most),
                chance.randint(0, most),
                chance.randint(0, most),
            )
            whole = sum(marks) + 2
            spread = math.sqrt((agree + disagree + 2) / whole - ((agree - disagree) / whole) ** 2)
            theirs = stats.priority_metric(False, agree, disagree, sum(marks), spread)
            assert math.isclose(weight(marks) / 2**40, float(theirs), rel_tol=1e-4, abs_tol=1e-6), (
                marks,
                passed,
            )
