"""Genesis: how a record begins, with its origin, its key and, where it has one, its source or predecessor."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, StringConstraints

from cocreate.domain.decider import Events, decides, evolves
from cocreate.domain.errors import NotAFacilitator, PredecessorMalformed
from cocreate.domain.messages import (
    INTEGER_MAX,
    Aggregate,
    Code,
    Command,
    Count,
    Digest,
    Event,
    Facts,
    Pending,
    Recorded,
)

if TYPE_CHECKING:
    from cocreate.domain.state import WorkshopState

_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_ORIGIN = rf"[a-z0-9][a-z0-9.-]{{0,99}}/{_UUID}"
Origin = Annotated[str, StringConstraints(pattern=f"^{_ORIGIN}$")]
Vkey = Annotated[str, StringConstraints(pattern=rf"^{_ORIGIN}\+[0-9a-f]{{8}}\+[A-Za-z0-9+/]{{44}}$")]
FileDigest = tuple[Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,100}$")], Digest]


def _by_name(files: tuple[FileDigest, ...]) -> tuple[FileDigest, ...]:
    """The map's one form: ascending by file name."""
    if len({name for name, _ in files}) < len(files):
        raise ValueError("expected each file name once")
    return tuple(sorted(files))


class Source(Facts):
    """Where an imported record comes from."""

    files: Annotated[tuple[FileDigest, ...], Field(min_length=1, max_length=20), AfterValidator(_by_name)]
    importer: Code
    importer_version: Annotated[int, Field(ge=1, le=1000)]
    licence: Annotated[str, Field(pattern=r"^[A-Za-z0-9.+-]{1,60}$")]


Size = Annotated[int, Field(ge=1, le=INTEGER_MAX)]
Because = Literal["key_compromised", "rewound"]


class Head(Facts):
    """A record so far: how many entries, and the Merkle root over them."""

    root: Digest
    size: Size


class SignedHead(Facts):
    """The same with the signature that the record's key made over it, as in its checkpoint (Ed25519, hex)."""

    root: Digest
    signature: Annotated[str, Field(pattern=r"^[0-9a-f]{128}$")]
    size: Size


class Predecessor(Facts):
    """The record that a successor goes on from.

    `signed` is the latest state that is known to have been signed, absent where that was lost too; `stored` is what the
    store held of it when the successor began.
    """

    because: Because
    origin: Origin
    signed: SignedHead | None = None
    stored: Head
    vkey: Vkey


class RecordStarted(Event):
    """The genesis, always at position 0. `vkey` is the log's verifier key (C2SP signed-note), its name the origin."""

    NAME: ClassVar[str] = "RecordStarted.v1"
    AGGREGATE: ClassVar[Aggregate] = "workshop"

    digest: Literal[1]
    format: Literal[1]
    origin: Origin
    source: Source | None = None
    tree: Literal["rfc6962-sha256"]
    vkey: Vkey


class SuccessorStarted(Event):
    """The genesis of a record that goes on from another one, in the place of `RecordStarted.v1`."""

    NAME: ClassVar[str] = "RecordStarted.v2"
    AGGREGATE: ClassVar[Aggregate] = "workshop"

    digest: Literal[1]
    format: Literal[1]
    origin: Origin
    predecessor: Predecessor
    source: Source | None = None
    tree: Literal["rfc6962-sha256"]
    vkey: Vkey


Genesis = RecordStarted | SuccessorStarted
"""The event at position 0."""


class ImportCompleted(Event):
    """The import's own counts, so that a reader can check them against the record."""

    NAME: ClassVar[str] = "ImportCompleted.v1"
    AGGREGATE: ClassVar[Aggregate] = "workshop"

    ballots_cast: Count
    ballots_replaced: Count
    ideas: Count
    moderated: Count
    participants: Count


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteImport(Command):
    """Only the importer sends this, with the counts of what it sent."""

    ballots_cast: int
    ballots_replaced: int
    ideas: int
    moderated: int
    participants: int


@decides(CompleteImport)
def complete_import(command: CompleteImport, state: "WorkshopState", now: int) -> Events:
    if command.actor not in state.workshop.facilitators:
        raise NotAFacilitator()
    if not state.workshop.importing:
        return []
    state.require_status("imported into", "scheduled", "open")
    completed = ImportCompleted(
        ballots_cast=command.ballots_cast,
        ballots_replaced=command.ballots_replaced,
        ideas=command.ideas,
        moderated=command.moderated,
        participants=command.participants,
    )
    return [Pending(state.workshop.id, completed)]


def require_predecessor(predecessor: Predecessor, origin: str) -> None:
    """Refuse a predecessor that contradicts itself, or the record of `origin` that is to go on from it."""
    signed, stored = predecessor.signed, predecessor.stored
    whole = signed is not None and (signed.size, signed.root) == (stored.size, stored.root)
    if predecessor.origin == origin:
        raise PredecessorMalformed(problem="it is the record itself")
    if predecessor.vkey.partition("+")[0] != predecessor.origin:
        raise PredecessorMalformed(problem="the key is not named as its origin is")
    if whole and predecessor.because == "rewound":
        raise PredecessorMalformed(problem="what is stored is what was signed, so nothing was put back")
    if not whole and predecessor.because == "key_compromised":
        raise PredecessorMalformed(problem="what is stored is not what was signed last")


@evolves(RecordStarted)
def record_started(state: "WorkshopState", recorded: Recorded, event: RecordStarted) -> None:
    _begun(state, recorded, event)


@evolves(SuccessorStarted)
def successor_started(state: "WorkshopState", recorded: Recorded, event: SuccessorStarted) -> None:
    _begun(state, recorded, event)
    state.workshop = replace(state.workshop, predecessor=event.predecessor)


def _begun(state: "WorkshopState", recorded: Recorded, event: Genesis) -> None:
    state.workshop = replace(
        state.workshop,
        id=recorded.aggregate,
        origin=event.origin,
        source=event.source,
        importing=event.source is not None,
    )


@evolves(ImportCompleted)
def import_completed(state: "WorkshopState", recorded: Recorded, event: ImportCompleted) -> None:
    state.workshop = replace(state.workshop, importing=False)
