"""`cocreate replay` and `workshop`: reading records, beside a running server or without one."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cocreate.cli_options import (
    AUDIENCES,
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
    from cocreate.application.live import LiveWorkshop
    from cocreate.application.service import Service
    from cocreate.projections.fold import Projections


@click.command(
    epilog=example(
        f"cocreate replay {EXAMPLE_ID}",
        f"cocreate replay {EXAMPLE_ID} --at 1200 --audience facilitator",
        f"cocreate replay {EXAMPLE_ID} --at 2026-04-12T15:30:00Z",
    )
)
@click.argument("workshop", metavar="WORKSHOP")
@click.option(
    "--at",
    metavar="POSITION|TIME",
    help="The moment to show: a position, or a time as in 2026-04-12T15:30:00Z. Default: now.",
)
@click.option(
    "--visible-at",
    type=click.IntRange(min=0),
    metavar="POSITION",
    help="Judge what may be seen as of this position instead of today.",
)
@click.option(
    "--audience", type=click.Choice(AUDIENCES), default="public", show_default=True, help="Whose view."
)
@store_options
def replay(
    *,
    workshop: str,
    at: str | None,
    visible_at: int | None,
    audience: Any,
    database: str | None,
    key_file: Path | None,
    log_level: str | None,
    as_json: bool,  # noqa: ARG001  a view is JSON with and without it
) -> None:
    """Print a workshop's view at a moment, folded from the stored record.

    The output is the view's canonical JSON (RFC 8785) and a line feed: the very bytes that a server shows for the same
    moment and audience. What may not be seen today is in no past view; texts that were erased are gone from all.
    """
    settings = settings_of(database=database, key_file=key_file, log_level=log_level)
    found = require_workshop_id(workshop)
    view = run(
        settings,
        lambda: _replay(settings, found, at=at, visible_at=visible_at, audience=audience),
        log_level=log_level or "warning",
    )
    click.echo(view)


async def _replay(
    settings: Settings, workshop: str, *, at: str | None, visible_at: int | None, audience: Any
) -> bytes:
    from cocreate.bootstrap import opened_reader
    from cocreate.domain.canonical import canonical_json
    from cocreate.projections.views import view

    async with opened_reader(settings) as service:
        live = await service.reading.live(workshop)
        head = live.size - 1
        facts_at = head if at is None else await _position(service, live, at)
        shown_at = head if visible_at is None else visible_at
        facts = await _folded(service, live, facts_at)
        visible = facts if shown_at == facts_at else await _folded(service, live, shown_at)
        if visible.at < facts.at:
            raise Ended(
                f"--visible-at {visible.at} lies before the moment shown, {facts.at}. Expected the same or a later one.",
                BAD_INPUT,
            )
        return canonical_json(view(facts, visible, audience, live.texts))


async def _position(service: "Service", live: "LiveWorkshop", moment: str) -> int:
    """A position as it is, or the last one at a time; times without a zone are UTC."""
    if moment.isdecimal():
        return int(moment)
    try:
        time = datetime.fromisoformat(moment)
    except ValueError as error:
        message = f"--at {moment!r}: expected a position, or a time like 2026-04-12T15:30:00Z."
        raise Ended(message, BAD_INPUT) from error
    if time.tzinfo is None:
        time = time.replace(tzinfo=UTC)
    return await service.reading.position_at(live, int(time.timestamp() * 1000))


async def _folded(service: "Service", live: "LiveWorkshop", position: int) -> "Projections":
    """The projections up to a position, folded from the stored entries and from nothing else."""
    from cocreate.application.errors import PositionUnknown
    from cocreate.application.live import decode_entries
    from cocreate.application.lives import pages
    from cocreate.projections.fold import Projections

    if position >= live.size:
        raise PositionUnknown(at=position, head=live.size - 1)
    projections = Projections()
    async for page in pages(service.store, live.id, after=-1, upto=position):
        projections.apply_all(decode_entries(live.id, page))
    return projections


@click.group(epilog=example("cocreate workshop list"))
def workshop() -> None:
    """Find workshops and the way into them."""


@workshop.command("list", epilog=example("cocreate workshop list", "cocreate workshop list --json"))
@store_options
def list_workshops(
    *, database: str | None, key_file: Path | None, log_level: str | None, as_json: bool
) -> None:
    """List the workshops of a database, the latest first."""
    settings = settings_of(database=database, key_file=key_file, log_level=log_level)
    found = run(settings, lambda: _list(settings), log_level=log_level or "warning")
    if as_json:
        print_json({"workshops": found})
        return
    for one in found:
        more = ", import incomplete" if one["incomplete"] else ""
        more += f", goes on in {one['successor']}" if one["successor"] else ""
        click.echo(
            f"{one['workshop']}  {one['starts']}  {one['entries']:>7} entries  {one['status']}{more}  {one['title']}"
        )
    if not found:
        note("No workshops yet. `cocreate serve` and its link make the first one.")


async def _list(settings: Settings) -> list[dict[str, Any]]:
    from cocreate.bootstrap import opened_reader

    async with opened_reader(settings) as service:
        catalogue = await service.reading.catalogue()
        heads = await service.store.heads([summary.workshop for summary, _ in catalogue])
        successors = {summary.predecessor: summary.workshop for summary, _ in catalogue}
    return [
        {
            "workshop": summary.workshop,
            "title": texts[0][1] if texts else "(title erased)",
            "status": summary.status,
            "incomplete": summary.incomplete,
            "successor": successors.get(summary.workshop),
            "entries": heads[summary.workshop],
            "starts": datetime.fromtimestamp(summary.starts_at / 1000, UTC).strftime("%Y-%m-%d"),
        }
        for summary, texts in catalogue
    ]


@workshop.command(
    epilog=example(f"cocreate workshop link {EXAMPLE_ID} --public-url https://workshops.example.org")
)
@click.argument("workshop_id", metavar="WORKSHOP")
@click.option(
    "--public-url",
    metavar="URL",
    help="The address of the server. Default: $COCREATE_PUBLIC_URL, else its host and port.",
)
@store_options
def link(
    *,
    workshop_id: str,
    public_url: str | None,
    database: str | None,
    key_file: Path | None,
    log_level: str | None,
    as_json: bool,
) -> None:
    """Print a one-time link that lets its first taker facilitate a workshop, also an imported one."""
    settings = settings_of(database=database, key_file=key_file, log_level=log_level, public_url=public_url)
    found = require_workshop_id(workshop_id)
    url = run(settings, lambda: _link(settings, found), log_level=log_level or "warning")
    if as_json:
        print_json({"workshop": found, "link": url})
    else:
        click.echo(url)
        if sys.stdout.isatty():
            note("It works once, within 7 days.")


async def _link(settings: Settings, workshop: str) -> str:
    from cocreate.bootstrap import opened_reader

    address = settings.public_url or f"http://{settings.host}:{settings.port}"
    async with opened_reader(settings) as service:
        live = await service.reading.live(workshop)
        facilitator = min(live.projections.workshop.facilitators)
        return f"{address.rstrip('/')}/link/{await service.doors.return_link(workshop, facilitator)}"
