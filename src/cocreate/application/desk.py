"""The writer's side of a worker: takes what its people ask, offers it to the sequencer, sends the answers back.

Every worker has a desk. It also tells its worker which records have moved, always before the answers of the same batch: who
is answered by one worker and asks another one next finds there what they did.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any

from pydantic import ValidationError
from structlog import get_logger

from cocreate.application.actions_workshop import CreateWorkshop
from cocreate.application.asked import Asked, Caller
from cocreate.application.drafting import Draft
from cocreate.application.errors import Unavailable
from cocreate.application.link import Ask, Creation, Link, Moved, failure_of, told
from cocreate.application.live import LiveWorkshop
from cocreate.application.service import Service
from cocreate.application.ticket import Receipt
from cocreate.domain.errors import Refusal

log = get_logger()


class Reply:
    """The answer to one command of a worker's."""

    __slots__ = ("_answered", "_link", "_number")

    def __init__(self, link: Link, number: int) -> None:
        self._link, self._number, self._answered = link, number, False

    def done(self) -> bool:
        return self._answered

    def set_result(self, receipt: Receipt, /) -> None:
        self._answered = True
        self._link.send((self._number, told(receipt), None))

    def set_exception(self, error: Exception, /) -> None:
        self._answered = True
        if not isinstance(error, Refusal | Unavailable):
            log.error("command_failed", error=type(error).__name__, exc_info=error)
        self._link.send((self._number, None, failure_of(error)))


class Desk:
    """Owner of its link. What a worker may have outstanding is limited by the worker, and by the sequencer's queue."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.link = Link(self._take, self._leave, self._say)
        self._tasks: set[asyncio.Task[None]] = set()
        self._unsaid: dict[str, int] = {}
        """Moves that a worker which reads too slowly is told later, each record once."""
        self._unsaid_any = False
        service.lives.followers.add(self._tell)

    def _leave(self) -> None:
        """The worker is gone; what it asked is done nevertheless."""
        self._service.lives.followers.discard(self._tell)

    def _tell(self, moved: Moved) -> None:
        if moved is None:
            self._unsaid_any = True
        else:
            self._unsaid |= moved
        if not self.link.slow:
            self._say()
            if len(self._service.lives.followers) > 1:
                # Whom another worker answers may ask this one in the same moment.
                self.link.flush()

    def _say(self) -> None:
        if self._unsaid_any:
            self.link.send(None)
        if self._unsaid:
            self.link.send(self._unsaid)
        self._unsaid, self._unsaid_any = {}, False

    def _take(self, asks: list[Ask | Creation]) -> None:
        for ask in asks:
            if ask[1] is None:
                self._later(self._create(ask))
            elif (live := self._service.lives.find(ask[1])) is not None:
                self._offer(live, ask)
            else:
                self._later(self._open(ask))

    def _later(self, deed: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(deed)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _offer(self, live: LiveWorkshop, ask: Ask) -> None:
        number, _, session, seat, kind, said, key = ask
        reply = Reply(self.link, number)
        try:
            action = kind.__pydantic_validator__.validate_json(said)
            self._service.sequencer.offer(Asked(Draft(live, seat), action, Caller(session), key, reply))
        except (Unavailable, ValidationError) as error:
            reply.set_exception(error)

    async def _open(self, ask: Ask) -> None:
        try:
            live = await self._service.reading.live(ask[1])
        except Exception as error:  # noqa: BLE001  # whatever it was, whoever asked is told
            Reply(self.link, ask[0]).set_exception(error)
        else:
            self._offer(live, ask)

    async def _create(self, ask: Creation) -> None:
        number, _, session, _, _, said, key = ask
        reply = Reply(self.link, number)
        try:
            action = CreateWorkshop.model_validate_json(said)
            reply.set_result(await self._service.create(Caller(session, host=True), action, key))
        except Exception as error:  # noqa: BLE001  # whatever it was, whoever asked is told
            reply.set_exception(error)
