"""Voting methods: one pure file a method, exact arithmetic, one line each in the registry.

A method says how a choice marks its options, and what the marks come to. Marks are integers in the method's columns, so a
tally can be kept up to date ballot by ballot, and the same counts make the certificate.
"""

from typing import Annotated

from pydantic import Field

from cocreate.domain.voting import approval, opinion, support
from cocreate.domain.voting.method import Choice, Method, Ranking, Result, Step, Tally

Rules = Annotated[
    support.SupportRules | approval.ApprovalRules | opinion.OpinionRules, Field(discriminator="method")
]

METHODS: dict[str, Method] = {
    support.Support.name: support.Support(),
    approval.Approval.name: approval.Approval(),
    opinion.Opinion.name: opinion.Opinion(),
}

__all__ = ["METHODS", "Choice", "Method", "Ranking", "Result", "Rules", "Step", "Tally"]
