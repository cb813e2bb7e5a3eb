"""Paper: ballots given out, entered in batches by one person and checked by another, who alone makes them count.

Whoever has a paper ballot has no other: it blocks their electronic one. What comes back is counted without anybody's name, as
so many ballots of so many people. A batch may be entered, checked and voided until the result is certified; the certificate
comes with what was given out, what was spoiled and what came back. Reconciled in numbers: no more may come back than is out.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from cocreate.domain.ballot import Ballot, ballot_id, takes_ballots
from cocreate.domain.decider import Events, decides, evolves
from cocreate.domain.errors import (
    BallotStands,
    LimitReached,
    NotAScribe,
    OptionUnknown,
    PaperBatchNotFound,
    PaperBatchRepeated,
    PaperBatchStateConflict,
    PaperCountDiffers,
    PaperExceeded,
    PaperHeld,
    PaperUnavailable,
    RoundNotOpen,
    RoundStateConflict,
    SecondPersonNeeded,
)
from cocreate.domain.messages import (
    Aggregate,
    Command,
    Count,
    Event,
    Pending,
    Pseudonym,
    Random,
    Recorded,
    Sealed,
    Subject,
    Uuid,
)
from cocreate.domain.round import Round, find_round
from cocreate.domain.voting.choices import one_object
from cocreate.domain.voting.method import Choice

if TYPE_CHECKING:
    from cocreate.domain.state import WorkshopState

BATCH_PAPERS_MAX = 100
BATCHES_MAX = 1_000
NUMBER_MAX = 9_999
PLACE_LENGTH_MAX = 100

BatchStatus = Literal["entered", "checked", "voided"]
BatchVoidReason = Literal["mistake", "repeated", "lost", "other"]
BatchNumber = Annotated[int, Field(ge=1, le=NUMBER_MAX)]
"""What is written on the batch's cover; in one round no two that count have the same."""
Papers = Annotated[int, Field(ge=0, le=BATCH_PAPERS_MAX)]


class PaperIssued(Event):
    """`voter` has a paper ballot. With `again` it is another one, for one that was given back spoiled."""

    NAME: ClassVar[str] = "PaperIssued.v1"
    AGGREGATE: ClassVar[Aggregate] = "round"

    again: bool
    voter: Pseudonym


class PaperBatchEntered(Event):
    """`papers` that say something follow, each an entry; `invalid` more came back and say nothing that counts."""

    NAME: ClassVar[str] = "PaperBatchEntered.v1"
    AGGREGATE: ClassVar[Aggregate] = "round"
    SUBJECT: ClassVar[Subject] = "host"
    SEALED: ClassVar[tuple[str, ...]] = ("place",)

    batch: Uuid
    invalid: Papers
    number: BatchNumber
    papers: Papers
    place: Sealed | None = None


class PaperEntered(Event):
    """What one paper says; withheld as a ballot is, and `random` as there."""

    NAME: ClassVar[str] = "PaperEntered.v1"
    AGGREGATE: ClassVar[Aggregate] = "round"

    batch: Uuid
    choice: Choice
    random: Random


class PaperBatchChecked(Event):
    """From here on its papers count."""

    NAME: ClassVar[str] = "PaperBatchChecked.v1"
    AGGREGATE: ClassVar[Aggregate] = "round"

    batch: Uuid


class PaperBatchVoided(Event):
    """Its papers do not count, or not any more."""

    NAME: ClassVar[str] = "PaperBatchVoided.v1"
    AGGREGATE: ClassVar[Aggregate] = "round"

    batch: Uuid
    reason: BatchVoidReason


class PaperReconciled(Event):
    """Right before the certificate of a round with paper: issued = spoiled + returned + those that never came back."""

    NAME: ClassVar[str] = "PaperReconciled.v1"
    AGGREGATE: ClassVar[Aggregate] = "round"

    issued: Count
    returned: Count
    spoiled: Count


PAPER_WITHHELD = (PaperBatchEntered, PaperEntered, PaperBatchChecked, PaperBatchVoided)
"""Withheld as ballots are, while their round's results are: an auditor has all of a batch or none of it."""


