"""Real elections by single transferable vote: the elected in order, the quota, and the table of every round."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from cocreate.domain.voting import Result
from cocreate.exchange import blt_source, votekit_source
from cocreate.exchange.election import Election
from tests.domain.voting.elections import data, expected, listed_in, recounted

WARDS = listed_in("stv", "glasgow2007")
Table = list[tuple[int, dict[str, int], int]]
"""(round, votes above 0 by name, value of exhausted papers) in hundred-thousandths at the end of each round."""


def named(election: Election) -> tuple[Result, dict[str, str]]:
    """The result, and each candidate's name."""
    result, places = recounted(election)
    return result, {one: election.options[place].title for one, place in places.items()}


def table_of(steps: tuple[Any, ...], names: dict[str, str]) -> Table:
    return [
        (step["round"], {names[option]: votes for option, votes in step["votes"]}, step.get("exhausted", 0))
        for step in steps
        if step["step"] in ("first_preferences", "surplus", "excluded")
    ]


def table_expected(rows: list[dict[str, Any]]) -> Table:
    """The rows at the end of each round's transfer, without those who have no votes."""
    return [
        (
            int(row["round"]),
            {name.strip(): whole(votes) for name, (_, votes) in row["cand"].items() if whole(votes)},
            whole(row["nontransferable"]),
        )
        for row in rows
        if row["action"] in ("begin", "transfer")
    ]


def whole(votes: str) -> int:
    return int(Decimal(votes) * 100_000)


def test_glasgow_is_there_or_said_to_be_missing() -> None:
    data("stv", "glasgow2007", "expected.json")
    assert len(WARDS) == 8


@pytest.mark.parametrize("ward", WARDS)
def test_a_glasgow_ward_gives_the_elected_in_order_and_the_table_of_every_round(ward: str) -> None:
    told = expected("stv", "glasgow2007", name=ward)
    result, names = named(blt_source.read_election(data("stv", "glasgow2007", f"{ward}.blt")))
    quota = result.steps[0]
    assert (quota["ballots"], quota["quota"]) == (int(told["ballots"]), whole(told["quota"]))
    assert [names[one] for one in result.elected] == [name.strip() for name in told["elected"]]
    assert table_of(result.steps, names) == table_expected(told["table"])


def test_portland_district_1_gives_its_three_elected_and_its_quota() -> None:
    election = votekit_source.read_election(
        data("stv", "Portland_D1_cleaned_votekit_pref_profile.csv"), seats=3
    )
    assert election.voters == 42_871
    result, names = named(election)
    assert result.steps[0]["quota"] == 10_718 * 100_000
    elected = [names[one] for one in result.elected]
    assert elected[0] == "Candace Avalos"
    # The last two at one stage: which of them stands first is a matter of listing (rule 52), not of votes.
    assert sorted(elected[1:]) == ["Jamie Dunphy", "Loretta Smith"]
