"""The composition root: the only module that constructs concrete classes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from cocreate.application.service import Service
from cocreate.config import Settings
from cocreate.persistence.record_store import RecordStore, open_store
from cocreate.persistence.sealing import Vault, load_instance_key


class WrongInstanceKey(Exception):
    """The database's keys were wrapped by another instance key than the one given."""


@asynccontextmanager
async def opened_service(settings: Settings) -> AsyncIterator[Service]:
    """A running node on the settings' database; stopped gracefully at the end.

    Raises WrongInstanceKey, the key file's and the store's errors, before anything is written.
    """
    store = open_store(_store_url(settings.database))
    await store.open()
    try:
        service = Service(store, await _vault(store, settings.key_file))
        await service.start()
        try:
            yield service
        finally:
            await service.stop()
    finally:
        await store.close()


async def _vault(store: RecordStore, key_file: Path) -> Vault:
    """The vault of the instance key; a new key is made for an empty database alone."""
    known = await store.identity.instance_key_id()
    vault = Vault(load_instance_key(key_file, create=known is None))
    held = known or await store.identity.set_instance_key_id(vault.key_id)
    if held != vault.key_id:
        raise WrongInstanceKey(
            f"This database belongs to the instance key {held}, and {key_file} holds {vault.key_id}. "
            "Name the right key file with --key-file; without it sealed texts cannot be read."
        )
    return vault


def _store_url(database: str) -> str:
    """`sqlite:///relative` and `sqlite:////absolute` become the path that the store takes."""
    if database.startswith("sqlite:///"):
        path = Path(database.removeprefix("sqlite:///")).expanduser()
        path.parent.mkdir(parents=True, exist_ok=True)
        return f"sqlite:{path}"
    return database
