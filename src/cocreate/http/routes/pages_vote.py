"""Voting and results: one ballot a screen, in opinion rounds one statement."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from aiohttp import web
from pydantic import ValidationError

from cocreate.application import (
    CONTEST_MS,
    METHODS,
    REASON_LENGTH_MAX,
    CastBallot,
    ChoiceMalformed,
    ContestResult,
    EraseText,
    WithdrawBallot,
)
from cocreate.http import ballot_forms, words_ballots
from cocreate.http.groups import shown_groups
from cocreate.http.keys import LINE, SERVICE
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
from cocreate.http.routes.record_log import proof_answer

ANSWERS: Final = {"1": 1, "0": 0, "-1": -1}
ANSWERS_PER_PAGE: Final = 50
STATEMENTS_PER_PAGE: Final = 50
NOT_NOW: Final = ("RoundNotOpen", "BallotSuperseded", "InputPaused")
"""Refusals of a ballot that is not at fault: what stands is shown, and what was not sent beside it."""
ROWS_SHOWN_MAX: Final = 200
"""Options in the table of a count under another method."""


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
        **(_opinion(room, one, request, trouble) if opinion else filled_ballot(room, one, trouble)),
    )


def filled_ballot(
    room: Room, one: Item, trouble: Trouble | None, *, on_behalf: bool = False
) -> dict[str, Any]:
    """The ballot's fields as they stand, or as they were sent if something was wrong with them; empty for somebody else's."""
    standing = (None if on_behalf else room.ballot(one["key"])) or {"counter": 0}
    options = room.options(one["key"])
    form = ballot_forms.form_of(one["rules"])
    typed = ballot_forms.typed_of(form, standing.get("choice"))
    kept: list[tuple[Item, str]] = []
    if trouble is not None and trouble.form == "ballot":
        sent = ballot_forms.typed_in(form, trouble.fields)
        if trouble.kind in NOT_NOW:
            kept = ballot_forms.kept(form, sent, options)
        else:
            typed = sent
    return {
        "on_behalf": on_behalf,
        "standing": standing,
        "voted": "choice" in standing,
        "form": form,
        "typed": typed,
        "kept": kept,
        "options": ballot_forms.in_order(form, typed, options),
        "rules": words_ballots.rules(one["rules"], len(options)),
        "running": ballot_forms.running(form, typed, options),
        "costs": words_ballots.COSTS,
        "double": words_ballots.DOUBLE,
        "ratings": ballot_forms.RATINGS,
        "stances": words_ballots.STANCES,
        "why": ballot_forms.reasons_of(standing),
        "reason_length_max": REASON_LENGTH_MAX,
    }


def _opinion(room: Room, one: Item, request: web.Request, trouble: Trouble | None) -> dict[str, Any]:
    """One statement: the one that was asked for, the one just answered in vain, or what the round's routing offers."""
    options = room.by_idea(one["key"])
    answers = room.answers(one["key"])
    wanted = first(trouble.fields, "option") if trouble else request.query.get("statement", "")
    skipped = first(trouble.fields, "skipped") if trouble else request.query.get("skipped", "")
    offered = _offered(room, one, request, skipped if skipped in options else None)
    statement = options.get(wanted)
    if statement is None or (statement["status"] != "visible" and not trouble):
        statement = options.get(offered.get("statement", ""))
    last = request.query.get("last", "")
    return {
        "statement": statement,
        "offered": offered,
        "skipped": skipped if skipped in options else "",
        "given": answers.get(statement["idea"], {"counter": 0}) if statement else None,
        "latest": max(
            (one for one in answers.values() if "position" in one),
            key=lambda one: one["position"],
            default=None,
        ),
        "answered": sum("choice" in given for given in answers.values()),
        "count": len(options),
        "last": options.get(last) if "choice" in answers.get(last, {}) else None,
        "last_answer": answers.get(last),
    }


def _offered(room: Room, one: Item, request: web.Request, skipped: str | None) -> Item:
    if room.seat is None or not room.joined:
        return {}
    return request.app[SERVICE].reading.offer(room.live, one["key"], room.seat, skipped)


async def answers_page(request: web.Request, trouble: Trouble | None = None) -> web.StreamResponse:
    """Everything that the reader has answered in an opinion round, to change or to take back one by one."""
    room = await enter_room(request)
    one = _round(room, request)
    if one["method"] != "opinion" or room.seat is None:
        raise web.HTTPSeeOther(f"{room.url}/vote/{one['key']}")
    answers = room.answers(one["key"])
    given = [option for option in room.options(one["key"]) if "choice" in answers.get(option["idea"], {})]
    number = page_number(request.query.get("page", "") or (first(trouble.fields, "page") if trouble else ""))
    shown, pages = page_of(given, number, ANSWERS_PER_PAGE)
    return render(
        request,
        "answers.html",
        status=trouble.status if trouble else 200,
        trouble=trouble,
        room=room,
        tab="now",
        round=one,
        count=len(given),
        rows=[(option, answers[option["idea"]]) for option in shown],
        page=min(max(number, 1), pages),
        pages=pages,
    )


