"""The golden record as a served log, in memory or over real HTTP, and what an attacker makes of its files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from cocreate.audit.report import Report
from cocreate.audit.served import Fetch, WithheldFile, audit_log
from cocreate.tlog.errors import VerificationError
from cocreate.tlog.signatures import LogSigner
from tests.audit.records import GOLDEN, trust
from tests.record.golden_record import COSIGNED_AT_S, LOG_KEY, WITNESS
from tests.tlog.known import Log

Files = dict[str, bytes]
LOG = LogSigner(GOLDEN.origin, LOG_KEY)


def files_of(entries: list[bytes], *, cosigned: bool = True) -> Files:
    """Everything that a log of these entries serves."""
    log = Log(entries, LOG)
    note = log.note()
    if cosigned:
        note = note.signed_also(WITNESS.sign(note.text, COSIGNED_AT_S))
    return log.files() | {"checkpoint": note.encode(), "vkey": f"{LOG.key}\n".encode()}


def fetch_of(files: Files, *, refused: frozenset[str] = frozenset()) -> Fetch:
    """The files one by one; those `refused` are there and not shown yet."""

    def fetch(path: str, size_bytes_max: int) -> bytes:
        if path in refused:
            raise WithheldFile("status 403")
        if path not in files:
            raise VerificationError("unavailable", expected=path, found="status 404")
        if len(files[path]) > size_bytes_max:
            raise VerificationError("malformed", expected=f"at most {size_bytes_max} bytes", found="more")
        return files[path]

    return fetch


def audited_log(files: Files, *, refused: frozenset[str] = frozenset(), **changes: Any) -> Report:
    return audit_log(fetch_of(files, refused=refused), "a log", trust(**changes))


@contextmanager
def serving(answer: Callable[[str], tuple[int, bytes]]) -> Iterator[str]:
    """The address of an HTTP server on this machine that answers a path with a status and a body."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = answer(self.path.lstrip("/"))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
