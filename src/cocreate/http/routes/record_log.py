"""The transparency log of a record as files, below its page: c2sp.org/tlog-tiles, and receipts of c2sp.org/tlog-proof.

They are the same for everybody and hold nothing personal. What never changes may be kept for ever by any cache; the
checkpoint is asked for anew each time.
"""

from aiohttp import web

from cocreate.application import LiveWorkshop, PositionUnknown
from cocreate.http.bodies import query
from cocreate.http.keys import SERVICE
from cocreate.http.problems import refused
from cocreate.http.route import Handler, Route

PREFIX = "/w/{workshop}/log"
FOR_EVER = "public, max-age=31536000, immutable"
TEXT, BYTES = "text/plain", "application/octet-stream"


async def _opened(request: web.Request) -> LiveWorkshop:
    query(request, ())
    return await request.app[SERVICE].reading.live(request.match_info["workshop"])


def _text(body: bytes, cache: str) -> web.Response:
    return web.Response(body=body, headers={"Content-Type": f"{TEXT}; charset=utf-8", "Cache-Control": cache})


async def checkpoint(request: web.Request) -> web.Response:
    live = await _opened(request)
    return _text(request.app[SERVICE].log.checkpoint(live), "no-cache")


async def cosigned(request: web.Request) -> web.Response:
    found = request.app[SERVICE].log.cosigned(await _opened(request))
    if found is None:
        raise refused("NotFound")
    return _text(found, "no-cache")


async def key(request: web.Request) -> web.Response:
    return _text(f"{(await _opened(request)).vkey}\n".encode(), FOR_EVER)


async def tile(request: web.Request) -> web.Response:
    live = await _opened(request)
    found = await request.app[SERVICE].log.tile(live, f"tile/{request.match_info['tile']}")
    if found is None:
        raise refused("NotFound")
    return web.Response(body=found, headers={"Content-Type": BYTES, "Cache-Control": FOR_EVER})


async def receipt(request: web.Request) -> web.Response:
    """It proves the entry under today's checkpoint, so tomorrow's is another file."""
    live = await _opened(request)
    position = int(request.match_info["position"])
    try:
        proof = await request.app[SERVICE].log.receipt(live, position)
    except PositionUnknown:
        raise refused("NotFound") from None
    return proof_answer(proof, position, "no-cache")


def proof_answer(proof: bytes, position: int, cache: str) -> web.Response:
    """A receipt as a file to keep."""
    answer = _text(proof, cache)
    answer.headers["Content-Disposition"] = f'attachment; filename="receipt-{position}.tlog-proof"'
    return answer


def _file(path: str, summary: str, handler: Handler, media_type: str, *refusals: str) -> Route:
    return Route(
        method="GET",
        path=f"{PREFIX}{path}",
        summary=summary,
        handler=handler,
        tag="log",
        media_type=media_type,
        refusals=("WorkshopNotFound", *refusals),
    )


RECORD_LOG = (
    _file("/checkpoint", "The signed checkpoint over the whole record.", checkpoint, TEXT, "RecordRewound"),
    _file(
        "/cosigned",
        "The last checkpoint that witnesses have signed too; the record goes on from it.",
        cosigned,
        TEXT,
        "NotFound",
    ),
    _file(
        "/vkey", "The key that signs this record's checkpoints, which its first entry names too.", key, TEXT
    ),
    _file(
        "/tile/{tile}",
        "A tile of hashes `<level>/<index>[.p/<width>]`, or a bundle of entries `entries/<index>[.p/<width>]`.",
        tile,
        BYTES,
        "EntriesWithheld",
    ),
    _file(
        "/receipts/{position}",
        "Proof that the entry at this position is in the record, as a file to keep.",
        receipt,
        TEXT,
        "RecordRewound",
    ),
)
