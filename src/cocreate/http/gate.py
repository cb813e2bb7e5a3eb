"""The one middleware: every request passes here, and every answer, problem and log line leaves here.

In order: is the server going down, may this sender send (more), does a writing request come from our own pages; then the
handler; then one problem document or page for whatever was raised, and one log line.
"""

import asyncio
import logging
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web
from structlog import get_logger
from structlog.typing import FilteringBoundLogger

from cocreate.http.headers import HEADERS
from cocreate.http.keys import CALLER, LINE, PROBLEM_PAGE, PUBLIC_URL
from cocreate.http.limits import Turnstile, address_of, require_allowance
from cocreate.http.problems import FAULTS, Problem, Refused, problem_of, problem_of_http, refused
from cocreate.http.sessions import Sessions

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
FORM_TYPES = frozenset({"application/x-www-form-urlencoded", "multipart/form-data", "text/plain"})
UNMEASURED = ("/static/", "/healthz", "/readyz")
"""Cheap, cacheable or asked by the operator's own machines."""
STOPPING_RETRY_S = 2
LINES_S = 0.1
"""Lines of the log wait for one another so long: written together each costs a fraction of what it costs between two votes."""


_Asked = tuple[str, str | None, str | None, int]
"""Method, route, workshop and status."""
_NO_MORE: Mapping[str, Any] = {}


async def secure_headers(_: web.Request, response: web.StreamResponse) -> None:
    """Set on every answer as it is prepared, so that streams, errors and redirects have them too."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)


class Gate:
    """`admit` is the middleware. What each request needs of the application is looked up once, here."""

    def __init__(self, stopping: asyncio.Event, sessions: Sessions, turnstile: Turnstile) -> None:
        self._stopping, self._sessions, self._turnstile = stopping, sessions, turnstile
        self._log: FilteringBoundLogger = get_logger().bind()
        self._tells = self._log.is_enabled_for(logging.INFO)
        self._lines: list[dict[str, Any]] = []
        self._gathered: dict[_Asked, tuple[int, float]] = {}
        """Requests of which only the number is told, and the longest time of one."""
        self._telling: asyncio.TimerHandle | None = None

    @web.middleware
    async def admit(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        began = time.perf_counter()
        problem: Problem | None = None
        status = 0
        try:
            await self._require_admission(request)
            response = await handler(request)
            status = response.status
            return response  # noqa: TRY300  # the line of the log below needs its status
        except web.HTTPException as error:
            status = error.status
            if status < 400:
                raise
            problem = problem_of_http(error)
        except Exception as error:  # noqa: BLE001  # the border of the program: whatever was raised becomes an answer
            # Who hangs up in the middle of a request is no fault of ours.
            gone = isinstance(error, ConnectionError) and request.transport is None
            problem = problem_of(refused("RequestUnreadable") if gone else error)
            if problem.name == "Unexpected":
                self._report(request, error)
        finally:
            if self._tells:
                self._note(request, status, problem, time.perf_counter() - began)
        return await _answer(request, problem)

    async def _require_admission(self, request: web.Request) -> None:
        if self._stopping.is_set():
            raise Refused(
                Problem("Stopping", FAULTS["Stopping"].title, headers={"Retry-After": str(STOPPING_RETRY_S)})
            )
        if not request.rel_url.raw_path.startswith(UNMEASURED):
            found = request[CALLER] = self._sessions.recall(request) or await self._sessions.look_up(request)
            if found.session is None:
                require_allowance(self._turnstile.addresses, address_of(request))
            else:
                require_allowance(self._turnstile.sessions, found.session)
        if request.method not in SAFE_METHODS and request.match_info.http_exception is None:
            require_own_page(request)

    def _note(self, request: web.Request, status: int, problem: Problem | None, seconds: float) -> None:
        """One line a request; its route, never its path or query, which may hold a code or a token."""
        more, ms = request.get(LINE, _NO_MORE), round(seconds * 1000, 2)
        places = request.match_info
        resource = places.route.resource
        asked = (
            request.method,
            None if resource is None else resource.canonical,
            places.get("workshop"),
            status if problem is None else problem.status,
        )
        if more is None:
            count, ms_max = self._gathered.get(asked, (0, 0.0))
            self._gathered[asked] = count + 1, max(ms, ms_max)
        else:
            name = None if problem is None else problem.name
            self._lines.append({**_line(asked), "problem": name, "ms": ms, **more})
        if self._telling is None:
            self._telling = asyncio.get_running_loop().call_later(LINES_S, self.tell)

    def tell(self) -> None:
        """Write the lines that wait."""
        if self._telling is not None:
            self._telling.cancel()
        lines, self._lines, self._telling = self._lines, [], None
        gathered, self._gathered = self._gathered, {}
        for line in lines:
            self._log.info("request", **line)
        for asked, (count, ms_max) in gathered.items():
            self._log.info("requests", **_line(asked), count=count, ms_max=ms_max)

    def _report(self, request: web.Request, error: Exception) -> None:
        """Where a mistake of ours happened; not its text, which could quote what somebody sent."""
        places = [
            f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)[-6:]
        ]
        self._log.error("request_failed", method=request.method, error=type(error).__name__, places=places)


GATE: web.AppKey[Gate] = web.AppKey("gate", Gate)


def require_own_page(request: web.Request) -> None:
    """Refuse what a page of another site makes a browser send.

    Browsers say where a request comes from: `Sec-Fetch-Site`, or else `Origin`, or else `Referer`. Programs say nothing; they
    may send what no form of another site can send, and scripts of another site have to ask first (CORS: we answer nobody).
    """
    headers = request.headers
    if (site := headers.get("Sec-Fetch-Site")) is not None:
        own = site in ("same-origin", "none")
    elif (origin := headers.get("Origin", headers.get("Referer"))) is not None:
        own = _is_own(request, origin)
    else:
        own = request.content_type not in FORM_TYPES
    if not own:
        raise refused("CrossSite")


def _is_own(request: web.Request, origin: str) -> bool:
    try:
        host = urlsplit(origin).netloc
    except ValueError:
        return False
    public = urlsplit(request.app[PUBLIC_URL] or "").netloc
    return bool(host) and host in (request.host, public)


def _line(asked: _Asked) -> dict[str, Any]:
    return dict(zip(("method", "route", "workshop", "status"), asked, strict=True))


async def _answer(request: web.Request, problem: Problem) -> web.StreamResponse:
    render = request.app.get(PROBLEM_PAGE)
    wants_page = "text/html" in request.headers.get("Accept", "") and not request.path.startswith("/api")
    if render is None or not wants_page:
        return problem.response()
    page = await render(request, problem)
    page.headers.update(problem.headers)
    return page
