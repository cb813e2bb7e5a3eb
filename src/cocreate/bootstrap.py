"""The composition root: the only module that constructs concrete classes."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from cocreate.application.memory import Memory
from cocreate.application.service import Service
from cocreate.application.worker import Worker
from cocreate.config import Settings
from cocreate.persistence.record_store import RecordStore, open_store
from cocreate.persistence.sealing import Vault, holding_key, load_instance_key

if TYPE_CHECKING:
    from cocreate.witnessing.asking import WitnessAddress, Witnesses

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
    async with (
        _witnesses(settings.witnesses) as witnesses,
        _connected(settings, partial(Service, witnesses=witnesses)) as service,
    ):
        with holding_key(settings.key_file, alone=False):
            async with _started(service):
                yield service


@asynccontextmanager
async def opened_alone(settings: Settings) -> AsyncIterator[Service]:
    """A running node on a database that exists, while no other on this machine holds its key.

    Raises NoDatabase, InstanceKeyHeld, and what `opened_service` raises.
    """
    _require_database(settings)
    async with _connected(settings, Service) as service:
        with holding_key(settings.key_file, alone=True):
            async with _started(service):
                yield service


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
async def _connected(settings: Settings, kind: Callable[..., S]) -> AsyncIterator[S]:
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


class PolicyUnreadable(Exception):
    """The file that names the witnesses cannot be used."""


@asynccontextmanager
async def _witnesses(file: Path | None) -> "AsyncIterator[Witnesses | None]":
    """Those whom a policy file names with an address; None without one. Raises PolicyUnreadable."""
    if file is None:
        yield None
        return
    from aiohttp import ClientSession

    from cocreate.witnessing.asking import Witnesses

    addresses = _addresses(file)
    async with ClientSession() as http:
        yield Witnesses(http, addresses)


def _addresses(file: Path) -> "tuple[WitnessAddress, ...]":
    from cocreate.tlog.errors import VerificationError
    from cocreate.tlog.policy import parse_policy
    from cocreate.witnessing.asking import addresses_of

    try:
        addresses = addresses_of(parse_policy(file.read_bytes()))
    except (OSError, VerificationError) as error:
        raise PolicyUnreadable(f"The witnesses in {file} cannot be read: {error}") from error
    if not addresses:
        raise PolicyUnreadable(
            f"{file} names no witness with an address. Expected lines like: witness NAME VKEY https://witness.example.org"
        )
    return addresses


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
