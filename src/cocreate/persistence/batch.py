"""What one transaction writes: entries, and beside them what may be looked up, replaced or erased.

Ids are text as everywhere in the program; the stores turn them into their own column types.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import NamedTuple

from cocreate.record.page import Page

REQUEST_BYTES = 32


class Row(NamedTuple):
    """One entry of a record. `name` is the event's NAME, which the library calls topic."""

    workshop: str
    position: int
    name: str
    entry: bytes


@dataclass(frozen=True, slots=True)
class SealedRow:
    """The encrypted text behind one commitment; the only copy there is."""

    workshop: str
    position: int
    field: str
    language: str
    subject: str
    nonce: bytes
    ciphertext: bytes


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key of a workshop, wrapped by the instance key.

    purpose "subject": name = participant, voter or workshop id; "round": name = round id; "secret" and "log": one each.
    """

    workshop: str
    purpose: str
    name: str
    wrapped: bytes


class CommandRow(NamedTuple):
    """A command that wrote entries `position` … `position + entries - 1`; `request` tells a repeat of it from another request.

    Its id stands in those entries, so that these rows lie in the order of the record and not in that of random ids.
    """

    workshop: str
    position: int
    entries: int
    request: bytes
    """32 bytes."""


def packed(commands: Sequence[CommandRow]) -> tuple[int, str, bytes]:
    """What is kept of a batch's commands in one record, as one row: (first position, "offset entries,…", their requests)."""
    first = commands[0].position
    places = ",".join([f"{command.position - first} {command.entries}" for command in commands])
    return first, places, b"".join([command.request for command in commands])


def unpacked(workshop: str, position: int, row: tuple[int, str, bytes]) -> CommandRow | None:
    """The command that begins at the position, if the row holds it."""
    first, places, requests = row
    for index, place in enumerate(places.split(",")):
        offset, entries = map(int, place.split(" "))
        if first + offset == position:
            request = bytes(requests[index * REQUEST_BYTES : (index + 1) * REQUEST_BYTES])
            return CommandRow(workshop, position, entries, request)
    return None


class Seat(NamedTuple):
    """Who a session is in a workshop; `session` is the SHA-256 of its id. A later seat of the session replaces it."""

    workshop: str
    participant: str
    session: bytes


@dataclass(frozen=True, slots=True)
class Summary:
    """A workshop's row in the catalogue, replaced as a whole.

    Times in milliseconds since 1970 UTC. `source` is what a record is found by, in the catalogue at most once: an import's
    key, or for one that goes on from another "record after" or "import after" that one's origin.
    """

    workshop: str
    status: str
    head: int
    title_position: int
    starts_at: int
    ends_at: int
    due_at: int | None
    source: str | None
    incomplete: bool

    @property
    def imported(self) -> bool:
        return self.source is not None and not self.source.startswith("record after ")

    @property
    def predecessor(self) -> str | None:
        """The workshop whose record this one goes on from."""
        _, after, origin = (self.source or "").partition(" after ")
        return origin.rpartition("/")[2] if after else None


@dataclass(frozen=True, slots=True)
class Erasure:
    """What to delete for good: the sealed rows of (position, field), or all that is kept of a subject.

    All of a subject: its sealed rows, its key of purpose "subject", and its seats. Never an entry.
    """

    workshop: str
    position: int | None = None
    field: str | None = None
    subject: str | None = None

    def __post_init__(self) -> None:
        by_place = self.position is not None and self.field is not None and self.subject is None
        by_subject = self.position is None and self.field is None and self.subject is not None
        if not (by_place or by_subject):
            raise ValueError(f"an erasure names a position and a field, or a subject: {self}")


@dataclass(frozen=True, slots=True)
class Batch:
    """All of it is written, or nothing. `heads`: how many entries the writer believes each touched record has.

    Deletions come last, so they also find what the same batch writes.
    """

    heads: Mapping[str, int]
    rows: Sequence[Row] = ()
    sealed: Sequence[SealedRow] = ()
    keys: Sequence[KeyRow] = ()
    commands: Sequence[CommandRow] = ()
    seats: Sequence[Seat] = ()
    summaries: Sequence[Summary] = ()
    erasures: Sequence[Erasure] = ()


def page_of(found: Sequence[tuple[int, str, bytes]]) -> Page:
    """The page of what a store found: (position, NAME, entry)."""
    return Page(*zip(*found, strict=True)) if found else Page((), (), ())


def rows_of(workshop: str, page: Page) -> list[Row]:
    """The rows of a page."""
    return [Row(workshop, *one) for one in zip(*page, strict=True)]


_place = attrgetter("workshop", "position")


def rows_in_order(batch: Batch) -> list[Row]:
    """The batch's rows by workshop and position; ValueError unless each record's go on from its expected head.

    The order is what keeps two writers of the same workshops from waiting for each other in a circle.
    """
    rows = sorted(batch.rows, key=_place)
    next_position = dict(batch.heads)
    for row in rows:
        expected = next_position.get(row.workshop)
        if row.position != expected:
            raise ValueError(
                f"row {row.position} of {row.workshop}, where {expected} comes next: the batch has a hole"
            )
        next_position[row.workshop] = expected + 1
    return rows


def versions(after: int, upto: int | None, limit: int) -> tuple[int, int]:
    """The library's versions that a read asks for: greater than the first, up to the second.

    Positions have no holes, so a limit is only another end of the range: no database has to count.
    """
    first = max(after, -1) + 1
    end = first + max(limit, 0)
    return first, end if upto is None else min(end, upto + 1)