async def vote(request: web.Request) -> web.StreamResponse:
    """Send a ballot or take it back. The counter is the standing one, as this page saw it, plus one.

    The log tells only how many came in a moment, as of the API's ballots: the time of one could lead to its entry.
    """
    workshop, round_id = request.match_info["workshop"], request.match_info["round"]

    request[LINE] = None

    async def work(fields: Fields) -> str:
        base = f"/w/{workshop}/vote/{round_id}"
        option = first(fields, "option")
        await _send(request, fields)
        if first(fields, "do") == "withdraw":
            return f"{base}?done=answer_back&statement={option}" if option else f"{base}?done=vote_back"
        if not option:
            return f"{base}?done=vote"
        skipped = first(fields, "skipped")
        return f"{base}?done=answer&last={option}" + (f"&skipped={quote(skipped)}" if skipped else "")

    return await attempt(request, work, vote_page)


async def change_answer(request: web.Request) -> web.StreamResponse:
    """The same from the page of all answers, and back to it."""
    request[LINE] = None
    workshop, round_id = request.match_info["workshop"], request.match_info["round"]

    async def work(fields: Fields) -> str:
        await _send(request, fields)
        base = f"/w/{workshop}/vote/{round_id}/answers?page={page_number(first(fields, 'page'))}"
        if first(fields, "do") == "withdraw":
            return f"{base}&done=answer_back"
        return f"{base}&done=answer#a-{first(fields, 'option')}"

    return await attempt(request, work, answers_page)


async def _send(request: web.Request, fields: Fields) -> None:
    option = facts(fields, "option")
    said = {"round": request.match_info["round"], **option, **facts(fields, "counter")}
    if first(fields, "do") == "withdraw":
        await perform(request, fields, action(WithdrawBallot, said))
        return
    if not option:
        room = await enter_room(request)
        await cast(request, room, _round(room, request), fields, said)
        return
    choice = ANSWERS.get(first(fields, "choice"), "")
    await perform(request, fields, action(CastBallot, {**said, "choice": choice}))


async def cast(request: web.Request, room: Room, one: Item, fields: Fields, said: Mapping[str, Any]) -> None:
    """Send the choice that the fields say; a choice that is refused is explained in the voter's words."""
    options = room.options(one["key"])
    form = ballot_forms.form_of(one["rules"])
    typed = ballot_forms.typed_in(form, fields)
    choice = ballot_forms.choice_in(form, typed, options)
    standing = None if "on_behalf_of" in said else room.ballot(one["key"])
    given = ballot_forms.reasons_of(standing or {})
    reasons = ballot_forms.reasons_in(fields, typed, options, given) if form.kind == "stance" else {}
    why = {"reasons": reasons} if reasons else {}
    try:
        await perform(request, fields, action(CastBallot, {**said, "choice": choice, **why}))
    except (ChoiceMalformed, ValidationError):
        flaws = ballot_forms.flaws(form, choice, options)
        if not flaws:
            raise
        raise FormWrong(flaws) from None


async def erase_reason(request: web.Request) -> web.StreamResponse:
    """Erase one reason for good, as its voter or as a facilitator. No log has the position: it would tell whose it is."""
    request[LINE] = None
    room = await enter_room(request)
    one = _round(room, request)

    async def work(fields: Fields) -> str:
        place = ballot_forms.whole(first(fields, "position")), first(fields, "field")
        because = "requested" if place in room.own_reasons else "personal_content"
        said = {"position": place[0], "field": place[1], "reason": because}
        await perform(request, fields, action(EraseText, said))
        return f"{room.url}/results/{one['key']}?done=reason_erased"

    return await attempt(request, work, result_page)


async def receipt(request: web.Request) -> web.StreamResponse:
    """The proof of the reader's own standing ballot, or of its withdrawal.

    Neither the address nor a log has its position, and no cache keeps it: in a pseudonymous round that is all it takes to
    know whose ballot an entry is. Who has the file knows it too.
    """
    request[LINE] = None
    room = await enter_room(request)
    one = _round(room, request)
    found = (
        room.answers(one["key"]).get(request.query.get("statement", ""))
        if one["method"] == "opinion"
        else room.ballot(one["key"])
    )
    position = (found or {}).get("position")
    if position is None:
        raise web.HTTPNotFound()
    proof = await request.app[SERVICE].log.receipt(room.live, position)
    return proof_answer(proof, position, "private, no-store")


async def results_page(request: web.Request) -> web.StreamResponse:
    room = await enter_room(request)
    return render(request, "results.html", room=room, tab="results")


