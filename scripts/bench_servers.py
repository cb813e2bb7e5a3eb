"""The servers that `bench.py` compares, each a process of its own: `python scripts/bench_servers.py NAME PORT [ARGUMENT …]`.

`bare`: an aiohttp handler that parses the same JSON and answers 201. `library WORKERS`: the eventsourcing library in its
documented way behind the same route, one new Ballot aggregate per participant and round, one `save` a vote, on a pool of
threads; its database comes from the environment, as the library documents. `cocreate DATABASE KEY_FILE`: the product.
"""

import asyncio
import json
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import NAMESPACE_URL, UUID, uuid5

from aiohttp import web

ROUTE = "/api/workshops/{workshop}/rounds/{round}/ballot"


async def bare(app: web.Application) -> None:
    async def vote(request: web.Request) -> web.Response:
        ballot = json.loads(await request.read())
        return web.json_response({"choice": ballot["choice"]}, status=201)

    app.router.add_post(ROUTE, vote)


async def library(app: web.Application) -> None:
    from eventsourcing.application import Application
    from eventsourcing.domain import Aggregate, event

    class Ballot(Aggregate):
        @event("Cast")
        def __init__(self, round_id: str, voter: str, choice: list[str]) -> None:
            self.round_id, self.voter, self.choice = round_id, voter, choice

        @staticmethod
        def create_id(round_id: str, voter: str) -> UUID:
            return uuid5(NAMESPACE_URL, f"/ballots/{round_id}/{voter}")

    class Voting(Application[UUID]):
        def vote(self, round_id: str, voter: str, choice: list[str]) -> None:
            self.save(Ballot(round_id=round_id, voter=voter, choice=choice))

    voting = Voting()
    pool = ThreadPoolExecutor(int(sys.argv[3]))

    async def vote(request: web.Request) -> web.Response:
        ballot = json.loads(await request.read())
        # The key stands for participant and round, so that every request is a new aggregate.
        voter = request.headers["Idempotency-Key"]
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(pool, voting.vote, request.match_info["round"], voter, ballot["choice"])
        return web.json_response({"choice": ballot["choice"]}, status=201)

    app.router.add_post(ROUTE, vote)


async def serve(app: web.Application, port: int) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=1024).start()
    print("ready", flush=True)
    await stop.wait()
    await runner.cleanup()


async def cocreate(port: int) -> None:
    import gc

    from cocreate.bootstrap import opened_service
    from cocreate.config import Settings
    from cocreate.http.app import make_app
    from cocreate.logconfig import set_up_logging

    gc.set_threshold(50_000, 20, 100)
    set_up_logging(os.environ.get("COCREATE_LOG_LEVEL", "info"))
    settings = Settings(database=sys.argv[3], key_file=Path(sys.argv[4]))
    async with opened_service(settings) as service:
        await serve(make_app(service), port)


async def main() -> None:
    name, port = sys.argv[1], int(sys.argv[2])
    if name == "cocreate":
        await cocreate(port)
        return
    app = web.Application()
    await {"bare": bare, "library": library}[name](app)
    await serve(app, port)


if __name__ == "__main__":
    asyncio.run(main())
