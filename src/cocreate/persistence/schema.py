"""The tables beside the library's `stored_events`, in numbered steps that are the same on both databases.

A step is never changed once it is released: another is added. `{id}` and `{bytes}` stand for a database's own types.
"""

from collections.abc import Callable, Sequence
from typing import Any

from cocreate.persistence.errors import SchemaTooNew

VERSION_TABLE = "CREATE TABLE IF NOT EXISTS cocreate_schema (version integer PRIMARY KEY)"

# Keys lead with the workshop, so that what is read together lies together.
_RECORD_AND_IDENTITY = """
CREATE TABLE cocreate_sealed (
    workshop {id} NOT NULL, position bigint NOT NULL, field text NOT NULL, language text NOT NULL,
    subject text NOT NULL, nonce {bytes} NOT NULL, ciphertext {bytes} NOT NULL,
    PRIMARY KEY (workshop, position, field, language)){clustered};
CREATE INDEX cocreate_sealed_subject ON cocreate_sealed (workshop, subject);
CREATE TABLE cocreate_key (
    workshop {id} NOT NULL, purpose text NOT NULL, name text NOT NULL, wrapped {bytes} NOT NULL,
    PRIMARY KEY (workshop, purpose, name)){clustered};
CREATE TABLE cocreate_command (
    workshop {id} NOT NULL, command {bytes} NOT NULL, position bigint NOT NULL, count bigint NOT NULL,
    request {bytes} NOT NULL,
    PRIMARY KEY (workshop, command)){clustered};
CREATE TABLE cocreate_seat (
    session {bytes} NOT NULL, workshop {id} NOT NULL, participant text NOT NULL,
    PRIMARY KEY (session, workshop)){clustered};
CREATE INDEX cocreate_seat_participant ON cocreate_seat (workshop, participant);
CREATE TABLE cocreate_summary (
    workshop {id} NOT NULL PRIMARY KEY, status text NOT NULL, head bigint NOT NULL, title_position bigint NOT NULL,
    starts_at bigint NOT NULL, ends_at bigint NOT NULL, due_at bigint, source text, incomplete boolean NOT NULL
    ){clustered};
CREATE UNIQUE INDEX cocreate_summary_source ON cocreate_summary (source);
CREATE INDEX cocreate_summary_due ON cocreate_summary (due_at);
CREATE TABLE cocreate_session (
    session {bytes} NOT NULL PRIMARY KEY, host boolean NOT NULL, created_at bigint NOT NULL,
    expires_at bigint NOT NULL){clustered};
CREATE INDEX cocreate_session_expiry ON cocreate_session (expires_at);
CREATE TABLE cocreate_link (
    token {bytes} NOT NULL PRIMARY KEY, purpose text NOT NULL, workshop text, participant text,
    expires_at bigint NOT NULL){clustered};
CREATE INDEX cocreate_link_expiry ON cocreate_link (expires_at);
CREATE TABLE cocreate_join_code (code text NOT NULL PRIMARY KEY, workshop text NOT NULL){clustered};
CREATE INDEX cocreate_join_code_workshop ON cocreate_join_code (workshop);
CREATE TABLE cocreate_setting (name text NOT NULL PRIMARY KEY, value text NOT NULL){clustered}
"""

# Command ids are random: an index over them costs a page of its own for each command. They stand in the entries anyway, so
# what tells a repeat of a command goes by position, in the order in which it is written, all of a batch in one row.
_REQUESTS_BY_POSITION = """
CREATE TABLE cocreate_request (
    workshop {id} NOT NULL, position bigint NOT NULL, places text NOT NULL, requests {bytes} NOT NULL,
    PRIMARY KEY (workshop, position)){clustered};
INSERT INTO cocreate_request (workshop, position, places, requests)
    SELECT workshop, position, '0 ' || count, request FROM cocreate_command;
DROP TABLE cocreate_command
"""

# States that were folded before, in sealed pieces of some 200 KB: too large for the leaves of a clustered table.
_WAYPOINTS = """
CREATE TABLE cocreate_waypoint (
    workshop {id} NOT NULL, size bigint NOT NULL, part text NOT NULL, number bigint NOT NULL, code text NOT NULL,
    sealed {bytes} NOT NULL,
    PRIMARY KEY (workshop, size, part, number))
"""

MIGRATIONS: tuple[str, ...] = (_RECORD_AND_IDENTITY, _REQUESTS_BY_POSITION, _WAYPOINTS)

SQLITE_WORDS = {"id": "text", "bytes": "blob", "clustered": " WITHOUT ROWID"}
POSTGRES_WORDS = {"id": "uuid", "bytes": "bytea", "clustered": ""}

Execute = Callable[[str], Sequence[tuple[Any, ...]]]


def migrate(execute: Execute, words: dict[str, str], migrations: tuple[str, ...] = MIGRATIONS) -> None:
    """Run the steps that the database has not seen; the caller holds the transaction and the lock against others.

    Raises SchemaTooNew, and touches nothing, where the database has seen more steps than there are.
    """
    execute(VERSION_TABLE)
    found = execute("SELECT coalesce(max(version), 0) FROM cocreate_schema")[0][0]
    if found > len(migrations):
        raise SchemaTooNew(found=found, known=len(migrations))
    for version, step in enumerate(migrations[found:], start=found + 1):
        for statement in step.format(**words).split(";"):
            execute(statement)
        execute(f"INSERT INTO cocreate_schema (version) VALUES ({version})")  # noqa: S608 a number of ours
