"""The tables are brought up to date step by step, and never by an older program."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from cocreate.persistence.errors import SchemaTooNew
from cocreate.persistence.postgres import PostgresRecordStore
from cocreate.persistence.record_store import RecordStore
from cocreate.persistence.schema import MIGRATIONS, SQLITE_WORDS, migrate
from cocreate.persistence.sqlite import SqliteRecordStore

STEPS = ("CREATE TABLE one (k {bytes})", "CREATE TABLE two (k {id}); CREATE INDEX two_k ON two (k)")


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    """An empty database."""
    empty = sqlite3.connect(":memory:", isolation_level=None)
    yield empty
    empty.close()


def _executor(connection: sqlite3.Connection) -> Callable[[str], list[tuple[Any, ...]]]:
    return lambda statement: connection.execute(statement).fetchall()


def _tables(connection: sqlite3.Connection) -> set[str]:
    return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def test_only_the_steps_that_are_missing_run(connection: sqlite3.Connection) -> None:
    """Once each, however often a program starts."""
    for known in (STEPS[:1], STEPS, STEPS):
        migrate(_executor(connection), SQLITE_WORDS, known)
    assert _tables(connection) == {"cocreate_schema", "one", "two"}
    assert connection.execute("SELECT version FROM cocreate_schema ORDER BY 1").fetchall() == [(1,), (2,)]


def test_what_tells_repeats_moves_to_its_place_beside_the_entries(connection: sqlite3.Connection) -> None:
    """Whoever sends a command again after an update of the program still gets its first result."""
    migrate(_executor(connection), SQLITE_WORDS, MIGRATIONS[:1])
    connection.execute(
        "INSERT INTO cocreate_command VALUES ('w', x'aa', 7, 2, x'bb'), ('w', x'01', 3, 1, x'cc')"
    )
    migrate(_executor(connection), SQLITE_WORDS, MIGRATIONS)
    kept = connection.execute("SELECT * FROM cocreate_request ORDER BY position").fetchall()
    assert kept == [("w", 3, "0 1", b"\xcc"), ("w", 7, "0 2", b"\xbb")]
    assert "cocreate_command" not in _tables(connection)


def test_a_newer_database_is_left_alone(connection: sqlite3.Connection) -> None:
    """The refusal says what was found, what is known, and what to do."""
    migrate(_executor(connection), SQLITE_WORDS, STEPS)
    with pytest.raises(SchemaTooNew, match=r"version 2.*knows up to 1.*newer program"):
        migrate(_executor(connection), SQLITE_WORDS, STEPS[:1])


@pytest.fixture(params=["sqlite", "postgres"])
def place(
    request: pytest.FixtureRequest, tmp_path: Path
) -> tuple[Callable[[], RecordStore], Callable[[str], list[tuple[Any, ...]]]]:
    """A database: how to make a store over it, and how to speak to it directly."""
    if request.param == "sqlite":
        path = tmp_path / "records.db"

        def in_sqlite(statement: str) -> list[tuple[Any, ...]]:
            connection = sqlite3.connect(path, isolation_level=None)
            try:
                return connection.execute(statement).fetchall()
            finally:
                connection.close()

        return lambda: SqliteRecordStore(path), in_sqlite
    url = request.getfixturevalue("postgres_database")

    def in_postgres(statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(url, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    return lambda: PostgresRecordStore(url), in_postgres


async def test_a_store_of_a_newer_program_is_not_opened(
    place: tuple[Callable[[], RecordStore], Callable[[str], list[tuple[Any, ...]]]],
) -> None:
    """Neither now nor at a second try; its version stays."""
    make, speak = place
    store = make()
    await store.open()
    await store.close()
    assert speak("SELECT max(version) FROM cocreate_schema") == [(len(MIGRATIONS),)]
    speak("INSERT INTO cocreate_schema (version) VALUES (99)")
    for _ in range(2):
        with pytest.raises(SchemaTooNew, match="version 99"):
            await make().open()
    assert speak("SELECT max(version) FROM cocreate_schema") == [(99,)]


async def test_both_databases_have_the_same_tables(postgres_database: str, tmp_path: Path) -> None:
    """One text makes both; a column of one is a column of the other."""
    for store in (SqliteRecordStore(tmp_path / "records.db"), PostgresRecordStore(postgres_database)):
        await store.open()
        await store.close()
    with psycopg.connect(postgres_database) as connection:
        in_postgres = connection.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
        ).fetchall()
    with sqlite3.connect(tmp_path / "records.db") as sqlite:
        in_sqlite = [
            (table, column)
            for table in _tables(sqlite)
            for _, column, *_ in sqlite.execute(f"PRAGMA table_info({table})").fetchall()
        ]
    sqlite.close()
    assert sorted(in_postgres) == sorted(in_sqlite)
    assert len(in_sqlite) > 40
