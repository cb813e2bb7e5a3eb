"""One-time links: how they are told."""

from typing import Any

from aiohttp import web

from cocreate.http.keys import PUBLIC_URL


def base_url(request: web.Request) -> str:
    """The address people reach this server under, without a slash at its end."""
    if public := request.app[PUBLIC_URL]:
        return public
    try:
        return str(request.url.origin())
    except ValueError:
        raise web.HTTPBadRequest(text="The header Host names no address.") from None


def link_answer(request: web.Request, token: str) -> dict[str, Any]:
    return {"token": token, "url": f"{base_url(request)}/link/{token}"}
