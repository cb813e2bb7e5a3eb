"""Certificate: a round's final result, with the reconciliation of every ballot and the digests to recompute it by.

The rows of the result come first, in numbered parts, so that any number of options fits; the certificate carries their
count and digest. The steps of the count are recomputed for whoever looks; the certificate carries their digest.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, TypedDict

from pydantic import Field

from cocreate.domain.ballot import Turnout, ballot_parts
from cocreate.domain.canonical import digest_of
from cocreate.domain.decider import Events, decides, evolves
from cocreate.domain.errors import GraceRunning, RoundStateConflict
from cocreate.domain.messages import (
    Aggregate,
    Command,
    Count,
    Digest,
    Event,
    Facts,
    Pending,
    Position,
    Recorded,
    Uuid,
)
from cocreate.domain.paper import NO_PAPER, paper_choices, reconciled
from cocreate.domain.round import Round, Verdict, find_round, require_certifier
from cocreate.domain.voting import Rules
from cocreate.domain.voting.method import Box, Ranking, Result, Tally
from cocreate.domain.workshop import UNSET_DIGEST

if TYPE_CHECKING:
    from cocreate.domain.state import WorkshopState

ROWS_PER_PART = 500
PARTS_MAX = 100
ELECTED_MAX = 1_000
NO_PAPERS: Mapping[Any, int] = MappingProxyType({})

Row = (
    tuple[Uuid, Count]
    | tuple[Uuid, Count, Count]
    | tuple[Uuid, Count, Count, Count]
    | tuple[Uuid, Count, Count, Count, Count]
)


class ResultPart(Event):
    """Rows of a result, (option, mark, …) in the method's columns, before its certificate."""

    NAME: ClassVar[str] = "ResultPart.v1"
    AGGREGATE: ClassVar[Aggregate] = "round"

    number: Annotated[int, Field(ge=0, lt=PARTS_MAX)]
    rows: Annotated[tuple[Row, ...], Field(min_length=1, max_length=ROWS_PER_PART)]


class Reconciliation(Facts):
    """eligible: who could vote, being present at some time since the opening, so never fewer than the voters.

    The rest are ballots: standing = cast - withdrawn + paper = blank + invalid + those with a mark; a paper is a voter, too.
    """

    blank: Count
    cast: Count
    eligible: Count
    invalid: Count
    paper: Count
    replaced: Count
    standing: Count
    voters: Count
    withdrawn: Count


class ResultCertified(Event):
    """Counts everything before `counted_to`; `digest` is the state digest before this entry."""

    NAME: ClassVar[str] = "ResultCertified.v1"
    AGGREGATE: ClassVar[Aggregate] = "round"

    ballots_digest: Digest
    counted_to: Position
    digest: Digest
    digest_version: Literal[1]
    elected: Annotated[tuple[Uuid, ...], Field(max_length=ELECTED_MAX)]
    parts: Annotated[int, Field(ge=0, le=PARTS_MAX)]
    reconciliation: Reconciliation
    result_digest: Digest
    rules: Rules
    steps_digest: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class CertifyResult(Command):
    """`tie_root` is the tree's root over the entries before the round was opened; the border knows the tree."""

    round: str
    tie_root: bytes


@decides(CertifyResult)
def certify_result(command: CertifyResult, state: "WorkshopState", now: int) -> Events:
    """Cost: the count of this round's ballots, however many others the workshop has."""
    require_certifier(state, command.actor)
    state.require_unsealed()
    row = find_round(state, command.round)
    if row.status == "certified":
        return []
    if row.status != "closed":
        raise RoundStateConflict(status=row.status, wanted="certified")
    if row.grace_until is not None and now <= row.grace_until:
        raise GraceRunning(until=row.grace_until)
    paper = reconciled(state, command.round, command.actor)
    parts, facts = counted(row, command.round, state, command.tie_root, eligible=_eligible(row, state))
    return [Pending(command.round, event) for event in (*paper, *parts, ResultCertified(**facts))]


class CountedFacts(TypedDict):
    """What a certificate says of a count."""

    ballots_digest: str
    counted_to: int
    digest: str
    digest_version: Literal[1]
    elected: tuple[str, ...]
    parts: int
    reconciliation: Reconciliation
    result_digest: str
    rules: Rules
    steps_digest: str