@dataclass(frozen=True, slots=True)
class PaperBatch:
    """`ballots` are (choice, random) of each of the `papers`, as far as they are entered."""

    number: int
    papers: int
    invalid: int
    entered_by: str
    ballots: tuple[tuple[Any, bytes], ...] = ()
    status: BatchStatus = "entered"

    @property
    def returned(self) -> int:
        return self.papers + self.invalid


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuePaper(Command):
    """`voter` is who `participant` is in the round."""

    round: str
    participant: str
    voter: str
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EnterPaperBatch(Command):
    """`ballots` are (choice, random) of each paper that says something, in any order."""

    round: str
    batch: str
    number: int
    ballots: tuple[tuple[Any, str], ...]
    invalid: int = 0
    place: Sealed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckPaperBatch(Command):
    """`papers`: how many the second person counted, with the invalid ones."""

    round: str
    batch: str
    papers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VoidPaperBatch(Command):
    round: str
    batch: str
    reason: BatchVoidReason


@decides(IssuePaper)
def issue_paper(command: IssuePaper, state: "WorkshopState", now: int) -> Events:
    _require_desk(state, command.actor)
    state.require_open()
    state.require_present(command.participant)
    row = find_round(state, command.round)
    if row.method.per_option:
        raise PaperUnavailable(method=row.method.name)
    if not takes_ballots(row, now):
        raise RoundNotOpen(round=command.round, status=row.status)
    standing = state.ballots[command.round].get(ballot_id(command.round, command.voter, None))
    if standing is not None and standing.choice is not None:
        raise BallotStands(round=command.round)
    if holds_paper(state, command.round, command.voter) != command.again:
        raise PaperHeld(round=command.round)
    return [Pending(command.round, PaperIssued(again=command.again, voter=command.voter))]


@decides(EnterPaperBatch)
def enter_paper_batch(command: EnterPaperBatch, state: "WorkshopState", now: int) -> Events:
    row = _require_counting(state, command.actor, command.round)
    batches = batches_of(state, command.round)
    if command.batch in batches:
        raise PaperBatchStateConflict(status=batches[command.batch].status, wanted="entered again")
    state.require_room("paper batches of a round", len(batches), BATCHES_MAX)
    standing = [batch for batch in batches.values() if batch.status != "voided"]
    if any(batch.number == command.number for batch in standing):
        raise PaperBatchRepeated(number=command.number)
    _require_choices(command, row)
    held = len(state.papers.get(command.round, ()))
    back = sum(batch.returned for batch in standing) + len(command.ballots) + command.invalid
    if back > held:
        raise PaperExceeded(held=held, returned=back)
    entered = PaperBatchEntered(
        batch=command.batch,
        invalid=command.invalid,
        number=command.number,
        papers=len(command.ballots),
        place=command.place,
    )
    papers = [
        PaperEntered(batch=command.batch, choice=one_object(choice), random=random)
        for choice, random in command.ballots
    ]
    return [Pending(command.round, event) for event in (entered, *papers)]


@decides(CheckPaperBatch)
def check_paper_batch(command: CheckPaperBatch, state: "WorkshopState", now: int) -> Events:
    """By somebody else than who entered it, who has counted the papers."""
    _require_counting(state, command.actor, command.round)
    batch = _find_batch(state, command.round, command.batch)
    if batch.status == "checked":
        return []
    if batch.status == "voided":
        raise PaperBatchStateConflict(status=batch.status, wanted="checked")
    if command.actor == batch.entered_by:
        raise SecondPersonNeeded()
    if command.papers != batch.returned:
        raise PaperCountDiffers(entered=batch.returned, counted=command.papers)
    return [Pending(command.round, PaperBatchChecked(batch=command.batch))]


@decides(VoidPaperBatch)
def void_paper_batch(command: VoidPaperBatch, state: "WorkshopState", now: int) -> Events:
    """Whoever works at the desk voids what is not checked yet; what counts, a facilitator."""
    _require_counting(state, command.actor, command.round)
    batch = _find_batch(state, command.round, command.batch)
    if batch.status == "voided":
        return []
    if batch.status == "checked":
        state.require_facilitator(command.actor)
    return [Pending(command.round, PaperBatchVoided(batch=command.batch, reason=command.reason))]


def holds_paper(state: "WorkshopState", round_id: str, voter: str) -> bool:
    return voter in state.papers.get(round_id, ())


def batches_of(state: "WorkshopState", round_id: str) -> Mapping[str, PaperBatch]:
    """The round's batches by id, voided ones too."""
    found: Mapping[str, PaperBatch] | None = state.batches.get(round_id)
    return {} if found is None else found


