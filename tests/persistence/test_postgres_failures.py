"""What happens to a batch when PostgreSQL, or the way to it, fails: never a wrong word about what is stored."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
import pytest

from cocreate.persistence.batch import Batch
from cocreate.persistence.errors import HeadMoved, OutcomeUnknown, StoreUnavailable
from cocreate.persistence.postgres import PostgresRecordStore
from cocreate.persistence.postgres_session import Connection
from tests.contracts.batches import BOTANY, command, entries, rows
from tests.persistence.cutting_proxy import CuttingProxy
from tests.postgres import postgres_server

PATIENCE_SECONDS = 20
COMMIT = b"COMMIT\0"  # and not READ COMMITTED


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[PostgresRecordStore]:
    """An open store, closed afterwards."""
    store = PostgresRecordStore(url)
    await store.open()
    try:
        yield store
    finally:
        await store.close()


@pytest.fixture
async def proxy(postgres_database: str) -> AsyncIterator[CuttingProxy]:
    """A way to the database that can be cut."""
    async with CuttingProxy.before(postgres_database) as cutting:
        yield cutting


@pytest.fixture
async def store(proxy: CuttingProxy) -> AsyncIterator[PostgresRecordStore]:
    """A store that has written one entry through the proxy."""
    async with opened(proxy.url) as through_proxy:
        await through_proxy.append(entries(1))
        yield through_proxy


async def test_a_terminated_session_is_replaced_with_the_next_call(postgres_database: str) -> None:
    """The batch at hand is certainly not stored, the next one is."""
    async with opened(postgres_database) as store:
        await store.append(entries(1))
        _terminate_all(postgres_database)
        with pytest.raises(StoreUnavailable):
            await store.append(entries(1, start=1))
        await store.append(entries(2, start=1))
        assert await store.read(BOTANY) == rows(3)


async def test_a_read_does_not_notice_a_terminated_session(postgres_database: str) -> None:
    """Reading again harms nobody, so the caller need not know."""
    async with opened(postgres_database) as store:
        await store.append(entries(2))
        assert await store.head(BOTANY) == 2
        _terminate_all(postgres_database)
        assert await store.read(BOTANY) == rows(2)


@pytest.mark.parametrize("marker", [b"BEGIN", b"INSERT INTO public.stored_events", b"pg_notify"])
@pytest.mark.parametrize("fault", ["never sent", "answer lost"])
async def test_a_cut_before_the_commit_writes_nothing(
    store: PostgresRecordStore, proxy: CuttingProxy, marker: bytes, fault: str
) -> None:
    """Whatever the server saw, it saw no COMMIT: the caller may send the batch again."""
    await store.close()
    async with opened(proxy.url) as fresh:  # so that the statements travel as text, not as prepared ones
        proxy.fail_at(marker, fault)  # type: ignore[arg-type]
        with pytest.raises(StoreUnavailable):
            await fresh.append(entries(2, start=1, commands=[command(1)]))
        assert proxy.happened.is_set()
        assert await fresh.read(BOTANY) == rows(1)
        await fresh.append(entries(2, start=1, commands=[command(1)]))
        assert await fresh.head(BOTANY) == 3


async def test_a_commit_that_was_never_sent_is_unknown_and_then_found_absent(
    store: PostgresRecordStore, proxy: CuttingProxy
) -> None:
    """The writer cannot know; the next read is the truth."""
    proxy.fail_at(COMMIT, "never sent")
    with pytest.raises(OutcomeUnknown):
        await store.append(entries(2, start=1))
    assert await store.read(BOTANY) == rows(1)
    await store.append(entries(3, start=1))
    assert await store.read(BOTANY) == rows(4)


async def test_a_commit_whose_answer_was_lost_is_unknown_and_then_found_stored(
    store: PostgresRecordStore, proxy: CuttingProxy
) -> None:
    """The bytes at the batch's first position are its own; sending it again is refused."""
    batch = entries(2, start=1)
    proxy.fail_at(COMMIT, "answer lost")
    with pytest.raises(OutcomeUnknown):
        await store.append(batch)
    assert await store.read(BOTANY, after=0) == list(batch.rows)
    with pytest.raises(HeadMoved):
        await store.append(batch)
    assert await store.head(BOTANY) == 3


