"""What a batch does to the tables beside the entries, as changes that both databases carry out in the same order."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any

from cocreate.persistence.batch import Batch, CommandRow, Erasure, KeyRow, SealedRow, Seat, Summary, packed

Values = list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Change:
    """One statement over many rows of values. Columns are (name, PostgreSQL type).

    `replaces`: how many leading columns are the key whose row is replaced; 0 = a taken key is an error.
    `deletes`: the columns say which rows to delete.
    """

    table: str
    columns: tuple[tuple[str, str], ...]
    replaces: int = 0
    deletes: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.columns)

    @property
    def on_conflict(self) -> str:
        """The end of an INSERT, in the words that SQLite and PostgreSQL share."""
        if not self.replaces:
            return ""
        key, rest = self.names[: self.replaces], self.names[self.replaces :]
        assignments = ", ".join(f"{name} = excluded.{name}" for name in rest)
        return f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {assignments}"


_WORKSHOP = ("workshop", "uuid")
_POSITION = ("position", "int8")
_FIELD = ("field", "text")

KEEP_SEALED = Change(
    "cocreate_sealed",
    (
        *(_WORKSHOP, _POSITION, _FIELD, ("language", "text")),
        *(("subject", "text"), ("nonce", "bytea"), ("ciphertext", "bytea")),
    ),
)
KEEP_KEY = Change("cocreate_key", (_WORKSHOP, ("purpose", "text"), ("name", "text"), ("wrapped", "bytea")))
KEEP_COMMANDS = Change("cocreate_request", (_WORKSHOP, _POSITION, ("places", "text"), ("requests", "bytea")))
PUT_SEAT = Change("cocreate_seat", (("session", "bytea"), _WORKSHOP, ("participant", "text")), replaces=2)
PUT_SUMMARY = Change(
    "cocreate_summary",
    (
        *(_WORKSHOP, ("status", "text"), ("head", "int8"), ("title_position", "int8"), ("starts_at", "int8")),
        *(("ends_at", "int8"), ("due_at", "int8"), ("source", "text"), ("incomplete", "bool")),
    ),
    replaces=1,
)
ERASE_PLACE = Change("cocreate_sealed", (_WORKSHOP, _POSITION, _FIELD), deletes=True)
ERASE_SEALED = Change("cocreate_sealed", (_WORKSHOP, ("subject", "text")), deletes=True)
ERASE_KEY = Change("cocreate_key", (_WORKSHOP, ("name", "text"), ("purpose", "text")), deletes=True)
ERASE_SEATS = Change("cocreate_seat", (_WORKSHOP, ("participant", "text")), deletes=True)

CHANGES = (
    *(KEEP_SEALED, KEEP_KEY, KEEP_COMMANDS, PUT_SEAT, PUT_SUMMARY),
    *(ERASE_PLACE, ERASE_SEALED, ERASE_KEY, ERASE_SEATS),
)


def changes_of(batch: Batch, as_id: Callable[[str], Any]) -> Iterator[tuple[Change, Values]]:
    """The changes that the batch asks for, and none that would change nothing.

    `as_id` makes a workshop id what the database's column holds. The order of tables and of rows is always the same,
    so that two writers cannot wait for each other in a circle.
    """
    if batch.sealed:
        yield KEEP_SEALED, _sealed(batch.sealed, as_id)
    if batch.keys:
        yield KEEP_KEY, _keys(batch.keys, as_id)
    if batch.commands:
        yield KEEP_COMMANDS, _commands(batch.commands, as_id)
    if batch.seats:
        yield PUT_SEAT, _seats(batch.seats, as_id)
    if batch.summaries:
        yield PUT_SUMMARY, _summaries(batch.summaries, as_id)
    if batch.erasures:
        yield from _erasures(batch.erasures, as_id)


def _sealed(rows: Sequence[SealedRow], as_id: Callable[[str], Any]) -> Values:
    return sorted(
        (as_id(row.workshop), row.position, row.field, row.language, row.subject, row.nonce, row.ciphertext)
        for row in rows
    )


def _keys(rows: Sequence[KeyRow], as_id: Callable[[str], Any]) -> Values:
    return sorted((as_id(row.workshop), row.purpose, row.name, row.wrapped) for row in rows)


def _commands(rows: Sequence[CommandRow], as_id: Callable[[str], Any]) -> Values:
    ordered = groupby(sorted(rows), key=attrgetter("workshop"))
    return [(as_id(workshop), *packed(list(group))) for workshop, group in ordered]


def _seats(rows: Sequence[Seat], as_id: Callable[[str], Any]) -> Values:
    # One row a key: PostgreSQL refuses to replace a row twice in a statement.
    standing = {(row.session, as_id(row.workshop)): row.participant for row in rows}
    return sorted((*key, participant) for key, participant in standing.items())


def _summaries(rows: Sequence[Summary], as_id: Callable[[str], Any]) -> Values:
    standing = {row.workshop: row for row in rows}
    return [
        (
            *(as_id(row.workshop), row.status, row.head, row.title_position, row.starts_at),
            *(row.ends_at, row.due_at, row.source, row.incomplete),
        )
        for _, row in sorted(standing.items())
    ]


def _erasures(rows: Sequence[Erasure], as_id: Callable[[str], Any]) -> Iterator[tuple[Change, Values]]:
    places = {(as_id(row.workshop), row.position, row.field) for row in rows if row.subject is None}
    subjects = {(as_id(row.workshop), row.subject) for row in rows if row.subject is not None}
    if places:
        yield ERASE_PLACE, sorted(places)
    if subjects:
        ordered: Values = sorted(subjects)
        yield ERASE_SEALED, ordered
        yield ERASE_KEY, [(*subject, "subject") for subject in ordered]
        yield ERASE_SEATS, ordered
