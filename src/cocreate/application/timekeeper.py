"""What the system does by itself: withheld rounds close at their term, rounds whose key is gone close at once, and closed
rounds are certified when their grace is over.

Every node looks; the command ids are the same on all, so each cause leads to one effect.
"""

import asyncio
from typing import TYPE_CHECKING

from structlog import get_logger

from cocreate.application.drafting import Draft
from cocreate.application.errors import ClockJumped, RecordDamaged, Unavailable
from cocreate.application.summary import Deed, due_rounds
from cocreate.domain.certificate import CertifyResult
from cocreate.domain.errors import Refusal
from cocreate.domain.messages import SYSTEM, Command
from cocreate.domain.round import CloseRound
from cocreate.persistence.errors import StoreError

if TYPE_CHECKING:
    from cocreate.application.service import Service

PERIOD_S = 0.5
EVICTION_EVERY = 60
"""Idle workshops are looked for once in so many periods."""

log = get_logger()


class Timekeeper:
    """Looks in the catalogue, so a round is closed in time even if nobody has its workshop open."""

    def __init__(self, service: "Service") -> None:
        self._service = service

    async def run(self) -> None:
        period = 0
        while True:
            await asyncio.sleep(PERIOD_S)
            period += 1
            try:
                await self.tick()
                if period % EVICTION_EVERY == 0:
                    async with self._service.lives.turn:
                        self._service.lives.evict_idle()
            except (StoreError, Unavailable) as error:
                log.warning("timekeeper_waits", cause=type(error).__name__)

    async def tick(self) -> None:
        """Do everything that is due now."""
        try:
            now = self._service.clock.now()
        except ClockJumped:
            return
        for summary in await self._service.store.due(now):
            try:
                live = await self._service.lives.get(summary.workshop)
                for at, round_id, deed in due_rounds(live.state):
                    if at <= now and not live.rewound:
                        await self._act(Draft(live=live, seat=SYSTEM), round_id, deed)
            except (RecordDamaged, LookupError):
                # One record that must not be written to keeps no other from its term.
                log.exception("record_damaged", workshop=summary.workshop)
        for live in self._service.lives.opened():
            for round_id in () if live.rewound else live.keyless_rounds():
                await self._act(Draft(live=live, seat=SYSTEM), round_id, "close_keyless")

    async def _act(self, draft: Draft, round_id: str, deed: Deed) -> None:
        command: Command
        match deed:
            case "close":
                command = CloseRound(actor=SYSTEM, round=round_id, because="withheld_until")
            case "close_keyless":
                command = CloseRound(actor=SYSTEM, round=round_id, because="key_lost")
            case "certify":
                tie_root = draft.live.tie_roots[round_id]
                command = CertifyResult(actor=SYSTEM, round=round_id, tie_root=tie_root)
        try:
            await self._service.submit(
                draft.live.id, command, draft, actor=bytes.fromhex(SYSTEM), key=f"{deed}/{round_id}"
            )
        except Refusal as refusal:
            # Somebody else settled the round first; the next look sees it.
            log.info("timekeeper_refused", workshop=draft.live.id, deed=deed, cause=type(refusal).__name__)
