"""An export holds what its reader may see, and nothing else."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cocreate.application import (
    Caller,
    CastBallot,
    CloseRound,
    CreateWorkshop,
    EraseText,
    HideIdea,
    Join,
    OpenRound,
    OpenWorkshop,
    SubmitIdea,
)
from cocreate.application.service import Service
from cocreate.bootstrap import opened_service
from cocreate.config import Settings
from cocreate.domain.messages import EVENT_TYPES
from cocreate.exchange.export_record import READABLE, Exported, export_record
from cocreate.projections.reader import Audience
from cocreate.record.codec import decode
from cocreate.record.export import Disclosed, ExportHeader, Signed, Withheld, read_export
from cocreate.record.sealed_text import commitment, sealed_fields
from cocreate.tlog.checkpoints import open_checkpoint
from cocreate.tlog.merkle import Frontier
from cocreate.tlog.vkey import parse_vkey


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    settings = Settings(database="memory:", key_file=tmp_path / "instance.key")
    async with opened_service(settings) as opened:
        yield opened


def test_every_event_with_sealed_texts_says_who_may_read_them() -> None:
    """A new one cannot be forgotten: an export of a record that holds it would fail."""
    assert set(READABLE) == {name for name, event in EVENT_TYPES.items() if event.SEALED}


async def a_workshop(service: Service) -> tuple[str, Caller, Caller, list[str], str]:
    """Two ideas of one participant called Ada, and a round on them whose ballots are withheld."""
    host = Caller((await service.doors.new_session(host=True)).session, host=True)
    ada = Caller((await service.doors.new_session()).session)
    created = await service.create(host, CreateWorkshop(title="Label", host="City", starts_at=1, ends_at=2))
    workshop = created.workshop
    await service.execute(host, workshop, OpenWorkshop())
    await service.execute(ada, workshop, Join(name="Ada"))
    ideas = [
        (await service.execute(ada, workshop, SubmitIdea(text=text))).aggregates[0]
        for text in ("trees", "cars")
    ]
    opened = OpenRound.model_validate(
        {"question": "Which?", "rules": {"method": "support", "version": 1}, "options": tuple(ideas)}
    )
    round_id = (await service.execute(host, workshop, opened)).aggregates[0]
    await service.execute(ada, workshop, CastBallot(round=round_id, choice=(ideas[0],)))
    return workshop, host, ada, ideas, round_id


async def exported(
    service: Service, workshop: str, audience: Audience
) -> tuple[Exported, list[object], set[str]]:
    """What was exported, the file's items, and its texts."""
    out = io.BytesIO()
    facts = await export_record(service, workshop, audience, out)
    out.seek(0)
    items = list(read_export(out))
    return facts, list(items), {item.text for item in items if isinstance(item, Disclosed)}


async def test_the_file_proves_its_root_and_its_texts(service: Service) -> None:
    """Entries and stand-ins hash to the root; each text opens a commitment of its entry."""
    workshop, *_ = await a_workshop(service)
    facts, items, _ = await exported(service, workshop, "facilitator")
    frontier = Frontier()
    entries = []
    for item in items:
        if isinstance(item, bytes):
            frontier.append_entry(item)
            entries.append(item)
        elif isinstance(item, Withheld):
            frontier.append(bytes.fromhex(item.withheld))
            entries.append(b"")
    header = items[0]
    assert isinstance(header, ExportHeader)
    assert frontier.root().hex() == header.root == facts.root
    signed = items[-1]
    assert isinstance(signed, Signed)
    checkpoint = open_checkpoint(signed.checkpoint.encode(), parse_vkey(header.vkey)).checkpoint
    assert (checkpoint.size, checkpoint.root) == (header.size, frontier.root())
    for item in items:
        if isinstance(item, Disclosed):
            sealed = dict(sealed_fields(decode(entries[item.position])))[item.field]
            assert (item.language, commitment(bytes.fromhex(item.salt), item.text)) in sealed


async def test_withheld_ballots_are_leaf_hashes_until_their_round_is_released(service: Service) -> None:
    """For every audience, facilitators too."""
    workshop, host, _, _, round_id = await a_workshop(service)
    for audience in ("public", "facilitator"):
        facts, items, _ = await exported(service, workshop, audience)
        assert facts.withheld == 1
        assert [isinstance(item, Withheld) for item in items[1 : facts.entries + 1]].count(True) == 1
    await service.execute(host, workshop, CloseRound(round=round_id))
    assert (await exported(service, workshop, "public"))[0].withheld == 1


async def test_names_and_hidden_ideas_are_for_those_who_may_see_them(service: Service) -> None:
    """The public has neither; a facilitator has both. What is erased nobody has."""
    workshop, host, ada, ideas, _ = await a_workshop(service)
    await service.execute(host, workshop, HideIdea(idea=ideas[1], reason="off_topic", note="sorry"))
    assert (await exported(service, workshop, "public"))[2] == {"Label", "City", "Which?", "trees"}
    everything = {"Label", "City", "Which?", "trees", "cars", "sorry", "Ada"}
    assert (await exported(service, workshop, "facilitator"))[2] == everything
    live = await service.reading.live(workshop)
    trees = live.state.ideas[ideas[0]].text_at
    await service.execute(ada, workshop, EraseText(position=trees, field="text", reason="requested"))
    assert (await exported(service, workshop, "facilitator"))[2] == everything - {"trees"}
