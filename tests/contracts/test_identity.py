"""What every store promises about sessions, links, codes and settings."""

import asyncio
from collections.abc import Awaitable, Callable

from cocreate.persistence.identity import Link, Session
from cocreate.persistence.record_store import RecordStore
from tests.contracts.batches import ADA, BOTANY, CINEMA

OpenNode = Callable[[], Awaitable[RecordStore]]
TOKEN = b"t" * 32


async def test_a_session_is_kept_replaced_and_dropped(store: RecordStore) -> None:
    """The caller judges its expiry."""
    identity = store.identity
    assert await identity.get_sessions([TOKEN]) == []
    await identity.put_session(TOKEN, host=False, created_at=1, expires_at=50)
    await identity.put_session(TOKEN, host=True, created_at=2, expires_at=60)
    assert await identity.get_sessions([TOKEN]) == [Session(TOKEN, host=True, created_at=2, expires_at=60)]
    await identity.drop_session(TOKEN)
    assert await identity.get_sessions([TOKEN]) == []


async def test_expired_sessions_go_when_another_comes(store: RecordStore) -> None:
    """So that their table has a limit: those still valid."""
    await store.identity.put_session(b"a" * 32, host=False, created_at=1, expires_at=50)
    await store.identity.put_session(b"b" * 32, host=False, created_at=1, expires_at=51)
    await store.identity.put_session(b"c" * 32, host=False, created_at=50, expires_at=99)
    assert await store.identity.get_sessions([b"a" * 32]) == []
    assert [one.session for one in await store.identity.get_sessions([b"a" * 32, b"b" * 32])] == [b"b" * 32]


async def test_a_link_opens_once(open_node: OpenNode) -> None:
    """Of takers at several nodes one gets it, and nobody later."""
    nodes = [await open_node(), await open_node()]
    link = Link(TOKEN, "return", BOTANY, ADA, expires_at=50)
    await nodes[0].identity.put_link(TOKEN, purpose="return", workshop=BOTANY, participant=ADA, expires_at=50)
    taken = await asyncio.gather(*(nodes[number % 2].identity.take_link(TOKEN, 10) for number in range(8)))
    assert [found for found in taken if found is not None] == [link]


async def test_an_expired_link_opens_nothing(store: RecordStore) -> None:
    """Not at its last millisecond either, and it takes no other link with it."""
    await store.identity.put_link(TOKEN, purpose="host", workshop=None, participant=None, expires_at=50)
    await store.identity.put_link(b"u" * 32, purpose="host", workshop=None, participant=None, expires_at=51)
    assert await store.identity.take_link(TOKEN, 50) is None
    assert await store.identity.take_link(TOKEN, 10) is None
    assert await store.identity.take_link(b"u" * 32, 50) == Link(b"u" * 32, "host", None, None, 51)


async def test_a_join_code_opens_one_workshop(store: RecordStore) -> None:
    """A taken code is not given away; taking back a workshop's codes leaves the others'."""
    identity = store.identity
    assert await identity.put_join_code("maple-4", BOTANY)
    assert await identity.put_join_code("maple-4", BOTANY)
    assert not await identity.put_join_code("maple-4", CINEMA)
    assert await identity.put_join_code("cedar-9", CINEMA)
    assert await identity.workshop_of_code("maple-4") == BOTANY
    assert await identity.code_of(CINEMA) == "cedar-9"
    await identity.drop_join_codes(BOTANY)
    assert await identity.workshop_of_code("maple-4") is None
    assert await identity.code_of(BOTANY) is None
    assert await identity.code_of(CINEMA) == "cedar-9"


async def test_a_setting_is_claimed_once_and_never_replaced(store: RecordStore) -> None:
    """The log's name is in every origin: a second one would disown the records that exist."""
    identity = store.identity
    assert await identity.setting("log_name") is None
    assert await identity.claim_setting("log_name", "first") == "first"
    assert await identity.claim_setting("log_name", "second") == "first"
    assert await identity.setting("log_name") == "first"


async def test_nodes_that_start_at_once_agree_on_the_instance_key(open_node: OpenNode) -> None:
    """One claims the database, the others learn whose it is."""
    nodes = [await open_node(), await open_node()]
    assert await nodes[0].identity.instance_key_id() is None
    standing = await asyncio.gather(
        *(node.identity.set_instance_key_id(f"{number:016x}") for number, node in enumerate(nodes))
    )
    assert len(set(standing)) == 1
    assert await nodes[1].identity.instance_key_id() == standing[0]
