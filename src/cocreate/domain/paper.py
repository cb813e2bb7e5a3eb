"""Paper: ballots of people who vote on paper, entered in batches by one person and checked by another.

A sheet handed out blocks its voter's electronic ballot. Batches are entered once the round takes no electronic ballots any
more, so that nobody votes by what is known of them, and count only when a second person has entered the same.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from cocreate.domain.canonical import canonical_json, digest_of
from cocreate.domain.decider import Events, decides, evolves
from cocreate.domain.errors import (
    BallotStands,
    GraceRunning,
    NotAFacilitator,
    NotAScribe,
    NotTheAuthor,
    OptionUnknown,
    PaperBatchDiffers,
    PaperBatchNotFound,
    PaperBatchRepeated,
    PaperBatchStateConflict,
    PaperUnaccounted,
    PaperUnchecked,
    RoundNotOpen,
    RoundStateConflict,
    SecondPersonNeeded,
)
from cocreate.domain.messages import (
    SYSTEM,
    Aggregate,
    Code,
    Command,
    Count,
    Digest,
    Event,
    Pending,
    Pseudonym,
    Recorded,
    Uuid,
)
from cocreate.domain.round import Round, find_round
from cocreate.domain.voting.choices import one_object
from cocreate.domain.voting.method import Mark

if TYPE_CHECKING:
    from cocreate.domain.state import WorkshopState

SHEETS_MAX = 5
"""Sheets that one person may get: a spoiled one is replaced, over and over is a mistake."""
BATCH_BALLOTS_MAX = 50
PAPER_MARKS_MAX = 20
"""Options that one paper marks; with the batch's limit, the longest batch still fits into an entry."""
BATCHES_MAX = 200
SPOILED_MAX = 1_000

PaperChoice = Annotated[
    Annotated[tuple[Uuid, ...], Field(max_length=PAPER_MARKS_MAX)]
    | Annotated[tuple[Mark, ...], Field(min_length=1, max_length=PAPER_MARKS_MAX)],
    Field(union_mode="left_to_right"),
]
"""A choice of the round's method, as on a ballot that is sent; () is a blank paper."""

PaperReason = Literal["mistake", "irregularity", "other"]
BatchStatus = Literal["entered", "checked", "voided"]


class PaperIssued(Event):
    """`sheet` counts what this voter was given: above 1, it takes the place of a spoiled one."""

    NAME: ClassVar[str] = "PaperIssued.v1"
    AGGREGATE: ClassVar[Aggregate] = "round"

    sheet: Annotated[int, Field(ge=1, le=SHEETS_MAX)]
    voter: Pseudonym


class PaperBatchEntered(Event):
    """`label` is what stands on the bundle; `same_as` names a batch that says the same, and is another one all the same."""

    NAME: ClassVar[str] = "PaperBatchEntered.v1"
    AGGREGATE: ClassVar[Aggregate] = "round"

    ballots: Annotated[tuple[PaperChoice, ...], Field(max_length=BATCH_BALLOTS_MAX)]
    batch: Uuid
    digest: Digest
    label: Code
    same_as: Uuid | None = None
    spoiled: Annotated[int, Field(ge=0, le=SPOILED_MAX)]


class PaperBatchChecked(Event):
    """A second person has entered the same; from here on the batch counts."""

    NAME: ClassVar[str] = "PaperBatchChecked.v1"
    AGGREGATE: ClassVar[Aggregate] = "round"

    batch: Uuid
    digest: Digest


class PaperBatchVoided(Event):
    """Without words: like the rest of a batch it is withheld while the results are, and a text cannot wait."""

    NAME: ClassVar[str] = "PaperBatchVoided.v1"
    AGGREGATE: ClassVar[Aggregate] = "round"

    batch: Uuid
    reason: PaperReason


