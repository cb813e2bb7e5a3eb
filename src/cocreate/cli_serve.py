"""`cocreate serve`: the web server in the foreground, until SIGTERM or Ctrl-C."""

import errno
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cocreate.cli_options import (
    BAD_INPUT,
    UNAVAILABLE,
    Ended,
    example,
    note,
    print_json,
    run,
    settings_of,
    store_options,
)
from cocreate.config import Settings

if TYPE_CHECKING:
    import asyncio

    from aiohttp import web

    from cocreate.application.service import Service

BACKLOG = 1024
"""Connections that may wait to be accepted: a room that opens the page in the same second."""
OPEN_FILES_WANTED = 12_000
"""Ten thousand open pages, and what else a server holds open."""
FILES_SPARE = 200
"""Of the files a process may have open, those left to the store and all else when many connect."""
SHUTDOWN_S = 10.0
"""How long requests under way may take once the server stops."""


@click.command(
    epilog=example(
        "cocreate serve",
        "cocreate serve --host 0.0.0.0 --port 9000",
        "cocreate serve --database postgresql://cocreate@localhost/cocreate --public-url https://workshops.example.org",
    )
)
@click.option(
    "--host", help="Address to listen on; 0.0.0.0 lets phones in the same network in. Default: 127.0.0.1."
)
@click.option("--port", type=int, help="Port to listen on; 0 takes any free one. Default: 8080.")
@click.option(
    "--public-url", metavar="URL", help="Address that links and QR codes carry, if people use another one."
)
@click.option(
    "--workers",
    type=int,
    metavar="N",
    help="Processes that speak HTTP before one that writes; 1 pays from two cores on. Default: 0, one process does both.",
)
@click.option(
    "--witnesses",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Whom to ask for signatures under each record's state: a c2sp.org/tlog-policy file with addresses.",
)
@store_options
def serve(
    *,
    host: str | None,
    port: int | None,
    public_url: str | None,
    workers: int | None,
    witnesses: Path | None,
    database: str | None,
    key_file: Path | None,
    log_level: str | None,
    as_json: bool,
) -> None:
    """Serve workshops until Ctrl-C.

    Prints the address and a link that makes whoever opens it first a facilitator, with its QR code on a terminal. With
    --json that is one object {address, link, database}, printed as soon as people can connect.
    """
    settings = settings_of(
        database=database,
        key_file=key_file,
        log_level=log_level,
        host=host,
        port=port,
        public_url=public_url,
        workers=workers,
        witnesses=witnesses,
    )
    if settings.workers and settings.database == "memory:":
        raise Ended(
            "Workers cannot share a database in memory, which no other process sees. "
            "Expected sqlite:///FILE or postgresql://USER@HOST/NAME.",
            BAD_INPUT,
        )

    def announce(address: str, link: str) -> None:
        if as_json:
            print_json({"address": address, "link": link, "database": settings.shown_database})
        else:
            _announce(settings, address, link)
        sys.stdout.flush()

    run(settings, lambda: _serve(settings, announce), log_level=settings.log_level)


async def _serve(settings: Settings, announce: Callable[[str, str], None]) -> None:
    from cocreate.bootstrap import opened_service

    stop = stop_signal()
    raise_open_files()
    with listening_together(settings) as listeners:
        async with opened_service(settings) as service, _answering(service, settings, listeners, stop):
            address = address_of(listeners[0], settings)
            announce(address, f"{address}/link/{await service.doors.host_link()}")
            await stop.wait()
            note("Stopping: finishing what is under way.")


def _answering(
    service: "Service", settings: Settings, listeners: list[socket.socket], stop: "asyncio.Event"
) -> AbstractAsyncContextManager[object]:
    """The web server in this process or in its workers, which set `stop` where they cannot go on."""
    if settings.workers == 0:
        return served(service, listeners[0], settings.public_url)
    from cocreate.cli_workers import Crew

    return Crew(service, settings, listeners, stop)


@asynccontextmanager
async def served(service: "Service", listener: socket.socket, public_url: str | None) -> AsyncIterator[None]:
    """The web server on this socket; at the end it finishes what is under way and tells streams to reconnect."""
    from cocreate.http.app import make_app

    async with serving(make_app(service, public_url=public_url), listener):
        yield


