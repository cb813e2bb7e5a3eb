"""The routes of the API."""

from aiohttp import web

from cocreate.http.keys import SERVICE


async def alive(_: web.Request) -> web.Response:
    return web.json_response({"status": "alive"})


async def ready(request: web.Request) -> web.Response:
    """The store answers and the sequencer runs."""
    service = request.app[SERVICE]
    await service.doors.log_name()
    return web.json_response({"status": "ready"})


def add_api_routes(app: web.Application) -> None:
    app.router.add_get("/healthz", alive)
    app.router.add_get("/readyz", ready)
