"""The routes of what is read from a record: the view and its collections, one's own part, the timeline, the entries."""

from collections.abc import Sequence
from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, ConfigDict, StringConstraints

from cocreate.application import (
    AUDIENCES,
    Audience,
    LiveWorkshop,
    NotAParticipant,
    PositionUnknown,
    View,
    canonical_json,
)
from cocreate.http.bodies import Query, query, read_model
from cocreate.http.commands import PRIVATE_JSON
from cocreate.http.conditional import json_answer, not_modified
from cocreate.http.groups import grouped_facts
from cocreate.http.keys import SERVICE
from cocreate.http.parameters import (
    AFTER,
    AT,
    AUDIENCE,
    ENTRIES_LIMIT,
    ENTRIES_MAX,
    SEATS,
    SKIPPED,
    TIMELINE_LIMIT,
    TIMELINE_MAX,
    UNDER,
    Moment,
)
from cocreate.http.route import Handler, Role, Route
from cocreate.http.sessions import caller

WORKSHOP = "/api/workshops/{workshop}"
DRAFT_LENGTH_MAX = 5_200
"""A title and a text at their longest."""
COLLECTIONS = {
    "workshop": "The workshop itself",
    "agenda": "The activities of the agenda",
    "ideas": "The ideas, in order of submission",
    "clusters": "The clusters that ideas are sorted into",
    "comments": "The comments on ideas",
    "rounds": "The rounds, with their rules and certificates",
    "options": "What the rounds put to the vote",
    "tallies": "The marks of each option, of rounds whose results show",
    "commitments": "Who has promised what by when, and what has become of it",
    "decisions": "What was decided and why, with the ideas and rounds that led to it",
    "turnouts": "How many have voted in each round",
    "participants": "The participants, for facilitators; empty for everybody else",
    "participation": "How many take part, and how",
}


async def open_workshop(request: web.Request) -> tuple[LiveWorkshop, str | None]:
    """The workshop that the address names, and who the caller is in it."""
    service, workshop = request.app[SERVICE], request.match_info["workshop"]
    live = await service.reading.live(workshop)
    who = await caller(request)
    return live, await service.doors.seat(workshop, who.session)


async def seated_workshop(request: web.Request) -> tuple[LiveWorkshop, str]:
    """The same for somebody who is, or was, somebody in it: what is one's own stays so. Raises NotAParticipant."""
    live, seat = await open_workshop(request)
    if seat is None:
        raise NotAParticipant(status="not joined yet")
    return live, seat


async def position_of(request: web.Request, live: LiveWorkshop, moment: Moment | None) -> int | None:
    """The position asked for, None for the head. Raises PositionUnknown."""
    if moment is None:
        return None
    head = live.projections.at
    if moment.time is not None:
        return await request.app[SERVICE].reading.position_at(live, moment.time)
    assert moment.position is not None, "a moment has the one or the other"
    if moment.position > head:
        raise PositionUnknown(at=moment.position, head=head)
    return moment.position


async def _view(request: web.Request, parameters: Sequence[Query]) -> View | web.Response:
    """What was asked for, or 304, which costs no view."""
    asked = query(request, parameters)
    live, seat = await open_workshop(request)
    reading = request.app[SERVICE].reading
    audience: Audience = reading.audience(live, seat, asked.get("audience"))
    at = await position_of(request, live, asked.get("at"))
    head = live.projections.at
    etag = f"{head if at is None else at}-{head}-{audience}"
    known = not_modified(request, etag)
    return await reading.view(live, audience, at) if known is None else known


async def whole_view(request: web.Request) -> web.Response:
    found = await _view(request, (AT, AUDIENCE))
    return json_answer(found.facts, found.etag) if isinstance(found, View) else found


def one_collection(name: str) -> Handler:
    async def handle(request: web.Request) -> web.Response:
        found = await _view(request, (AT, AUDIENCE))
        if not isinstance(found, View):
            return found
        facts = {"at": found.at, "head": found.head, "audience": found.audience, "collection": name}
        return json_answer({**facts, "items": found.facts["items"].get(name, [])}, found.etag)

    return handle


async def personal(request: web.Request) -> web.Response:
    query(request, ())
    live, seat = await seated_workshop(request)
    head = live.projections.at
    # Whose it is stands in it: one browser may be somebody else after a return link, at the same head.
    etag = f"{head}-{head}-{seat}"
    if (known := not_modified(request, etag)) is not None:
        return known
    return json_answer(request.app[SERVICE].reading.personal(live, seat), etag)


