"""Who asks: the session cookie, looked up once a request and remembered for a short while."""

import re
import time
from typing import NamedTuple

from aiohttp import web
from aiohttp.hdrs import COOKIE as COOKIES

from cocreate.application import SESSION_MS, Caller, Doors
from cocreate.http.keys import CALLER, SERVICE
from cocreate.http.limits import TURNSTILE, address_of, require_allowance

COOKIE = "cocreate"
COOKIE_SECURE = "__Host-cocreate"
"""On HTTPS: the prefix makes browsers refuse the cookie from another host or path."""
_TOKEN = {
    secure: re.compile(rf"(?:^|; ?){name}=([A-Za-z0-9_-]{{1,100}})(?:;|$)")
    for secure, name in ((False, COOKIE), (True, COOKIE_SECURE))
}
REMEMBERED_S = 30.0
"""A session that ended on another node ends here after this time at most."""
REMEMBERED_MAX = 50_000
ANONYMOUS = Caller()


class _Known(NamedTuple):
    caller: Caller
    until: float


class Sessions:
    """Owner of the sessions remembered by this node, by cookie. Only sessions that exist are remembered."""

    def __init__(self, doors: Doors, public_url: str | None) -> None:
        self._doors = doors
        self._public = (public_url or "").startswith("https://")
        self._known: dict[str, _Known] = {}

    def is_secure(self, request: web.BaseRequest) -> bool:
        """Whether the browser speaks HTTPS, to us or to the proxy that the public address names."""
        return self._public or request.secure

    def token_of(self, request: web.BaseRequest) -> str | None:
        """The session cookie's value, if one of a possible form was sent; read without parsing the other cookies, for speed."""
        cookies = request.headers.get(COOKIES)
        found = None if cookies is None else _TOKEN[self.is_secure(request)].search(cookies)
        return None if found is None else found[1]

    def recall(self, request: web.BaseRequest) -> Caller | None:
        """Who asks, where that is known without a look into the store."""
        token = self.token_of(request)
        return ANONYMOUS if token is None else self.find(token)

    def find(self, token: str) -> Caller | None:
        known = self._known.get(token)
        return known.caller if known is not None and known.until > time.monotonic() else None

    async def look_up(self, request: web.BaseRequest) -> Caller:
        """Who asks, as the store knows it; a cookie that is unknown or expired is nobody's."""
        token = self.token_of(request)
        held = None if token is None else await self._doors.session(token)
        if token is None or held is None:
            return ANONYMOUS
        known = Caller(*held)
        self.remember(token, known)
        return known

    def remember(self, token: str, caller: Caller) -> None:
        if len(self._known) >= REMEMBERED_MAX:
            self._known.clear()
        self._known[token] = _Known(caller, time.monotonic() + REMEMBERED_S)

    def forget(self, token: str) -> None:
        self._known.pop(token, None)


SESSIONS: web.AppKey[Sessions] = web.AppKey("sessions", Sessions)


async def caller(request: web.Request) -> Caller:
    """Who asks: the gate has looked it up, but for the addresses that it does not measure."""
    try:
        return request[CALLER]
    except KeyError:
        sessions = request.app[SESSIONS]
        found = request[CALLER] = sessions.recall(request) or await sessions.look_up(request)
        return found


async def ensure_session(request: web.Request) -> tuple[Caller, str | None]:
    """The caller, with a session in any case; the second is the token of a new one, to be set as the cookie."""
    known = await caller(request)
    if known.session is not None:
        return known, None
    require_allowance(request.app[TURNSTILE].new_sessions, address_of(request))
    admission = await request.app[SERVICE].doors.new_session()
    return enter(request, admission.token, Caller(admission.session, admission.host)), admission.token


def enter(request: web.Request, token: str, now: Caller) -> Caller:
    """From here on the request, and those with the token, are this caller's."""
    request[CALLER] = now
    if token:
        request.app[SESSIONS].remember(token, now)
    return now


def set_session_cookie(response: web.StreamResponse, token: str | None, request: web.Request) -> None:
    """Give the browser its session; nothing to do without a new token."""
    if not token:
        return
    secure = request.app[SESSIONS].is_secure(request)
    response.set_cookie(
        COOKIE_SECURE if secure else COOKIE,
        token,
        max_age=SESSION_MS // 1000,
        path="/",
        httponly=True,
        samesite="Lax",
        secure=secure,
    )


def drop_session_cookie(response: web.StreamResponse, request: web.Request) -> None:
    if token := request.app[SESSIONS].token_of(request):
        request.app[SESSIONS].forget(token)
    secure = request.app[SESSIONS].is_secure(request)
    response.del_cookie(
        COOKIE_SECURE if secure else COOKIE, path="/", httponly=True, samesite="Lax", secure=secure
    )
