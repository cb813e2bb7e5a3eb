"""Voting methods: one pure file a method, exact arithmetic, one line each in the registry.

A method says how a choice marks its options, and what the marks come to. Marks are integers in the method's columns, so a
tally can be kept up to date ballot by ballot, and the same counts make the certificate. Where columns are not enough, the
method counts the ballots themselves: how many say each choice, never who.
"""

from typing import Annotated

from pydantic import Field

from cocreate.domain.voting import (
    approval,
    budget,
    consent,
    dots,
    equal_shares,
    opinion,
    quadratic,
    ranked,
    score,
    support,
)
from cocreate.domain.voting.method import Ballots, Box, Choice, Method, Ranking, Result, Step, Tally

Rules = Annotated[
    support.SupportRules
    | approval.ApprovalRules
    | opinion.OpinionRules
    | dots.DotsRules
    | score.ScoreRules
    | quadratic.QuadraticRules
    | consent.ConsentRules
    | ranked.RankedRules
    | budget.BudgetRules
    | equal_shares.EqualSharesRules,
    Field(discriminator="method"),
]

METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        support.Support(),
        approval.Approval(),
        opinion.Opinion(),
        dots.Dots(),
        score.Score(),
        quadratic.Quadratic(),
        consent.Consent(),
        ranked.Ranked(),
        budget.Budget(),
        equal_shares.EqualShares(),
    )
}

__all__ = [
    "METHODS",
    "Ballots",
    "Box",
    "Choice",
    "Method",
    "Ranking",
    "Result",
    "Rules",
    "Step",
    "Tally",
]
