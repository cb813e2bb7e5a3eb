"""Live streams (server-sent events): one hub an audience of a workshop builds each frame once and writes it to every transport.

A frame is the position and what changed since the one before. Changes are gathered: the first is told at once, the next after
a pause that grows with what a frame costs, so that few readers hear within a tenth of a second and ten thousand leave a part
of the loop to those who vote. What is personal never travels here.
"""

import asyncio
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from aiohttp import web
from structlog import get_logger

from cocreate.application import Audience, LiveWorkshop, Refusal, Service, canonical_json
from cocreate.http.problems import refused

PAUSE_S = 0.08
"""Between two frames at least: people do not read faster, and a vote a millisecond must not be a frame a millisecond."""
PAUSE_BY_COST = 0.7
"""And so many times what the frame before has cost."""
SLICE = 12
"""Readers written to before others get their turn: a quarter of a millisecond of work. A vote takes some ten turns."""
HEARTBEAT_S = 12.0
"""Phones and proxies drop what is silent; the promise is 15 s."""
RETRY_MS = 2_000
"""When a browser asks again after the connection broke."""
RETRY_FULL_S = 30
SLOW_BYTES_MAX = 256 * 1024
"""Bytes that may wait for one reader beyond what it asked for at once; more, and it is cut off and resumes."""
CATCH_UPS_MAX = 64
"""Frames for readers who resume, kept until the record moves: after a restart many ask for the same."""
HEARTBEAT = b": still here\n\n"


@dataclass(frozen=True, slots=True)
class StreamLimits:
    """How many streams a node serves; beyond that a page reloads from time to time."""

    node: int = 10_000
    workshop: int = 10_000


@dataclass(slots=True, eq=False)
class Stream:
    """One reader. `patience`: bytes that may wait for it."""

    transport: asyncio.Transport
    seat: str | None
    wanted: Audience | None
    chunked: bool
    patience: int = SLOW_BYTES_MAX
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    def write(self, frame: "Frame") -> None:
        """Write without waiting; cut off who has left or cannot follow."""
        if self.transport.is_closing():
            self.ended.set()
        elif self.transport.get_write_buffer_size() > self.patience:
            self.transport.abort()
            self.ended.set()
        else:
            self.transport.write(frame.chunk if self.chunked else frame.plain)

    def close(self, reason: str) -> None:
        """Say goodbye and let the handler end; the browser comes back by itself."""
        if not self.ended.is_set():
            self.write(Frame(f'event: bye\ndata: {{"reason":"{reason}"}}\n\n'.encode()))
            self.ended.set()


class Frame:
    """The same bytes for every reader, and framed once for HTTP/1.1's chunks."""

    __slots__ = ("chunk", "plain")

    def __init__(self, plain: bytes) -> None:
        self.plain = plain
        self.chunk = b"%x\r\n%s\r\n" % (len(plain), plain)


