"""The facilitator's console: running the agenda, moderating, rounds, people, settings."""

from typing import Any

from aiohttp import web

from cocreate.http.keys import SERVICE
from cocreate.http.links import base_url
from cocreate.http.opening_forms import CURRENCIES
from cocreate.http.pages import render
from cocreate.http.pages_forms import Fields, Trouble, attempt, first, perform
from cocreate.http.pages_outcome import fates
from cocreate.http.pages_room import Item, Room, enter_room, page_number, page_of
from cocreate.http.pages_times import ZONES, local_of
from cocreate.http.routes.api_commands import facilitator_link
from cocreate.http.routes.console_deeds import DEEDS

IDEAS_PER_PAGE = 40
DECISIONS_PER_PAGE = 20
SORTED_PER_PAGE = 100
TARGETS_MAX = 500
"""Ideas to choose from as the one that others are merged into; the newest, as on the board."""
PEOPLE_PER_PAGE = 50
FEW_VOTERS = 8
LOCAL_HOSTS = ("127.0.0.1", "localhost", "[::1]")


async def _show(
    request: web.Request, tab: str, trouble: Trouble | None, room: Room, **context: Any
) -> web.StreamResponse:
    status = trouble.status if trouble else 200
    return render(
        request, f"console_{tab}.html", status=status, trouble=trouble, room=room, tab=tab, **context
    )


async def run_page(request: web.Request, trouble: Trouble | None = None) -> web.StreamResponse:
    """What a facilitator needs while the room is watching."""
    room = await enter_room(request, "facilitator")
    code = await request.app[SERVICE].doors.code_of(room.id)
    base = base_url(request)
    local = base.partition("://")[2].rpartition(":")[0] in LOCAL_HOSTS
    return await _show(request, "run", trouble, room, code=code, base=base, local=local)


async def ideas_page(request: web.Request, trouble: Trouble | None = None) -> web.StreamResponse:
    """What waits for approval first, then what can be seen, then what is hidden."""
    room = await enter_room(request, "facilitator")
    wanted = request.query.get("show", "all")
    if wanted in ("visible", "hidden", "withdrawn"):
        listed = room.with_status(wanted)
    elif wanted == "unanswered":
        listed = [one for one in reversed(room.board) if "answer" not in one]
    else:
        listed = list(room.ideas.values())
    listed = [one for one in reversed(listed) if one["status"] != "waiting"]
    shown, pages = page_of(listed, page_number(request.query.get("page", "")), IDEAS_PER_PAGE)
    return await _show(
        request, "ideas", trouble, room, shown=shown, pages=pages, show=wanted, count=len(listed)
    )


async def rounds_page(request: web.Request, trouble: Trouble | None = None) -> web.StreamResponse:
    room = await enter_room(request, "facilitator")
    reading = request.app[SERVICE].reading
    voted = {one["key"]: len(reading.has_voted(room.live, one["key"])) for one in room.open_rounds}
    few = room.participation["present"] < FEW_VOTERS
    return await _show(
        request,
        "rounds",
        trouble,
        room,
        voted=voted,
        few=few,
        zones=ZONES,
        currencies=[(code, code) for code in CURRENCIES],
    )


async def sort_page(request: web.Request, trouble: Trouble | None = None) -> web.StreamResponse:
    """Clusters and merges, by ticking and choosing: nothing has to be dragged."""
    room = await enter_room(request, "facilitator")
    wanted = request.query.get("show", "unsorted" if room.clustered.get("") else "all")
    listed = (
        list(reversed(room.board))
        if wanted == "all"
        else room.clustered.get("" if wanted == "unsorted" else wanted, [])
    )
    number = page_number(request.query.get("page", ""))
    shown, pages = page_of(listed, number, SORTED_PER_PAGE)
    return await _show(
        request,
        "sort",
        trouble,
        room,
        shown=shown,
        show=wanted,
        page=min(max(number, 1), pages),
        pages=pages,
        targets=room.board[:TARGETS_MAX],
    )


