"""The files behind the pages: one style sheet and our own modules, packed once, named by what they hold.

`/static/<version>/<name>`: the version is a digest of all files, so a browser may keep them for ever, and a module finds the
others beside it by relative names.
"""

import gzip
import hashlib
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

from aiohttp import web

from cocreate.application import WORDS

KINDS: Final = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
YEAR_S: Final = 31_536_000


class Asset(NamedTuple):
    kind: str
    plain: bytes
    packed: bytes


@cache
def assets() -> dict[str, Asset]:
    """Every file of the folder `static`, and the module of the check words, by name."""
    found = {}
    for file in sorted(files("cocreate.http").joinpath("static").iterdir(), key=lambda one: one.name):
        kind = KINDS.get(file.name.rpartition(".")[2])
        if kind is not None:
            found[file.name] = _packed(kind, file.read_bytes())
    # The check words have one list, which the log owns.
    found["words.js"] = _packed(
        KINDS["js"], f'export const WORDS = "{" ".join(WORDS)}".split(" ");\n'.encode()
    )
    return found


def _packed(kind: str, plain: bytes) -> Asset:
    return Asset(kind, plain, gzip.compress(plain, mtime=0))


@cache
def version() -> str:
    digest = hashlib.sha256()
    for name, asset in assets().items():
        digest.update(name.encode() + b"\n" + asset.plain)
    return digest.hexdigest()[:12]


def asset_path(name: str) -> str:
    """Where a page finds a file; a misspelt one fails at once."""
    if name not in assets():
        raise LookupError(f"There is no static file {name}.")
    return f"/static/{version()}/{name}"


async def serve_asset(request: web.Request) -> web.Response:
    asset = assets().get(request.match_info["name"])
    if asset is None:
        raise web.HTTPNotFound()
    known = request.match_info["version"] == version()
    headers = {
        "Cache-Control": f"public, max-age={YEAR_S}, immutable" if known else "no-cache",
        "Vary": "Accept-Encoding",
    }
    packs = "gzip" in request.headers.get("Accept-Encoding", "")
    if packs:
        headers["Content-Encoding"] = "gzip"
    body = asset.packed if packs else asset.plain
    return web.Response(body=body, content_type=asset.kind, charset="utf-8", headers=headers)
