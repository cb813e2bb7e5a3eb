"""Answers to reads: an ETag of what they were made from, 304 to who has it, and nothing kept by shared caches."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from cocreate.application import canonical_json

VARY = "Cookie, Accept-Language, Authorization"
CACHE = "private, no-cache"


def not_modified(request: web.Request, etag: str) -> web.Response | None:
    """304 where the reader has this very answer; None where it must be made."""
    told = request.headers.get("If-None-Match")
    if told is None:
        return None
    names = {name.strip().removeprefix("W/") for name in told.split(",")}
    if "*" not in names and f'"{etag}"' not in names:
        return None
    return web.Response(status=304, headers=_headers(etag))


def json_answer(facts: Mapping[str, Any], etag: str) -> web.Response:
    return web.Response(
        body=canonical_json(facts), headers={**_headers(etag), "Content-Type": "application/json"}
    )


def _headers(etag: str) -> dict[str, str]:
    return {"ETag": f'"{etag}"', "Vary": VARY, "Cache-Control": CACHE}
