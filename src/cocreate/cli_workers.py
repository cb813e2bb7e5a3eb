"""The processes of `cocreate serve --workers N`: how the writer's starts, watches and stops those that speak HTTP.

A worker gets its settings on standard input, where no list of processes shows them, and two sockets: a listening one, and one
of a pair whose other end the writer holds. It says "ready" on standard output. Should the writer be killed, the pair's end
tells the worker, which stops too: nobody is left behind.
"""

import json
import signal
import socket
import sys
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import click

from cocreate.cli_options import Ended, run
from cocreate.cli_serve import SHUTDOWN_S, served, stop_signal
from cocreate.config import Settings

if TYPE_CHECKING:
    import asyncio

    from structlog.typing import FilteringBoundLogger

    from cocreate.application.service import Service

TOLD_S = 0.5
"""How much later than its worker the writer may hear of a stop that all processes are told of."""
STOP_S = SHUTDOWN_S + 5.0
"""A worker that is told to stop and is still there after this is killed."""
REPLACED_MAX = 5
REPLACED_WITHIN_S = 60.0
"""Workers replaced in this time before the server gives up: what ends so many of them ends the next one too."""


class Crew:
    """Owner of the workers' processes. In its block they run; one that ends is replaced.

    Once they end faster than it makes sense to replace them, it sets `stop`, and Ended is raised at the end of the block.
    """

    def __init__(
        self,
        service: "Service",
        settings: Settings,
        listeners: Sequence[socket.socket],
        stop: "asyncio.Event",
    ) -> None:
        self._service, self._settings, self._listeners = service, settings, listeners
        self._stop = stop
        self._broken: Exception | None = None
        self._processes: dict[int, asyncio.subprocess.Process] = {}
        self._replaced: deque[float] = deque(maxlen=REPLACED_MAX)
        self._watching: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        import asyncio

        places = range(len(self._listeners))
        try:
            await asyncio.gather(*(self._start(place) for place in places))
        except BaseException as error:
            await self._end()
            if not (isinstance(error, Ended) and self._stop.is_set()):
                raise
        self._watching = [asyncio.create_task(self._watch(place), name=f"worker-{place}") for place in places]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._end()
        if self._broken is not None:
            raise self._broken

    async def _start(self, place: int) -> None:
        """Start a worker and wait until it takes connections. Raises Ended."""
        import asyncio
        from asyncio.subprocess import PIPE

        from cocreate.application.desk import Desk

        listener = self._listeners[place].fileno()
        ours, theirs = socket.socketpair()
        with theirs:
            process = await asyncio.create_subprocess_exec(
                *(
                    sys.executable,
                    "-P",
                    "-m",
                    "cocreate",
                    "serve-worker",
                    str(listener),
                    str(theirs.fileno()),
                ),
                pass_fds=(listener, theirs.fileno()),
                stdin=PIPE,
                stdout=PIPE,
                process_group=0,  # Ctrl-C is for the writer, which then stops its workers in order
            )
        self._processes[place] = process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(_written(self._settings))
        process.stdin.close()
        desk = Desk(self._service)
        await asyncio.get_running_loop().create_unix_connection(lambda: desk.link, sock=ours)
        if not await process.stdout.readline():
            await self._ended(process)
            raise Ended("A process that should speak HTTP did not start; the lines above say why.")

    async def _watch(self, place: int) -> None:
        try:
            while True:
                code = await self._ended(self._processes[place])
                if self._stop.is_set():
                    return
                _log().error("worker_ended", place=place, code=code)
                self._require_patience()
                await self._start(place)
        except Exception as error:  # noqa: BLE001  # whatever keeps a worker from being there ends the server
            if not self._stop.is_set():
                self._broken = error
                self._stop.set()

    async def _ended(self, process: "asyncio.subprocess.Process") -> int:
        """How a worker ended. Where the system told all processes to stop, `stop` is set by then."""
        import asyncio

        code = await process.wait()
        if code in (0, -signal.SIGTERM):
            with suppress(TimeoutError):
                async with asyncio.timeout(TOLD_S):
                    await self._stop.wait()
        return code

    def _require_patience(self) -> None:
        """Raises Ended where too many workers have been replaced lately."""
        now = time.monotonic()
        if len(self._replaced) == REPLACED_MAX and now - self._replaced[0] < REPLACED_WITHIN_S:
            raise Ended(
                f"More than {REPLACED_MAX} worker processes ended within {REPLACED_WITHIN_S:.0f} seconds. "
                "The log says how; with --workers 0 the server needs none."
            )
        self._replaced.append(now)

    async def _end(self) -> None:
        import asyncio

        for task in self._watching:
            task.cancel()
        await asyncio.gather(*self._watching, return_exceptions=True)
        for process in self._processes.values():
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.terminate()
        for process in self._processes.values():
            try:
                async with asyncio.timeout(STOP_S):
                    await process.wait()
            except TimeoutError:
                _log().warning("worker_killed", pid=process.pid)
                process.kill()
                await process.wait()


def _log() -> "FilteringBoundLogger":
    """The program's log, which help has no use for."""
    from structlog import get_logger

    logger: FilteringBoundLogger = get_logger()
    return logger


@click.command(hidden=True)
@click.argument("listener", type=int)
@click.argument("link", type=int)
def serve_worker(*, listener: int, link: int) -> None:
    """Speak HTTP for the process that started this one; the two sockets are inherited from it."""
    written = sys.stdin.buffer.read()
    if not written:
        return  # whoever started this process was killed in the same moment
    settings = _read(written)
    run(settings, lambda: _work(settings, listener, link), log_level=settings.log_level)


async def _work(settings: Settings, listener: int, link: int) -> None:
    import asyncio

    from cocreate.bootstrap import opened_worker

    stop = stop_signal()
    async with opened_worker(settings) as worker:
        ours = socket.socket(fileno=link)
        await asyncio.get_running_loop().create_unix_connection(lambda: worker.remote.link, sock=ours)
        async with served(worker, socket.socket(fileno=listener), settings.public_url):
            with suppress(BrokenPipeError):  # the writer is gone: the link says so, too
                click.echo("ready")
            ends = {asyncio.create_task(stop.wait()), asyncio.create_task(worker.remote.gone.wait())}
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            for end in ends:
                end.cancel()


def _written(settings: Settings) -> bytes:
    return json.dumps(asdict(settings), default=str).encode()


def _read(written: bytes) -> Settings:
    facts = json.loads(written)
    # Its writer is the one that asks witnesses.
    return Settings(**{**facts, "key_file": Path(facts["key_file"]), "witnesses": None})
