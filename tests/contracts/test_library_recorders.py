"""The library's own contract for recorders, run against ours, and its EventStore reading what we wrote."""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import eventsourcing.cryptography
import pytest
from eventsourcing.persistence import AggregateRecorder, StoredEvent

from cocreate.persistence.popo import PopoRecorder
from cocreate.persistence.postgres_recorder import PostgresDatastore, PostgresRecorder
from cocreate.persistence.record_store import RecordStore
from cocreate.persistence.sqlite_recorder import SqliteDatastore, SqliteRecorder
from tests.contracts.batches import BOTANY, entries, rows

# The library's test cases import its cipher on pycryptodome, which we do not install. This is its own other one.
sys.modules.setdefault("eventsourcing.cipher", eventsourcing.cryptography)
from eventsourcing.tests.persistence import AggregateRecorderTestCase  # noqa: E402 after the line above


class TestPopoRecorder(AggregateRecorderTestCase):
    def create_recorder(self) -> AggregateRecorder:
        return PopoRecorder()


class TestSqliteRecorder(AggregateRecorderTestCase):
    def create_recorder(self) -> AggregateRecorder:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        datastore = SqliteDatastore(Path(folder.name) / "records.db")
        self.addCleanup(datastore.close)
        recorder = SqliteRecorder(datastore)
        recorder.create_table()
        return recorder


class TestPostgresRecorder(AggregateRecorderTestCase):
    @pytest.fixture(autouse=True)
    def _database(self, postgres_database: str) -> Iterator[None]:
        self.datastore = PostgresDatastore(postgres_database)
        yield
        self.datastore.close()

    def create_recorder(self) -> AggregateRecorder:
        recorder = PostgresRecorder(self.datastore)
        recorder.create_table()
        return recorder


del AggregateRecorderTestCase  # the abstract cases themselves are not for running


async def test_the_librarys_recorder_reads_and_writes_the_same_record(store: RecordStore) -> None:
    """Version = position + 1, topic = NAME, state = the entry; one table for both."""
    await store.append(entries(3))
    first, *_, last = store.recorder.select_events(UUID(BOTANY))
    assert first == StoredEvent(UUID(BOTANY), 1, "IdeaSubmitted.v1", rows(1)[0].entry)
    assert isinstance(last.originator_id, UUID)
    store.recorder.insert_events([StoredEvent(UUID(BOTANY), 4, "IdeaSubmitted.v1", rows(4)[3].entry)])
    assert await store.read(BOTANY) == rows(4)
    assert [
        event.originator_version for event in store.recorder.select_events(UUID(BOTANY), gt=1, lte=3)
    ] == [2, 3]
