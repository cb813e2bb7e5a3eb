"""Voting and results: one ballot a screen, in opinion rounds one statement."""

from typing import Any, Final

from aiohttp import web

from cocreate.application import CastBallot, WithdrawBallot
from cocreate.http.keys import SERVICE
from cocreate.http.pages import render
from cocreate.http.pages_forms import Fields, Trouble, action, attempt, facts, first, perform
from cocreate.http.pages_room import Item, Room, enter_room

ANSWERS: Final = {"1": 1, "0": 0, "-1": -1}
ANSWERS_LISTED_MAX: Final = 100


def _round(room: Room, request: web.Request) -> Item:
    found = room.rounds.get(request.match_info["round"])
    if found is None:
        raise web.HTTPNotFound()
    return found


async def vote_page(request: web.Request, trouble: Trouble | None = None) -> web.StreamResponse:
    """The ballot with what stands of it; a statement can be named to look at an answer again."""
    room = await enter_room(request)
    one = _round(room, request)
    opinion = one["method"] == "opinion"
    return render(
        request,
        "opinion.html" if opinion else "ballot.html",
        status=trouble.status if trouble else 200,
        trouble=trouble,
        room=room,
        tab="now",
        round=one,
        **(_opinion(room, one, request, trouble) if opinion else _ballot(room, one)),
    )


def _ballot(room: Room, one: Item) -> dict[str, Any]:
    standing = room.ballot(one["key"]) or {"counter": 0}
    return {
        "standing": standing,
        "chosen": standing.get("choice"),
        "choices_max": one["rules"].get("choices_max"),
        "options": room.options(one["key"]),
    }


def _opinion(room: Room, one: Item, request: web.Request, trouble: Trouble | None) -> dict[str, Any]:
    options = {option["idea"]: option for option in room.options(one["key"])}
    answers = {key: given for key, given in room.answers(one["key"]).items() if "choice" in given}
    wanted = first(trouble.fields, "option") if trouble else request.query.get("statement", "")
    statement = options.get(wanted) or room.next_statement(one)
    given = room.answers(one["key"]).get(statement["idea"], {"counter": 0}) if statement else None
    listed = list(answers.items())[-ANSWERS_LISTED_MAX:]
    return {
        "statement": statement,
        "given": given,
        "answered": len(answers),
        "count": len(options),
        "answers": [(options[key], answer) for key, answer in reversed(listed)],
    }


async def vote(request: web.Request) -> web.StreamResponse:
    """Send a ballot or take it back. The counter is the standing one, as this page saw it, plus one."""
    workshop, round_id = request.match_info["workshop"], request.match_info["round"]

    async def work(fields: Fields) -> str:
        option, base = facts(fields, "option"), f"/w/{workshop}/vote/{round_id}"
        said = {"round": round_id, **option, **facts(fields, "counter")}
        if first(fields, "do") == "withdraw":
            await perform(request, fields, action(WithdrawBallot, said))
            return f"{base}?done=vote_back"
        choice = ANSWERS.get(first(fields, "choice"), "") if option else fields.get("choice", [])
        await perform(request, fields, action(CastBallot, {**said, "choice": choice}))
        return f"{base}?done=answer" if option else f"{base}?done=vote"

    return await attempt(request, work, vote_page)


async def results_page(request: web.Request) -> web.StreamResponse:
    room = await enter_room(request)
    return render(request, "results.html", room=room, tab="results")


async def result_page(request: web.Request) -> web.StreamResponse:
    """One result in full: the numbers, the certificate, the count step by step."""
    room = await enter_room(request)
    one = _round(room, request)
    certified = "certificate" in one
    steps = request.app[SERVICE].reading.steps(room.live, one["key"]) if certified else ()
    options = {option["idea"]: option for option in room.options(one["key"])}
    return render(request, "result.html", room=room, tab="results", round=one, steps=steps, options=options)


def add_vote_routes(app: web.Application) -> None:
    app.router.add_get("/w/{workshop}/vote/{round}", vote_page)
    app.router.add_post("/w/{workshop}/vote/{round}", vote)
    app.router.add_get("/w/{workshop}/results", results_page)
    app.router.add_get("/w/{workshop}/results/{round}", result_page)