def counted(
    row: Round, round_id: str, state: "WorkshopState", tie_root: bytes, *, eligible: int
) -> tuple[list[ResultPart], CountedFacts]:
    """The count of a round's ballots as they stand: the rows in parts, and the facts of the certificate behind them."""
    ballots = standing_ballots(state, round_id)
    papers = paper_choices(state, round_id)
    result = count(row, round_id, ballots, tie_root, papers)
    batches = [[key, batch.digest] for key, batch in state.paper.get(round_id, NO_PAPER).counted()]
    parts = list(_parts(result))
    return parts, {
        "ballots_digest": digest_of([*ballots, *batches]),
        "counted_to": state.size + (round_id in state.paper),
        "digest": UNSET_DIGEST,
        "digest_version": 1,
        "elected": result.elected,
        "parts": len(parts),
        "reconciliation": _reconcile(row, ballots, state, round_id, (papers, eligible)),
        "result_digest": digest_of(result.rows),
        "rules": row.rules,
        "steps_digest": digest_of(result.steps),
    }


def standing_ballots(state: "WorkshopState", round_id: str) -> list[tuple[str, int, Any]]:
    """(aggregate id, counter, choice) of each standing ballot of a round, ascending by aggregate id."""
    return sorted(
        (aggregate, ballot.counter, ballot.choice)
        for aggregate, ballot in state.ballots[round_id].items()
        if ballot.choice is not None
    )


def count(
    row: Round,
    round_id: str,
    ballots: Iterable[tuple[str, int, Any]],
    tie_root: bytes,
    papers: Mapping[Any, int] = NO_PAPERS,
) -> Result:
    """The result of the standing ballots and of papers under the round's rules; the order of the ballots does not matter."""
    tally = Tally(row.method)
    for option in row.options:
        tally.admit(option)
    tally.merge(row.merged)
    choices: Counter[Any] = Counter(papers if row.method.counts_ballots else {})
    for choice, times in papers.items():
        tally.add(None, choice, times)
    for aggregate, _, choice in ballots:
        tally.add(ballot_parts(aggregate)[2], choice)
        if row.method.counts_ballots:
            choices[choice] += 1
    return row.method.result(row.rules, Box(tally, Ranking(tie_root, round_id), choices, row.costs))


def _parts(result: Result) -> Iterable[ResultPart]:
    for number, first in enumerate(range(0, len(result.rows), ROWS_PER_PART)):
        yield ResultPart(number=number, rows=result.rows[first : first + ROWS_PER_PART])


def _eligible(row: Round, state: "WorkshopState") -> int:
    """Who could vote: present at some time since the round was opened."""
    return sum(one.gone_at is None or one.gone_at > row.opened_at for one in state.participants.values())


def _reconcile(
    row: Round,
    ballots: list[tuple[str, int, Any]],
    state: "WorkshopState",
    round_id: str,
    besides: tuple[Mapping[Any, int], int],
) -> Reconciliation:
    """`besides`: papers, and who could vote."""
    papers, eligible = besides
    paper = sum(papers.values())
    turnout = state.turnout.get(round_id, Turnout())
    return Reconciliation(
        blank=sum(row.method.is_blank(choice) for _, _, choice in ballots)
        + sum(times for choice, times in papers.items() if row.method.is_blank(choice)),
        cast=turnout.cast,
        eligible=eligible,
        invalid=0,
        paper=paper,
        replaced=turnout.replaced,
        standing=len(ballots) + paper,
        voters=len({ballot_parts(aggregate)[1] for aggregate, _, _ in ballots}) + paper,
        withdrawn=turnout.withdrawn,
    )


@evolves(ResultPart)
def result_part(state: "WorkshopState", recorded: Recorded, event: ResultPart) -> None:
    """The certificate that follows carries the digest of all parts: no rule looks at one alone."""


@evolves(ResultCertified)
def result_certified(state: "WorkshopState", recorded: Recorded, event: ResultCertified) -> None:
    row = state.rounds[recorded.aggregate]
    certified = replace(
        row,
        status="certified",
        grace_until=None,
        ballots_digest=event.ballots_digest,
        result_digest=event.result_digest,
        verdict=Verdict(
            certificate=recorded.position,
            declared=recorded.position,
            time=recorded.time,
            eligible=event.reconciliation.eligible,
        ),
    )
    state.rounds.put(recorded.aggregate, certified)
