"""Ways in: the join code and one-time links."""

from aiohttp import web

from cocreate.application import Caller, Join, LiveWorkshop, ReadmitParticipant
from cocreate.http.keys import SERVICE
from cocreate.http.pages import render
from cocreate.http.pages_forms import Fields, Trouble, action, attempt, facts, idempotency_key
from cocreate.http.pages_room import enter_room
from cocreate.http.problems import refused
from cocreate.http.sessions import caller, ensure_session, enter, set_session_cookie

CODE_UNKNOWN = "No workshop has this code at the moment. Check the six letters, or ask the facilitator."
FACILITATES = (
    "You facilitate this workshop in this browser. Take part with another device or another browser."
)


async def join(request: web.Request) -> web.StreamResponse:
    """The field for the code; a code that was typed goes on to its own address."""
    code = "".join(letter for letter in request.query.get("code", "").upper() if letter.isalpha())[:20]
    if code:
        raise web.HTTPSeeOther(f"/j/{code}")
    return render(request, "join.html")


async def code_page(request: web.Request, trouble: Trouble | None = None) -> web.StreamResponse:
    """What the workshop is and what joining means, before anybody joins."""
    live = await _workshop_of_code(request)
    if live is None:
        unknown = Trouble(404, [("code", CODE_UNKNOWN)])
        return render(request, "join.html", status=404, trouble=unknown)
    room = await enter_room(request, workshop=live.id)
    if room.joined:
        raise web.HTTPSeeOther(room.url)
    status = trouble.status if trouble else 200
    return render(
        request,
        "consent.html",
        status=status,
        trouble=trouble,
        room=room,
        code=request.match_info["code"],
        facilitates=FACILITATES if room.facilitates else None,
    )


async def _workshop_of_code(request: web.Request) -> LiveWorkshop | None:
    service = request.app[SERVICE]
    workshop = await service.doors.workshop_of_code(request.match_info["code"])
    return None if workshop is None else await service.reading.live(workshop)


async def join_by_code(request: web.Request) -> web.StreamResponse:
    """Take a seat, with a new session where the browser has none; somebody who left comes back as themselves."""
    live = await _workshop_of_code(request)
    if live is None:
        return await code_page(request)
    asks, token = await ensure_session(request)
    service = request.app[SERVICE]

    async def work(fields: Fields) -> str:
        seat = await service.doors.seat(live.id, asks.session)
        if seat in live.projections.workshop.facilitators:
            return f"/w/{live.id}/console"
        if seat is None:
            said = action(Join, facts(fields, "name"))
            await service.execute(asks, live.id, said, idempotency_key(fields))
            return f"/w/{live.id}?done=joined"
        readmission = ReadmitParticipant(participant=seat)
        await service.execute(asks, live.id, readmission, idempotency_key(fields))
        return f"/w/{live.id}?done=back"

    try:
        response = await attempt(request, work, code_page)
    except web.HTTPSeeOther as onward:
        set_session_cookie(onward, token, request)
        raise
    set_session_cookie(response, token, request)
    return response


async def link_page(request: web.Request) -> web.StreamResponse:
    """A button: following a link must not use it up, since previews and scanners follow links too."""
    asks = await caller(request)
    seated = asks.session is not None and bool(await request.app[SERVICE].doors.seats_of(asks.session))
    return render(request, "link.html", here=request.path, seated=seated)


async def take_link(request: web.Request) -> web.StreamResponse:
    service = request.app[SERVICE]
    asks = await caller(request)
    admission = await service.doors.take_link(request.match_info["token"], asks.session)
    if admission is None:
        raise refused("LinkSpent")
    enter(request, admission.token, Caller(admission.session, admission.host))
    then = "/?done=host"
    if admission.workshop is not None:
        live = await service.reading.live(admission.workshop)
        seat = await service.doors.seat(live.id, admission.session)
        facilitates = seat in live.projections.workshop.facilitators
        then = f"/w/{live.id}/console?done=back" if facilitates else f"/w/{live.id}?done=back"
    response = web.HTTPSeeOther(then)
    set_session_cookie(response, admission.token, request)
    raise response


def add_door_routes(app: web.Application) -> None:
    app.router.add_get("/join", join)
    app.router.add_get("/j/{code}", code_page)
    app.router.add_post("/j/{code}", join_by_code)
    app.router.add_get("/link/{token}", link_page)
    app.router.add_post("/link/{token}", take_link)