async def test_nobody_reads_absent_while_a_lost_commit_is_still_under_way(
    store: PostgresRecordStore, proxy: CuttingProxy, postgres_database: str
) -> None:
    """A COMMIT may reach the server after we lost the connection: a read waits until that session has ended."""
    proxy.fail_at(COMMIT, "sent late")
    with pytest.raises(OutcomeUnknown):
        await store.append(entries(2, start=1))
    reading = asyncio.create_task(store.read(BOTANY))
    async with asyncio.timeout(PATIENCE_SECONDS):
        await _until_somebody_waits_for_a_session(postgres_database)
        assert not reading.done()
        proxy.deliver()
        assert await reading == rows(3)
        await store.append(entries(1, start=3))


async def _until_somebody_waits_for_a_session(url: str) -> None:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        waiting: tuple[int, ...] | None = (0,)
        while waiting == (0,):
            answer = await connection.execute(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            )
            waiting = await answer.fetchone()


async def test_a_store_outlives_an_outage(store: PostgresRecordStore, proxy: CuttingProxy) -> None:
    """While the server is away everything is refused as unavailable; then all goes on, without opening anew."""
    await proxy.stop()
    with pytest.raises(StoreUnavailable):
        await store.append(entries(1, start=1))
    with pytest.raises(StoreUnavailable):
        await store.read(BOTANY)
    with pytest.raises(StoreUnavailable):
        await store.identity.setting("log_name")
    with pytest.raises(StoreUnavailable):
        await store.identity.claim_setting("log_name", "name")
    await proxy.start()
    await store.append(entries(1, start=1))
    assert await store.read(BOTANY) == rows(2)


async def test_followers_outlive_an_outage(store: PostgresRecordStore, proxy: CuttingProxy) -> None:
    """After the connection is back the first hint says that anything may have moved."""
    hints = store.follow()
    async with asyncio.timeout(PATIENCE_SECONDS):
        assert await anext(hints) is None
        await proxy.stop()
        await proxy.start()
        assert await anext(hints) is None
    await hints.aclose()  # type: ignore[attr-defined]


async def test_a_follower_that_ends_has_let_go_of_its_connection(postgres_database: str) -> None:
    """At once: at a process's end there is no later."""
    async with opened(postgres_database) as store:
        hints = store.follow()
        before = _open_connections()
        await anext(hints)
        (its_own,) = _open_connections() - before
        await hints.aclose()  # type: ignore[attr-defined]
        assert its_own.closed


def _open_connections() -> set[psycopg.AsyncConnection[Any]]:
    found = (one for one in gc.get_objects() if isinstance(one, psycopg.AsyncConnection))
    return {one for one in found if not one.closed}


async def test_a_stopped_server_cannot_be_opened_or_used() -> None:
    """A real server, really gone."""
    with postgres_server(fsync=False) as url:
        store = PostgresRecordStore(url)
        await store.open()
        await store.append(entries(1))
    for attempt in (store.append(entries(1, start=1)), store.read(BOTANY), PostgresRecordStore(url).open()):
        with pytest.raises(StoreUnavailable):
            await attempt
    await store.close()


async def test_a_server_that_has_become_read_only_is_unavailable(postgres_database: str) -> None:
    """As after a failover, when we are still connected to what is a standby now."""
    async with opened(postgres_database) as store:
        await store.append(entries(1))
        _alter(postgres_database, "SET default_transaction_read_only TO on")
        _terminate_all(postgres_database)
        for _ in range(3):
            with pytest.raises(StoreUnavailable):
                await store.append(entries(1, start=1))
        with pytest.raises(OutcomeUnknown):
            await store.identity.claim_setting("log_name", "name")
        _alter(postgres_database, "RESET default_transaction_read_only")
        await store.identity.claim_setting("log_name", "name")
        await store.append(entries(1, start=1))


