"""The library's PostgreSQL recorder with plain arrays, and connections as durable as ours must be."""

from collections.abc import Sequence
from typing import Any

import psycopg
from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import ConnectionPool, PostgresAggregateRecorder
from eventsourcing.postgres import PostgresDatastore as LibraryDatastore
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import DictRow, dict_row

from cocreate.persistence.postgres_arrays import ARRAYS

# What the URL may overrule. A peer that is gone is noticed within some ten seconds instead of hours.
_CONNECTION_DEFAULTS = {
    "application_name": "cocreate",
    "connect_timeout": "5",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "10000",
}
# A transaction whose client has gone silent ends before those who wait for it give up, so one wait is enough.
# The server's side of the connection gets the same keepalives as ours.
# Each of our statements has one right plan, some steps down an index, but a young table has no statistics that say so:
# the planner then sorts a whole record for one page of it, and keeps to that plan in a prepared statement.
SESSION_SETTINGS = """
SET search_path TO public;
SET enable_seqscan TO off;
SET enable_bitmapscan TO off;
SET enable_hashjoin TO off;
SET enable_mergejoin TO off;
SET idle_in_transaction_session_timeout TO '5s';
SET lock_timeout TO '8s';
SET tcp_keepalives_idle TO 5;
SET tcp_keepalives_interval TO 2;
SET tcp_keepalives_count TO 3;
SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') IN ('off', 'local')
"""


def connect(url: str) -> psycopg.Connection[tuple[Any, ...]]:
    """A connection that begins no transaction by itself and whose COMMIT waits until the batch is durable.

    "Durable" as the server is set up: on its disk, and on a synchronous standby where there is one.
    """
    connection = psycopg.connect(connection_url(url), autocommit=True)
    try:
        configure(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def connection_url(url: str) -> str:
    """The URL with our defaults for what it leaves open."""
    given = conninfo_to_dict(url)
    return make_conninfo(
        url, **{name: value for name, value in _CONNECTION_DEFAULTS.items() if name not in given}
    )


def configure(connection: psycopg.Connection[Any]) -> None:
    """Make a session durable and impatient."""
    connection.autocommit = True
    connection.execute(SESSION_SETTINGS)


class PostgresDatastore(LibraryDatastore):
    """The library's datastore for a URL, with everything that a URL can say; it connects when it is first used."""

    def __init__(self, url: str) -> None:
        super().__init__(dbname="", host="", port="", user="", password="")
        self.pool = ConnectionPool(
            connection_url(url),
            connection_class=psycopg.Connection[DictRow],
            kwargs={"row_factory": dict_row},
            min_size=1,
            max_size=2,
            open=False,
            configure=configure,
        )

    def register_type_adapters(self) -> None:
        """Nothing to register: rows travel as plain arrays, not as composite types."""


class PostgresRecorder(PostgresAggregateRecorder):
    """The library's table; rows are inserted as four arrays, without a lock and without a second try."""

    def __init__(self, datastore: PostgresDatastore) -> None:
        super().__init__(datastore)
        # The first statement makes the table, the second the composite type that we do without.
        del self.sql_create_statements[1:]
        table = f"{datastore.schema}.{self.events_table_name}"  # constants of the library: nothing to inject
        self.insert_rows_statement = (
            f"INSERT INTO {table} (originator_id, originator_version, topic, state)"  # noqa: S608
            " SELECT * FROM unnest(%s::uuid[], %s::int8[], %s::text[], %s::bytea[])"
        )
        self.select_heads_statement = (
            f"SELECT coalesce((SELECT originator_version FROM {table} WHERE originator_id = asked.id"  # noqa: S608
            " ORDER BY originator_version DESC LIMIT 1), 0)"
            " FROM unnest(%s::uuid[]) WITH ORDINALITY AS asked(id, place) ORDER BY place"
        )
        self.select_rows_statement = (
            f"SELECT originator_version - 1, topic, state FROM {table}"  # noqa: S608
            " WHERE originator_id = %s AND originator_version > %s AND originator_version <= %s"
            " ORDER BY originator_version"
        )

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        # The library's method tries again when the connection fails, and then takes its own rows for another's.
        if stored_events:
            with self.datastore.get_connection() as connection, connection.cursor() as cursor:
                self._insert_stored_events(cursor, stored_events, **kwargs)
        return None

    def _insert_stored_events(
        self, curs: psycopg.Cursor[DictRow], stored_events: Sequence[StoredEvent], **_: Any
    ) -> None:
        curs.execute(
            self.insert_rows_statement,
            (
                ARRAYS["uuid"].of(_uuid_bytes(event.originator_id) for event in stored_events),
                ARRAYS["int8"].of(event.originator_version for event in stored_events),
                ARRAYS["text"].of(event.topic for event in stored_events),
                ARRAYS["bytea"].of(event.state for event in stored_events),
            ),
            prepare=True,
        )


def _uuid_bytes(originator_id: object) -> bytes:
    return bytes.fromhex(str(originator_id).replace("-", ""))
