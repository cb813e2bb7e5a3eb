"""The front page, and the pages that every installation owes its readers."""

from aiohttp import web

from cocreate.http.keys import SERVICE
from cocreate.http.pages import render
from cocreate.http.sessions import caller

LISTED_MAX = 50
"""Workshops in each of the front page's lists."""


def _title(texts: tuple[tuple[str, str], ...] | None) -> dict[str, object]:
    if not texts:
        return {"gone": "erased"}
    return {"language": texts[0][0], "texts": dict(texts)}


async def front(request: web.Request) -> web.Response:
    service = request.app[SERVICE]
    asks = await caller(request)
    mine = set(await service.doors.seats_of(asks.session)) if asks.session else set()
    lists: dict[str, list[tuple[int, dict[str, object]]]] = {
        "open": [],
        "scheduled": [],
        "past": [],
        "mine": [],
    }
    catalogue = await service.reading.catalogue()
    succeeded = {summary.predecessor for summary, _ in catalogue}
    for summary, texts in catalogue:
        ended = summary.workshop in succeeded
        item = {"title": _title(texts), "at": summary, "ended": ended}
        listed = summary.status if summary.status in lists and not ended else "past"
        lists[listed].append((summary.starts_at, item))
        if summary.workshop in mine:
            lists["mine"].append((summary.starts_at, item))
    # What comes next stands first; of what has been, the latest.
    ordered = {
        name: [item for _, item in sorted(rows, key=lambda row: row[0], reverse=name != "scheduled")][
            :LISTED_MAX
        ]
        for name, rows in lists.items()
    }
    return render(request, "front.html", lists=ordered, host=asks.host)


async def accessibility(request: web.Request) -> web.Response:
    return render(request, "accessibility.html")


async def privacy(request: web.Request) -> web.Response:
    return render(request, "privacy.html")


def add_front_routes(app: web.Application) -> None:
    app.router.add_get("/", front)
    app.router.add_get("/accessibility", accessibility)
    app.router.add_get("/privacy", privacy)