class PaperReconciled(Event):
    """What became of the sheets, right before a certificate: issued = counted + spoiled + outstanding."""

    NAME: ClassVar[str] = "PaperReconciled.v1"
    AGGREGATE: ClassVar[Aggregate] = "round"

    batches: Annotated[tuple[tuple[Uuid, Digest], ...], Field(max_length=BATCHES_MAX)]
    counted: Count
    issued: Count
    outstanding: Count
    people: Count
    spoiled: Count


PAPER_WITHHELD = (PaperBatchEntered, PaperBatchChecked, PaperBatchVoided)
"""What is withheld with the round's ballots while its results are: it tells what papers say, or could be guessed from."""


@dataclass(frozen=True, slots=True)
class Batch:
    label: str
    ballots: tuple[Any, ...]
    spoiled: int
    digest: str
    entered_by: str
    status: BatchStatus = "entered"


@dataclass(frozen=True, slots=True)
class Paper:
    """What was handed out in a round, to how many people, and what came back; batches by id in order of entry."""

    people: int = 0
    sheets: int = 0
    batches: Mapping[str, Batch] = field(default_factory=dict)

    def counted(self) -> list[tuple[str, Batch]]:
        """The batches that count, ascending by id."""
        return sorted((key, batch) for key, batch in self.batches.items() if batch.status == "checked")

    @property
    def ballots(self) -> int:
        return sum(len(batch.ballots) for _, batch in self.counted())

    @property
    def spoiled(self) -> int:
        return sum(batch.spoiled for _, batch in self.counted())

    @property
    def outstanding(self) -> int:
        return self.sheets - self.ballots - self.spoiled

    @property
    def unchecked(self) -> int:
        return sum(batch.status == "entered" for batch in self.batches.values())

    @property
    def waits(self) -> bool:
        """Whether there is still something to enter or to check: then nothing is certified by itself."""
        return self.unchecked > 0 or self.outstanding > 0


NO_PAPER = Paper()


def batch_digest(round_id: str, ballots: tuple[Any, ...], spoiled: int) -> str:
    """SHA-256 over what a bundle says, whatever the order in which its papers lie."""
    return digest_of([round_id, in_order(ballots), spoiled])


def in_order(ballots: tuple[Any, ...]) -> tuple[Any, ...]:
    """The papers by the bytes of what they say, so that nobody's stands where it was handed in."""
    return tuple(sorted(ballots, key=canonical_json))


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuePaper(Command):
    """`voter` is the participant's in this round; `sheet` is which one, the first if it is not said."""

    round: str
    participant: str
    voter: str
    sheet: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class EnterPaperBatch(Command):
    round: str
    batch: str
    label: str
    ballots: tuple[Any, ...]
    spoiled: int = 0
    same_as: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckPaperBatch(Command):
    """`digest` is that of what the second person has entered."""

    round: str
    batch: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VoidPaperBatch(Command):
    round: str
    batch: str
    reason: PaperReason


@decides(IssuePaper)
def issue_paper(command: IssuePaper, state: "WorkshopState", now: int) -> Events:
    """While the round is open, to somebody who is here and has no ballot standing."""
    _require_scribe(command.actor, state)
    state.require_present(command.participant)
    row = find_round(state, command.round)
    if row.status != "open":
        raise RoundNotOpen(round=command.round, status=row.status)
    if row.method.per_option:
        raise RoundStateConflict(status="answered statement by statement", wanted="voted in on paper")
    if row.secrecy == "open" and command.voter != command.participant:
        raise NotTheAuthor()
    voter = f"{command.round}/{command.voter}"
    standing = state.ballots[command.round].get(voter)
    if standing is not None and standing.choice is not None:
        raise BallotStands(round=command.round)
    held = state.sheets.get(voter, 0)
    if command.sheet <= held:
        return []
    if command.sheet != held + 1:
        raise RoundStateConflict(status=f"at sheet {held} for this person", wanted="given a later one")
    state.require_room("sheets for one person", held, SHEETS_MAX)
    return [Pending(command.round, PaperIssued(sheet=command.sheet, voter=command.voter))]


