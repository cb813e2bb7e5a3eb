"""Keys under which the application and each request hold what their handlers need."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from cocreate.application import Caller, Service

SERVICE: web.AppKey[Service] = web.AppKey("service", Service)
PUBLIC_URL: web.AppKey[str | None] = web.AppKey("public_url")
"""The address people reach the server under, without a slash at its end; None where it is the one they asked."""
STOPPING: web.AppKey[asyncio.Event] = web.AppKey("stopping", asyncio.Event)
"""Set when the server goes down: what is running is finished, nothing new is taken."""
PROBLEM_PAGE: web.AppKey[Callable[..., Awaitable[web.StreamResponse]]] = web.AppKey("problem_page")
"""`await render(request, problem)`: the problem as a page. Whoever adds the pages sets it; without it problems are JSON."""

CALLER: web.RequestKey[Caller] = web.RequestKey("caller", Caller)
LINE: web.RequestKey[dict[str, Any] | None] = web.RequestKey("line")
"""Further facts of the request's log line; never a ballot's content, a token, a name or a participant. None: it went well and
is told together with others, since its time could lead to its entry."""