async def timeline(request: web.Request) -> web.Response:
    asked = query(request, (AFTER, TIMELINE_LIMIT))
    live, _ = await open_workshop(request)
    head = live.projections.at
    etag = f"{head}-{head}-public"
    if (known := not_modified(request, etag)) is not None:
        return known
    after, limit = asked.get("after", -1), asked.get("limit", TIMELINE_MAX)
    page = await request.app[SERVICE].reading.timeline(live, after=after, limit=limit)
    items = page["items"]
    behind = items[-1].get("last", items[-1]["position"]) if items else after
    return json_answer({**page, "next": behind}, etag)


async def entries(request: web.Request) -> web.Response:
    """Leaf hashes of all, bytes of those that are not withheld; texts are not in them."""
    asked = query(request, (AFTER, ENTRIES_LIMIT))
    live, _ = await open_workshop(request)
    head = live.projections.at
    etag = f"{head}-{head}-public"
    if (known := not_modified(request, etag)) is not None:
        return known
    after, limit = asked.get("after", -1), asked.get("limit", ENTRIES_MAX)
    found = await request.app[SERVICE].reading.entries(live, after=after, limit=limit)
    items = []
    for raw in found:
        item: dict[str, str | int] = {"position": raw.position, "leaf": raw.leaf.hex()}
        if raw.entry is not None:
            item["entry"] = raw.entry.decode()
        if raw.withheld_round is not None:
            item["withheld_round"] = raw.withheld_round
        items.append(item)
    behind = found[-1].position if found else after
    return json_answer({"at": head, "items": items, "more": behind < head, "next": behind}, etag)


async def voted(request: web.Request) -> web.Response:
    query(request, ())
    live, seat = await open_workshop(request)
    reading = request.app[SERVICE].reading
    reading.audience(live, seat, "facilitator")
    head = live.projections.at
    shown = reading.has_voted(live, request.match_info["round"])
    etag = f"{head}-{head}-facilitator"
    known = not_modified(request, etag)
    return json_answer({"at": head, "voted": shown}, etag) if known is None else known


async def offer(request: web.Request) -> web.Response:
    """What a program, or somebody who checks, needs to work the offer out again from the record up to `at`."""
    asked = query(request, (SKIPPED,))
    live, seat = await seated_workshop(request)
    head, skipped = live.projections.at, asked.get("skipped")
    found = request.app[SERVICE].reading.offer(live, request.match_info["round"], seat, skipped)
    etag = f"{head}-{head}-{seat}-{skipped or ''}"
    known = not_modified(request, etag)
    return json_answer(found, etag) if known is None else known


async def groups(request: web.Request) -> web.Response:
    """What is known, perhaps of some answers ago; a first count is waited for, briefly."""
    query(request, ())
    live, _ = await open_workshop(request)
    found = await request.app[SERVICE].reading.groups_soon(live, request.match_info["round"])
    if found is None:
        return json_answer({"counted": False}, "none")
    etag = f"{found.at}-{found.at}-public"
    known = not_modified(request, etag)
    return json_answer(grouped_facts(found), etag) if known is None else known


