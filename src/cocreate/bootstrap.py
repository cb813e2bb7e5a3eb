"""The composition root: the only module that constructs concrete classes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from cocreate.application.memory import Memory
from cocreate.application.service import Service
from cocreate.application.worker import Worker
from cocreate.config import Settings
from cocreate.persistence.record_store import RecordStore, open_store
from cocreate.persistence.sealing import Vault, holding_key, load_instance_key

S = TypeVar("S", bound=Service)


class WrongInstanceKey(Exception):
    """The database's keys were wrapped by another instance key than the one given."""


class RotationUnfinished(Exception):
    """The instance key is being replaced, or was when that was interrupted."""


class NoDatabase(Exception):
    """There is nothing to read where the database should be."""


@asynccontextmanager
async def opened_service(settings: Settings) -> AsyncIterator[Service]:
    """A running node on the settings' database; stopped gracefully at the end.

    Raises WrongInstanceKey, the key file's and the store's errors, before anything is written.
    """
    async with _connected(settings, Service) as service:
        try:
            with holding_key(settings.key_file, alone=False):
                async with _started(service):
                    yield service
        except BlockingIOError as error:
            raise RotationUnfinished(
                f"The instance key {settings.key_file} is being replaced at this moment."
            ) from error


@asynccontextmanager
async def opened_worker(settings: Settings) -> AsyncIterator[Worker]:
    """A running node that has its writer in the process which started this one; whoever opens it connects its link."""
    async with _connected(settings, Worker) as worker, _started(worker):
        yield worker


@asynccontextmanager
async def opened_reader(settings: Settings) -> AsyncIterator[Service]:
    """A node that reads and takes no commands, for a database that exists; another one may be serving it.

    Raises NoDatabase, and what `opened_service` raises.
    """
    _require_database(settings)
    async with _connected(settings, Service) as service:
        yield service


@asynccontextmanager
async def _started(service: Service) -> AsyncIterator[None]:
    await service.start()
    try:
        yield
    finally:
        await service.stop()


@asynccontextmanager
async def _connected(settings: Settings, kind: type[S]) -> AsyncIterator[S]:
    store = open_store(_store_url(settings))
    await store.open()
    try:
        vault = await _vault(store, settings.key_file)
        yield kind(store, vault, memory=Memory(_memory_folder(settings)))
    finally:
        await store.close()


async def _vault(store: RecordStore, key_file: Path) -> Vault:
    """The vault of the instance key; a new key is made for an empty database alone."""
    known = await store.identity.instance_key_id()
    if next_key_file(key_file).exists():
        raise RotationUnfinished(
            f"Replacing the instance key {key_file} was interrupted. Finish it: `cocreate keys rotate`."
        )
    if known is None:
        key_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    vault = Vault(load_instance_key(key_file, create=known is None))
    held = known or await store.identity.set_instance_key_id(vault.key_id)
    if held != vault.key_id:
        raise WrongInstanceKey(
            f"This database belongs to the instance key {held}, and {key_file} holds {vault.key_id}. "
            "Name the right key file with --key-file; without it sealed texts cannot be read."
        )
    return vault


def next_key_file(key_file: Path) -> Path:
    """Where the new instance key lies while keys are given to it."""
    return key_file.with_name(f"{key_file.name}.next")


@asynccontextmanager
async def opened_store(settings: Settings) -> AsyncIterator[RecordStore]:
    """The database alone, without a key. Raises NoDatabase and the store's errors."""
    _require_database(settings)
    store = open_store(_store_url(settings))
    await store.open()
    try:
        yield store
    finally:
        await store.close()


def _require_database(settings: Settings) -> None:
    file = settings.sqlite_file
    if file is not None and not file.exists():
        raise NoDatabase(
            f"There is no database at {file}. Name the one you mean with --database, or start it with `cocreate serve`."
        )


def _memory_folder(settings: Settings) -> Path | None:
    """Beside the instance key, and so apart from the database; a database in memory needs none."""
    if settings.database == "memory:":
        return None
    return settings.key_file.with_name(f"{settings.key_file.name}.signed")


def _store_url(settings: Settings) -> str:
    """The store's own form; the folder of a new SQLite file is made, for its owner alone."""
    file = settings.sqlite_file
    if file is None:
        return settings.database
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return f"sqlite:{file}"
