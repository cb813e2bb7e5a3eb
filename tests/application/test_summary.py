"""The catalogue's row: what lists and the clock need to know of a workshop without opening its record."""

from cocreate.application.summary import source_key, summary_of
from cocreate.domain.genesis import CompleteImport
from cocreate.domain.workshop import CloseWorkshop, SealRecord
from tests.projections.room import GRACE_MS, Room


def test_the_clock_is_told_when_a_round_is_due() -> None:
    """At the end of its term to be closed, after its grace to be certified, after the workshop's closing at once."""
    room = Room()
    idea = room.idea(room.join())
    assert summary_of(room.pen.state).due_at is None
    round_id = room.open_round(idea)
    term = room.sees("public")["rounds"][round_id]["withheld_until"]
    assert summary_of(room.pen.state).due_at == term
    room.close(round_id)
    closed_at = room.pen.now
    assert summary_of(room.pen.state).due_at == closed_at + GRACE_MS + 1
    room.tell(CloseWorkshop(actor=room.facilitator))
    assert summary_of(room.pen.state).due_at == closed_at
    room.certify(round_id)
    assert summary_of(room.pen.state).due_at is None
    room.tell(SealRecord(actor=room.facilitator))
    assert summary_of(room.pen.state).status == "sealed"
    assert summary_of(room.pen.state).head == room.head + 1


def test_an_import_is_listed_as_incomplete_under_a_key_of_its_own() -> None:
    """The key is the importer's name and the files' digests, so that the same files are found again."""
    room = Room(imported=True)
    source = room.pen.state.workshop.source
    assert source is not None
    assert summary_of(room.pen.state).incomplete
    assert summary_of(room.pen.state).source == source_key(source)
    assert source_key(source) == source_key(
        source.model_copy(update={"importer_version": 9, "licence": "unknown"})
    )
    assert source_key(source) != source_key(source.model_copy(update={"importer": "another"}))
    counts = {"ballots_cast": 0, "ballots_replaced": 0, "ideas": 0, "moderated": 0, "participants": 0}
    room.tell(CompleteImport(actor=room.facilitator, **counts))
    assert not summary_of(room.pen.state).incomplete
