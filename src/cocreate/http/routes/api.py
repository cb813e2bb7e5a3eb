"""Every route of the API, and the pages that explain it."""

import asyncio
from functools import cache

from aiohttp import web

from cocreate.application import canonical_json
from cocreate.http.keys import SERVICE, STOPPING
from cocreate.http.openapi import openapi_document
from cocreate.http.problems import BY_TYPE, Problem, refused
from cocreate.http.reference import problem_reference, reference
from cocreate.http.route import Route, add_routes
from cocreate.http.routes.api_commands import COMMANDS
from cocreate.http.routes.api_doors import DOORS
from cocreate.http.routes.api_live import LIVE
from cocreate.http.routes.api_reads import READS
from cocreate.http.routes.record_log import RECORD_LOG

READY_S = 2.0
"""A store that needs longer than this is as good as gone for a load balancer."""
FRESH = {"Cache-Control": "no-cache"}


async def alive(_: web.Request) -> web.Response:
    return web.Response(body=b'{"status":"alive"}', headers={"Content-Type": "application/json", **FRESH})


async def ready(request: web.Request) -> web.Response:
    """The store answers and the sequencer runs."""
    service = request.app[SERVICE]
    if request.app[STOPPING].is_set() or not service.sequencer.running:
        return Problem("Stopping", "The sequencer does not run.", headers={"Retry-After": "2"}).response()
    try:
        async with asyncio.timeout(READY_S):
            await service.store.heads([])
            await service.doors.workshop_of_code("AAAAAA")
    except TimeoutError:
        late = "The store did not answer in time."
        return Problem("StoreError", late, headers={"Retry-After": "2"}).response()
    return web.Response(body=b'{"status":"ready"}', headers={"Content-Type": "application/json", **FRESH})


@cache
def _openapi() -> bytes:
    """Made when it is first asked for: it takes a tenth of the time in which the server starts."""
    return canonical_json(openapi_document(API))


async def openapi_json(_: web.Request) -> web.Response:
    return web.Response(body=_openapi(), headers={"Content-Type": "application/json", **FRESH})


async def reference_page(_: web.Request) -> web.Response:
    return web.Response(text=reference(API), content_type="text/html", headers=FRESH)


async def problem_page(request: web.Request) -> web.Response:
    name = BY_TYPE.get(request.match_info["type"])
    if name is None:
        raise refused("NotFound")
    return web.Response(text=problem_reference(name), content_type="text/html", headers=FRESH)


JSON = "application/json"
ABOUT = tuple(
    Route(
        method="GET",
        path=path,
        summary=summary,
        handler=handler,
        tag="about",
        media_type=media_type,
        returns=returns,
    )
    for path, summary, handler, media_type, returns in (
        ("/healthz", "Whether the process is alive.", alive, JSON, "Health"),
        ("/readyz", "Whether it can serve: the store answers, the sequencer runs.", ready, JSON, "Health"),
        ("/api/openapi.json", "This interface as OpenAPI 3.1.", openapi_json, JSON, None),
        ("/api", "This interface as a page.", reference_page, "text/html", None),
        ("/problems/{type}", "What a type of problem means.", problem_page, "text/html", None),
    )
)

API = (*COMMANDS, *LIVE, *READS, *RECORD_LOG, *DOORS, *ABOUT)


def add_api_routes(app: web.Application) -> None:
    add_routes(app, API)
