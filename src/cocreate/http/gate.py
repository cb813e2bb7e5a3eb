"""The one middleware: every request passes here, and every answer, problem and log line leaves here.

In order: is the server going down, may this sender send (more), does a writing request come from our own pages; then the
handler; then one problem document or page for whatever was raised, and one log line.
"""

import time
import traceback
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web
from structlog import get_logger

from cocreate.http.keys import LINE, PROBLEM_PAGE, PUBLIC_URL, STOPPING
from cocreate.http.limits import TURNSTILE, address_of, require_allowance
from cocreate.http.problems import FAULTS, Problem, Refused, problem_of, problem_of_http, refused
from cocreate.http.sessions import caller

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
FORM_TYPES = frozenset({"application/x-www-form-urlencoded", "multipart/form-data", "text/plain"})
UNMEASURED = ("/static/", "/healthz", "/readyz")
"""Cheap, cacheable or asked by the operator's own machines."""
STOPPING_RETRY_S = 2

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
        "manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}

log = get_logger()


async def secure_headers(_: web.Request, response: web.StreamResponse) -> None:
    """Set on every answer as it is prepared, so that streams, errors and redirects have them too."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)


@web.middleware
async def gate(request: web.Request, handler: Handler) -> web.StreamResponse:
    began = time.perf_counter()
    problem: Problem | None = None
    status = 0
    try:
        await _admit(request)
        response = await handler(request)
        status = response.status
        return response  # noqa: TRY300  # the line of the log below needs its status
    except web.HTTPException as error:
        status = error.status
        if status < 400:
            raise
        problem = problem_of_http(error)
    except Exception as error:  # noqa: BLE001  # the border of the program: whatever was raised becomes an answer
        problem = problem_of(error)
        if problem.name == "Unexpected":
            _report(request, error)
    finally:
        _log(request, status if problem is None else problem.status, problem, time.perf_counter() - began)
    return await _tell(request, problem)


async def _admit(request: web.Request) -> None:
    if request.app[STOPPING].is_set():
        raise Refused(
            Problem("Stopping", FAULTS["Stopping"].title, headers={"Retry-After": str(STOPPING_RETRY_S)})
        )
    if not request.path.startswith(UNMEASURED):
        await _measure(request)
    if request.method not in SAFE_METHODS and request.match_info.http_exception is None:
        require_own_page(request)


async def _measure(request: web.Request) -> None:
    turnstile = request.app[TURNSTILE]
    session = (await caller(request)).session
    buckets, sender = (
        (turnstile.addresses, address_of(request)) if session is None else (turnstile.sessions, session)
    )
    require_allowance(buckets, sender)


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


async def _tell(request: web.Request, problem: Problem) -> web.StreamResponse:
    render = request.app.get(PROBLEM_PAGE)
    wants_page = "text/html" in request.headers.get("Accept", "") and not request.path.startswith("/api")
    if render is None or not wants_page:
        return problem.response()
    page = await render(request, problem)
    page.headers.update(problem.headers)
    return page


def _log(request: web.Request, status: int, problem: Problem | None, seconds: float) -> None:
    """One line a request; its route, never its path or query, which may hold a code or a token."""
    resource = request.match_info.route.resource
    log.info(
        "request",
        method=request.method,
        route=None if resource is None else resource.canonical,
        workshop=request.match_info.get("workshop"),
        status=status,
        problem=None if problem is None else problem.name,
        ms=round(seconds * 1000, 2),
        **request.get(LINE, {}),
    )


def _report(request: web.Request, error: Exception) -> None:
    """Where a mistake of ours happened; not its text, which could quote what somebody sent."""
    places = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)[-6:]]
    log.error("request_failed", method=request.method, error=type(error).__name__, places=places)
