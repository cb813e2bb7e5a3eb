"""A witness: its key, what it has seen, and the logs it knows, on one thread of its own."""

import asyncio
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self, TypeVar

from structlog import get_logger

from cocreate.tlog.errors import VerificationError
from cocreate.tlog.signatures import Cosigner, SignatureLine
from cocreate.tlog.vkey import LOG_ED25519, VerifierKey, parse_vkey
from cocreate.tlog.witness import NotCosigned, open_request, parse_add_checkpoint
from cocreate.witnessing.seen import Seen

T = TypeVar("T")

log = get_logger()


class Witness:
    """`logs`: those it knows, by origin; None: any that asks, by the first key it is told of.

    Owner of `seen`, which it closes at the end.
    """

    def __init__(
        self,
        cosigner: Cosigner,
        seen: Seen,
        logs: Mapping[str, VerifierKey] | None,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.key = cosigner.key
        self.is_open = logs is None
        self._cosigner = cosigner
        self._seen = seen
        self._key_of = seen.key_of if logs is None else logs.get
        self._clock = clock
        # One thread: requests come one after the other, and the file is never in two hands.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="witness")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._run(self._seen.close)
        self._thread.shutdown()

    async def cosign(self, body: bytes) -> SignatureLine:
        """The answer to an `add-checkpoint` request. Raises NotCosigned; sqlite3.Error where nothing could be kept."""
        return await self._run(lambda: self._cosign(body))

    async def take(self, body: bytes) -> None:
        """Know the log of this vkey, a line, from now on; open witnesses only.

        Raises VerificationError, LogNotTaken; sqlite3.Error where nothing could be kept.
        """
        line, end, rest = body.partition(b"\n")
        if not end or rest:
            raise VerificationError("malformed", expected="a vkey and a newline", found=body)
        key = _log_key(line)
        await self._run(lambda: self._seen.take(key))

    def _cosign(self, body: bytes) -> SignatureLine:
        request = parse_add_checkpoint(body)
        submitted = open_request(request, self._key_of)
        new = submitted.checkpoint
        try:
            time_s = self._seen.advance(request, submitted, self._clock)
        except NotCosigned as refusal:
            if refusal.forked:
                self._seen.keep_fork(submitted)
                log.warning("log_forked", origin=new.origin, size=new.size, root=new.root.hex())
            raise
        # Only now, when it is on the disk: a signature that has left cannot be called back.
        return self._cosigner.sign(new.text, time_s)

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def read_logs(data: bytes) -> dict[str, VerifierKey]:
    """The logs of a file: a vkey a line, with blank lines and comments from `#`. Raises VerificationError."""
    logs: dict[str, VerifierKey] = {}
    for line in data.split(b"\n"):
        if line.strip() and not line.startswith(b"#"):
            key = _log_key(line)
            if key.name in logs:
                raise VerificationError("malformed", expected=f"one key of {key.name}", found="another")
            logs[key.name] = key
    return logs


def _log_key(line: bytes) -> VerifierKey:
    try:
        key = parse_vkey(line.decode())
    except UnicodeDecodeError as error:
        raise VerificationError("malformed", expected="a vkey in UTF-8", found=line) from error
    if key.type_byte != LOG_ED25519:
        raise VerificationError("malformed", expected="the vkey of a log", found=str(key))
    return key
