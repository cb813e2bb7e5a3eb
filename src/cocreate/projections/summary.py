"""The workshop's row in the catalogue: what lists and the clock need to know of a record without opening it."""

from dataclasses import dataclass

from cocreate.domain.canonical import digest_of
from cocreate.domain.workshop import Source
from cocreate.projections.fold import Projections


@dataclass(frozen=True, slots=True)
class SummaryFacts:
    """`head` is the number of entries; `due_at` the time at which the system next has something to do, if ever."""

    status: str
    head: int
    title_position: int
    starts_at: int
    ends_at: int
    due_at: int | None
    source: str | None
    incomplete: bool


def summary(projections: Projections) -> SummaryFacts:
    fold = projections.workshop
    source = None if fold.started is None else fold.started.source
    return SummaryFacts(
        status=fold.status,
        head=projections.at + 1,
        title_position=fold.scheduled_at,
        starts_at=fold.starts_at,
        ends_at=fold.ends_at,
        due_at=due_at(projections),
        source=None if source is None else source_key(source),
        incomplete=fold.incomplete,
    )


def due_at(projections: Projections) -> int | None:
    """The earliest time at which the system closes a round or certifies one; on a sealed record nothing is due."""
    if projections.workshop.status == "sealed":
        return None
    times = []
    for row in projections.rounds.unfinished.values():
        if row.closed_time is None:
            times.append(row.opened.withheld_until)
        elif row.grace_until is None:
            times.append(row.closed_time)
        else:
            times.append(row.grace_until + 1)
    return min((time for time in times if time is not None), default=None)


def source_key(source: Source) -> str:
    """What tells two imports apart: the importer and the files, whatever the importer's version."""
    return digest_of({"files": source.files, "importer": source.importer})
