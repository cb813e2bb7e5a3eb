"""Real conversations, imported, certified, exported: their files prove themselves and count to their certificates."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import pytest

from cocreate.application.service import Service
from cocreate.audit.report import PROVEN, UNCHECKED, Report
from cocreate.audit.verify import Trust, audit_export, recount_export
from cocreate.domain.round import CloseRound
from cocreate.exchange.export_record import export_record
from cocreate.exchange.import_record import ImportRecord
from cocreate.exchange.polis_source import Conversation
from cocreate.persistence.popo import PopoRecordStore
from cocreate.tlog.vkey import VerifierKey, parse_vkey
from tests.application.nodes import VAULT, record, until
from tests.audit.records import copy_of
from tests.audit.stranger import audit as strangers_audit
from tests.exchange.polis_matrix import read_matrix
from tests.exchange.test_polis_import import CONVERSATIONS, POLIS, by_source, conversation, run

pytestmark = pytest.mark.skipif(not POLIS.exists(), reason=f"the real conversations are not at {POLIS}")

NOW_MS = 1_900_000_000_000


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    """A node whose clock certifies what is closed."""
    node = Service(PopoRecordStore(), VAULT, permute=Random(1))
    await node.start()
    yield node
    await node.stop()


async def certified(service: Service, source: Conversation, name: str) -> tuple[ImportRecord, str]:
    """The conversation with its round closed and certified; the round's id."""
    imported = await run(service, source, name)
    live = await service.reading.live(imported.workshop)
    (round_id,) = live.projections.rounds.rounds
    closes = CloseRound(actor=imported.actor, round=round_id, because="facilitator")
    await service.submit(
        imported.workshop, closes, imported.draft(), actor=bytes.fromhex(imported.actor), key="close"
    )
    await until(lambda: live.state.rounds[round_id].status == "certified", "the clock certifies the round")
    return imported, round_id


def audited(file: bytes, key: VerifierKey, state: Path) -> Report:
    return audit_export(io.BytesIO(file), "a file", Trust(now_ms=NOW_MS, key=key, state=state))


@pytest.mark.parametrize("name", CONVERSATIONS)
async def test_a_real_conversation_proves_itself_offline_and_counts_to_its_certificate(
    service: Service, name: str, tmp_path: Path
) -> None:
    """2 the first time, since nothing was remembered; 0 the second. The count is also that of the source's own matrix."""
    source = conversation(name)
    imported, round_id = await certified(service, source, name)
    out = io.BytesIO()
    await export_record(service, imported.workshop, "public", out)
    file, key = out.getvalue(), parse_vkey((await service.reading.live(imported.workshop)).vkey)

    first = audited(file, key, tmp_path / "seen.json")
    assert (first.exit_code, first.violations, list(first.unchecked)) == (UNCHECKED, (), ["history"])
    second = audited(file, key, tmp_path / "seen.json")
    assert (second.exit_code, second.violations, second.unchecked) == (PROVEN, (), {})
    assert second.rules_checked_to == second.size == second.entries_hashed

    _, (recount,), _ = recount_export(io.BytesIO(file), "a file", Trust(now_ms=NOW_MS, key=key))
    assert (recount.round, recount.differs) == (round_id, ())
    entries = [one.event for one in await record(service, imported.workshop)]
    stated = [row for event in entries if event.NAME == "ResultPart.v1" for row in event.rows]  # type: ignore[attr-defined]
    assert [tuple(row) for row in recount.rows] == [tuple(row) for row in stated]

    _, ideas = by_source(imported, source)
    standing = Counter((ideas_id, vote) for (_, ideas_id), vote in read_matrix(POLIS / name).items())
    counted = {ideas[str(option)]: tuple(map(int, map(str, marks))) for option, *marks in recount.rows}
    assert counted == {one: (standing[one, 1], standing[one, -1], standing[one, 0]) for one in counted}
    assert sum(map(sum, counted.values())) == recount.reconciliation.standing


async def test_one_ballot_that_says_otherwise_is_found(service: Service, tmp_path: Path) -> None:
    """The same file with one answer turned round: neither root nor count hold."""
    source = conversation("15-per-hour-seattle")
    imported, _ = await certified(service, source, "seattle")
    out = io.BytesIO()
    await export_record(service, imported.workshop, "public", out)
    file, key = out.getvalue(), parse_vkey((await service.reading.live(imported.workshop)).vkey)
    at = file.rindex(b'"choice":1,')
    forged = file[:at] + b'"choice":0,' + file[at + len(b'"choice":1,') :]
    found = {one.kind for one in audited(forged, key, tmp_path / "seen.json").violations}
    assert {"tree", "tally"} <= found


@pytest.mark.parametrize("name", CONVERSATIONS[:3])
async def test_a_stranger_finds_the_same(service: Service, name: str) -> None:
    """Who has nothing but the format's page takes the file, counts and all."""
    imported, _ = await certified(service, conversation(name), name)
    out = io.BytesIO()
    await export_record(service, imported.workshop, "public", out)
    strangers_audit(out.getvalue(), copy_of(out.getvalue()).header.vkey)
