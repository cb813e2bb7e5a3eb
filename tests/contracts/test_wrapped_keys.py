"""What every store promises about all of its keys."""

from dataclasses import replace

from cocreate.persistence.batch import KeyRow
from cocreate.persistence.record_store import RecordStore
from tests.contracts.batches import BOTANY, CINEMA, entries


def some_keys() -> list[KeyRow]:
    """In their order: by workshop, purpose and name."""
    kept = [
        KeyRow(workshop, "subject", name, name.encode()) for workshop in (BOTANY, CINEMA) for name in "abc"
    ]
    return [KeyRow(BOTANY, "round", "z", b"\x00\xff"), *kept]


async def test_all_keys_come_in_their_order_and_in_portions(store: RecordStore) -> None:
    """Of all records, behind the last one seen."""
    assert await store.wrapped_keys.behind(None, 10) == []
    kept = some_keys()
    await store.append(entries(1, keys=kept[::-1]))
    found: list[KeyRow] = []
    while more := await store.wrapped_keys.behind(found[-1] if found else None, 2):
        assert len(more) <= 2
        found += more
    assert found == kept


async def test_a_key_is_replaced_where_it_is_what_was_seen(store: RecordStore) -> None:
    """One that was erased or changed meanwhile stays so."""
    kept = some_keys()
    await store.append(entries(1, keys=kept))
    assert await store.wrapped_keys.replace(kept[1], b"new")
    assert not await store.wrapped_keys.replace(kept[1], b"newer")
    assert not await store.wrapped_keys.replace(replace(kept[2], name="gone"), b"new")
    found = await store.wrapped_keys.behind(None, 100)
    assert found == [kept[0], replace(kept[1], wrapped=b"new"), *kept[2:]]


async def test_the_database_changes_hands_once(store: RecordStore) -> None:
    """From the key it had to another; whoever thinks it has a third changes nothing."""
    await store.identity.set_instance_key_id("one")
    await store.identity.replace_instance_key_id("other", "two")
    assert await store.identity.instance_key_id() == "one"
    await store.identity.replace_instance_key_id("one", "two")
    assert await store.identity.instance_key_id() == "two"
