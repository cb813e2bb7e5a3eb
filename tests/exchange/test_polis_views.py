"""Views of a real conversation: what a second node saw as it followed is what a replay of the store gives, byte for byte."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from cocreate.application.live import LiveWorkshop, decode_row
from cocreate.application.service import Service
from cocreate.bootstrap import opened_service
from cocreate.config import Settings
from cocreate.domain.canonical import canonical_json
from cocreate.exchange.polis_import import TEXT_LENGTH_MAX, import_conversation
from cocreate.exchange.polis_source import read_conversation
from cocreate.projections.fold import Projections
from cocreate.projections.reader import AUDIENCES, Audience
from cocreate.projections.views import view

SEATTLE = Path(__file__).resolve().parents[3] / "shared" / "data" / "polis" / "15-per-hour-seattle"
STEP = 1_000

pytestmark = pytest.mark.skipif(not SEATTLE.exists(), reason=f"the real conversation is not at {SEATTLE}")


async def replayed(service: Service, live: LiveWorkshop, at: int) -> Projections:
    """A fresh fold of the stored entries up to a position."""
    projections = Projections()
    for row in await service.store.read(live.id, upto=at):
        projections.apply(decode_row(row))
    return projections


def shown(projections: Projections, live: LiveWorkshop, audience: Audience) -> bytes:
    return canonical_json(view(projections, projections, audience, live.texts))


async def test_a_follower_shows_at_every_thousandth_position_what_a_replay_shows(tmp_path: Path) -> None:
    """For every audience: while the record grows entry by entry, and wherever the other node was caught in between."""
    source = read_conversation(SEATTLE, text_length_max=TEXT_LENGTH_MAX)
    database = f"sqlite:///{tmp_path / 'records.sqlite'}"
    settings = Settings(database=database, key_file=tmp_path / "instance.key")
    captured: dict[tuple[int, Audience], bytes] = {}
    begun = asyncio.Event()

    async with opened_service(settings) as writer, opened_service(settings) as follower:

        async def capture(workshop: str) -> None:
            live = await follower.reading.live(workshop)
            while live.state.workshop.importing:
                for audience in AUDIENCES:
                    seen = await follower.reading.view(live, audience)
                    captured[seen.at, audience] = seen.body
                await live.moved()

        async def follow() -> None:
            await begun.wait()
            (summary,) = await follower.store.summaries()
            await capture(summary.workshop)

        following = asyncio.create_task(follow())
        record = await import_conversation(
            writer, source, licence="unknown", name="Seattle", progress=lambda done, total: begun.set()
        )
        await asyncio.wait_for(following, 30)
        live = await writer.reading.live(record.workshop)

        growing = Projections()
        for row in await writer.store.read(record.workshop):
            growing.apply(decode_row(row))
            if growing.at % STEP == 0 or growing.at == live.size - 1:
                for audience in AUDIENCES:
                    captured[growing.at, audience] = shown(growing, live, audience)

        moments = {at for at, _ in captured}
        assert set(range(0, live.size, STEP)) | {live.size - 1} < moments, "nothing was caught in between"
        for at in moments:
            folded = await replayed(writer, live, at)
            for audience in AUDIENCES:
                if (at, audience) in captured:
                    assert shown(folded, live, audience) == captured[at, audience]
