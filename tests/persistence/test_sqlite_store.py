"""What only the embedded store promises: durable, forgetful, and side by side with other processes."""

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cocreate.persistence.batch import Erasure
from cocreate.persistence.errors import StoreUnavailable
from cocreate.persistence.sqlite import SqliteRecordStore
from tests.contracts.batches import ADA, BOTANY, entries, key, rows, sealed

PATIENCE_SECONDS = 20
IMPATIENT_MS = 50


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the file is or will be."""
    return tmp_path / "records.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SqliteRecordStore]:
    """An open store that does not wait long for others."""
    impatient = SqliteRecordStore(path, busy_timeout_ms=IMPATIENT_MS)
    await impatient.open()
    yield impatient
    await impatient.close()


async def test_every_connection_waits_for_the_disk_and_overwrites(store: SqliteRecordStore) -> None:
    """The two threads' and the library's own."""

    def settings(connection: sqlite3.Connection) -> tuple[object, ...]:
        names = ("journal_mode", "synchronous", "secure_delete")
        return tuple(connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names)

    assert await store._writer.run(settings) == ("wal", 2, 1)
    assert await store._reader.run(settings) == ("wal", 2, 1)
    with store.recorder.datastore.get_connection(commit=False) as connection:
        assert settings(connection._sqlite_conn) == ("wal", 2, 1)


async def test_a_file_that_another_process_keeps_locked_is_unavailable(
    store: SqliteRecordStore, path: Path
) -> None:
    """Nothing is written; when the lock is gone, the same batch is."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable):
        await store.append(entries(1))
    with pytest.raises(StoreUnavailable):
        await store.identity.claim_setting("log_name", "name")
    assert await store.read(BOTANY) == []
    other.execute("ROLLBACK")
    other.close()
    await store.append(entries(1))
    assert await store.read(BOTANY) == rows(1)


async def test_a_full_disk_writes_nothing(store: SqliteRecordStore) -> None:
    """The batch is refused whole, and written when there is room."""

    def limit_pages(connection: sqlite3.Connection, *, spare: int) -> None:
        (used,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {used + spare}")

    await store._writer.run(lambda connection: limit_pages(connection, spare=2))
    with pytest.raises(StoreUnavailable):
        await store.append(entries(5_000))
    assert await store.head(BOTANY) == 0
    await store._writer.run(lambda connection: limit_pages(connection, spare=10_000))
    await store.append(entries(5_000))
    assert await store.head(BOTANY) == 5_000


async def test_erased_text_is_in_no_file(store: SqliteRecordStore, path: Path) -> None:
    """Neither in the database nor in its write-ahead log, at the moment the erasure is acknowledged."""
    secret, wrapped = b"S3CRET" * 100, b"WR4PPED" * 9
    await store.append(entries(1, sealed=[sealed(0, ciphertext=secret)], keys=[key(wrapped=wrapped)]))
    assert secret in _all_bytes(path)
    assert wrapped in _all_bytes(path)
    await store.append(entries(1, start=1, erasures=[Erasure(BOTANY, subject=ADA)]))
    assert b"S3CRET" not in _all_bytes(path)
    assert b"WR4PPED" not in _all_bytes(path)


async def test_an_erasure_that_a_reader_delays_is_finished_by_the_next_append(
    store: SqliteRecordStore, path: Path
) -> None:
    """Somebody's open transaction may keep the log; the store remembers that it owes an erasure."""
    await store.append(entries(1, sealed=[sealed(0, ciphertext=b"S3CRET" * 200)]))
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM stored_events").fetchone()
    await store.append(entries(1, start=1, erasures=[Erasure(BOTANY, position=0, field="title")]))
    assert b"S3CRET" in _all_bytes(path)
    reader.execute("ROLLBACK")
    reader.close()
    await store.append(entries(1, start=2))
    assert b"S3CRET" not in _all_bytes(path)


def _all_bytes(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(path.parent.glob(f"{path.name}*")))


_ANOTHER_PROCESS = """
import asyncio, os, signal, sys
from pathlib import Path
from cocreate.persistence.sqlite import SqliteRecordStore
from tests.contracts.batches import entries

async def main():
    store = SqliteRecordStore(Path(sys.argv[1]))
    await store.open()
    await store.append(entries(2, start=1))
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


async def test_another_process_is_seen_and_outlives_its_own_end(store: SqliteRecordStore, path: Path) -> None:
    """A running server beside an import; what was acknowledged before a SIGKILL is there."""
    await store.append(entries(1))
    hints = store.follow()
    root = Path(__file__).parents[2]
    async with asyncio.timeout(PATIENCE_SECONDS):
        assert await anext(hints) is None
        command = [sys.executable, "-c", _ANOTHER_PROCESS, str(path)]
        environment = {"PYTHONPATH": f"{root}:{root / 'src'}"}
        ended = await asyncio.to_thread(subprocess.run, command, env=environment, cwd=root, check=False)
        assert ended.returncode == -9
        assert await anext(hints) is None
    assert await store.read(BOTANY) == rows(3)
    await hints.aclose()  # type: ignore[attr-defined]


async def test_own_appends_do_not_move_what_followers_watch(store: SqliteRecordStore, path: Path) -> None:
    """Else a node that writes alone would look for news four times a second."""

    def version(connection: sqlite3.Connection) -> int:
        return int(connection.execute("PRAGMA data_version").fetchone()[0])

    before = await store._writer.run(version)
    await store.append(entries(1))
    assert await store._writer.run(version) == before
    other = SqliteRecordStore(path)
    await other.open()
    await other.append(entries(1, start=1))
    await other.close()
    assert await store._writer.run(version) != before


async def test_a_long_read_does_not_delay_a_writer(store: SqliteRecordStore) -> None:
    """Reader and writer have a thread and a connection each: both finish, neither is refused."""
    await store.append(entries(20_000))
    results = await asyncio.gather(
        *(store.read(BOTANY, limit=20_000) for _ in range(3)), store.append(entries(10, start=20_000))
    )
    assert [len(result) for result in results[:3] if result is not None] == [20_000] * 3
    assert await store.head(BOTANY) == 20_010


async def test_a_folder_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    """And a store that did not open can be closed."""
    store = SqliteRecordStore(tmp_path / "missing" / "records.db")
    with pytest.raises(StoreUnavailable):
        await store.open()
    await store.close()
