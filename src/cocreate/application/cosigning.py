"""Asking witnesses to sign what this node has signed: who keeps a record cannot rewrite what others have seen.

Once a minute while a record moves, and as soon as a round or the workshop has ended. Nobody waits for it: a witness that
does not answer is asked again a minute later.
"""

import asyncio
import time
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from structlog import get_logger

from cocreate.application.errors import Unavailable
from cocreate.application.live import LiveWorkshop
from cocreate.application.lives import LiveWorkshops
from cocreate.persistence.errors import StoreError
from cocreate.tlog.vkey import parse_vkey

if TYPE_CHECKING:
    from cocreate.witnessing.asking import Witnesses

EVERY_S: Final = 60.0
LOOK_EVERY_S: Final = 1.0
"""How soon the end of a round or of a workshop is noticed."""

log = get_logger()


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a record was when its witnesses were last asked, and when."""

    size: int
    ended: int
    at: float
    whole: bool = False
    """Whether all of them answered."""


class Cosigning:
    """Owner of what was asked; the notes that come of it are kept by the node's memory."""

    def __init__(self, lives: LiveWorkshops, witnesses: "Witnesses") -> None:
        self._lives, self._witnesses = lives, witnesses
        self._asked: dict[str, _Asked] = {}

    async def run(self) -> None:
        """Ask whenever it is time, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            await self.look(time.monotonic())

    async def look(self, now: float) -> None:
        """Ask about every open record whose time has come; one that fails keeps no other from being asked about."""
        lives = self._lives.opened()
        self._asked = {live.id: self._asked[live.id] for live in lives if live.id in self._asked}
        for live in lives:
            if not live.rewound and self._is_due(live, now):
                asked = self._asked[live.id] = _Asked(live.size, ended(live), now)
                try:
                    if await self._ask(live):
                        self._asked[live.id] = replace(asked, whole=True)
                except (StoreError, Unavailable) as error:
                    log.warning("witnesses_not_asked", workshop=live.id, cause=type(error).__name__)

    def _is_due(self, live: LiveWorkshop, now: float) -> bool:
        asked = self._asked.get(live.id)
        if asked is None:
            return True
        if live.size > asked.size and ended(live) != asked.ended:
            return True
        return (live.size > asked.size or not asked.whole) and now - asked.at >= EVERY_S

    async def _ask(self, live: LiveWorkshop) -> bool:
        """Whether every witness answered."""
        found = await self._witnesses.cosign(
            parse_vkey(live.vkey), live.checkpoint(), partial(self._lives.log.consistency, live)
        )
        if found.by:
            self._lives.memory.note_cosigned(live.id, found.note.encode())
        for missing in found.missing:
            # What contradicts or is ahead of us may be the first sign of a record that was put back.
            tell = log.info if missing.kind == "unavailable" else log.error
            tell(
                "witness_did_not_sign", workshop=live.id, witness=missing.witness.key.name, cause=missing.kind
            )
        return all(missing.kind != "unavailable" for missing in found.missing)


def ended(live: LiveWorkshop) -> int:
    """How many rounds are over, and whether the workshop is: with each the record should be seen by others."""
    rounds = live.projections.rounds.rounds.values()
    return sum(row.status != "open" for row in rounds) + (live.projections.workshop.status != "open")
