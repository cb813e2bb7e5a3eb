"""`cocreate keys`: the instance key, which opens an installation's keys, and the public keys that its records are checked with."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cocreate.cli_options import (
    BAD_INPUT,
    EXAMPLE_ID,
    Ended,
    example,
    note,
    print_json,
    require_workshop_id,
    run,
    settings_of,
    store_options,
)
from cocreate.config import Settings

if TYPE_CHECKING:
    from cocreate.persistence.sealing import Vault


@click.group(epilog=example("cocreate keys show", f"cocreate keys vkey {EXAMPLE_ID}", "cocreate keys rotate"))
def keys() -> None:
    """Show, export and replace the instance key; print the key that a record is checked with."""


@keys.command(epilog=example("cocreate keys show"))
@store_options
def show(*, database: str | None, key_file: Path | None, log_level: str | None, as_json: bool) -> None:
    """Name the instance key without telling it, and say whether it is the database's."""
    settings = settings_of(database=database, key_file=key_file, log_level=log_level)
    facts = run(settings, lambda: _show(settings), log_level=log_level or "warning")
    if as_json:
        print_json(facts)
        return
    click.echo(f"{facts['key']}  {settings.key_file}")
    if facts["database"] != facts["key"]:
        raise Ended(
            f"The database belongs to the instance key {facts['database']}. Name its file with --key-file.",
            BAD_INPUT,
        )
    note("It is this database's. Keep a copy apart from the database's backups: `cocreate keys export FILE`.")


async def _show(settings: Settings) -> dict[str, Any]:
    from cocreate.bootstrap import opened_store

    async with opened_store(settings) as store:
        return {"key": _vault(settings.key_file).key_id, "database": await store.identity.instance_key_id()}


@keys.command(epilog=example("cocreate keys export /media/safe/cocreate-instance.key"))
@click.argument("copy", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
@store_options
def export(
    *, copy: Path, database: str | None, key_file: Path | None, log_level: str | None, as_json: bool
) -> None:
    """Write the instance key into a new file that only you can read: without it sealed texts and signatures are lost."""
    from cocreate.persistence.sealing import InstanceKeyMissing, copy_instance_key

    settings = settings_of(database=database, key_file=key_file, log_level=log_level)
    try:
        copy_instance_key(settings.key_file, copy)
    except FileExistsError as error:
        raise Ended(f"{copy} exists. Name a file that does not.", BAD_INPUT) from error
    except InstanceKeyMissing as error:
        raise Ended(str(error), BAD_INPUT) from error
    except OSError as error:
        raise Ended(f"{copy} cannot be written: {error.strerror}.") from error
    if as_json:
        print_json({"key": _vault(copy).key_id, "file": str(copy)})
    else:
        click.echo(copy)


@keys.command(epilog=example(f"cocreate keys vkey {EXAMPLE_ID} > workshop.vkey"))
@click.argument("workshop", metavar="WORKSHOP")
@store_options
def vkey(
    *, workshop: str, database: str | None, key_file: Path | None, log_level: str | None, as_json: bool
) -> None:
    """Print the public key of a record, for its minutes, a poster or the host's site: what auditors must not take from the copy."""
    settings = settings_of(database=database, key_file=key_file, log_level=log_level)
    found = require_workshop_id(workshop)
    line = run(settings, lambda: _vkey(settings, found), log_level=log_level or "warning")
    if as_json:
        print_json({"workshop": found, "vkey": line})
    else:
        click.echo(line)


async def _vkey(settings: Settings, workshop: str) -> str:
    from cocreate.bootstrap import opened_reader

    async with opened_reader(settings) as service:
        return (await service.reading.live(workshop)).vkey


@keys.command(epilog=example("cocreate keys rotate"))
@store_options
def rotate(*, database: str | None, key_file: Path | None, log_level: str | None, as_json: bool) -> None:
    """Give the database a new instance key. Stop every server first; interrupted, it goes on when run again.

    Records' own keys stay: they never change. The old instance key is kept beside the new one, for backups from before.
    """
    settings = settings_of(database=database, key_file=key_file, log_level=log_level)
    facts = run(settings, lambda: _rotate(settings), log_level=log_level or "warning")
    if as_json:
        print_json(facts)
        return
    click.echo(f"{facts['key']}  {settings.key_file}")
    note(
        f"{facts['keys']} keys were given the new instance key. The old one lies in {facts['old_file']}: "
        "backups from before need it; if it was known to somebody, destroy both."
    )


async def _rotate(settings: Settings) -> dict[str, Any]:
    from cocreate.application.rotation import rewrap
    from cocreate.bootstrap import WrongInstanceKey, next_key_file, opened_store
    from cocreate.persistence.sealing import holding_key, load_instance_key, move_key_file

    key_file, new_file = settings.key_file, next_key_file(settings.key_file)
    old = _vault(key_file)
    with holding_key(key_file, alone=True):
        async with opened_store(settings) as store:
            load_instance_key(new_file, create=True)
            new, held = _vault(new_file), await store.identity.instance_key_id()
            if held not in (old.key_id, new.key_id):
                new_file.unlink()
                raise WrongInstanceKey(
                    f"This database belongs to the instance key {held}, and {key_file} holds {old.key_id}. "
                    "Name the right key file with --key-file."
                )
            count = await rewrap(store, old, new, lambda done: note(f"{done} keys"))
        old_file = key_file.with_name(f"{key_file.name}.{old.key_id}")
        old_file.unlink(missing_ok=True)
        old_file.hardlink_to(key_file)
        move_key_file(new_file, key_file)
    return {"key": new.key_id, "old": old.key_id, "old_file": str(old_file), "keys": count}


def _vault(path: Path) -> "Vault":
    from cocreate.persistence.sealing import Vault, load_instance_key

    return Vault(load_instance_key(path, create=False))
