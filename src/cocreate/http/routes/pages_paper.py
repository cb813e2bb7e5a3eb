"""The desk for paper: sheets handed out, bundles entered and checked, ballots to print, votes for people without a device."""

from typing import Any, Final

from aiohttp import web

from cocreate.application import (
    Action,
    CheckPaperBatch,
    EnterPaperBatch,
    EnterPerson,
    IssuePaper,
    VoidPaperBatch,
    WithdrawBallot,
)
from cocreate.http.keys import LINE
from cocreate.http.pages import render
from cocreate.http.pages_forms import Fields, Trouble, action, attempt, facts, first, perform
from cocreate.http.pages_room import Item, Room, enter_room
from cocreate.http.paper_lines import marked, papers_of
from cocreate.http.routes.pages_vote import cast, filled_ballot

PEOPLE_LISTED_MAX: Final = 500


def may_enter_people(room: Room) -> bool:
    return room.facilitates or (room.joined and room.me.get("role") == "scribe")


def entered_people(room: Room) -> list[str]:
    """People without a device whom this reader can know of: a facilitator all, a scribe those they have written for."""
    if room.people:
        return [
            key for key, one in room.people.items() if one["how"] == "scribe" and one["status"] == "present"
        ]
    return list(
        dict.fromkeys(one["author"] for one in room.ideas.values() if one.get("entered_by") == room.seat)
    )


async def _desk(request: web.Request) -> tuple[Room, Item]:
    """The room and the round, for those who work at the desk; others are led to the room."""
    room = await enter_room(request)
    if not may_enter_people(room):
        raise web.HTTPSeeOther(room.url)
    found = room.rounds.get(request.match_info["round"])
    if found is None:
        raise web.HTTPNotFound()
    return room, found


def _people(room: Room, person: str) -> list[str]:
    """Who may get a sheet: everybody present where that is known, else those whom this scribe has brought in."""
    present = [key for key, one in room.people.items() if one["status"] == "present"]
    return list(dict.fromkeys([*([person] if person else []), *entered_people(room), *present]))[
        :PEOPLE_LISTED_MAX
    ]


async def paper_page(request: web.Request, trouble: Trouble | None = None) -> web.StreamResponse:
    room, one = await _desk(request)
    person = request.query.get("for", "") or (
        trouble.typed("issue", "participant") or trouble.typed("ballot", "on_behalf_of") if trouble else ""
    )
    return render(
        request,
        "desk_paper.html",
        status=trouble.status if trouble else 200,
        trouble=trouble,
        room=room,
        tab="desk",
        round=one,
        person=person,
        people=_people(room, person),
        entered=list(dict.fromkeys([*([person] if person else []), *entered_people(room)])),
        marked=marked(one["rules"]),
        **filled_ballot(room, one, trouble, on_behalf=True),
        over=one["status"] == "closed" and not room.takes_ballots(one),
        again=_contested(one),
    )


def _contested(one: Item) -> bool:
    """Whether a contest waits for an answer: then the papers may be looked at again."""
    at = one.get("certificate", {}).get("at", 0)
    return any(told["what"] == "contested" and told["at"] > at for told in one.get("story", []))


async def sheet_page(request: web.Request) -> web.StreamResponse:
    """A ballot to print and to hand out."""
    room, one = await _desk(request)
    return render(
        request,
        "sheet.html",
        room=room,
        round=one,
        options=room.options(one["key"]),
        marked=marked(one["rules"]),
    )


def _issue(fields: Fields, _: Room, one: Item) -> Action:
    sheet = first(fields, "sheet")
    said: dict[str, Any] = {"round": one["key"], **facts(fields, "participant")}
    return action(IssuePaper, said | ({"sheet": int(sheet)} if sheet.isascii() and sheet.isdigit() else {}))


def _bundle(fields: Fields, room: Room, one: Item) -> dict[str, Any]:
    numbers = {option["number"]: option["idea"] for option in room.options(one["key"])}
    spoiled = first(fields, "spoiled").strip() or "0"
    return {
        "round": one["key"],
        "ballots": papers_of(first(fields, "ballots"), numbers, one["rules"]),
        "spoiled": int(spoiled) if spoiled.isascii() and spoiled.isdigit() and len(spoiled) < 7 else spoiled,
    }


def _enter(fields: Fields, room: Room, one: Item) -> Action:
    label = first(fields, "label").strip().lower().replace(" ", "-")
    said = {**_bundle(fields, room, one), "label": label, **facts(fields, "same_as")}
    return action(EnterPaperBatch, said)


def _check(fields: Fields, room: Room, one: Item) -> Action:
    return action(CheckPaperBatch, {**_bundle(fields, room, one), **facts(fields, "batch")})


def _void(fields: Fields, _: Room, one: Item) -> Action:
    return action(VoidPaperBatch, {"round": one["key"], **facts(fields, "batch", "reason")})


_DEEDS: Final = {
    "issue": (_issue, "paper_issued"),
    "enter": (_enter, "paper_entered"),
    "check": (_check, "paper_checked"),
    "void": (_void, "paper_voided"),
}


async def deed(request: web.Request) -> web.StreamResponse:
    """Whatever a button of the desk asks for on paper."""
    wanted = _DEEDS.get(request.match_info["deed"])
    if wanted is None:
        raise web.HTTPNotFound()
    # Papers are ballots, too: the log tells only how many came in a moment.
    request[LINE] = None
    room, one = await _desk(request)
    make, done = wanted

    async def work(fields: Fields) -> str:
        person = first(fields, "participant")
        if make is _issue and not person:
            joined = await perform(request, fields, action(EnterPerson, facts(fields, "name")), "-person")
            person = joined.aggregates[0]
            fields = {**fields, "participant": [person]}
        await perform(request, fields, make(fields, room, one))
        return f"{room.url}/desk/paper/{one['key']}?done={done}" + (f"&for={person}" if person else "")

    return await attempt(request, work, paper_page)


async def vote_for(request: web.Request) -> web.StreamResponse:
    """Send the ballot of somebody without a device, or take it back. What they have sent before is not shown to whoever asks."""
    request[LINE] = None
    room, one = await _desk(request)

    async def work(fields: Fields) -> str:
        said = {"round": one["key"], **facts(fields, "on_behalf_of")}
        if "on_behalf_of" not in said or one["method"] == "opinion":
            raise web.HTTPBadRequest(text="For whom, in which vote?")
        if first(fields, "do") == "withdraw":
            await perform(request, fields, action(WithdrawBallot, said))
            return f"{room.url}/desk/paper/{one['key']}?done=vote_for_back"
        await cast(request, room, one, fields, said)
        return f"{room.url}/desk/paper/{one['key']}?done=vote_for"

    return await attempt(request, work, paper_page)


def add_paper_routes(app: web.Application) -> None:
    app.router.add_get("/w/{workshop}/desk/paper/{round}", paper_page)
    app.router.add_get("/w/{workshop}/desk/paper/{round}/sheet", sheet_page)
    app.router.add_post("/w/{workshop}/desk/paper/{round}/vote", vote_for)
    app.router.add_post("/w/{workshop}/desk/paper/{round}/{deed}", deed)
