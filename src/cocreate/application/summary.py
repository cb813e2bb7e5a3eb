"""A workshop's row in the catalogue, from the decision state: what lists, search and the clock need without its record."""

from typing import Literal

from cocreate.domain.canonical import digest_of
from cocreate.domain.genesis import Source
from cocreate.domain.state import WorkshopState
from cocreate.domain.workshop import Workshop
from cocreate.persistence.batch import Summary

TITLE_POSITION = 1
"""`WorkshopScheduled` always stands here."""

Deed = Literal["close", "close_keyless", "certify"]
"""What the system does to a round."""


def summary_of(state: WorkshopState) -> Summary:
    """`head` is the size when anything else in the row last changed; `due_at` is when the clock must act."""
    row = state.workshop
    return Summary(
        workshop=row.id,
        status=row.status,
        head=state.size,
        title_position=TITLE_POSITION,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        due_at=min((at for at, _, _ in due_rounds(state)), default=None),
        source=known_by(row),
        incomplete=row.importing,
    )


def due_rounds(state: WorkshopState) -> list[tuple[int, str, Deed]]:
    """(when, round id, what) of everything the clock has to do."""
    due: list[tuple[int, str, Deed]] = []
    for round_id, row in state.rounds.items():
        if row.status == "open" and row.withheld_until is not None:
            due.append((row.withheld_until, round_id, "close"))
        elif row.status == "closed" and row.closed_at is not None and not _paper_waits(state, round_id):
            # A workshop that closes ends its rounds' graces, so they are due at once.
            at = row.closed_at if row.grace_until is None else row.grace_until + 1
            due.append((at, round_id, "certify"))
    return due


def known_by(workshop: Workshop) -> str | None:
    """What the catalogue finds a record by, at most one under each: its predecessor, else its source."""
    imported = workshop.source is not None
    if workshop.predecessor is not None:
        return successor_key(workshop.predecessor.origin, imported=imported)
    return None if workshop.source is None else source_key(workshop.source)


def successor_key(origin: str, *, imported: bool) -> str:
    """The successor of a record is known by that record's origin; an import's is an import again."""
    return f"{'import' if imported else 'record'} after {origin}"


def _paper_waits(state: WorkshopState, round_id: str) -> bool:
    """Whether paper is to be entered or checked first: then the round is certified by hand, or when that is done."""
    paper = state.paper.get(round_id)
    return paper is not None and paper.waits


def source_key(source: Source) -> str:
    """An import is known by its importer's name and its files' digests, whatever else changes."""
    return digest_of([source.importer, sorted(source.files)])
