"""Links as they are told: one-time links, and where a record is checked."""

from base64 import urlsafe_b64encode
from typing import Any

from aiohttp import web

from cocreate.application import LiveWorkshop
from cocreate.http.keys import PUBLIC_URL


def base_url(request: web.Request) -> str:
    """The address people reach this server under, without a slash at its end."""
    if public := request.app[PUBLIC_URL]:
        return public
    try:
        return str(request.url.origin())
    except ValueError:
        raise web.HTTPBadRequest(text="The header Host names no address.") from None


def record_address(base: str, live: LiveWorkshop) -> str:
    """Where the record of this moment can be checked. Size and root stand behind the `#`, which no browser sends anywhere:

    the server cannot know what somebody compares it with, so it cannot have an answer ready for them.
    """
    root = urlsafe_b64encode(live.root).rstrip(b"=").decode("ascii")
    return f"{base}/w/{live.id}/record#seen={live.size}.{root}"


def link_answer(request: web.Request, token: str) -> dict[str, Any]:
    return {"token": token, "url": f"{base_url(request)}/link/{token}"}
