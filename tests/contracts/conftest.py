"""The three kinds of store, each as a place at which any number of nodes can be opened."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from cocreate.persistence.popo import PopoRecorder, PopoRecordStore
from cocreate.persistence.postgres import PostgresRecordStore
from cocreate.persistence.record_store import RecordStore
from cocreate.persistence.sqlite import SqliteRecordStore

OpenNode = Callable[[], Awaitable[RecordStore]]


@pytest.fixture(params=["popo", "sqlite", "postgres"])
def new_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], RecordStore]]:
    """Makes one more store, not yet opened, over the same records."""
    if request.param == "popo":
        shared = PopoRecorder()
        yield lambda: PopoRecordStore(shared)
    elif request.param == "sqlite":
        yield lambda: SqliteRecordStore(tmp_path / "records.db")
    else:
        url = request.getfixturevalue("postgres_database")
        yield lambda: PostgresRecordStore(url)


@pytest.fixture
async def open_node(new_store: Callable[[], RecordStore]) -> AsyncIterator[OpenNode]:
    """Opens one more node over the same records; all are closed after the test."""
    opened: list[RecordStore] = []

    async def open_one_more() -> RecordStore:
        store = new_store()
        await store.open()
        opened.append(store)
        return store

    yield open_one_more
    for store in opened:
        await store.close()


@pytest.fixture
async def store(open_node: OpenNode) -> RecordStore:
    """One open node."""
    return await open_node()