class Draft(BaseModel):
    """What somebody is writing: compared with the ideas that everybody can see, and forgotten."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    text: Annotated[str, StringConstraints(max_length=DRAFT_LENGTH_MAX)]


async def similar(request: web.Request) -> web.Response:
    """By POST, so that a draft stands in no address and no log."""
    draft = await read_model(request, Draft, {})
    live, seat = await seated_workshop(request)
    reading = request.app[SERVICE].reading
    items = await reading.similar(live, reading.audience(live, seat), draft.text)
    return web.Response(
        body=canonical_json({"at": live.projections.at, "items": items}), headers=PRIVATE_JSON
    )


async def steps(request: web.Request) -> web.Response:
    query(request, ())
    live, _ = await open_workshop(request)
    head = live.projections.at
    found = request.app[SERVICE].reading.steps(live, request.match_info["round"])
    etag = f"{head}-{head}-public"
    known = not_modified(request, etag)
    return json_answer({"at": head, "steps": found}, etag) if known is None else known


async def what_if(request: web.Request) -> web.Response:
    said = query(request, (UNDER, SEATS))
    live, _ = await open_workshop(request)
    head, round_id = live.projections.at, request.match_info["round"]
    found = await request.app[SERVICE].reading.what_if.count(
        live, round_id, said["method"], said.get("seats")
    )
    etag = f"{found['certified']['at']}-{head}-public"
    known = not_modified(request, etag)
    return json_answer({"at": head, **found}, etag) if known is None else known


async def join_code(request: web.Request) -> web.Response:
    query(request, ())
    live, _ = await open_workshop(request)
    code = await request.app[SERVICE].doors.code_of(live.id)
    answer = {"workshop": live.id} if code is None else {"workshop": live.id, "code": code}
    known = not_modified(request, code or "none")
    return json_answer(answer, code or "none") if known is None else known


FACILITATOR: Sequence[Role] = ("facilitator",)
MOMENT = ("WorkshopNotFound", "PositionUnknown", "NotAFacilitator", "NotAParticipant")


def _read(path: str, summary: str, handler: Handler, returns: str, *more: str) -> Route:
    return Route(
        method="GET",
        path=WORKSHOP + path,
        summary=summary,
        handler=handler,
        tag="reading",
        returns=returns,
        conditional=True,
        refusals=more or ("WorkshopNotFound",),
        query=(AT, AUDIENCE) if more == MOMENT else (),
    )


def _paged(path: str, summary: str, handler: Handler, returns: str, limit: Query) -> Route:
    return Route(
        method="GET",
        path=WORKSHOP + path,
        summary=summary,
        handler=handler,
        tag="reading",
        returns=returns,
        conditional=True,
        query=(AFTER, limit),
        refusals=("WorkshopNotFound",),
    )


READS = (
    _read("", f"Everything as one audience ({', '.join(AUDIENCES)}) sees it.", whole_view, "View", *MOMENT),
    *(
        _read(f"/{name}", f"{says}.", one_collection(name), "Collection", *MOMENT)
        for name, says in COLLECTIONS.items()
    ),
    Route(
        method="GET",
        path=WORKSHOP + "/me",
        summary="What is one's own: ideas, comments, ballots with their counters.",
        handler=personal,
        tag="reading",
        roles=("participant", "scribe", "facilitator"),
        returns="Personal",
        conditional=True,
        refusals=("WorkshopNotFound", "NotAParticipant"),
    ),
    _paged("/timeline", "Every entry in order, ballots as runs.", timeline, "Timeline", TIMELINE_LIMIT),
    _paged(
        "/entries",
        "The record itself: canonical bytes and leaf hashes; what is withheld as its hash alone.",
        entries,
        "Entries",
        ENTRIES_LIMIT,
    ),
    Route(
        method="GET",
        path=WORKSHOP + "/rounds/{round}/voted",
        summary="Who is shown as having voted; it moves by at least five at a time.",
        handler=voted,
        tag="reading",
        roles=FACILITATOR,
        returns="Voted",
        conditional=True,
        refusals=("WorkshopNotFound", "RoundNotFound", "NotAFacilitator"),
    ),
    Route(
        method="GET",
        path=WORKSHOP + "/rounds/{round}/offer",
        summary="Which statement of an opinion round the caller is offered next, and by which rule.",
        handler=offer,
        tag="reading",
        roles=("participant", "scribe", "facilitator"),
        returns="Offer",
        conditional=True,
        query=(SKIPPED,),
        refusals=("WorkshopNotFound", "RoundNotFound", "NotAParticipant"),
    ),
    Route(
        method="POST",
        path=WORKSHOP + "/ideas/similar",
        summary="Visible ideas like a draft, in any language, the likest first; at most five, and nothing is kept.",
        handler=similar,
        tag="reading",
        roles=("participant", "scribe", "facilitator"),
        body=Draft,
        returns="Similar",
        refusals=("WorkshopNotFound", "NotAParticipant"),
    ),
    _read(
        "/rounds/{round}/groups",
        "Opinion groups of a round whose results show: what each said of each statement, never of fewer than five.",
        groups,
        "Groups",
        "WorkshopNotFound",
        "RoundNotFound",
    ),
    _read(
        "/rounds/{round}/steps",
        "The count of a certified round, step by step.",
        steps,
        "Steps",
        "WorkshopNotFound",
        "RoundNotFound",
    ),
    Route(
        method="GET",
        path=WORKSHOP + "/rounds/{round}/what-if",
        summary="A certified round's ballots counted under another method, beside the certified result.",
        handler=what_if,
        tag="reading",
        returns="WhatIf",
        conditional=True,
        query=(UNDER, SEATS),
        refusals=(
            "WorkshopNotFound",
            "RoundNotFound",
            "RoundStateConflict",
            "CountImpossible",
            "LimitReached",
            "QueueFull",
        ),
    ),
    _read("/join-code", "The code that opens the workshop, while it has one.", join_code, "JoinCode"),
)
