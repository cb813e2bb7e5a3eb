"""The routes of coming in: sessions, one-time links, join codes, the list of workshops and new ones."""

from typing import Annotated, Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict, StringConstraints

from cocreate.application import Caller, CreateWorkshop, canonical_json
from cocreate.http.bodies import idempotency_key, json_object, query, validated
from cocreate.http.commands import PRIVATE_JSON, WORKSHOP, receipt_response, summary_of
from cocreate.http.keys import LINE, SERVICE
from cocreate.http.limits import TURNSTILE, address_of, require_allowance
from cocreate.http.links import link_answer
from cocreate.http.parameters import STATUS
from cocreate.http.problems import refused
from cocreate.http.route import Route
from cocreate.http.routes.api_reads import seated_workshop
from cocreate.http.sessions import (
    caller,
    drop_session_cookie,
    ensure_session,
    enter,
    set_session_cookie,
)


class TakeLink(BaseModel):
    """Redeem a one-time link; the answer's cookie is the session it gives."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    token: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,100}$")]


class Nothing(BaseModel):
    """A body without members."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


def _answer(facts: Any, status: int = 200) -> web.Response:
    return web.Response(body=canonical_json(facts), status=status, headers=PRIVATE_JSON)


async def _session_facts(request: web.Request, who: Caller) -> dict[str, Any]:
    workshops = [] if who.session is None else await request.app[SERVICE].doors.seats_of(who.session)
    return {"session": who.session is not None, "host": who.host, "workshops": sorted(workshops)}


async def who_am_i(request: web.Request) -> web.Response:
    query(request, ())
    return _answer(await _session_facts(request, await caller(request)))


async def begin_session(request: web.Request) -> web.Response:
    validated(Nothing, await json_object(request), {})
    who, token = await ensure_session(request)
    response = _answer(await _session_facts(request, who), status=200 if token is None else 201)
    set_session_cookie(response, token, request)
    return response


async def end_session(request: web.Request) -> web.Response:
    query(request, ())
    who = await caller(request)
    if who.session is not None:
        await request.app[SERVICE].doors.sign_out(who.session)
    response = web.Response(status=204, headers={"Cache-Control": "no-store"})
    drop_session_cookie(response, request)
    return response


async def take_link(request: web.Request) -> web.Response:
    link = validated(TakeLink, await json_object(request), {})
    who = await caller(request)
    if who.session is None:
        require_allowance(request.app[TURNSTILE].new_sessions, address_of(request))
    admission = await request.app[SERVICE].doors.take_link(link.token, who.session)
    if admission is None:
        raise refused("LinkSpent")
    if admission.token:
        who = enter(request, admission.token, Caller(admission.session, admission.host))
    facts: dict[str, Any] = {"host": who.host}
    if admission.workshop is not None:
        facts["workshop"] = admission.workshop
    response = _answer(facts)
    set_session_cookie(response, admission.token, request)
    return response


async def return_link(request: web.Request) -> web.Response:
    validated(Nothing, await json_object(request), {})
    live, seat = await seated_workshop(request)
    token = await request.app[SERVICE].doors.return_link(live.id, seat)
    return _answer(link_answer(request, token), status=201)


async def workshop_of_code(request: web.Request) -> web.Response:
    query(request, ())
    workshop = await request.app[SERVICE].doors.workshop_of_code(request.match_info["code"])
    if workshop is None:
        raise refused("CodeUnknown")
    return _answer({"workshop": workshop})


async def catalogue(request: web.Request) -> web.Response:
    asked = query(request, (STATUS,))
    found = await request.app[SERVICE].reading.catalogue(status=asked.get("status"))
    items = []
    for summary, title in found:
        text = {"gone": "erased"} if title is None else {"language": title[0][0], "texts": dict(title)}
        items.append(
            {
                "workshop": summary.workshop,
                "status": summary.status,
                "title": text,
                "starts_at": summary.starts_at,
                "ends_at": summary.ends_at,
                "incomplete": summary.incomplete,
            }
        )
    return _answer({"items": items})


async def create(request: web.Request) -> web.Response:
    action = validated(CreateWorkshop, await json_object(request), {})
    key = idempotency_key(request)
    receipt = await request.app[SERVICE].create(await caller(request), action, key)
    request[LINE] = {"position": receipt.position, "count": receipt.count}
    response = receipt_response(receipt)
    response.headers["Location"] = f"/api/workshops/{receipt.workshop}"
    return response


DOORS = (
    Route(
        method="POST",
        path="/api/session",
        summary="Begin an anonymous session; the answer's cookie is the session. Who has one keeps it.",
        handler=begin_session,
        tag="doors",
        body=Nothing,
        status=201,
        returns="Session",
    ),
    Route(
        method="GET",
        path="/api/session",
        summary="Whether there is a session, whether it is a host's, and where it is somebody.",
        handler=who_am_i,
        tag="doors",
        returns="Session",
    ),
    Route(
        method="DELETE",
        path="/api/session",
        summary="Sign out.",
        handler=end_session,
        tag="doors",
        status=204,
    ),
    Route(
        method="POST",
        path="/api/links",
        summary=summary_of(TakeLink),
        handler=take_link,
        tag="doors",
        body=TakeLink,
        returns="Admission",
        refusals=("LinkSpent",),
    ),
    Route(
        method="GET",
        path="/api/codes/{code}",
        summary="The workshop that a join code opens; case, blanks and hyphens do not matter.",
        handler=workshop_of_code,
        tag="doors",
        returns="CodeAnswer",
        refusals=("CodeUnknown",),
    ),
    Route(
        method="POST",
        path=WORKSHOP + "/return-link",
        summary="A one-time link by which one comes back on another device.",
        handler=return_link,
        tag="doors",
        roles=("participant", "scribe", "facilitator"),
        body=Nothing,
        status=201,
        returns="Link",
        refusals=("WorkshopNotFound", "NotAParticipant"),
    ),
    Route(
        method="GET",
        path="/api/workshops",
        summary="Every workshop of this installation.",
        handler=catalogue,
        tag="doors",
        query=(STATUS,),
        returns="Catalogue",
    ),
    Route(
        method="POST",
        path="/api/workshops",
        summary=summary_of(CreateWorkshop),
        handler=create,
        tag="doors",
        roles=("host",),
        body=CreateWorkshop,
        status=201,
        returns="Receipt",
        refusals=("NotAHost", "TimesMalformed", "IdempotencyKeyReused"),
        command=CreateWorkshop,
    ),
)