@pytest.mark.parametrize("ending", ["commit", "rollback"])
async def test_a_batch_waits_for_another_writers_open_transaction(
    postgres_database: str, ending: str
) -> None:
    """Its end decides: committed, the head has moved; rolled back, the place is free."""
    async with opened(postgres_database) as store:
        with psycopg.connect(postgres_database) as other:
            other.execute(
                "INSERT INTO stored_events VALUES (%s, 1, %s, %s)",
                (BOTANY, rows(1)[0].name, rows(1)[0].entry),
            )
            appending = asyncio.create_task(store.append(entries(1)))
            async with asyncio.timeout(PATIENCE_SECONDS):
                await _until_somebody_waits_for_a_transaction(postgres_database)
            assert not appending.done()
            getattr(other, ending)()
        if ending == "commit":
            with pytest.raises(HeadMoved) as refused:
                await appending
            assert refused.value.workshops == {BOTANY}
        else:
            await appending
        assert await store.read(BOTANY) == rows(1)


async def _until_somebody_waits_for_a_transaction(url: str) -> None:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        waiting: tuple[int, ...] | None = (0,)
        while waiting == (0,):
            answer = await connection.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            waiting = await answer.fetchone()


async def test_an_append_whose_caller_gave_up_is_done_to_its_end(postgres_database: str) -> None:
    """And what is given after it comes after it, the store's end as well."""
    async with opened(postgres_database) as store:
        async with await psycopg.AsyncConnection.connect(postgres_database) as other:
            await other.execute("LOCK TABLE stored_events IN SHARE MODE")
            appending = asyncio.create_task(store.append(entries(2)))
            async with asyncio.timeout(PATIENCE_SECONDS):
                await _until_somebody_waits_for_a_transaction(postgres_database)
            appending.cancel()
            with pytest.raises(asyncio.CancelledError):
                await appending
            behind = asyncio.create_task(store.append(entries(1, start=2)))
            await asyncio.sleep(0)
            closing = asyncio.create_task(store.close())
            await asyncio.sleep(0)
            with pytest.raises(RuntimeError, match="closed"):
                await store.append(entries(1, start=3))
        await asyncio.gather(behind, closing)
    async with opened(postgres_database) as again:
        assert await again.read(BOTANY) == rows(3)


@pytest.mark.parametrize(
    ("servers", "sessions"), [("off", "on"), ("local", "on"), ("on", "on"), ("remote_apply", "remote_apply")]
)
async def test_a_commit_always_waits_for_the_disk(
    postgres_database: str, servers: str, sessions: str
) -> None:
    """A server that is set to forget is overruled, one that waits for more is left alone."""
    async with opened(f"{postgres_database}?options=-csynchronous_commit%3D{servers}") as store:
        await store.append(entries(1))

        async def shown(connection: Connection) -> tuple[Any, ...] | None:
            return await (await connection.execute("SHOW synchronous_commit")).fetchone()

        assert await store._writer.run(shown) == (sessions,)


async def test_own_appends_are_no_news(postgres_database: str) -> None:
    """Only the poll each second interrupts a node that writes alone."""
    async with opened(postgres_database) as store, opened(postgres_database) as other:
        hints = store.follow()
        async with asyncio.timeout(PATIENCE_SECONDS):
            assert await anext(hints) is None
            await store.append(entries(1))
            assert await anext(hints) is None
            await other.append(entries(1, start=1))
            assert await anext(hints) in (frozenset({BOTANY}), None)  # None if the poll was due
        await hints.aclose()  # type: ignore[attr-defined]


async def test_a_batch_over_more_workshops_than_a_notice_can_name_moves_any(postgres_database: str) -> None:
    """PostgreSQL refuses a payload of 8000 bytes; the batch must not fail for it."""
    async with opened(postgres_database) as store, opened(postgres_database) as other:
        hints = store.follow()
        many = [f"00000000-0000-4000-8000-{number:012d}" for number in range(300)]
        async with asyncio.timeout(PATIENCE_SECONDS):
            assert await anext(hints) is None
            batches = [entries(1, workshop) for workshop in many]
            await other.append(
                Batch(dict.fromkeys(many, 0), [row for batch in batches for row in batch.rows])
            )
            assert await anext(hints) is None
        await hints.aclose()  # type: ignore[attr-defined]
        assert set((await store.heads(many)).values()) == {1}


def _terminate_all(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )


def _alter(url: str, setting: str) -> None:
    with psycopg.connect(url, autocommit=True, options="-c default_transaction_read_only=off") as connection:
        connection.execute(f'ALTER DATABASE "{connection.info.dbname}" {setting}'.encode())
