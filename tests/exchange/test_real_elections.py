"""Real elections through the whole system: imported, certified, exported, and counted again by an auditor from the file alone."""

from __future__ import annotations

import gc
import io
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cocreate.application.service import Service
from cocreate.audit.verify import Trust, recount_export
from cocreate.bootstrap import opened_service
from cocreate.cli_import_election import facts_of
from cocreate.cli_options import GC_THRESHOLDS
from cocreate.config import Settings
from cocreate.exchange import blt_source, votekit_source
from cocreate.exchange.election import Election
from cocreate.exchange.election_import import import_election, option_ids, recount_of
from cocreate.exchange.export_record import export_record
from cocreate.exchange.pabulib_source import read_election as read_pb
from tests.domain.voting.test_real_stv import Table, table_expected, table_of, whole

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
PABULIB = DATA / "pabulib"
BUDGETS: dict[str, Any] = json.loads((PABULIB / "expected.json").read_text()) if PABULIB.exists() else {}
GLASGOW = DATA / "stv" / "glasgow2007"
WARDS: dict[str, Any] = json.loads((GLASGOW / "expected.json").read_text()) if GLASGOW.exists() else {}
PORTLAND = DATA / "stv" / "Portland_D1_cleaned_votekit_pref_profile.csv"

TARGOWEK, WIELICZKA = "Poland_Warszawa_2020_Targowek.pb", "Poland_Wieliczka_2023_Green_Budget.pb"
DEPARTURES = {
    # Its most costly project among the first was left out, and five that come later were bought with the money.
    TARGOWEK: {"only_elected": ["1667"], "only_reported": ["1325", "1686", "1903", "2025", "331"]},
    # Two projects made room for one in a comparison that is no part of the published method.
    WIELICZKA: {"only_elected": ["66", "67"], "only_reported": ["46"]},
}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.exists(), reason=f"the real elections are not at {DATA}"),
]


@pytest.fixture(autouse=True)
def _collecting_as_the_command_does() -> Iterator[None]:
    """Looking through every object often costs an eighth of the time here."""
    before = gc.get_threshold()
    gc.set_threshold(*GC_THRESHOLDS)
    yield
    gc.set_threshold(*before)


async def audited(service: Service, workshop: str) -> None:
    """An auditor who has the exported file and nothing else counts the certified round again, with the same result."""
    copy = io.BytesIO()
    await export_record(service, workshop, "public", copy)
    copy.seek(0)
    report, recounts, _ = recount_export(copy, "copy.jsonl", Trust(now_ms=time.time_ns() // 1_000_000))
    assert not report.violations
    assert [one.differs for one in recounts] == [()]


async def recounted(tmp_path: Path, election: Election) -> tuple[dict[str, Any], Table]:
    """What the command prints of an import, and the table of a count by quota, after an auditor has agreed."""
    settings = Settings(database=f"sqlite:///{tmp_path / 'a.sqlite'}", key_file=tmp_path / "instance.key")
    async with opened_service(settings) as service:
        record = await import_election(service, election, licence="unknown")
        await audited(service, record.workshop)
        recount = await recount_of(service, record, election)
        ids = option_ids(record, election.options)
    names = {one: option.title for one, option in zip(ids, election.options, strict=True)}
    return facts_of(election, recount), table_of(tuple(recount.steps), names)


@pytest.mark.parametrize("name", sorted(BUDGETS))
async def test_a_city_gets_what_it_chose_or_is_told_the_difference(name: str, tmp_path: Path) -> None:
    """By the city's own rule, with its costs to the last unit."""
    told = BUDGETS[name]
    facts, _ = await recounted(tmp_path, read_pb(PABULIB / name))
    assert (facts["rule"], str(facts["budget"]), facts["ballots"]) == (
        told["rule"],
        told["budget"],
        told["ballots"],
    )
    assert sorted(facts["reported"]) == sorted(told["selected"])
    assert facts["equal"] == (name not in DEPARTURES)
    if facts["equal"]:
        assert sorted(facts["elected"]) == sorted(told["selected"])
        assert str(facts["cost"]) == told["cost_selected"]
    else:
        assert {side: sorted(names) for side, names in facts["differs"].items()} == DEPARTURES[name]
        assert facts["cost"] <= facts["budget"]


@pytest.mark.parametrize("ward", sorted(WARDS))
async def test_a_ward_gets_whom_it_elected_and_the_table_of_every_round(ward: str, tmp_path: Path) -> None:
    """In order, with the quota, to the fifth decimal place of every vote."""
    told = WARDS[ward]
    facts, table = await recounted(tmp_path, blt_source.read_election(GLASGOW / f"{ward}.blt"))
    assert facts["elected"] == [" ".join(name.split()) for name in told["elected"]]
    assert (facts["rule"], facts["seats"], facts["ballots"]) == (
        "stv",
        int(told["seats"]),
        int(told["ballots"]),
    )
    assert facts["quota"] * 100_000 == whole(told["quota"])
    assert table == table_expected(told["table"])


async def test_portland_gets_its_three_elected_and_its_quota(tmp_path: Path) -> None:
    """From all its 42,871 ballots. The last two are elected at one stage: their order is a matter of listing."""
    facts, _ = await recounted(tmp_path, votekit_source.read_election(PORTLAND, seats=3))
    assert (facts["ballots"], facts["quota"], facts["seats"]) == (42_871, 10_718, 3)
    assert facts["elected"][0] == "Candace Avalos"
    assert sorted(facts["elected"][1:]) == ["Jamie Dunphy", "Loretta Smith"]