async def result_page(request: web.Request, trouble: Trouble | None = None) -> web.StreamResponse:
    """One result in full: the numbers, the certificate, the count step by step."""
    room = await enter_room(request)
    one = _round(room, request)
    certified = "certificate" in one
    steps = request.app[SERVICE].reading.steps(room.live, one["key"]) if certified else ()
    options = room.by_idea(one["key"])
    until = contest_until(one)
    grouped = None
    if one["method"] == "opinion" and one["results_shown"]:
        grouped = shown_groups(room, one, request.app[SERVICE].reading.groups(room.live, one["key"]))
    return render(
        request,
        "result.html",
        status=trouble.status if trouble else 200,
        trouble=trouble,
        room=room,
        tab="results",
        round=one,
        rules=words_ballots.rules(one["rules"], len(options)),
        steps=steps,
        options=options,
        possible=request.app[SERVICE].reading.what_if.possible(room.live, one["key"]),
        contest_until=until,
        may_contest=_may_contest(room, one, until),
        grouped=grouped,
    )


async def groups_page(request: web.Request) -> web.StreamResponse:
    """What unites and what divides, group by group; in words and tables first, with a picture beside them."""
    room = await enter_room(request)
    one = _round(room, request)
    if one["method"] != "opinion" or not one["results_shown"]:
        raise web.HTTPSeeOther(f"{room.url}/results/{one['key']}")
    found = await request.app[SERVICE].reading.groups_soon(room.live, one["key"])
    grouped = shown_groups(room, one, found)
    number = page_number(request.query.get("page", ""))
    rows, pages = page_of(grouped.every, number, STATEMENTS_PER_PAGE)
    return render(
        request,
        "groups.html",
        room=room,
        tab="results",
        round=one,
        grouped=grouped,
        rows=rows,
        page=min(max(number, 1), pages),
        pages=pages,
    )


async def what_if_page(request: web.Request) -> web.StreamResponse:
    """The certified result beside a count of the same ballots by another method."""
    room = await enter_room(request)
    one = _round(room, request)
    what_if = request.app[SERVICE].reading.what_if
    possible = what_if.possible(room.live, one["key"])
    under = next((name for name in possible if name == request.query.get("method")), None)
    if under is None:
        raise web.HTTPNotFound()
    found = await what_if.count(room.live, one["key"], under, None)
    places = [*found["elected"], *found["certified"]["elected"]]
    order = {key: place for place, key in enumerate(dict.fromkeys(places))}
    rows = sorted(found["rows"], key=lambda row: (order.get(row[0], len(order)), -row[1]))
    return render(
        request,
        "what_if.html",
        room=room,
        tab="results",
        round=one,
        found=found,
        possible=possible,
        rows=rows[:ROWS_SHOWN_MAX],
        columns=METHODS[found["rules"]["method"]].columns,
        options=room.by_idea(one["key"]),
    )


def contest_until(one: Item) -> int:
    """Until when the latest declaration of a round's result may be contested; 0 while there is none."""
    declared = [told["time"] for told in one.get("story", []) if told["what"] != "contested"]
    return declared[-1] + CONTEST_MS if declared else 0


def _may_contest(room: Room, one: Item, until: int) -> bool:
    """Whether the form is of any use to this reader: the time runs, and they have not said it already."""
    story = one.get("story", [])
    since = [told["at"] for told in story if told["what"] != "contested"]
    said = [told for told in story if told["what"] == "contested" and told["author"] == room.seat]
    again = any(told["of"] == since[-1] for told in said)
    seated = room.joined or room.facilitates
    return seated and room.now <= until and room.workshop["status"] != "sealed" and not again


async def contest(request: web.Request) -> web.StreamResponse:
    workshop, round_id = request.match_info["workshop"], request.match_info["round"]

    async def work(fields: Fields) -> str:
        said = {"round": round_id, **worded(fields, "reason")}
        await perform(request, fields, action(ContestResult, said))
        return f"/w/{workshop}/results/{round_id}?done=contested"

    return await attempt(request, work, result_page)


def add_vote_routes(app: web.Application) -> None:
    app.router.add_get("/w/{workshop}/vote/{round}", vote_page)
    app.router.add_post("/w/{workshop}/vote/{round}", vote)
    app.router.add_get("/w/{workshop}/vote/{round}/receipt", receipt)
    app.router.add_get("/w/{workshop}/vote/{round}/answers", answers_page)
    app.router.add_post("/w/{workshop}/vote/{round}/answers", change_answer)
    app.router.add_get("/w/{workshop}/results", results_page)
    app.router.add_get("/w/{workshop}/results/{round}", result_page)
    app.router.add_get("/w/{workshop}/results/{round}/what-if", what_if_page)
    app.router.add_post("/w/{workshop}/results/{round}/contest", contest)
    app.router.add_post("/w/{workshop}/results/{round}/reasons", erase_reason)
    app.router.add_get("/w/{workshop}/results/{round}/groups", groups_page)
