"""A served log as a copy to audit: the files of c2sp.org/tlog-tiles below one address, `vkey`, and perhaps `cosigned`.

Everything is read with a limit on its size and a time limit; nothing that a server says moves either.
"""

from collections.abc import Callable
from http.client import HTTPException
from typing import Final
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from cocreate import __version__
from cocreate.audit.report import Report
from cocreate.audit.verify import Audit, Claim, Progress, Trust
from cocreate.tlog.checkpoints import parse_checkpoint
from cocreate.tlog.errors import VerificationError
from cocreate.tlog.merkle import HASH_SIZE_BYTES, leaf_hashes
from cocreate.tlog.notes import NOTE_SIZE_BYTES_MAX, parse_note
from cocreate.tlog.tiles import ENTRY_SIZE_BYTES_MAX, TILE_WIDTH, Tile, parse_bundle, tiles_of
from cocreate.tlog.tree import Tree

TIMEOUT_S: Final = 30.0
BUNDLE_SIZE_BYTES_MAX: Final = TILE_WIDTH * (2 + ENTRY_SIZE_BYTES_MAX)
TILE_SIZE_BYTES: Final = TILE_WIDTH * HASH_SIZE_BYTES
VKEY_SIZE_BYTES_MAX: Final = 1_024

Fetch = Callable[[str, int], bytes]
"""The file at a path below the log's prefix, of at most so many bytes; raises VerificationError: "unavailable" where there
is none, "malformed" where it is longer; or WithheldFile."""

_MISSING: Final = (404, 410)


class WithheldFile(Exception):
    """The server has the file and does not show it yet; `str(error)` is what it says of that."""


class NotReached(Exception):
    """The server did not answer, or not in time; `str(error)` says what happened."""


def fetch_from(url: str) -> Fetch:
    """The files below an http or https address. Raises ValueError for any other."""
    prefix = url.rstrip("/")
    if urlsplit(prefix).scheme not in ("http", "https"):
        raise ValueError(f"expected an address of http or https, found {url!r}")

    def fetch(path: str, size_bytes_max: int) -> bytes:
        headers = {"User-Agent": f"cocreate-audit/{__version__}"}
        try:
            with urlopen(Request(f"{prefix}/{path}", headers=headers), timeout=TIMEOUT_S) as answer:  # noqa: S310  checked above
                data: bytes = answer.read(size_bytes_max + 1)
        except HTTPError as error:
            if error.code >= 500:
                raise NotReached(f"{prefix}/{path}: the server answered {error.code}") from error
            if error.code not in _MISSING:
                raise WithheldFile(f"status {error.code}") from error
            raise VerificationError("unavailable", expected=path, found=f"status {error.code}") from error
        except (OSError, HTTPException) as error:
            raise NotReached(f"{prefix}/{path}: {error}") from error
        if len(data) > size_bytes_max:
            raise VerificationError(
                "malformed", expected=f"{path} of at most {size_bytes_max} bytes", found="a longer one"
            )
        return data

    return fetch


def audit_log(fetch: Fetch, source: str, trust: Trust, progress: Progress | None = None) -> Report:
    """Audit a served log: every entry hashed again, every tile compared. Raises NotReached."""
    audit = Audit(Claim(source, "", "", 0, "", "", served=True), trust)
    try:
        vkey = fetch("vkey", VKEY_SIZE_BYTES_MAX).decode("ascii", errors="replace").removesuffix("\n")
        # First the earlier one: what is written meanwhile comes behind it.
        cosigned = None if trust.policy is None else _cosigned(fetch)
        note = fetch("checkpoint", NOTE_SIZE_BYTES_MAX)
        said = parse_checkpoint(parse_note(note).text)
        workshop = said.origin.rpartition("/")[2]
        claim = Claim(source, said.origin, vkey, said.size, said.root.hex(), workshop, served=True)
        audit = Audit(claim, trust, progress, cosigned)
        audit.checkpoint(note)
        if audit.opened is None:
            return audit.report()  # a size that nobody signed is none to read to
        _read_tiles(fetch, audit)
    except VerificationError as error:
        audit.findings.refused(error)
        return audit.report()
    except WithheldFile as refusal:
        audit.findings.could_not_check("file", f"What the server does not show ({refusal}).")
        return audit.report()
    return audit.conclude()


def _cosigned(fetch: Fetch) -> bytes | None:
    """The last checkpoint that witnesses signed, which ours serve beside the newest; other logs have no such file."""
    try:
        return fetch("cosigned", NOTE_SIZE_BYTES_MAX)
    except WithheldFile:
        return None
    except VerificationError as error:
        if error.reason != "unavailable":
            raise
        return None


def _read_tiles(fetch: Fetch, audit: Audit) -> None:
    """Bundle by bundle, each compared with the tile over it, then the tiles above."""
    size, tree = audit.claim.size, Tree()
    for tile in tiles_of(size):
        if tile.level is None:
            below = Tile(0, tile.index, tile.width)
            try:
                entries = parse_bundle(fetch(tile.path, BUNDLE_SIZE_BYTES_MAX), tile.width)
            except WithheldFile:
                leaves = _hashes(_exactly(fetch, below))
                audit.unread(leaves)
            else:
                leaves = leaf_hashes(entries)
                _compare(_exactly(fetch, below), below, b"".join(leaves))
                audit.page(entries, [])
            tree.append_leaves(leaves)
        elif tile.level > 0:
            _compare(_exactly(fetch, tile), tile, tree.tile(tile.level, tile.index))


def _exactly(fetch: Fetch, tile: Tile) -> bytes:
    data = fetch(tile.path, TILE_SIZE_BYTES)
    if len(data) != tile.width * HASH_SIZE_BYTES:
        expected = f"{tile.path} of {tile.width * HASH_SIZE_BYTES} bytes"
        raise VerificationError("malformed", expected=expected, found=f"{len(data)} bytes")
    return data


def _compare(served: bytes, tile: Tile, made: bytes) -> None:
    if served != made:
        raise VerificationError("tree", expected=f"{tile.path} as its entries make it", found=served.hex())


def _hashes(tile: bytes) -> list[bytes]:
    return [tile[at : at + HASH_SIZE_BYTES] for at in range(0, len(tile), HASH_SIZE_BYTES)]
