"""A route as data: from these declarations come the server's routes, the OpenAPI document and its reference."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from aiohttp import web
from pydantic import BaseModel

from cocreate.application import Action, Receipt
from cocreate.http.bodies import Query

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Extra = Callable[[web.Request, Receipt], Awaitable[Mapping[str, Any]]]
Role = Literal["anyone", "participant", "scribe", "facilitator", "host"]

_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_PSEUDONYM = "[0-9a-f]{32}"
PATH_PATTERNS: Mapping[str, str] = {
    "workshop": _UUID,
    "activity": _UUID,
    "idea": _UUID,
    "decision": _UUID,
    "cluster": _UUID,
    "commitment": _UUID,
    "comment": _UUID,
    "round": _UUID,
    "batch": _UUID,
    "participant": _PSEUDONYM,
    "facilitator": _PSEUDONYM,
    "position": "(?:0|[1-9][0-9]{0,14})",
    "tile": "(?:entries|[0-9]{1,2})/[x0-9/]{3,24}(?:[.]p/[0-9]{1,3})?",
    "code": "[A-Za-z][A-Za-z -]{0,19}",
    "type": "[a-z0-9-]{1,60}",
}
"""What each part of an address looks like; an address of another form leads nowhere (404)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One method at one path.

    `body`: the model of a JSON body; fields that the path names are not among its members. `roles`: who may succeed.
    `refusals`: rows of the problem table that are particular to it. `returns`: a component of `openapi_answers.SCHEMAS`.
    """

    method: Literal["GET", "POST", "DELETE"]
    path: str
    summary: str
    handler: Handler
    tag: str
    roles: Sequence[Role] = ("anyone",)
    body: type[BaseModel] | None = None
    query: Sequence[Query] = ()
    status: int = 200
    returns: str | None = None
    media_type: str = "application/json"
    refusals: Sequence[str] = ()
    command: type[Action] | None = None
    conditional: bool = False
    """Answers with an ETag, and 304 to If-None-Match."""

    @property
    def path_fields(self) -> tuple[str, ...]:
        return path_fields(self.path)


def path_fields(path: str) -> tuple[str, ...]:
    return tuple(re.findall(r"{([a-z_]+)}", path))


def add_routes(app: web.Application, routes: Sequence[Route]) -> None:
    """Add them in this order, which is the order in which the server looks: busy ones come first."""
    for route in routes:
        pattern = re.sub(r"{([a-z_]+)}", lambda part: f"{{{part[1]}:{PATH_PATTERNS[part[1]]}}}", route.path)
        if route.method == "GET" and route.media_type != "text/event-stream":
            app.router.add_get(pattern, route.handler, allow_head=True)
        else:
            app.router.add_route(route.method, pattern, route.handler)
