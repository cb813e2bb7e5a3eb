"""The outcome: what was decided and why, and what became of every idea; for everybody, and to be printed."""

from collections import Counter
from typing import Final

from aiohttp import web

from cocreate.http.pages import render
from cocreate.http.pages_outcome import GROUPS, fates
from cocreate.http.pages_room import enter_room, page_number, page_of

IDEAS_PER_PAGE: Final = 100
IDEAS_PRINTED_MAX: Final = 2_000
"""On the one page that is made for printing."""


async def outcome_page(request: web.Request) -> web.StreamResponse:
    room = await enter_room(request)
    listed = fates(room)
    counts = Counter(one.group for one in listed)
    wanted = request.query.get("show", "")
    if wanted in GROUPS:
        listed = [one for one in listed if one.group == wanted]
    number = page_number(request.query.get("page", ""))
    whole = "whole" in request.query
    shown, pages = page_of(listed, number, IDEAS_PRINTED_MAX if whole else IDEAS_PER_PAGE)
    return render(
        request,
        "outcome.html",
        room=room,
        tab="outcome",
        shown=shown,
        counts={group: counts[group] for group in GROUPS if counts[group]},
        show=wanted if wanted in GROUPS else "",
        page=min(max(number, 1), pages),
        pages=pages,
        whole=whole,
    )


def add_outcome_routes(app: web.Application) -> None:
    app.router.add_get("/w/{workshop}/outcome", outcome_page)
