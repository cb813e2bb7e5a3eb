"""Records as a server writes and exports them, audited while a vote is secret, after it was counted, and with its key."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import pytest

from cocreate.application import CastBallot, CloseRound
from cocreate.application.service import Service
from cocreate.audit.report import PROVEN, UNCHECKED, Report, lines_of
from cocreate.audit.verify import Trust, audit_export
from cocreate.exchange.export_record import export_record
from cocreate.persistence.popo import PopoRecordStore
from cocreate.tlog.vkey import parse_vkey
from tests.application.nodes import HOST, NOON, VAULT, Hands, create, idea, join, live, open_round, until

PEOPLE, VOTERS = 5, 3


@pytest.fixture
async def hands() -> Hands:
    return Hands()


@pytest.fixture
async def service(hands: Hands) -> AsyncIterator[Service]:
    node = Service(PopoRecordStore(), VAULT, clock=hands.clock(), permute=Random(2))
    await node.start()
    yield node
    await node.stop()


async def voted(service: Service) -> tuple[str, str]:
    """A workshop of five people with a pseudonymous round in which three have voted, one of them twice."""
    workshop = await create(service)
    people = await join(service, workshop, *(f"person {number}" for number in range(PEOPLE)))
    options = [await idea(service, workshop, people[0], f"Idea {number}") for number in range(2)]
    round_id = await open_round(service, workshop, options, grace_ms=0)
    for caller, option in zip((*people[:VOTERS], people[0]), (*options, options[0], options[1]), strict=True):
        await service.execute(caller, workshop, CastBallot(round=round_id, choice=(option,)))
    return workshop, round_id


async def audited(service: Service, workshop: str, state: Path, **round_keys: bytes) -> Report:
    out = io.BytesIO()
    await export_record(service, workshop, "public", out)
    key = parse_vkey((await live(service, workshop)).vkey)
    trust = Trust(now_ms=NOON + 1, key=key, state=state, round_keys=round_keys)
    out.seek(0)
    return audit_export(out, "a file", trust)


async def test_a_withheld_round_stays_open_until_it_is_counted(
    service: Service, hands: Hands, tmp_path: Path
) -> None:
    """2 while its ballots are hashes, with until when; 0 once it is certified, by the same auditor."""
    workshop, round_id = await voted(service)
    state = tmp_path / "seen.json"
    await audited(service, workshop, state)
    report = await audited(service, workshop, state)
    assert (report.exit_code, report.violations, report.entries_withheld) == (UNCHECKED, (), VOTERS + 1)
    assert list(report.unchecked) == ["withheld"]
    assert report.withheld_until_ms is not None
    await service.execute(HOST, workshop, CloseRound(round=round_id))
    hands.forward(1)
    held = await live(service, workshop)
    await until(lambda: held.state.rounds[round_id].status == "certified", "the clock certifies the round")
    counted = await audited(service, workshop, state)
    assert (counted.exit_code, counted.unchecked, counted.entries_withheld) == (PROVEN, {}, 0)
    assert counted.remembered == report.size


async def test_its_key_turns_the_bound_on_added_votes_into_a_check_of_every_voter(
    service: Service, hands: Hands, tmp_path: Path
) -> None:
    """Without it: at most eligible less cast; with it: none."""
    workshop, round_id = await voted(service)
    await service.execute(HOST, workshop, CloseRound(round=round_id))
    hands.forward(1)
    held = await live(service, workshop)
    await until(lambda: held.state.rounds[round_id].status == "certified", "the clock certifies the round")
    key = held.keyring.round_key(round_id)
    assert key is not None
    state = tmp_path / "seen.json"
    await audited(service, workshop, state)
    without = await audited(service, workshop, state)
    (bounded,) = without.rounds
    assert (without.exit_code, bounded.eligible, bounded.cast, bounded.unseen_max) == (
        PROVEN, PEOPLE, VOTERS, PEOPLE - VOTERS,
    )  # fmt: skip
    assert "at most 2 votes could have been added unseen" in "\n".join(lines_of(without))
    with_key = await audited(service, workshop, state, **{round_id: key})
    (checked,) = with_key.rounds
    assert (with_key.exit_code, checked.unseen_max) == (PROVEN, None)
    assert "every voter was checked" in "\n".join(lines_of(with_key))
