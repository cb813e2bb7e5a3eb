"""The participant's pages: what is asked now, the ideas and what people say to them."""

from typing import Any

from aiohttp import web

from cocreate.application import EditIdea, PostComment, SubmitIdea, WithdrawComment, WithdrawIdea
from cocreate.http.keys import SERVICE
from cocreate.http.pages import render
from cocreate.http.pages_forms import (
    Fields,
    FormWrong,
    Trouble,
    action,
    attempt,
    facts,
    first,
    perform,
    worded,
)
from cocreate.http.pages_room import Item, Room, enter_room, page_number, page_of
from cocreate.http.routes.pages_mine import add_mine_routes
from cocreate.http.routes.pages_vote import add_vote_routes

IDEAS_PER_PAGE = 30


def _status(trouble: Trouble | None) -> int:
    return trouble.status if trouble else 200


async def now_page(request: web.Request, trouble: Trouble | None = None) -> web.StreamResponse:
    """The one thing that the agenda asks for."""
    room = await enter_room(request)
    return render(
        request, "now.html", status=_status(trouble), trouble=trouble, room=room, tab="now", task=_task(room)
    )


def _task(room: Room) -> str:
    """What the screen is for: vote, idea, discuss, results or wait."""
    kind = room.current["kind"] if room.current else ""
    if room.open_rounds and kind not in ("collect", "discuss"):
        return "vote"
    if kind == "collect" or (not room.agenda and room.workshop["status"] == "open"):
        return "idea"
    if kind in ("discuss", "cluster"):
        return "discuss"
    if kind == "decide" or room.workshop["status"] in ("closed", "sealed"):
        return "results"
    return "wait"


async def ideas_page(request: web.Request) -> web.StreamResponse:
    room = await enter_room(request)
    tag = request.query.get("tag", "")
    cluster = request.query.get("cluster", "")
    listed = room.clustered.get(cluster, []) if cluster else room.board
    wanted = [one for one in listed if not tag or tag in one["tags"]]
    number = page_number(request.query.get("page", ""))
    shown, pages = page_of(wanted, number, IDEAS_PER_PAGE)
    return render(
        request,
        "ideas.html",
        room=room,
        tab="ideas",
        shown=shown,
        count=len(wanted),
        tag=tag,
        cluster=room.clusters.get(cluster),
        page=min(max(number, 1), pages),
        pages=pages,
    )


async def idea_page(request: web.Request, trouble: Trouble | None = None) -> web.StreamResponse:
    room = await enter_room(request)
    idea = _find(room, request.match_info["idea"])
    return render(
        request,
        "idea.html",
        status=_status(trouble),
        trouble=trouble,
        room=room,
        tab="ideas",
        idea=idea,
        mine={one["key"] for one in room.me.get("comments", [])},
        own=idea["key"] in {one["key"] for one in room.me.get("ideas", [])},
    )


async def edit_page(request: web.Request, trouble: Trouble | None = None) -> web.StreamResponse:
    room = await enter_room(request)
    idea = _find(room, request.match_info["idea"])
    return render(
        request, "edit.html", status=_status(trouble), trouble=trouble, room=room, tab="ideas", idea=idea
    )


def _find(room: Room, key: str) -> Item:
    """The idea as its author sees it, if the reader is that; else as everybody does."""
    own = {one["key"]: one for one in room.me.get("ideas", [])}
    found = own.get(key) or room.ideas.get(key)
    if found is None:
        raise web.HTTPNotFound()
    return found


def idea_said(fields: Fields) -> dict[str, Any]:
    said = {**worded(fields, "title"), **worded(fields, "text"), **facts(fields, "on_behalf_of")}
    return {**said, "tags": fields["tags"]} if "tags" in fields else said


async def submit_idea(request: web.Request) -> web.StreamResponse:
    """Send an idea; if ideas that say nearly the same are there which the sender has not been shown, ask once."""
    workshop = request.match_info["workshop"]
    alike: list[Item] = []

    async def work(fields: Fields) -> str:
        said = action(SubmitIdea, idea_said(fields))
        alike.extend(await _unseen_alike(request, fields))
        if alike:
            raise FormWrong([])
        await perform(request, fields, said)
        waits = (await enter_room(request)).workshop["settings"]["approval_first"]
        done = "idea_waiting" if waits else "idea"
        back = first(fields, "back")
        return f"/w/{workshop}/vote/{back}?done={done}" if back else f"/w/{workshop}?done={done}"

    async def again(request: web.Request, trouble: Trouble) -> web.StreamResponse:
        return await (alike_page(request, trouble, alike) if alike else now_page(request, trouble))

    return await attempt(request, work, again)