@decides(EnterPaperBatch)
def enter_paper_batch(command: EnterPaperBatch, state: "WorkshopState", now: int) -> Events:
    _require_scribe(command.actor, state)
    row, paper = _at_desk(command.round, state, now)
    held = paper.batches.get(command.batch)
    if held is not None:
        raise PaperBatchStateConflict(batch=held.label, status=held.status, wanted="entered again")
    state.require_room("batches of paper in a round", len(paper.batches), BATCHES_MAX)
    for choice in command.ballots:
        row.method.check(row.rules, choice)
        for option in row.method.named(None, choice):
            if option not in row.options:
                raise OptionUnknown(option=option, round=command.round)
    ballots = in_order(command.ballots)
    digest = batch_digest(command.round, ballots, command.spoiled)
    _require_new(command, paper, digest)
    _require_accounted(paper, len(ballots), command.spoiled)
    entered = PaperBatchEntered(
        ballots=ballots,
        batch=command.batch,
        digest=digest,
        label=command.label,
        same_as=command.same_as,
        spoiled=command.spoiled,
    )
    return [Pending(command.round, entered)]


def _require_new(command: EnterPaperBatch, paper: Paper, digest: str) -> None:
    """Refuse a bundle that is entered already: by its label, or by what it says unless that batch is named as another one."""
    standing = {key: batch for key, batch in paper.batches.items() if batch.status != "voided"}
    named = standing.get(command.same_as or "")
    if command.same_as is not None and (named is None or named.digest != digest):
        raise PaperBatchNotFound(batch=command.same_as)
    for batch in standing.values():
        if batch.label == command.label or (batch.digest == digest and named is None):
            raise PaperBatchRepeated(batch=batch.label)


def _require_accounted(paper: Paper, ballots: int, spoiled: int) -> None:
    """Refuse what would be more papers than people or sheets, the batches that wait for their check among them."""
    waiting = [batch for batch in paper.batches.values() if batch.status != "voided"]
    counted = ballots + sum(len(batch.ballots) for batch in waiting)
    returned = counted + spoiled + sum(batch.spoiled for batch in waiting)
    if ballots + spoiled == 0 or counted > paper.people or returned > paper.sheets:
        raise PaperUnaccounted(
            people=paper.people, sheets=paper.sheets, counted=counted, spoiled=returned - counted
        )


@decides(CheckPaperBatch)
def check_paper_batch(command: CheckPaperBatch, state: "WorkshopState", now: int) -> Events:
    _require_scribe(command.actor, state)
    _, paper = _at_desk(command.round, state, now)
    batch = _find_batch(paper, command.batch)
    if batch.status == "checked" and batch.digest == command.digest:
        return []
    if batch.status != "entered":
        raise PaperBatchStateConflict(batch=batch.label, status=batch.status, wanted="checked")
    if batch.entered_by == command.actor:
        raise SecondPersonNeeded(batch=batch.label)
    if batch.digest != command.digest:
        raise PaperBatchDiffers(batch=batch.label)
    return [Pending(command.round, PaperBatchChecked(batch=command.batch, digest=batch.digest))]


@decides(VoidPaperBatch)
def void_paper_batch(command: VoidPaperBatch, state: "WorkshopState", now: int) -> Events:
    """A facilitator voids any batch, whoever entered it their own as long as it is not checked."""
    _require_scribe(command.actor, state)
    _, paper = _at_desk(command.round, state, now)
    batch = _find_batch(paper, command.batch)
    if batch.status == "voided":
        return []
    own = batch.status == "entered" and batch.entered_by == command.actor
    if not own and command.actor not in state.workshop.facilitators:
        raise NotAFacilitator()
    voided = PaperBatchVoided(batch=command.batch, reason=command.reason)
    return [Pending(command.round, voided)]