@asynccontextmanager
async def serving(app: "web.Application", listener: socket.socket) -> AsyncIterator[None]:
    """Any application on this socket; at the end it finishes what is under way."""
    from aiohttp import web

    from cocreate.http.connections import watched

    # The application writes its own line for each request, which tells less about who voted.
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_S)
    await runner.setup()
    try:
        await web.SockSite(runner, listener).start()
        async with watched(runner.server, files_max() - FILES_SPARE):
            yield
    finally:
        await runner.cleanup()


def stop_signal() -> "asyncio.Event":
    """Set by the first SIGTERM or Ctrl-C; a second one of the same kind ends the process at once."""
    import asyncio
    import signal

    stop, loop = asyncio.Event(), asyncio.get_running_loop()

    def stopping(number: int) -> None:
        stop.set()
        loop.remove_signal_handler(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping, number)
    return stop


def raise_open_files() -> None:
    """Let the process hold as many connections as the system permits it: each open page is one."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        soft = hard
    except (OSError, ValueError):
        pass  # macOS names no number and takes none above its own
    if 0 <= soft < OPEN_FILES_WANTED:
        note(
            f"This process may hold {soft} connections at once, one for each open page, and the server promises 10,000. "
            f"To lift that: ulimit -n {OPEN_FILES_WANTED}, or LimitNOFILE={OPEN_FILES_WANTED} in its systemd unit."
        )


def files_max() -> int:
    """How many files, connections among them, the process may have open."""
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return sys.maxsize if soft == resource.RLIM_INFINITY else soft


def listening(settings: Settings) -> socket.socket:
    """The listening socket, taken before anything else is touched. Raises Ended."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=BACKLOG)
    except OSError as error:
        where = f"{settings.host} port {settings.port}"
        if error.errno == errno.EADDRINUSE:
            message = (
                f"{where} is in use by another program, perhaps another `cocreate serve`. "
                f"Stop it, or choose another port: --port {settings.port + 1}."
            )
            raise Ended(message, UNAVAILABLE) from error
        message = f"Cannot listen on {where}: {error.strerror or error}. Choose another --host or --port."
        raise Ended(message, BAD_INPUT) from error


@contextmanager
def listening_together(settings: Settings) -> Iterator[list[socket.socket]]:
    """A listening socket for each process that speaks HTTP; where there are several, the system shares connections between them.

    They outlive the workers: who connects while one is being replaced waits for the next. Raises Ended.
    """
    with listening(settings) as alone, ExitStack() as together:
        if settings.workers <= 1:
            yield [alone]
            return
        # Such sockets would share an address with another server's of the same kind: first it is asked whether it is free.
        family, place = alone.family, alone.getsockname()[:2]
        alone.close()
        yield [
            together.enter_context(
                socket.create_server(place, family=family, backlog=BACKLOG, reuse_port=True)
            )
            for _ in range(settings.workers)
        ]


def address_of(listener: socket.socket, settings: Settings) -> str:
    """What people type: the public address, else where we listen, else this machine's address in its network."""
    if settings.public_url is not None:
        return settings.public_url.rstrip("/")
    host, port = listener.getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104  compared, not listened on
        host = _address_in_the_network() or "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _address_in_the_network() -> str | None:
    """The address that packets to others would carry; none is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # TEST-NET-1: nobody's address
        except OSError:
            return None
        return str(probe.getsockname()[0])


def _announce(settings: Settings, address: str, link: str) -> None:
    click.echo(f"Cocreate is running at {address}")
    click.echo(f"Database: {settings.shown_database}")
    click.echo(f"\nOpen this link once to become a facilitator (valid for 7 days):\n  {link}")
    if sys.stdout.isatty():
        import segno

        click.echo()
        segno.make(link, error="l").terminal(compact=True)
    if settings.public_url is None and settings.host in ("127.0.0.1", "localhost", "::1"):
        click.echo("\nOnly this machine can connect. To let phones in the same network in: --host 0.0.0.0")
    click.echo("\nCtrl-C stops it.")
