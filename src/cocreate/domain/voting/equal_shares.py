"""Equal shares: the budget is split equally among the voters, and a project is bought by those who want it, at equal rates.

Source: D. Peters and P. Skowron, "Proportionality and the Limits of Welfarism" (EC 2020), and D. Peters, G. Pierczyński and
P. Skowron, "Proportional Participatory Budgeting with Additive Utilities" (NeurIPS 2021). An approved project is worth its cost
to the voter, so that its supporters share it equally as far as they can; points are worth themselves. Completion `add_one`:
everybody's share grows by `raise_by` until something would be bought beyond the budget, or nothing more fits into it, and the
last outcome within the budget stands; `add_one_greedy` then buys what still fits by points. Exact: see `shares.py`.
"""

from fractions import Fraction
from typing import Annotated, Literal

from pydantic import Field

from cocreate.domain.messages import Facts
from cocreate.domain.voting.budget import buy_in_order
from cocreate.domain.voting.method import CHOICES_MAX, Box, Result, Step
from cocreate.domain.voting.places import written
from cocreate.domain.voting.projects import Currency, Form, Money, PointsMax, Projects, TieRule, ties_of
from cocreate.domain.voting.shares import Electorate, Purchase


class EqualSharesRules(Facts):
    ballot: Form
    budget: Money
    choices_max: Annotated[int, Field(ge=1, le=CHOICES_MAX)]
    """How many projects one ballot may name."""
    completion: Literal["none", "add_one", "add_one_greedy"]
    currency: Currency
    method: Literal["equal_shares"]
    points_max: PointsMax | None = None
    """What a cumulative ballot may give in all, a score ballot each project."""
    raise_by: Money
    """What everybody's share grows by in a completion, in minor units: 100 where one is a hundredth."""
    ties: TieRule
    version: Literal[1] = 1


class EqualShares(Projects):
    name = "equal_shares"
    version = 1
    counts_ballots = True

    def result(self, rules: EqualSharesRules, box: Box) -> Result:
        ties, costs = ties_of(rules, box), box.costs
        said = {choice: times for choice, times in box.ballots.items() if choice and times}
        if not said:
            return Result(rows=box.tally.rows(), elected=(), steps=({"step": "no_voters"},))
        in_reach = {project: cost for project, cost in costs.items() if cost <= rules.budget}
        electorate = Electorate(said, in_reach, ties, by_cost=rules.ballot == "approval")
        share = Fraction(rules.budget, electorate.voters)
        purchases = electorate.buy(share)
        steps: list[Step] = [{"step": "shares", "voters": electorate.voters, "each": written(share)}]
        if rules.completion != "none":
            share, purchases, ended = _add_one(rules, electorate, share, purchases)
            steps.append({"step": "raised", "each": written(share), **ended})
        left = rules.budget
        for one in purchases:
            left -= costs[one.project]
            steps += _told(one, costs[one.project], left)
        bought = tuple(one.project for one in purchases)
        if rules.completion == "add_one_greedy":
            points = {
                project: marks[0] for project, marks in box.tally.marks.items() if project not in bought
            }
            steps.append({"step": "greedy", "left": left})
            more, told = buy_in_order(points, costs, left, ties, skip=True)
            bought, steps = bought + more, [*steps, *told]
        return Result(rows=box.tally.rows(), elected=bought, steps=tuple(steps))


def _add_one(
    rules: EqualSharesRules, electorate: Electorate, share: Fraction, purchases: list[Purchase]
) -> tuple[Fraction, list[Purchase], dict[str, object]]:
    """The last share and outcome within the budget, and why the raising ended."""
    costs = electorate.costs
    while True:
        spent = sum(costs[one.project] for one in purchases)
        bought = {one.project for one in purchases}
        wanted = [project for project in electorate.wanted if project not in bought]
        if all(spent + costs[project] > rules.budget for project in wanted):
            return share, purchases, {"ended": "nothing_more_fits"}
        raised = electorate.buy(share + rules.raise_by)
        cost = sum(costs[one.project] for one in raised)
        if cost > rules.budget:
            return share, purchases, {"ended": "over_budget", "next_cost": cost}
        share, purchases = share + rules.raise_by, raised


def _told(one: Purchase, cost: int, left: int) -> list[Step]:
    told: list[Step] = []
    if one.order:
        told.append({"step": "tie_broken", "rate": written(one.rate), "order": list(one.order)})
    told.append(
        {
            "step": "bought",
            "option": one.project,
            "cost": cost,
            "rate": written(one.rate),
            "supporters": one.supporters,
            "left": left,
        }
    )
    return told