def reconciled(state: "WorkshopState", round_id: str, actor: str) -> list[PaperReconciled]:
    """What a certificate says of paper, where there was any; refused while a batch waits for its check.

    The system leaves it to a facilitator to certify without the sheets that nobody has brought back.
    """
    paper = state.paper.get(round_id)
    if paper is None:
        return []
    if paper.unchecked or (actor == SYSTEM and paper.waits):
        raise PaperUnchecked(batches=paper.unchecked, outstanding=paper.outstanding)
    facts = PaperReconciled(
        batches=tuple((key, batch.digest) for key, batch in paper.counted()),
        counted=paper.ballots,
        issued=paper.sheets,
        outstanding=paper.outstanding,
        people=paper.people,
        spoiled=paper.spoiled,
    )
    return [facts]


def paper_choices(state: "WorkshopState", round_id: str) -> Counter[Any]:
    """How many counted papers say each choice."""
    counted = state.paper.get(round_id, NO_PAPER).counted()
    return Counter(choice for _, batch in counted for choice in batch.ballots)


def _require_scribe(actor: str, state: "WorkshopState") -> None:
    state.require_unsealed()
    if not state.is_scribe(actor):
        raise NotAScribe()


def _at_desk(round_id: str, state: "WorkshopState", now: int) -> tuple[Round, Paper]:
    """The round, which must be over and not certified, or contested since: that is when its papers are looked at."""
    row = find_round(state, round_id)
    if row.status in ("open", "voided"):
        raise RoundStateConflict(status=row.status, wanted="counted on paper")
    if row.status == "closed" and row.grace_until is not None and now <= row.grace_until:
        raise GraceRunning(until=row.grace_until)
    if row.verdict is not None and not row.verdict.contested:
        raise RoundStateConflict(status="certified, and contested by nobody", wanted="counted on paper again")
    return row, state.paper.get(round_id, NO_PAPER)


def _find_batch(paper: Paper, batch: str) -> Batch:
    found = paper.batches.get(batch)
    if found is None:
        raise PaperBatchNotFound(batch=batch)
    return found


@evolves(PaperIssued)
def paper_issued(state: "WorkshopState", recorded: Recorded, event: PaperIssued) -> None:
    paper = state.paper.get(recorded.aggregate, NO_PAPER)
    first = event.sheet == 1
    state.sheets.put(f"{recorded.aggregate}/{event.voter}", event.sheet)
    state.paper.put(recorded.aggregate, replace(paper, people=paper.people + first, sheets=paper.sheets + 1))


@evolves(PaperBatchEntered)
def paper_batch_entered(state: "WorkshopState", recorded: Recorded, event: PaperBatchEntered) -> None:
    ballots = tuple(one_object(choice) for choice in event.ballots)
    batch = Batch(event.label, ballots, event.spoiled, event.digest, recorded.actor)
    _put_batch(state, recorded.aggregate, event.batch, batch)


@evolves(PaperBatchChecked)
def paper_batch_checked(state: "WorkshopState", recorded: Recorded, event: PaperBatchChecked) -> None:
    _set_status(state, recorded.aggregate, event.batch, "checked")


@evolves(PaperBatchVoided)
def paper_batch_voided(state: "WorkshopState", recorded: Recorded, event: PaperBatchVoided) -> None:
    _set_status(state, recorded.aggregate, event.batch, "voided")


@evolves(PaperReconciled)
def paper_reconciled(state: "WorkshopState", recorded: Recorded, event: PaperReconciled) -> None:
    """The certificate that follows counts the same batches: no rule looks at this alone."""


def _set_status(state: "WorkshopState", round_id: str, batch: str, status: BatchStatus) -> None:
    _put_batch(state, round_id, batch, replace(state.paper[round_id].batches[batch], status=status))


def _put_batch(state: "WorkshopState", round_id: str, key: str, batch: Batch) -> None:
    paper = state.paper.get(round_id, NO_PAPER)
    state.paper.put(round_id, replace(paper, batches={**paper.batches, key: batch}))