async def decisions_page(request: web.Request, trouble: Trouble | None = None) -> web.StreamResponse:
    """What was decided, and a form for the next one, with the ideas first that votes have chosen."""
    room = await enter_room(request, "facilitator")
    grounds = [one.idea for one in fates(room) if one.idea["status"] != "hidden"]
    unanswered = sum("answer" not in one for one in room.board)
    number = page_number(request.query.get("page", ""))
    shown, pages = page_of(reversed(room.decisions.values()), number, DECISIONS_PER_PAGE)
    return await _show(
        request,
        "decisions",
        trouble,
        room,
        shown=shown,
        page=min(max(number, 1), pages),
        pages=pages,
        grounds=grounds,
        unanswered=unanswered,
        amending=request.query.get("amend", ""),
    )


async def people_page(request: web.Request, trouble: Trouble | None = None) -> web.StreamResponse:
    """Who is here and, for open rounds, who has voted; never how."""
    room = await enter_room(request, "facilitator")
    reading = request.app[SERVICE].reading
    voted: dict[str, list[Item]] = {}
    for one in room.open_rounds:
        for person in reading.has_voted(room.live, one["key"]):
            voted.setdefault(person, []).append(one)
    shown, pages = page_of(room.people.values(), page_number(request.query.get("page", "")), PEOPLE_PER_PAGE)
    return await _show(request, "people", trouble, room, shown=shown, pages=pages, voted=voted)


async def settings_page(request: web.Request, trouble: Trouble | None = None) -> web.StreamResponse:
    room = await enter_room(request, "facilitator")
    times = {name: local_of(room.workshop[name]) for name in ("starts_at", "ends_at")}
    return await _show(request, "settings", trouble, room, zones=ZONES, times=times)


PAGES = {
    "run": run_page,
    "ideas": ideas_page,
    "sort": sort_page,
    "rounds": rounds_page,
    "decisions": decisions_page,
    "people": people_page,
    "settings": settings_page,
}


async def deed(request: web.Request) -> web.StreamResponse:
    """Whatever a button of the console asks for; the table says what that is and where it leads."""
    wanted = DEEDS.get(request.match_info["deed"])
    if wanted is None:
        raise web.HTTPNotFound()
    room = await enter_room(request, "facilitator")

    async def work(fields: Fields) -> str:
        await perform(request, fields, wanted.action(fields, room))
        tab = first(fields, "tab") if first(fields, "tab") in PAGES else wanted.tab
        path = f"{room.url}/console" if tab == "run" else f"{room.url}/console/{tab}"
        return f"{path}?done={wanted.done}"

    return await attempt(request, work, PAGES[wanted.tab])


async def add_facilitator(request: web.Request) -> web.StreamResponse:
    """A second facilitator's one-time link is on the page that answers and nowhere else."""
    room = await enter_room(request, "facilitator")
    made: dict[str, str] = {}

    async def work(fields: Fields) -> str:
        receipt = await perform(request, fields, DEEDS["facilitator"].action(fields, room))
        made.update((await facilitator_link(request, receipt))["link"])
        return room.url

    try:
        return await attempt(request, work, people_page)
    except web.HTTPSeeOther:
        return render(request, "way_back.html", room=room, tab="people", url=made["url"], whose="facilitator")


def add_console_routes(app: web.Application) -> None:
    app.router.add_get("/w/{workshop}/console", run_page)
    app.router.add_get("/w/{workshop}/console/ideas", ideas_page)
    app.router.add_get("/w/{workshop}/console/sort", sort_page)
    app.router.add_get("/w/{workshop}/console/rounds", rounds_page)
    app.router.add_get("/w/{workshop}/console/decisions", decisions_page)
    app.router.add_get("/w/{workshop}/console/people", people_page)
    app.router.add_get("/w/{workshop}/console/settings", settings_page)
    app.router.add_post("/w/{workshop}/console/facilitator", add_facilitator)
    app.router.add_post("/w/{workshop}/console/{deed}", deed)
