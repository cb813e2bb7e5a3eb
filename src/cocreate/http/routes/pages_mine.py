"""What belongs to one participant: contributions and what became of them, a way back, leaving, erasing; the scribe's desk."""

from aiohttp import web

from cocreate.application import EnterPerson, EraseSubject, GiveName, Leave, SubmitIdea
from cocreate.http.keys import SERVICE
from cocreate.http.links import link_answer
from cocreate.http.pages import render
from cocreate.http.pages_forms import Fields, Trouble, action, attempt, facts, first, perform, worded
from cocreate.http.pages_room import enter_room
from cocreate.http.routes.pages_paper import add_paper_routes, entered_people, may_enter_people


async def mine_page(request: web.Request, trouble: Trouble | None = None) -> web.StreamResponse:
    room = await enter_room(request)
    if room.seat is None:
        raise web.HTTPSeeOther(room.url)
    status = trouble.status if trouble else 200
    return render(request, "mine.html", status=status, trouble=trouble, room=room, tab="mine")


async def give_name(request: web.Request) -> web.StreamResponse:
    room = await enter_room(request)

    async def work(fields: Fields) -> str:
        said = {"participant": room.seat or "", **facts(fields, "name")}
        await perform(request, fields, action(GiveName, said))
        return f"{room.url}/mine?done=name"

    return await attempt(request, work, mine_page)


async def leave(request: web.Request) -> web.StreamResponse:
    room = await enter_room(request)

    async def work(fields: Fields) -> str:
        await perform(request, fields, Leave())
        return f"{room.url}?done=left"

    return await attempt(request, work, mine_page)


async def erase(request: web.Request) -> web.StreamResponse:
    """Only with the box ticked: there is no way back."""
    room = await enter_room(request)

    async def work(fields: Fields) -> str:
        if "sure" not in fields:
            return f"{room.url}/mine#erase"
        await perform(request, fields, EraseSubject(reason="requested"))
        return "/?done=erased"

    return await attempt(request, work, mine_page)


async def way_back(request: web.Request) -> web.StreamResponse:
    """A one-time link to go on elsewhere. It is on the page that answers and nowhere else: no address may hold it."""
    room = await enter_room(request)
    if room.seat is None:
        raise web.HTTPSeeOther(room.url)
    token = await request.app[SERVICE].doors.return_link(room.id, room.seat)
    return render(
        request, "way_back.html", room=room, tab="mine", url=link_answer(request, token)["url"], whose="own"
    )


async def desk_page(request: web.Request, trouble: Trouble | None = None) -> web.StreamResponse:
    """Entering people without a device, and writing for them."""
    room = await enter_room(request)
    if not may_enter_people(room):
        raise web.HTTPSeeOther(room.url)
    return render(
        request,
        "desk.html",
        status=trouble.status if trouble else 200,
        trouble=trouble,
        room=room,
        tab="desk",
        person=request.query.get("for", "") or (trouble.typed("for", "on_behalf_of") if trouble else ""),
        people=entered_people(room),
    )


async def enter_person(request: web.Request) -> web.StreamResponse:
    workshop = request.match_info["workshop"]

    async def work(fields: Fields) -> str:
        receipt = await perform(request, fields, action(EnterPerson, facts(fields, "name")))
        return f"/w/{workshop}/desk?done=person&for={receipt.aggregates[0]}"

    return await attempt(request, work, desk_page)


async def idea_for_person(request: web.Request) -> web.StreamResponse:
    workshop = request.match_info["workshop"]

    async def work(fields: Fields) -> str:
        said = {**worded(fields, "title"), **worded(fields, "text"), **facts(fields, "on_behalf_of")}
        await perform(request, fields, action(SubmitIdea, said))
        return f"/w/{workshop}/desk?done=for_person&for={first(fields, 'on_behalf_of')}"

    return await attempt(request, work, desk_page)


def add_mine_routes(app: web.Application) -> None:
    app.router.add_get("/w/{workshop}/mine", mine_page)
    app.router.add_post("/w/{workshop}/mine/name", give_name)
    app.router.add_post("/w/{workshop}/mine/leave", leave)
    app.router.add_post("/w/{workshop}/mine/erase", erase)
    app.router.add_post("/w/{workshop}/mine/link", way_back)
    app.router.add_get("/w/{workshop}/desk", desk_page)
    app.router.add_post("/w/{workshop}/desk/people", enter_person)
    app.router.add_post("/w/{workshop}/desk/ideas", idea_for_person)
    add_paper_routes(app)
