"""Certified results counted under other methods, for whoever asks: one at a time, off the loop, each remembered for a while."""

import asyncio
from collections import OrderedDict
from typing import Any

from cocreate.application.errors import QueueFull
from cocreate.application.live import LiveWorkshop
from cocreate.domain.errors import RoundNotFound, RoundStateConflict
from cocreate.domain.voting.what_if import Otherwise, Under, own_count, possible
from cocreate.projections.outcome import otherwise

Json = dict[str, Any]

Place = tuple[str, str, int, Under, int | None]
"""Workshop, round, the certificate that stands, method, seats."""

WAITING_MAX = 16
"""Requests that wait for their turn; whoever comes when there are more is asked to come again."""
KEPT_MAX = 32
"""Counts kept; a long one has a row and some steps for each of a thousand options, half a megabyte."""


class WhatIf:
    """Owner: `Reading`. A certified round takes no more ballots, so a count of it stays what it is until a later certificate."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Place, Json] = OrderedDict()
        self._turn = asyncio.Semaphore(1)
        self._waiting = 0

    def possible(self, live: LiveWorkshop, round_id: str) -> tuple[Under, ...]:
        """What a round's ballots can be counted by, nothing where it has no certificate."""
        row = live.projections.rounds.rounds.get(round_id)
        return () if row is None or row.certificate is None else possible(row.opened.rules)

    async def count(self, live: LiveWorkshop, round_id: str, under: Under, seats: int | None) -> Json:
        """The certified count and the other one beside it.

        Raises RoundNotFound, RoundStateConflict, CountImpossible, LimitReached, QueueFull.
        """
        row = live.projections.rounds.rounds.get(round_id)
        if row is None:
            raise RoundNotFound(round=round_id)
        if row.certificate is None:
            raise RoundStateConflict(status=row.status, wanted="counted another way: certify it first")
        place = live.id, round_id, row.certified_at, under, seats
        if self._waiting >= WAITING_MAX:
            raise QueueFull()
        self._waiting += 1
        try:
            return await self._kept_or_counted(live, place)
        finally:
            self._waiting -= 1

    async def _kept_or_counted(self, live: LiveWorkshop, place: Place) -> Json:
        _, round_id, _, under, seats = place
        async with self._turn:
            if (found := self._kept.get(place)) is None:
                found = self._kept[place] = await self._count(live, round_id, under, seats)
                if len(self._kept) > KEPT_MAX:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(place)
        return found

    async def _count(self, live: LiveWorkshop, round_id: str, under: Under, seats: int | None) -> Json:
        row, root = live.projections.rounds.rounds[round_id], live.tie_roots[round_id]
        assert row.certificate is not None, "the caller has looked"
        count = otherwise(live.projections, round_id, root, under, seats)
        certified = row.certificate
        return told(await asyncio.to_thread(count), round_id, own_count(certified.rules)) | {
            "certified": {
                "method": own_count(certified.rules),
                "at": row.certified_at,
                "elected": list(certified.elected),
            }
        }


def told(found: Otherwise, round_id: str, own: str) -> Json:
    """A count under another method as JSON values."""
    return {
        "round": round_id,
        "method": found.under,
        "instead_of": own,
        "reading": found.reading,
        "rules": found.rules.model_dump(mode="json", exclude_none=True),
        "elected": list(found.result.elected),
        "rows": [list(row) for row in found.result.rows],
        "steps": list(found.result.steps),
    }
