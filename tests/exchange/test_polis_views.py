"""Views of real conversations: what a second node saw as it followed is what a replay of the store gives, byte for byte."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
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

POLIS = Path(__file__).resolve().parents[3] / "shared" / "data" / "polis"
CONVERSATIONS = [
    "15-per-hour-seattle",
    "bg2050-volunteers",
    "brexit-consensus",
    pytest.param("vtaiwan.uberx", marks=pytest.mark.slow),
]
STEP = 1_000

pytestmark = pytest.mark.skipif(not POLIS.exists(), reason=f"the real conversations are not at {POLIS}")


async def replay(service: Service, live: LiveWorkshop) -> AsyncIterator[Projections]:
    """One fold of the stored entries, after each of them."""
    projections = Projections()
    while rows := await service.store.read(live.id, after=projections.at):
        for row in rows:
            projections.apply(decode_row(row))
            yield projections


def shown(projections: Projections, live: LiveWorkshop, audience: Audience) -> bytes:
    return canonical_json(view(projections, projections, audience, live.texts))


@pytest.mark.parametrize("name", CONVERSATIONS)
async def test_a_follower_shows_at_every_thousandth_position_what_a_replay_shows(
    name: str, tmp_path: Path
) -> None:
    """For every audience: while the record grows entry by entry, and wherever the other node was caught in between."""
    source = read_conversation(POLIS / name, text_length_max=TEXT_LENGTH_MAX)
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
            writer, source, licence="unknown", name=name, progress=lambda done, total: begun.set()
        )
        await asyncio.wait_for(following, 60)
        live = await writer.reading.live(record.workshop)

        async for growing in replay(writer, live):
            if growing.at % STEP == 0 or growing.at == live.size - 1:
                for audience in AUDIENCES:
                    captured[growing.at, audience] = shown(growing, live, audience)

        moments = {at for at, _ in captured}
        assert set(range(0, live.size, STEP)) | {live.size - 1} < moments, "nothing was caught in between"
        compared = 0
        async for folded in replay(follower, await follower.reading.live(record.workshop)):
            for audience in AUDIENCES:
                if (folded.at, audience) in captured:
                    assert shown(folded, live, audience) == captured[folded.at, audience]
                    compared += 1
        assert compared == len(captured)
