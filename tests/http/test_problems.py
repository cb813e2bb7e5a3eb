"""Every way to be refused is a problem document with a stable type, from one table."""

import sqlite3
from contextlib import closing

import pytest

from cocreate.application import Refusal, Unavailable
from cocreate.http.problems import (
    BORDER,
    BY_TYPE,
    FAULTS,
    REFUSED,
    ROWS,
    Problem,
    explanation,
    kebab,
    problem_of,
    refusals,
)
from tests.http.house import CREATE, House, opened_room


def raised(cls: type[Refusal]) -> Refusal:
    names = [part.split("}")[0] for part in cls.text.split("{")[1:]]
    return cls(**{name: f"<{name}>" for name in names})


def test_every_refusal_has_a_row_and_every_row_a_refusal() -> None:
    """A new refusal without a status would be answered by its kind's, which does not exist."""
    assert {cls.__name__ for cls in refusals()} == set(REFUSED)


@pytest.mark.parametrize("cls", list(refusals()), ids=lambda cls: cls.__name__)
def test_a_refusal_is_told_with_its_text_and_facts(cls: type[Refusal]) -> None:
    """What was expected, what was found, the next step: the class's own words."""
    refusal = raised(cls)
    problem = problem_of(refusal)
    assert problem.name == cls.__name__
    assert problem.detail == str(refusal)
    assert problem.status in (403, 404, 409, 422)
    assert problem.document().get("facts", {}) == refusal.facts


@pytest.mark.parametrize("cls", Unavailable.__subclasses__(), ids=lambda cls: cls.__name__)
def test_what_is_unavailable_says_when_to_come_again(cls: type[Unavailable]) -> None:
    """503 with Retry-After, so that a client's repeat under the same key needs no thought."""
    problem = problem_of(cls())
    assert problem.status == 503
    assert problem.headers["Retry-After"] == str(cls.retry_after_s)
    assert problem.name in FAULTS


def test_a_mistake_of_ours_says_nothing_of_itself() -> None:
    """An unknown exception's text could quote what somebody wrote."""
    problem = problem_of(LookupError("secret words"))
    assert problem.status == 500
    assert "secret" not in str(problem.document())


def test_types_are_stable_and_distinct() -> None:
    """Two problems never share a type, and a type leads back to its row."""
    assert len(BY_TYPE) == len(ROWS)
    assert Problem("RoundNotOpen", "…").type == "/problems/round-not-open"


async def test_every_type_has_a_page(house: House) -> None:
    """The type of a problem is an address that explains it."""
    person = house.person()
    for name in ROWS:
        page = await person.get(f"/problems/{kebab(name)}")
        assert page.status == 200
        assert ROWS[name].title in page.body.decode().replace("&#x27;", "'")
        assert explanation(name)
    assert (await person.get("/problems/no-such-type")).problem == "not-found"


async def test_the_border_answers_in_the_same_form(house: House) -> None:
    """Not found and not allowed come as problem documents with what the client needs."""
    person = house.person()
    assert (await person.get("/api/nothing")).problem == "not-found"
    refused = await person.ask("PUT", "/api/workshops")
    assert refused.problem == "method-not-allowed"
    assert refused.headers["Allow"] == "GET, HEAD, POST"
    assert set(BORDER) <= set(ROWS)


async def test_a_damaged_record_is_told_plainly(house: House) -> None:
    """Nobody is told a mistake of ours where the store holds something wrong, and other workshops go on."""
    room = await opened_room(house)
    rows = await house.service.store.read(room.id)
    house.service.lives.forget([room.id])
    _damage(house, rows[5].entry)
    other = await room.facilitator.do("/api/workshops", CREATE)
    broken = await room.anonymous.get(room.path)
    assert (broken.status, broken.problem) == (503, "record-damaged")
    assert broken.headers["Retry-After"] == "60"
    assert (await room.anonymous.get(f"/api/workshops/{other['workshop']}")).status == 200


def _damage(house: House, entry: bytes) -> None:
    """Put an entry at a place that is not its own, in the only record there is."""
    with closing(sqlite3.connect(house.folder / "house.sqlite")) as connection, connection:
        (table,) = connection.execute(
            "SELECT name FROM sqlite_master WHERE sql LIKE '%originator_version%' AND type = 'table'"
        ).fetchone()
        changed = connection.execute(f"UPDATE {table} SET state = ? WHERE originator_version = 7", (entry,))
        assert changed.rowcount == 1
