"""`cocreate recover`: a record that was put back goes on in another one that says so."""

from pathlib import Path
from typing import Any

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


@click.command(
    epilog=example(
        f"cocreate recover {EXAMPLE_ID}", f"cocreate recover {EXAMPLE_ID} --key-compromised --json"
    )
)
@click.argument("workshop", metavar="WORKSHOP")
@click.option(
    "--key-compromised",
    is_flag=True,
    help="The record is sound and sealed, and the key that signs it became known to others.",
)
@click.option(
    "--public-url",
    metavar="URL",
    help="The address of the server. Default: $COCREATE_PUBLIC_URL, else its host and port.",
)
@store_options
def recover(
    *,
    workshop: str,
    key_compromised: bool,
    public_url: str | None,
    database: str | None,
    key_file: Path | None,
    log_level: str | None,
    as_json: bool,
) -> None:
    """Begin the successor of a record whose store was put back, or changed, behind what was signed.

    Such a record is read and never written to again. First look for the right database: with it nothing is lost. If there
    is none, stop every server and run this: another record begins, whose first entry names the old one, how much of it was
    signed and how much is left. Schedule, settings, agenda and join code are carried on; ideas, comments, people and votes
    stay where they are, to be read. An import is begun and then imported again. Interrupted, it goes on when run again.
    """
    settings = settings_of(database=database, key_file=key_file, log_level=log_level, public_url=public_url)
    found = require_workshop_id(workshop)
    facts = run(
        settings,
        lambda: _recover(settings, found, key_compromised=key_compromised),
        log_level=log_level or "warning",
        interrupted="Interrupted. Run the same command again to finish.",
    )
    if as_json:
        print_json(facts)
    else:
        _print(facts)


async def _recover(settings: Settings, workshop: str, *, key_compromised: bool) -> dict[str, Any]:
    from cocreate.application.recovery import NothingToRecover, RecoveredAlready, start_successor
    from cocreate.bootstrap import opened_alone

    address = (settings.public_url or f"http://{settings.host}:{settings.port}").rstrip("/")
    async with opened_alone(settings) as service:
        try:
            successor = await start_successor(
                service, workshop, "key_compromised" if key_compromised else "rewound"
            )
        except (NothingToRecover, RecoveredAlready) as error:
            raise Ended(str(error), BAD_INPUT) from error
        token = await service.doors.return_link(successor.workshop, successor.facilitator)
        vkey = (await service.reading.live(successor.workshop)).vkey
    named = successor.predecessor.model_dump(mode="json")
    return {
        "workshop": workshop,
        "successor": successor.workshop,
        "vkey": vkey,
        "predecessor": named,
        "activities": successor.activities,
        "open": successor.opened,
        "code": successor.code,
        "link": f"{address}/link/{token}",
    }


def _print(facts: dict[str, Any]) -> None:
    named = facts["predecessor"]
    signed = named["signed"]
    click.echo(f"Goes on in    {facts['successor']}")
    click.echo(f"Its key       {facts['vkey']}")
    click.echo(f"Instead of    {facts['workshop']}")
    said = "nothing that can be read any more" if signed is None else _head(signed)
    click.echo(f"Signed of it  {said}")
    click.echo(f"Left of it    {_head(named['stored'])}")
    click.echo(f"Carried on    schedule, settings, {facts['activities']} activities of the agenda")
    click.echo(f"Facilitate    {facts['link']}")
    note(
        f"Tell people that the record was {'put back' if named['because'] == 'rewound' else 'closed since its key leaked'}, "
        "and give auditors the new key. The link works once, within 7 days."
    )


def _head(head: dict[str, Any]) -> str:
    return f"{head['size']} entries, root {head['root']}"
