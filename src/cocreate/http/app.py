"""The web server as one application: what it is made of, and how it starts and stops."""

import asyncio

from aiohttp import web

from cocreate.application import Service
from cocreate.http.bodies import BODY_BYTES_MAX
from cocreate.http.gate import GATE, Gate, secure_headers
from cocreate.http.keys import PUBLIC_URL, SERVICE, STOPPING
from cocreate.http.limits import TURNSTILE, Limits, Turnstile
from cocreate.http.routes.api import add_api_routes
from cocreate.http.routes.pages import add_page_routes
from cocreate.http.sessions import SESSIONS, Sessions
from cocreate.http.sse import STREAMS, StreamLimits, Streams


def make_app(
    service: Service,
    *,
    public_url: str | None = None,
    limits: Limits | None = None,
    stream_limits: StreamLimits | None = None,
) -> web.Application:
    """The API and the pages over a running service.

    Start it with `access_log=None`: the gate writes one line a request, which tells less.
    """
    stopping, sessions = asyncio.Event(), Sessions(service.doors, public_url)
    turnstile = Turnstile(limits or Limits())
    gate = Gate(stopping, sessions, turnstile)
    app = web.Application(middlewares=[gate.admit], client_max_size=BODY_BYTES_MAX)
    app[SERVICE] = service
    app[PUBLIC_URL] = None if public_url is None else public_url.rstrip("/")
    app[GATE] = gate
    app[STOPPING] = stopping
    app[SESSIONS] = sessions
    app[STREAMS] = Streams(service, stream_limits or StreamLimits())
    app[TURNSTILE] = turnstile
    app.on_response_prepare.append(secure_headers)
    app.on_shutdown.append(_stop)
    app.on_cleanup.append(_tell)
    add_api_routes(app)
    add_page_routes(app)
    return app


async def _tell(app: web.Application) -> None:
    """The last lines of the log; nobody asks anything any more."""
    app[GATE].tell()


async def _stop(app: web.Application) -> None:
    """What runs is finished by the server itself; what would never finish is ended here."""
    app[STOPPING].set()
    await app[STREAMS].stop()
