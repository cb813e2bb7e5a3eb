"""The record for anybody who wants to check: the timeline, and the workshop as it stood at any moment."""

from typing import Final, NamedTuple

from aiohttp import web

from cocreate.application import Json, LiveWorkshop
from cocreate.http.keys import SERVICE
from cocreate.http.links import base_url
from cocreate.http.pages import render
from cocreate.http.pages_room import Room, enter_room
from cocreate.http.pages_words import TOPICS, event_name

ITEMS_PER_PAGE: Final = 50
READ_ITEMS: Final = 500
READS_MAX: Final = 20
"""Timeline items looked through for one page of a filter: 10,000; then the page says where to go on."""
IDEAS_SHOWN: Final = 30
SCHEDULED_AT: Final = 1
"""The first moment with something to show: the genesis stands before the workshop has a title."""


class Found(NamedTuple):
    """`next` is the position behind which the list goes on, None at its end."""

    items: list[Json]
    next: int | None


async def record_page(request: web.Request) -> web.StreamResponse:
    room = await enter_room(request)
    at = _position(request.query.get("at", ""))
    past = at is not None and at < room.view.head
    moment = await enter_room(request, at=max(at or 0, SCHEDULED_AT)) if past else room
    topics = [topic for topic in request.query.getall("topic", []) if topic in TOPICS]
    after = _position(request.query.get("after", ""))
    found = await _search(request, room.live, topics, -1 if after is None else after)
    return render(
        request,
        "record.html",
        room=room,
        base=base_url(request),
        tab="record",
        moment=moment,
        live=moment is room,
        found=found,
        chosen=topics,
        after=after,
        at=at,
        ideas_shown=IDEAS_SHOWN,
        time=await _time_of(request, moment),
    )


def _position(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else None


async def _time_of(request: web.Request, moment: Room) -> int:
    """When the moment's last entry was written."""
    line = await request.app[SERVICE].reading.timeline(moment.live, after=moment.view.at - 1, limit=1)
    item = line["items"][0]
    time: int = item["last_time"] if item.get("last") == moment.view.at else item["time"]
    return time


async def _search(request: web.Request, live: LiveWorkshop, topics: list[str], after: int) -> Found:
    """The next items of these topics behind a position; of every topic where none is named."""
    reading = request.app[SERVICE].reading
    starts = tuple(start for topic in topics for start in TOPICS[topic][1])
    items: list[Json] = []
    for _ in range(READS_MAX):
        line = await reading.timeline(live, after=after, limit=READ_ITEMS)
        for item in line["items"]:
            after = item.get("last", item["position"])
            if not topics or event_name(item["event"]).startswith(starts):
                items.append(item)
            if len(items) == ITEMS_PER_PAGE:
                return Found(items, None if after == line["at"] else after)
        if not line["more"]:
            return Found(items, None)
    return Found(items, after)


def add_record_routes(app: web.Application) -> None:
    app.router.add_get("/w/{workshop}/record", record_page)
