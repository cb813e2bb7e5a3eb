"""The web server as one application: what it is made of, and how it starts and stops."""

import asyncio

from aiohttp import web

from cocreate.application import Service
from cocreate.http.bodies import BODY_BYTES_MAX
from cocreate.http.gate import gate, secure_headers
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
    app = web.Application(middlewares=[gate], client_max_size=BODY_BYTES_MAX)
    app[SERVICE] = service
    app[PUBLIC_URL] = None if public_url is None else public_url.rstrip("/")
    app[STOPPING] = asyncio.Event()
    app[SESSIONS] = Sessions()
    app[STREAMS] = Streams(service, stream_limits or StreamLimits())
    app[TURNSTILE] = Turnstile(limits or Limits())
    app.on_response_prepare.append(secure_headers)
    app.on_shutdown.append(_stop)
    add_api_routes(app)
    add_page_routes(app)
    return app


async def _stop(app: web.Application) -> None:
    """What runs is finished by the server itself; what would never finish is ended here."""
    app[STOPPING].set()
    await app[STREAMS].stop()
