"""The one handler of every command: parse, execute, answer with where it stands on the record."""

from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web
from pydantic import BaseModel

from cocreate.application import Action, Receipt, canonical_json
from cocreate.http.bodies import idempotency_key, json_object, validated
from cocreate.http.keys import LINE, SERVICE
from cocreate.http.route import Extra, Role, Route, path_fields
from cocreate.http.sessions import caller, ensure_session, set_session_cookie

WORKSHOP = "/api/workshops/{workshop}"


def command(
    path: str,
    action: type[Action],
    roles: Sequence[Role],
    refusals: Sequence[str] = (),
    *,
    extra: Extra | None = None,
    joins: bool = False,
    quiet: bool = False,
    returns: str = "Receipt",
) -> Route:
    """A route below a workshop that puts one command on its record.

    `extra`: further members of the answer. `joins`: somebody without a session gets one. `quiet`: its log line has no position,
    so that nobody can find the entry that a request led to.
    """
    named = tuple(field for field in path_fields(path) if field != "workshop")

    async def handle(request: web.Request) -> web.Response:
        places = request.match_info
        body = await json_object(request)
        asked = validated(action, body, {field: places[field] for field in named})
        key = idempotency_key(request)
        who, token = await ensure_session(request) if joins else (await caller(request), None)
        receipt = await request.app[SERVICE].execute(who, places["workshop"], asked, key)
        if not quiet:
            request[LINE] = {"position": receipt.position, "count": receipt.count}
        more = {} if extra is None else await extra(request, receipt)
        response = receipt_response(receipt, more)
        set_session_cookie(response, token, request)
        return response

    return Route(
        method="POST",
        path=WORKSHOP + path,
        summary=summary_of(action),
        handler=handle,
        tag=path.split("/")[1],
        roles=roles,
        body=action,
        status=201,
        returns=returns,
        refusals=refusals,
        command=action,
    )


def summary_of(body: type[BaseModel]) -> str:
    return (body.__doc__ or "").strip().split("\n\n")[0]


def receipt_response(receipt: Receipt, more: Mapping[str, Any] | None = None) -> web.Response:
    """201 with what was written, 200 where nothing had to be."""
    answer: dict[str, Any] = {
        "workshop": receipt.workshop,
        "command": receipt.command,
        "count": receipt.count,
        "leaves": receipt.leaves,
        "aggregates": receipt.aggregates,
        "time": receipt.time,
        "repeated": receipt.repeated,
        **(more or {}),
    }
    if receipt.position is not None:
        answer["position"] = receipt.position
    if receipt.aggregates:
        answer["id"] = receipt.aggregates[0]
    return web.Response(
        body=canonical_json(answer),
        status=200 if receipt.position is None else 201,
        headers=PRIVATE_JSON,
    )


PRIVATE_JSON = {"Content-Type": "application/json", "Cache-Control": "no-store"}