class Hub:
    """The streams of one audience of one workshop. Owner of its `_streams` and of the position they have all reached."""

    def __init__(self, service: Service, workshop: str, audience: Audience) -> None:
        self._service, self._workshop, self.audience = service, workshop, audience
        self._streams: set[Stream] = set()
        self._live: LiveWorkshop | None = None
        self._checked: LiveWorkshop | None = None
        self._at = -1
        self._catch_ups: dict[int, Frame] = {}
        self._task: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._streams)

    def join(self, stream: Stream, live: LiveWorkshop, since: int) -> None:
        """Bring the stream up to the head, and then along with the others."""
        frame = self._catch_up(live, since)
        stream.patience += len(frame.plain)
        stream.write(frame)
        self._streams.add(stream)
        if self._task is None or self._task.done():
            self._hold(live)
            self._at = live.projections.at
            self._task = asyncio.create_task(self._run(), name=f"stream-{self._workshop}-{self.audience}")

    def leave(self, stream: Stream) -> None:
        self._streams.discard(stream)

    def sweep(self) -> None:
        """Let go of readers who have left without a word."""
        for stream in list(self._streams):
            if stream.transport.is_closing():
                self._end(stream)

    async def stop(self, reason: str) -> None:
        self._close(list(self._streams), reason)
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def _catch_up(self, live: LiveWorkshop, since: int) -> Frame:
        if live is not self._live or live.projections.at != self._at:
            return self._frame(live, since)
        if since not in self._catch_ups:
            if len(self._catch_ups) >= CATCH_UPS_MAX:
                self._catch_ups.clear()
            self._catch_ups[since] = self._frame(live, since)
        return self._catch_ups[since]

    def _frame(self, live: LiveWorkshop, since: int) -> Frame:
        at = live.projections.at
        items = self._service.reading.changes(live, self.audience, since) if since < at else {}
        told = canonical_json({"at": at, "items": items})
        return Frame(b"id: %d\nevent: changes\ndata: %s\n\n" % (at, told))

    async def _run(self) -> None:
        try:
            while self._streams:
                live = await self._service.reading.live(self._workshop)
                self._hold(live)
                if live.projections.at > self._at:
                    cost_s = await self._tell(live)
                    await asyncio.sleep(max(PAUSE_S, PAUSE_BY_COST * cost_s))
                    continue
                try:
                    async with asyncio.timeout(HEARTBEAT_S):
                        await live.moved()
                except TimeoutError:
                    await self._write(Frame(HEARTBEAT))
        except Exception as error:  # noqa: BLE001  # a record that cannot be read ends its streams and nothing else
            log.warning("stream_ended", workshop=self._workshop, cause=type(error).__name__)
            self._close(list(self._streams), "unavailable")
        finally:
            self._catch_ups.clear()
            self._release()

    async def _tell(self, live: LiveWorkshop) -> float:
        """Write what changed to everybody; returns the seconds of work that it was."""
        began = time.perf_counter()
        if self._roles_moved(live):
            self._close([stream for stream in self._streams if not self._may_read(live, stream)], "audience")
        frame = self._frame(live, self._at)
        self._at = live.projections.at
        self._catch_ups.clear()
        return time.perf_counter() - began + await self._write(frame)

    def _roles_moved(self, live: LiveWorkshop) -> bool:
        """Whether anybody came, went, or got another role since the last frame; else nobody's audience can have changed."""
        if live is not self._checked:
            self._checked = live  # loaded anew: who may read is looked at from the start
            return True
        people, workshop = live.projections.participation.changes, live.projections.workshop.changes
        return any(True for changes in (people, workshop) for _ in changes.since(self._at))

    def _may_read(self, live: LiveWorkshop, stream: Stream) -> bool:
        """Whether the reader is still of this audience: a facilitator may have been removed."""
        try:
            return self._service.reading.audience(live, stream.seat, stream.wanted) == self.audience
        except Refusal:
            return False

    async def _write(self, frame: Frame) -> float:
        """Write to all who are here now, a slice at a time; returns the seconds of work that it was.

        Who joins meanwhile is brought up to the head by joining.
        """
        streams, cost_s = list(self._streams), 0.0
        for first in range(0, len(streams), SLICE):
            began = time.perf_counter()
            for stream in streams[first : first + SLICE]:
                if not stream.ended.is_set():
                    stream.write(frame)
                if stream.ended.is_set():
                    self.leave(stream)
            cost_s += time.perf_counter() - began
            await asyncio.sleep(0)
        return cost_s

    def _close(self, streams: Iterable[Stream], reason: str) -> None:
        for stream in streams:
            stream.close(reason)
            self.leave(stream)

    def _end(self, stream: Stream) -> None:
        stream.ended.set()
        self.leave(stream)

    def _hold(self, live: LiveWorkshop) -> None:
        """Keep the workshop in memory while it is watched; after a reload it is another object."""
        if live is not self._live:
            self._release()
            live.readers += 1
            self._live = live

    def _release(self) -> None:
        if self._live is not None:
            self._live.readers -= 1
            self._live = None


class Streams:
    """Every hub of this node."""

    def __init__(self, service: Service, limits: StreamLimits) -> None:
        self._service, self._limits = service, limits
        self._hubs: dict[tuple[str, Audience], Hub] = {}

    def __len__(self) -> int:
        return sum(len(hub) for hub in self._hubs.values())

    def require_room(self, workshop: str) -> None:
        """Refuse one more stream where the node or the workshop has all it serves."""
        if self._full(workshop):
            for hub in self._hubs.values():
                hub.sweep()
            if self._full(workshop):
                raise refused("TooManyReaders", headers={"Retry-After": str(RETRY_FULL_S)})

    def _full(self, workshop: str) -> bool:
        here = sum(len(hub) for (one, _), hub in self._hubs.items() if one == workshop)
        return len(self) >= self._limits.node or here >= self._limits.workshop

    async def serve(self, stream: Stream, live: LiveWorkshop, audience: Audience, since: int) -> None:
        """Returns when the stream has ended, from whichever side."""
        place = live.id, audience
        hub = self._hubs.get(place)
        if hub is None:
            hub = self._hubs[place] = Hub(self._service, live.id, audience)
        hub.join(stream, live, since)
        try:
            await stream.ended.wait()
        finally:
            hub.leave(stream)
            if not len(hub) and self._hubs.get(place) is hub:
                del self._hubs[place]
                await hub.stop("ended")

    async def stop(self) -> None:
        """Tell every reader to come back later; without this the server would wait for them for ever."""
        for hub in list(self._hubs.values()):
            await hub.stop("stopping")


STREAMS: web.AppKey[Streams] = web.AppKey("streams", Streams)
log = get_logger()
