"""Ideas like a draft: an index beside each open workshop, made when somebody first writes and brought up to date at each look.

It holds what everybody may read now, visible ideas, and nothing else; erasing throws it away at once (`LiveWorkshop.similar`).
A draft is looked at and forgotten: it is in no log, no address and no record.
"""

import asyncio
from collections.abc import Iterable
from typing import Final

from cocreate.application.live import LiveWorkshop
from cocreate.projections.similar import Alike, SimilarIdeas

SUGGESTED_MAX: Final = 5
_SLICE: Final = 8
"""Ideas put into an index at a time, some three milliseconds; then everybody else has a turn."""


class Suggestions:
    """One search at a time on this node, so that a room that writes never takes more than one processor's share of turns."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()

    async def like(self, live: LiveWorkshop, text: str, *, nearly: bool) -> list[Alike]:
        """Visible ideas like the text, or only those that say nearly the same; the likest first, five at most."""
        async with self._turn:
            index = await self._current(live)
            return index.nearly_same(text, SUGGESTED_MAX) if nearly else index.like(text, SUGGESTED_MAX)

    async def _current(self, live: LiveWorkshop) -> SimilarIdeas:
        """The index of now. It is whole when nothing has changed since the last slice."""
        while True:
            index = live.similar
            if index is None:
                index = live.similar = SimilarIdeas()
            board, head = live.projections.board, live.projections.at
            changed = list(board.idea_changes.since(index.at))
            if not changed:
                return index
            for first in range(0, len(changed), _SLICE):
                _bring(index, live, changed[first : first + _SLICE])
                await asyncio.sleep(0)
                if live.similar is not index:
                    break
            else:
                index.at = head


def _bring(index: SimilarIdeas, live: LiveWorkshop, ideas: Iterable[str]) -> None:
    for idea in ideas:
        row = live.projections.board.ideas[idea]
        fields = ("title", "text") if row.status == "visible" else ()
        found = [live.texts(row.text_at, field) for field in fields]
        texts = [words for text in found if text is not None for _, words in text]
        if texts:
            index.put(idea, texts)
        else:
            index.drop(idea)
