"""Witnesses are asked in time, and what they sign is served: with a real witness on a real socket."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import ClientSession

from cocreate.application import CastBallot, CloseRound, CloseWorkshop, Service
from cocreate.application.cosigning import EVERY_S, Cosigning
from cocreate.application.memory import Memory
from cocreate.persistence.popo import PopoRecordStore
from cocreate.tlog.checkpoints import open_checkpoint
from cocreate.tlog.vkey import parse_vkey
from cocreate.witnessing.asking import WitnessAddress, Witnesses
from tests.application.nodes import HOST, VAULT, create, idea, join, live, open_round, running
from tests.tlog.known import WITNESS
from tests.witnessing.hosting import hosted


@asynccontextmanager
async def asked_by(service: Service, *addresses: WitnessAddress) -> AsyncIterator[Cosigning]:
    async with ClientSession() as http:
        yield Cosigning(service.lives, Witnesses(http, addresses))


async def cosigned_size(service: Service, workshop: str) -> int:
    """How much of the record the witness has signed, 0 where it has signed nothing."""
    held = await live(service, workshop)
    note = service.log.cosigned(held)
    if note is None:
        return 0
    opened = open_checkpoint(note, parse_vkey(held.vkey), [WITNESS.key])
    assert [one.key for one in opened.cosigned] == [WITNESS.key]
    return opened.checkpoint.size


async def test_once_a_minute_and_at_once_when_a_round_or_the_workshop_ends(tmp_path: Path) -> None:
    """And not before: a vote is no reason to ask."""
    async with (
        running(PopoRecordStore(), timekeeper=False) as service,
        hosted(tmp_path, None, clock=time.time) as witness,
        asked_by(service, witness) as cosigning,
    ):
        workshop = await create(service)
        held = await live(service, workshop)
        await cosigning.look(0.0)
        first = await cosigned_size(service, workshop)
        assert first == held.size
        assert service.log.checkpoint(held) == service.log.cosigned(held)
        (ada,) = await join(service, workshop, "Ada")
        await cosigning.look(EVERY_S - 1)
        assert await cosigned_size(service, workshop) == first
        assert service.log.checkpoint(held) == held.checkpoint()
        await cosigning.look(EVERY_S)
        assert await cosigned_size(service, workshop) == held.size
        ideas = [await idea(service, workshop, ada)]
        round_id = await open_round(service, workshop, ideas)
        await service.execute(ada, workshop, CastBallot(round=round_id, choice=tuple(ideas)))
        await service.execute(HOST, workshop, CloseRound(round=round_id))
        await cosigning.look(EVERY_S + 1)
        assert await cosigned_size(service, workshop) == held.size
        await service.execute(HOST, workshop, CloseWorkshop())
        await cosigning.look(EVERY_S + 2)
        assert await cosigned_size(service, workshop) == held.size


async def test_a_witness_that_was_away_is_asked_again_though_nothing_moved(tmp_path: Path) -> None:
    """A minute later, and not before."""
    async with running(PopoRecordStore(), timekeeper=False) as service:
        workshop = await create(service)
        async with hosted(tmp_path, None, clock=time.time) as witness:
            pass
        async with asked_by(service, witness) as cosigning:
            await cosigning.look(0.0)
            assert await cosigned_size(service, workshop) == 0
            async with hosted(tmp_path, None, clock=time.time) as back:
                cosigning._witnesses._witnesses = (back,)
                await cosigning.look(EVERY_S - 1)
                assert await cosigned_size(service, workshop) == 0
                await cosigning.look(EVERY_S)
                assert await cosigned_size(service, workshop) == (await live(service, workshop)).size


async def test_what_was_cosigned_outlives_the_process_and_reaches_others(tmp_path: Path) -> None:
    """It lies in the memory's folder, where a worker finds it."""
    service = Service(PopoRecordStore(), VAULT, memory=Memory(tmp_path / "signed"))
    await service.start()
    async with hosted(tmp_path, None, clock=time.time) as witness, asked_by(service, witness) as cosigning:
        workshop = await create(service)
        await cosigning.look(0.0)
    await service.stop()
    note = Memory(tmp_path / "signed").recall_cosigned(workshop)
    assert note is not None
    held = await live(service, workshop)
    assert open_checkpoint(note, parse_vkey(held.vkey), [WITNESS.key]).cosigned


async def test_a_record_that_was_put_back_is_not_shown_to_witnesses(tmp_path: Path) -> None:
    """And keeps no other from being seen."""
    async with (
        running(PopoRecordStore(), timekeeper=False) as service,
        hosted(tmp_path, None, clock=time.time) as witness,
        asked_by(service, witness) as cosigning,
    ):
        put_back, other = await create(service), await create(service)
        (await live(service, put_back)).rewound = True
        await cosigning.look(0.0)
        assert await cosigned_size(service, other) > 0
        assert await cosigned_size(service, put_back) == 0
