"""The one handler of every command: parse, execute, answer with where it stands on the record."""

from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web
from pydantic import BaseModel
from pydantic_core import to_json

from cocreate.application import Action, Receipt
from cocreate.http.bodies import idempotency_key, read_model
from cocreate.http.headers import HEADERS
from cocreate.http.keys import LINE, SERVICE
from cocreate.http.quick import QuickAnswer, QuickHeaders
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

    `extra`: further members of the answer. `joins`: somebody without a session gets one. `quiet`: the log tells only how
    many came in a moment, so that nobody can find the entry that a request led to.
    """
    named = tuple(field for field in path_fields(path) if field != "workshop")

    async def handle(request: web.Request) -> web.StreamResponse:
        places = request.match_info
        asked = await read_model(request, action, {field: places[field] for field in named})
        key = idempotency_key(request)
        who, token = await ensure_session(request) if joins else (await caller(request), None)
        receipt = await request.app[SERVICE].execute(who, places["workshop"], asked, key)
        if quiet:
            request[LINE] = None
        else:
            request[LINE] = {"position": receipt.position, "count": receipt.count}
        if extra is None and token is None:
            return QuickAnswer(receipt_body(receipt), receipt_status(receipt), _QUICK)
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
    return web.Response(
        body=receipt_body(receipt, more), status=receipt_status(receipt), headers=PRIVATE_JSON
    )


def receipt_status(receipt: Receipt) -> int:
    """201 with what was written, 200 where nothing had to be."""
    return 200 if receipt.position is None else 201


def receipt_body(receipt: Receipt, more: Mapping[str, Any] | None = None) -> bytes:
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
    return to_json(answer)


PRIVATE_JSON = {"Content-Type": "application/json", "Cache-Control": "no-store"}
_QUICK = QuickHeaders(PRIVATE_JSON | HEADERS)
