"""Budget: projects are bought by points, the most first, while the money lasts.

Source: the greedy rule of most participatory budgets; its variants as Pabulib names them (P. Faliszewski et al., "Participatory
Budgeting: Data, Tools and Analysis", IJCAI 2023): `greedy` passes over what does not fit, `greedy-no-skip` stops there,
`greedy-threshold` first drops projects under a number of points. Nothing else is asked of a project.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Annotated, Literal

from pydantic import Field

from cocreate.domain.messages import Count, Facts
from cocreate.domain.voting.method import CHOICES_MAX, Box, Result, Step, Ties
from cocreate.domain.voting.projects import Currency, Form, Money, PointsMax, Projects, TieRule, ties_of


class BudgetRules(Facts):
    ballot: Form
    budget: Money
    choices_max: Annotated[int, Field(ge=1, le=CHOICES_MAX)]
    """How many projects one ballot may name."""
    currency: Currency
    method: Literal["budget"]
    points_max: PointsMax | None = None
    """What a cumulative ballot may give in all, a score ballot each project."""
    skip: bool
    """Whether a project that does not fit is passed over; otherwise the buying ends there."""
    threshold: Count
    """Points under which a project is not bought; 0 where there is none."""
    ties: TieRule
    version: Literal[1] = 1


class Budget(Projects):
    name = "budget"
    version = 1
    counts_ballots = False

    def result(self, rules: BudgetRules, box: Box) -> Result:
        points = {project: marks[0] for project, marks in box.tally.marks.items()}
        steps: list[Step] = []
        for project, given in points.items():
            if given < rules.threshold:
                steps.append({"step": "under_threshold", "option": project, "points": given})
        wanted = {project: given for project, given in points.items() if given >= rules.threshold}
        bought, more = buy_in_order(wanted, box.costs, rules.budget, ties_of(rules, box), skip=rules.skip)
        return Result(rows=box.tally.rows(), elected=bought, steps=(*steps, *more))


def buy_in_order(
    points: Mapping[str, int], costs: Mapping[str, int], left: int, ties: Ties, *, skip: bool
) -> tuple[tuple[str, ...], tuple[Step, ...]]:
    """What is bought with the money `left`, the most points first, and the steps that say so."""
    bought: list[str] = []
    steps: list[Step] = []
    for project, told in _ordered(points, ties):
        steps.extend(told)
        said = {"option": project, "points": points[project], "cost": costs[project]}
        if costs[project] <= left:
            left -= costs[project]
            bought.append(project)
            steps.append({"step": "bought", **said, "left": left})
        elif skip:
            steps.append({"step": "passed_over", **said, "left": left})
        else:
            steps.append({"step": "stopped", **said, "left": left})
            break
    return tuple(bought), tuple(steps)


def _ordered(points: Mapping[str, int], ties: Ties) -> Sequence[tuple[str, list[Step]]]:
    """Projects, the most points first, each with the tie that put it first of several."""
    ordered: list[tuple[str, list[Step]]] = []
    by_points = sorted(points.items(), key=lambda pair: -pair[1])
    for given, group in groupby(by_points, key=lambda pair: pair[1]):
        order = ties.order([project for project, _ in group])
        told: list[Step] = [{"step": "tie_broken", "points": given, "order": order}] if len(order) > 1 else []
        ordered += [(project, told if project == order[0] else []) for project in order]
    return ordered
