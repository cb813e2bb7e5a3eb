"""The projector: read from the back of the room, never touched."""

from typing import Final

from aiohttp import web

from cocreate.http.groups import Shown, shown_groups
from cocreate.http.keys import SERVICE
from cocreate.http.links import base_url, record_address
from cocreate.http.pages import render
from cocreate.http.pages_room import Item, Room, enter_room
from cocreate.http.words_steps import DECISIVE

IDEAS_SHOWN: Final = 12
OPTIONS_SHOWN: Final = 12
STATEMENTS_SHOWN: Final = 5
STEPS_SHOWN: Final = 6
DECISIONS_SHOWN: Final = 5
CLUSTERS_SHOWN: Final = 9
SHOWS: Final = ("auto", "join", "ideas", "vote", "results", "groups", "outcome", "clusters", "record")


async def screen_page(request: web.Request) -> web.StreamResponse:
    """A code is shown only to who is here: neither the workshop's address nor having been removed lets anybody in."""
    room = await enter_room(request, "screen")
    wanted = request.query.get("show", "auto")
    show = wanted if wanted in SHOWS[1:] else _show(room)
    result = _result(room) if show == "results" else None
    code = await request.app[SERVICE].doors.code_of(room.id) if room.audience == "screen" else None
    return render(
        request,
        "screen.html",
        room=room,
        code=code,
        base=base_url(request),
        check_at=None if room.live.rewound else record_address(base_url(request), room.live),
        wanted=wanted if wanted in SHOWS else "auto",
        show=show,
        result=result,
        steps=_decisive(request, room, result),
        ideas=room.board[:IDEAS_SHOWN],
        options_shown=OPTIONS_SHOWN,
        decisions_shown=DECISIONS_SHOWN,
        clusters_shown=CLUSTERS_SHOWN,
        grouped=_grouped(request, room),
        statements_shown=STATEMENTS_SHOWN,
    )


def _result(room: Room) -> Item | None:
    """The latest result that is certified, else the latest that may be seen."""
    certified = [one for one in room.shown_rounds if one["status"] == "certified"]
    return next(iter([*certified, *room.shown_rounds]), None)


def _decisive(request: web.Request, room: Room, one: Item | None) -> list[Item]:
    """What came out, as the count tells it; how it came out is on the page of the result."""
    if one is None or "certificate" not in one:
        return []
    steps = request.app[SERVICE].reading.steps(room.live, one["key"])
    return [dict(step) for step in steps if step["step"] in DECISIVE][:STEPS_SHOWN]


def _grouped(request: web.Request, room: Room) -> tuple[Item, Shown] | None:
    """The latest opinion round whose results show, with what is known of its groups."""
    if request.query.get("show") != "groups":
        return None
    for one in room.shown_rounds:
        if one["method"] == "opinion" and one["results_shown"]:
            return one, shown_groups(room, one, request.app[SERVICE].reading.groups(room.live, one["key"]))
    return None


def _show(room: Room) -> str:
    """What the room looks at, by the agenda and by what is going on."""
    kind = room.current["kind"] if room.current else ""
    if kind in ("welcome", "break") or room.workshop["status"] == "scheduled":
        return "join"
    if room.open_rounds:
        return "vote"
    if kind == "cluster" and room.clusters:
        return "clusters"
    if kind in ("collect", "discuss", "cluster"):
        return "ideas"
    if room.decisions and (kind == "decide" or room.workshop["status"] in ("closed", "sealed")):
        return "outcome"
    if room.shown_rounds:
        return "results"
    return "ideas" if room.board else "join"


def add_screen_routes(app: web.Application) -> None:
    app.router.add_get("/w/{workshop}/screen", screen_page)
