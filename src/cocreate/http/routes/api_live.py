"""The route of the live stream."""

import asyncio

from aiohttp import web

from cocreate.http.bodies import query
from cocreate.http.keys import SERVICE, STOPPING
from cocreate.http.parameters import AUDIENCE, SINCE, integer
from cocreate.http.problems import refused
from cocreate.http.route import Route
from cocreate.http.routes.api_reads import MOMENT, WORKSHOP, open_workshop
from cocreate.http.sse import RETRY_MS, STREAMS, Stream

HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",
}
"""The last one asks a proxy not to hold frames back."""


async def live_stream(request: web.Request) -> web.StreamResponse:
    asked = query(request, (AUDIENCE, SINCE))
    since = resume_position(request)
    live, seat = await open_workshop(request)
    audience = request.app[SERVICE].reading.audience(live, seat, asked.get("audience"))
    streams = request.app[STREAMS]
    streams.require_room(live.id)
    response = web.StreamResponse(headers=HEADERS)
    try:
        await response.prepare(request)
        await response.write(f"retry: {RETRY_MS}\n\n".encode())
    except ConnectionResetError:
        # The reader has gone again, as phones do; nobody is left to tell.
        return response
    transport = request.transport
    if transport is None or request.app[STOPPING].is_set():
        return response
    assert isinstance(transport, asyncio.Transport), "a stream needs a connection that can be written to"
    chunked = response.headers.get("Transfer-Encoding") == "chunked"
    stream = Stream(transport, seat, asked.get("audience"), chunked)
    if since is None:
        since = asked.get("since", live.projections.at)
    await streams.serve(stream, live, audience, since)
    return response


def resume_position(request: web.Request) -> int | None:
    """The position of the last frame that a browser got, which it sends by itself; empty means none.

    One beyond the head is no mistake: another node may be ahead of this one.
    """
    sent = request.headers.getall("Last-Event-ID", [])
    if not sent or sent == [""]:
        return None
    try:
        (last,) = sent
        return integer(last, -1)
    except ValueError:
        wrong = {
            "header": "Last-Event-ID",
            "detail": "Expected: the id of an event of this stream, a position.",
        }
        raise refused("QueryInvalid", errors=[wrong]) from None


LIVE = (
    Route(
        method="GET",
        path=WORKSHOP + "/live",
        summary="What changes, as it changes: events `changes` with the position as id, and `bye` before the server ends.",
        handler=live_stream,
        tag="reading",
        query=(AUDIENCE, SINCE),
        media_type="text/event-stream",
        refusals=(*(name for name in MOMENT if name != "PositionUnknown"), "TooManyReaders"),
    ),
)
