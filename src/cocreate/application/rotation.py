"""Giving a database's keys another instance key, so that the one before opens nothing any more.

Whoever does it has stopped every node. It can be interrupted at any key and begun again with the same two: a key that the new
one opens already is left alone.
"""

from collections.abc import Callable

from cocreate.application.keyring import place_of_key
from cocreate.persistence.record_store import RecordStore
from cocreate.persistence.sealing import Unreadable, Vault

READ_KEYS = 500


async def rewrap(store: RecordStore, old: Vault, new: Vault, tell: Callable[[int], None]) -> int:
    """Wrap every key by the new instance key and name it as the database's; how many keys there are.

    Saved states go: they were sealed by the old one, and are made again. Raises Unreadable where a key opens with neither.
    """
    last, count = None, 0
    workshops = set()
    while rows := await store.wrapped_keys.behind(last, READ_KEYS):
        for row in rows:
            place = place_of_key(row.workshop, row.purpose, row.name)
            try:
                new.unwrap(row.wrapped, place)
            except Unreadable:
                await store.wrapped_keys.replace(row, new.wrap(old.unwrap(row.wrapped, place), place))
            workshops.add(row.workshop)
        last, count = rows[-1], count + len(rows)
        tell(count)
    for workshop in workshops:
        await store.waypoints.drop_other_code(workshop, "")
    await store.identity.replace_instance_key_id(old.key_id, new.key_id)
    return count