async def _unseen_alike(request: web.Request, fields: Fields) -> list[Item]:
    """Ideas that say nearly the same, unless the sender has seen them all."""
    room = await enter_room(request)
    if "anyway" in fields or not room.takes_ideas:
        return []
    draft = f"{first(fields, 'title')} {first(fields, 'text')}"
    found = await request.app[SERVICE].reading.similar(room.live, room.audience, draft, nearly=True)
    seen = first(fields, "seen").split(" ")
    alike = [one["idea"] for one in found]
    return alike if any(idea["key"] not in seen for idea in alike) else []


async def alike_page(request: web.Request, trouble: Trouble, alike: list[Item]) -> web.StreamResponse:
    """The draft as it was, beside the ideas that it is like, and where those can be voted on."""
    room = await enter_room(request)
    voted = {
        option["idea"]: one["key"]
        for one in room.open_rounds
        for option in room.options(one["key"])
        if option["status"] == "visible"
    }
    back = first(trouble.fields, "back")
    return render(
        request,
        "alike.html",
        status=trouble.status,
        room=room,
        tab="now",
        trouble=trouble,
        alike=alike,
        voted=voted,
        back=back if back in room.rounds else "",
    )


async def edit_idea(request: web.Request) -> web.StreamResponse:
    workshop, idea = request.match_info["workshop"], request.match_info["idea"]

    async def work(fields: Fields) -> str:
        said = {"idea": idea, **worded(fields, "title"), **worded(fields, "text")}
        await perform(request, fields, action(EditIdea, said))
        return f"/w/{workshop}/ideas/{idea}?done=edited"

    return await attempt(request, work, edit_page)


async def withdraw_idea(request: web.Request) -> web.StreamResponse:
    workshop, idea = request.match_info["workshop"], request.match_info["idea"]

    async def work(fields: Fields) -> str:
        await perform(request, fields, action(WithdrawIdea, {"idea": idea}))
        return f"/w/{workshop}/mine?done=withdrawn"

    return await attempt(request, work, idea_page)


async def comment(request: web.Request) -> web.StreamResponse:
    workshop, idea = request.match_info["workshop"], request.match_info["idea"]

    async def work(fields: Fields) -> str:
        said = {
            "idea": idea,
            **worded(fields, "text"),
            **facts(fields, "parent", "alignment", "on_behalf_of"),
        }
        receipt = await perform(request, fields, action(PostComment, said))
        anchor = receipt.aggregates[0] if receipt.aggregates else "comments"
        return f"/w/{workshop}/ideas/{idea}?done=comment#c-{anchor}"

    return await attempt(request, work, idea_page)


async def withdraw_comment(request: web.Request) -> web.StreamResponse:
    workshop, idea = request.match_info["workshop"], request.match_info["idea"]

    async def work(fields: Fields) -> str:
        await perform(request, fields, action(WithdrawComment, {"comment": request.match_info["comment"]}))
        return f"/w/{workshop}/ideas/{idea}?done=withdrawn#comments"

    return await attempt(request, work, idea_page)


def add_participant_routes(app: web.Application) -> None:
    app.router.add_get("/w/{workshop}", now_page)
    app.router.add_get("/w/{workshop}/ideas", ideas_page)
    app.router.add_post("/w/{workshop}/ideas", submit_idea)
    app.router.add_get("/w/{workshop}/ideas/{idea}", idea_page)
    app.router.add_get("/w/{workshop}/ideas/{idea}/edit", edit_page)
    app.router.add_post("/w/{workshop}/ideas/{idea}/edit", edit_idea)
    app.router.add_post("/w/{workshop}/ideas/{idea}/withdraw", withdraw_idea)
    app.router.add_post("/w/{workshop}/ideas/{idea}/comments", comment)
    app.router.add_post("/w/{workshop}/ideas/{idea}/comments/{comment}/withdraw", withdraw_comment)
    add_vote_routes(app)
    add_mine_routes(app)
