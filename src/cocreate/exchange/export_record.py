"""A record as one file, for one audience: every entry it may see, the texts it may still read, and the signed checkpoint.

What an audience may read is judged by today's visibility, as on every page: a hidden idea's text stays out of a public
export, and a ballot that is withheld stands there as its leaf hash.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final

from cocreate.application.live import LiveWorkshop, decode_row
from cocreate.application.service import Service
from cocreate.domain.messages import Recorded
from cocreate.persistence.batch import Row
from cocreate.projections.history import withheld_runs
from cocreate.projections.reader import Audience, Reader
from cocreate.record.export import Disclosed, ExportHeader, Withheld, write_export
from cocreate.tlog.merkle import leaf_hash


@dataclass(frozen=True, slots=True)
class Exported:
    """What went into the file; `root` in hex."""

    workshop: str
    entries: int
    withheld: int
    texts: int
    root: str


async def export_record(service: Service, workshop: str, audience: Audience, out: BinaryIO) -> Exported:
    """Write the record as it stands now. Holds its entries in memory, as an open workshop does."""
    live = await service.reading.live(workshop)
    # Of one moment, before anything is awaited. A record that was put back is not signed, and its file says so.
    size, root = live.size, live.tree.root().hex()
    checkpoint = None if live.rewound else service.log.checkpoint(live)
    rows: list[Row] = []
    while len(rows) < size:
        rows += await service.store.read(workshop, after=len(rows) - 1, upto=size - 1)
    withheld = _withheld(live)
    texts = list(_texts(live, rows, audience))
    started = live.projections.workshop.started
    assert started is not None, "a record begins with its genesis"
    header = ExportHeader(
        cocreate_export=1 if checkpoint is None else 2,
        origin=started.origin,
        root=root,
        size=size,
        vkey=started.vkey,
        workshop=workshop,
    )
    write_export(header, (_entry(row, withheld) for row in rows), texts, out, checkpoint=checkpoint)
    return Exported(workshop, size, len(withheld), len(texts), header.root)


def _withheld(live: LiveWorkshop) -> frozenset[int]:
    runs = withheld_runs(live.projections)
    return frozenset(position for first, last, _ in runs for position in range(first, last + 1))


def _entry(row: Row, withheld: frozenset[int]) -> bytes | Withheld:
    return Withheld(withheld=leaf_hash(row.entry).hex()) if row.position in withheld else row.entry


def _texts(live: LiveWorkshop, rows: Sequence[Row], audience: Audience) -> Iterator[Disclosed]:
    """Readable texts in the order of the file."""
    reader = Reader(live.projections, live.projections, audience, live.texts)
    for position, field in live.texts.places():
        recorded = decode_row(rows[position])
        if not READABLE[recorded.event.NAME](reader, recorded):
            continue
        plains = {plain.language: plain for plain in live.texts.disclose(position, field)}
        for language in sorted(plains):
            plain = plains[language]
            yield Disclosed(
                field=field, language=language, position=position, salt=plain.salt.hex(), text=plain.text
            )


def _anybody(_reader: Reader, _recorded: Recorded) -> bool:
    return True


def _of_idea(reader: Reader, recorded: Recorded) -> bool:
    row = reader.facts.board.ideas[recorded.aggregate]
    return (row.listed or reader.facilitates) and not reader.conceals(row, row)


def _of_comment(reader: Reader, recorded: Recorded) -> bool:
    row = reader.facts.board.comments[recorded.aggregate]
    return not reader.conceals(row, row)


def _of_round(reader: Reader, recorded: Recorded) -> bool:
    return reader.facts.rounds.rounds[recorded.aggregate[:36]].released


def _name(reader: Reader, _recorded: Recorded) -> bool:
    return reader.sees_names


def _note_to_author(reader: Reader, _recorded: Recorded) -> bool:
    return reader.sees_notes


READABLE: Final[Mapping[str, Callable[[Reader, Recorded], bool]]] = {
    "AgendaChanged.v1": _anybody,
    "BallotExplained.v1": _of_round,
    "ClusterNamed.v1": _anybody,
    "CommentHidden.v1": _note_to_author,
    "CommentPosted.v1": _of_comment,
    "CommitmentMade.v1": _anybody,
    "CommitmentUpdated.v1": _anybody,
    "DecisionAmended.v1": _anybody,
    "DecisionRecorded.v1": _anybody,
    "IdeaAnswered.v1": _anybody,
    "IdeaEdited.v1": _of_idea,
    "IdeaHidden.v1": _note_to_author,
    "IdeaSubmitted.v1": _of_idea,
    "IdeasMerged.v1": _anybody,
    "MergeReverted.v1": _anybody,
    "NameGiven.v1": _name,
    "ResultContested.v1": _anybody,
    "ResultOverridden.v1": _anybody,
    "RoundOpened.v1": _anybody,
    "RoundVoided.v1": _anybody,
    "WorkshopCancelled.v1": _anybody,
    "WorkshopReopened.v1": _anybody,
    "WorkshopScheduled.v1": _anybody,
}
"""Who may read the texts of an event, for every event that has any; a test keeps the list whole."""
