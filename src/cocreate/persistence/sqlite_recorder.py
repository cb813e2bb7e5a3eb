"""The library's SQLite recorder on connections as durable and as forgetful as ours must be."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from eventsourcing.sqlite import (
    SQLiteAggregateRecorder,
    SQLiteConnection,
    SQLiteConnectionPool,
    SQLiteCursor,
    SQLiteDatastore,
    SQLiteTransaction,
)

# How long a writer waits for another process's transaction. An import's longest takes a fraction of it.
BUSY_TIMEOUT_MS = 5_000
CACHE_KIB = 32_768  # command ids arrive in random order: their index should stay in memory


def connect(path: Path, *, busy_timeout_ms: int = BUSY_TIMEOUT_MS) -> sqlite3.Connection:
    """A connection that begins no transaction by itself, waits for the disk at COMMIT, and overwrites what it deletes.

    It may be made in one thread and used in another, never in two at once.
    """
    connection = sqlite3.connect(
        path, timeout=busy_timeout_ms / 1000, isolation_level=None, check_same_thread=False
    )
    try:
        _make_durable(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _make_durable(connection: sqlite3.Connection, path: Path) -> None:
    (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise sqlite3.OperationalError(
            f"{path} cannot keep a write-ahead log: its journal mode stays {mode!r}"
        )
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")


class _WritingTransaction(SQLiteTransaction):
    def __enter__(self) -> SQLiteCursor:
        cursor = self.connection.cursor()
        cursor.execute("BEGIN IMMEDIATE")
        return cursor


class SqliteConnection(SQLiteConnection):
    """The library's connection, which waits for another writer when it begins: a plain BEGIN fails at its INSERT."""

    @contextmanager
    def transaction(self, *, commit: bool) -> Iterator[SQLiteCursor]:
        kind = _WritingTransaction if commit else SQLiteTransaction
        with kind(self, commit=commit) as cursor, cursor:
            yield cursor


class SqliteConnectionPool(SQLiteConnectionPool):
    """The library's pool over our connections."""

    def _create_connection(self) -> SQLiteConnection:
        connection = connect(Path(self.db_name))
        connection.row_factory = sqlite3.Row
        return SqliteConnection(connection, max_age=self.max_age)


class SqliteDatastore(SQLiteDatastore):
    """The library's datastore over our pool."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        self.pool = SqliteConnectionPool(db_name=str(path))


class SqliteRecorder(SQLiteAggregateRecorder):
    """The library's recorder and table, and the words for reading them without a StoredEvent for each row."""

    def __init__(self, datastore: SqliteDatastore) -> None:
        super().__init__(datastore)
        table = self.events_table_name  # a constant of the library: nothing to inject
        self.insert_rows_statement = (
            f"INSERT INTO {table} (originator_id, originator_version, topic, state) VALUES {{rows}}"  # noqa: S608
        )
        self.select_head_statement = (
            f"SELECT coalesce(max(originator_version), 0) FROM {table} WHERE originator_id = ?"  # noqa: S608
        )
        self.select_rows_statement = (
            f"SELECT originator_version - 1, topic, state FROM {table}"  # noqa: S608
            " WHERE originator_id = ? AND originator_version > ? AND originator_version <= ?"
            " ORDER BY originator_version"
        )
