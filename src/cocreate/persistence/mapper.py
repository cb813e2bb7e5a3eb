"""A record's entries as the eventsourcing library's domain events, so that its EventStore reads any record of ours."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from eventsourcing.persistence import JSONTranscoder, Mapper, StoredEvent

from cocreate.domain.messages import Event, Recorded
from cocreate.record.codec import decode, encode


class EntryMisplaced(Exception):
    """A stored event whose version or topic is not what its entry says: the record is damaged."""


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """An entry in the library's words: the workshop is the originator, the version is the position + 1."""

    originator_id: UUID
    recorded: Recorded

    @property
    def originator_version(self) -> int:
        return self.recorded.position + 1

    @property
    def event(self) -> Event:
        return self.recorded.event


class RecordMapper(Mapper[UUID]):
    """Between entries and stored events: topic = the event's NAME, state = the entry's bytes.

    An entry is its bytes, so neither a transcoder nor a cipher stands between; texts are sealed beside the record.
    """

    def __init__(self) -> None:
        super().__init__(JSONTranscoder())

    def to_stored_event(self, domain_event: Any) -> StoredEvent:
        """Writing past the sequencer leaves out keys, texts and command ids: for tests and repairs."""
        recorded = domain_event.recorded
        return StoredEvent(
            originator_id=domain_event.originator_id,
            originator_version=domain_event.originator_version,
            topic=recorded.event.NAME,
            state=encode(recorded),
        )

    def to_domain_event(self, stored_event: StoredEvent) -> RecordedEvent:
        """Raises EntryMalformed (record.codec) and EntryMisplaced."""
        originator_id = stored_event.originator_id
        event = RecordedEvent(
            originator_id if isinstance(originator_id, UUID) else UUID(originator_id),
            decode(stored_event.state),
        )
        found = event.originator_version, event.event.NAME
        if found != (stored_event.originator_version, stored_event.topic):
            raise EntryMisplaced(
                f"{originator_id} has version {stored_event.originator_version} ({stored_event.topic}), "
                f"and the entry there says {found[0]} ({found[1]})"
            )
        return event