def reconciled(state: "WorkshopState", round_id: str) -> PaperReconciled:
    """What became of the round's papers."""
    held = state.papers[round_id]
    issued = sum(held.values())
    checked = checked_batches(state, round_id)
    return PaperReconciled(
        issued=issued, returned=sum(batch.returned for batch in checked), spoiled=issued - len(held)
    )


def checked_batches(state: "WorkshopState", round_id: str) -> list[PaperBatch]:
    return [batch for batch in batches_of(state, round_id).values() if batch.status == "checked"]


def unchecked_batches(state: "WorkshopState", round_id: str) -> int:
    return sum(batch.status == "entered" for batch in batches_of(state, round_id).values())


def paper_ballots(round_id: str, batch_id: str, batch: PaperBatch) -> Iterator[tuple[str, Any, bytes]]:
    """(ballot id, choice, random) of each paper: 28 digits of its batch and 4 of its place there stand for whom nobody knows."""
    voter = batch_id.replace("-", "")[:28]
    for place, (choice, random) in enumerate(batch.ballots):
        yield ballot_id(round_id, f"{voter}{place:04x}", None), choice, random


def _require_desk(state: "WorkshopState", actor: str) -> None:
    state.require_unsealed()
    if not state.is_scribe(actor):
        raise NotAScribe()


def _require_counting(state: "WorkshopState", actor: str, round_id: str) -> Round:
    """The round, whose result must not be settled yet."""
    _require_desk(state, actor)
    row = find_round(state, round_id)
    if row.status not in ("open", "closed"):
        raise RoundStateConflict(status=row.status, wanted="given paper ballots")
    if row.method.per_option:
        raise PaperUnavailable(method=row.method.name)
    return row


def _require_choices(command: EnterPaperBatch, row: Round) -> None:
    if len(command.ballots) + command.invalid > BATCH_PAPERS_MAX:
        raise LimitReached(of="papers in one batch", limit=BATCH_PAPERS_MAX)
    for choice, _ in command.ballots:
        row.method.check(row.rules, choice)
        for option in row.method.named(None, choice):
            if option not in row.options:
                raise OptionUnknown(option=option, round=command.round)


def _find_batch(state: "WorkshopState", round_id: str, batch_id: str) -> PaperBatch:
    batch = batches_of(state, round_id).get(batch_id)
    if batch is None:
        raise PaperBatchNotFound(batch=batch_id)
    return batch


@evolves(PaperIssued)
def paper_issued(state: "WorkshopState", recorded: Recorded, event: PaperIssued) -> None:
    held = state.table_of(state.papers, recorded.aggregate)
    held.put(event.voter, held.get(event.voter, 0) + 1)


@evolves(PaperBatchEntered)
def paper_batch_entered(state: "WorkshopState", recorded: Recorded, event: PaperBatchEntered) -> None:
    batch = PaperBatch(event.number, event.papers, event.invalid, recorded.actor)
    state.table_of(state.batches, recorded.aggregate).put(event.batch, batch)


@evolves(PaperEntered)
def paper_entered(state: "WorkshopState", recorded: Recorded, event: PaperEntered) -> None:
    batch = state.batches[recorded.aggregate][event.batch]
    ballots = (*batch.ballots, (event.choice, bytes.fromhex(event.random)))
    state.batches[recorded.aggregate].put(event.batch, replace(batch, ballots=ballots))


@evolves(PaperBatchChecked)
def paper_batch_checked(state: "WorkshopState", recorded: Recorded, event: PaperBatchChecked) -> None:
    batch = replace(state.batches[recorded.aggregate][event.batch], status="checked")
    state.batches[recorded.aggregate].put(event.batch, batch)
    for aggregate, choice, random in paper_ballots(recorded.aggregate, event.batch, batch):
        state.ballots[recorded.aggregate].put(aggregate, Ballot(1, choice, random))


@evolves(PaperBatchVoided)
def paper_batch_voided(state: "WorkshopState", recorded: Recorded, event: PaperBatchVoided) -> None:
    before = state.batches[recorded.aggregate][event.batch]
    state.batches[recorded.aggregate].put(event.batch, replace(before, status="voided"))
    if before.status == "checked":
        for aggregate, _, random in paper_ballots(recorded.aggregate, event.batch, before):
            state.ballots[recorded.aggregate].put(aggregate, Ballot(1, None, random))


@evolves(PaperReconciled)
def paper_reconciled(state: "WorkshopState", recorded: Recorded, event: PaperReconciled) -> None:
    """A fact for readers: the certificate that follows counts what it adds up."""
