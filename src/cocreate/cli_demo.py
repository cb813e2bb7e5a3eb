"""`cocreate demo`: a full workshop to look at, with people who take part in it."""

import contextlib
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click

from cocreate.cli_options import example, note, print_json, run, settings_of, store_options
from cocreate.cli_serve import address_of, listening, served, stop_signal
from cocreate.config import Settings

PEOPLE = 24
PEOPLE_MAX = 500
"""Sessions that one machine may open at once on a server with its default limits, with room to spare."""
PACE_MAX = 10.0


@click.command(
    epilog=example("cocreate demo", "cocreate demo --people 60 --minutes 5 --host 0.0.0.0 --port 9000")
)
@click.option(
    "--people",
    type=click.IntRange(1, PEOPLE_MAX),
    default=PEOPLE,
    show_default=True,
    help="Simulated participants.",
)
@click.option(
    "--minutes",
    type=click.FloatRange(0, min_open=True),
    help="End after so long. Default: go on until Ctrl-C.",
)
@click.option(
    "--pace",
    type=click.FloatRange(0, PACE_MAX, min_open=True),
    default=1.0,
    show_default=True,
    help="Multiplies every pause: 1 is calm, 0.2 is hectic.",
)
@click.option(
    "--host", help="Address to listen on; 0.0.0.0 lets phones in the same network in. Default: 127.0.0.1."
)
@click.option("--port", type=int, help="Port to listen on; 0 takes any free one. Default: 8080.")
@click.option(
    "--public-url", metavar="URL", help="Address that links and QR codes carry, if people use another one."
)
@store_options
def demo(
    *,
    people: int,
    minutes: float | None,
    pace: float,
    host: str | None,
    port: int | None,
    public_url: str | None,
    database: str | None,
    key_file: Path | None,
    log_level: str | None,
    as_json: bool,
) -> None:
    """Show a living workshop: people co-create a quality label for user-centric cities.

    They join, propose, comment and vote over HTTP while the agenda goes on, so every page moves. It lives in a database of
    its own that is gone afterwards, unless --database names one.
    """
    with _database(database, key_file) as (url, key):
        settings = settings_of(
            database=url, key_file=key, log_level=log_level, host=host, port=port, public_url=public_url
        )

        def announce(links: Mapping[str, str]) -> None:
            _announce(links, as_json=as_json)

        run(
            settings,
            lambda: _demo(settings, announce, people=people, minutes=minutes, pace=pace),
            log_level=log_level or "warning",
        )


@contextmanager
def _database(database: str | None, key_file: Path | None) -> Iterator[tuple[str, Path | None]]:
    """The named database with its key, else one in a folder that goes when the demo ends."""
    if database is not None:
        yield database, key_file
        return
    folder = Path(tempfile.mkdtemp(prefix="cocreate-demo-"))
    try:
        yield f"sqlite:///{folder / 'demo.sqlite'}", key_file or folder / "instance.key"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _demo(
    settings: Settings,
    announce: Callable[[Mapping[str, str]], None],
    *,
    people: int,
    minutes: float | None,
    pace: float,
) -> None:
    import asyncio

    from cocreate.bootstrap import opened_service
    from cocreate.demo import Demo

    stop = stop_signal()
    listener = listening(settings)
    with listener:
        async with opened_service(settings) as service, served(service, listener, settings.public_url):
            address = address_of(listener, settings)
            workshop = Demo(_own_address(listener.getsockname()), people=people, pace=pace)
            await workshop.prepare(f"/link/{await service.doors.host_link()}")
            live = await service.reading.live(workshop.workshop)
            facilitator = min(live.projections.workshop.facilitators)
            token = await service.doors.return_link(workshop.workshop, facilitator)
            page = f"{address}/w/{workshop.workshop}"
            announce(
                {
                    "address": address,
                    "workshop": workshop.workshop,
                    "participant": page,
                    "console": f"{page}/console",
                    "console_link": f"{address}/link/{token}",
                    "screen": f"{page}/screen",
                    "record": f"{page}/record",
                    "database": settings.shown_database,
                }
            )
            living = asyncio.create_task(workshop.run())
            waiting = asyncio.create_task(stop.wait())
            await asyncio.wait(
                {living, waiting},
                timeout=None if minutes is None else minutes * 60,
                return_when=asyncio.FIRST_COMPLETED,
            )
            waiting.cancel()
            living.cancel()
            note("Stopping: everybody goes home.")
            with contextlib.suppress(asyncio.CancelledError):
                await living


def _own_address(listening_on: tuple[str, int]) -> str:
    """Where the simulated people find the server: on this machine."""
    host, port = listening_on[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104  compared, not listened on
        host = "127.0.0.1" if host == "0.0.0.0" else "::1"  # noqa: S104
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _announce(links: Mapping[str, str], *, as_json: bool) -> None:
    if as_json:
        print_json(dict(links))
    else:
        click.echo(f"A workshop is running at {links['address']}\n")
        click.echo(f"Participant  {links['participant']}")
        click.echo(f"Screen       {links['screen']}")
        click.echo(f"Record       {links['record']}")
        click.echo(f"Console      {links['console_link']}  (works once, in your browser)")
        if sys.stdout.isatty():
            import segno

            click.echo()
            segno.make(links["participant"], error="l").terminal(compact=True)
        click.echo("\nCtrl-C ends it.")
    sys.stdout.flush()
