"""The socket between the writer's process and a worker's: what is sent in one turn of the loop goes as one frame.

A frame is its length in four bytes and a pickled list. Pickle is safe here and nowhere else: the socket is one of a pair that
has no name, its other end is held by a process that this one started or was started by, and nobody else can ever connect.
"""

import asyncio
import pickle
from collections.abc import Callable
from typing import Any

from cocreate.application.actions_workshop import CreateWorkshop
from cocreate.application.drafting import Action
from cocreate.application.errors import RecordDamaged, Unavailable
from cocreate.application.ticket import Receipt
from cocreate.domain.errors import Fact, Refusal

Ask = tuple[int, str, bytes | None, str | None, type[Action], bytes, str | None]
"""number, workshop, session, seat, kind of action, its JSON, idempotency key"""
Creation = tuple[int, None, bytes, None, type[CreateWorkshop], bytes, str | None]
"""The same of a host's wish for a new workshop."""
Told = tuple[Any, ...]
"""A receipt's fields in their order."""
Failure = tuple[type[Exception], tuple[str, ...], dict[str, Fact]]
"""An exception that both sides know, as what it is made with."""
Answered = tuple[int, Told | None, Failure | None]
"""number, and one of the two"""
Moved = dict[str, int] | None
"""Records and how long they are; 0 = longer than known, None = any record may be longer than known."""

_PREFIX_BYTES = 4


class WriterFailed(Exception):
    """The writer met an error in this command that nobody has foreseen; its log has the trace."""


class Link(asyncio.Protocol):
    """One end. `take` is called with the items of each frame, `gone` once when the other end is no more.

    `resumed` is called when the other end has read most of what it was sent.
    """

    def __init__(
        self,
        take: Callable[[list[Any]], None],
        gone: Callable[[], None],
        resumed: Callable[[], None] | None = None,
    ) -> None:
        self._take, self._gone, self._resumed = take, gone, resumed
        self._transport: asyncio.WriteTransport | None = None
        self._out: list[Any] = []
        self._read = bytearray()
        self.slow = False
        """The other end reads less than it is sent: what can wait should."""

    @property
    def up(self) -> bool:
        return self._transport is not None

    def send(self, item: Any) -> None:
        """Send it with what else is sent in this turn of the loop; nothing is sent to an end that is gone."""
        if not self._out:
            asyncio.get_running_loop().call_soon(self.flush)
        self._out.append(item)

    def flush(self) -> None:
        """Send now what would go at the end of this turn of the loop."""
        items, self._out = self._out, []
        if items and self._transport is not None:
            frame = pickle.dumps(items, pickle.HIGHEST_PROTOCOL)
            self._transport.write(len(frame).to_bytes(_PREFIX_BYTES) + frame)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport

    def connection_lost(self, _: Exception | None) -> None:
        self._transport = None
        self._gone()

    def pause_writing(self) -> None:
        self.slow = True

    def resume_writing(self) -> None:
        self.slow = False
        if self._resumed is not None:
            self._resumed()

    def data_received(self, data: bytes) -> None:
        self._read += data
        while (end := _PREFIX_BYTES + int.from_bytes(self._read[:_PREFIX_BYTES])) <= len(self._read):
            items = pickle.loads(self._read[_PREFIX_BYTES:end])  # noqa: S301  see above
            del self._read[:end]
            self._take(items)


def told(receipt: Receipt) -> Told:
    """A receipt as it travels; `Receipt(*told)` is the same again."""
    return (
        receipt.workshop,
        receipt.command,
        receipt.position,
        receipt.count,
        receipt.leaves,
        receipt.aggregates,
        receipt.time,
        receipt.repeated,
    )


def failure_of(error: Exception) -> Failure:
    """What the other side is told of an error; of one that nobody has foreseen, that it happened."""
    match error:
        case Refusal():
            return type(error), (), error.facts
        case Unavailable():
            return type(error), (), {**error.facts}
        case RecordDamaged():
            return RecordDamaged, (str(error),), {}
        case _:
            return WriterFailed, (), {}


def error_of(failure: Failure) -> Exception:
    kind, said, facts = failure
    return kind(*said, **facts)
