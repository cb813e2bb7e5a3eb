"""A real server in a process of its own, on SQLite; as a program it is that server."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]


class Served(NamedTuple):
    """`host_path`: where a host's one-time link leads."""

    url: str
    host_path: str


@contextmanager
def served(folder: Path, port: int = 0) -> Iterator[Served]:
    """The server on a database in the folder, until the end of the block. The port 0 is any free one."""
    command = [sys.executable, "-m", "tests.browser.served", str(folder), str(port)]
    environment = {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "PATH": "/usr/bin:/bin"}
    with (folder / "server.log").open("a") as log:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment, cwd=ROOT
        )
        try:
            assert process.stdout is not None
            line = process.stdout.readline().split()
            assert len(line) == 2, f"the server did not start: {(folder / 'server.log').read_text()[-2000:]}"
            yield Served(*line)
        finally:
            process.terminate()
            process.wait(timeout=60)
            assert process.stdout is not None
            process.stdout.close()


async def _serve(folder: Path, port: int) -> None:
    from aiohttp import web

    from cocreate.bootstrap import opened_service
    from cocreate.config import Settings
    from cocreate.http.app import make_app

    settings = Settings(database=f"sqlite:///{folder / 'cocreate.sqlite'}", key_file=folder / "instance.key")
    async with opened_service(settings) as service:
        runner = web.AppRunner(make_app(service), access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        link = await service.doors.host_link()
        print(f"http://127.0.0.1:{runner.addresses[0][1]} /link/{link}", flush=True)
        stopped = asyncio.Event()
        import signal

        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
        await stopped.wait()
        await runner.cleanup()


if __name__ == "__main__":
    import structlog

    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    asyncio.run(_serve(Path(sys.argv[1]), int(sys.argv[2])))
