"""What nobody may see: who voted what in a pseudonymous round, and a withheld round's ballots before its results."""

import hashlib
import hmac
import json
from collections.abc import Iterable
from itertools import product
from typing import Any, get_args

import pytest
import structlog

from cocreate.application import (
    Audience,
    Caller,
    CertifyResult,
    CloseRound,
    CloseWorkshop,
    Receipt,
    Service,
    VoidRound,
    WithdrawBallot,
)
from cocreate.domain.canonical import canonical_json, framed
from tests.application.nodes import (
    HOST,
    Hands,
    cast_ballot,
    create,
    idea,
    join,
    live,
    open_round,
    record,
    rows,
    seat,
)

PEOPLE = 9
AUDIENCES: tuple[Audience, ...] = get_args(Audience)


async def vote(
    service: Service, *, secrecy: str = "pseudonymous", results: str = "after_closing"
) -> tuple[str, str, list[Caller], list[Receipt]]:
    """A workshop, its round, its people, and the receipts of their ballots: cast, replaced, some withdrawn."""
    workshop = await create(service)
    people = await join(service, workshop, *(f"p{number}" for number in range(PEOPLE)))
    options = [await idea(service, workshop, people[0], f"Idea {number}") for number in range(3)]
    round_id = await open_round(service, workshop, options, secrecy=secrecy, results=results, grace_ms=0)
    receipts = []
    for number, one in enumerate(people):
        for option in options[: 1 + number % 3]:
            ballot = cast_ballot(round_id, option)
            receipts.append(await service.execute(one, workshop, ballot, f"key {number} {option}"))
    receipts.append(await service.execute(people[0], workshop, WithdrawBallot(round=round_id), "back"))
    return workshop, round_id, people, receipts


async def public_bytes(service: Service, workshop: str) -> list[bytes]:
    """All that an outsider gets to see, at the end and of every past moment: entries, views, timeline, ETags."""
    held = await live(service, workshop)
    found = [one.entry or one.leaf for one in await service.reading.entries(held, after=-1)]
    outside: tuple[Audience, ...] = ("public", "participant", "screen")
    for audience, at in product(outside, (None, *range(held.size))):
        view = await service.reading.view(held, audience, at)
        found += [view.body, view.etag.encode()]
    for audience in outside:
        found.append(canonical_json(service.reading.changes(held, audience, -1)))
    found.append(canonical_json(await service.reading.timeline(held)))
    return found


def words_in(value: Any) -> Iterable[str]:
    """Every string in a JSON value, and the parts of composite ids."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from words_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from words_in(inner)
    else:
        yield from str(value).split("/")


def derived(pseudonym: str, salts: Iterable[str]) -> set[str]:
    """What an outsider can compute from a participant's pseudonym and anything that is public beside it."""
    raw = bytes.fromhex(pseudonym)
    found = set()
    for salt in salts:
        for name in (salt.encode(), bytes.fromhex(salt) if is_hex(salt) else b""):
            for data in (raw, pseudonym.encode()):
                inputs = (data + name, name + data, framed("voter", data, name), framed("voter", name, data))
                found |= {hashlib.sha256(one).hexdigest()[:32] for one in inputs}
                found |= {
                    hmac.new(name, one, hashlib.sha256).hexdigest()[:32]
                    for one in (data, framed("voter", data))
                }
    return found


def is_hex(word: str) -> bool:
    return len(word) % 2 == 0 and all(letter in "0123456789abcdef" for letter in word)


async def test_all_public_bytes_of_a_pseudonymous_round_link_no_ballot_to_a_participant(
    service: Service, hands: Hands
) -> None:
    """Joined: no ballot entry shares a word with one that names a participant, and no voter can be computed from one."""
    with structlog.testing.capture_logs() as logs:
        workshop, round_id, people, receipts = await vote(service)
        await service.execute(HOST, workshop, CloseRound(round=round_id))
        hands.forward(1)
        await service.execute(HOST, workshop, CertifyResult(round=round_id))
    pseudonyms = {await seat(service, workshop, one) for one in people}
    entries = [json.loads(row.entry) for row in await rows(service.store, workshop)]
    ballots = [one for one in entries if one["event"].startswith("Ballot")]
    others = [one for one in entries if not one["event"].startswith("Ballot")]
    assert len(ballots) == len(receipts)
    voters = {one["actor"] for one in ballots}
    assert len(voters) == PEOPLE
    assert voters.isdisjoint(pseudonyms)
    assert {one["aggregate"].split("/")[1] for one in ballots} == voters

    # No word stands in a ballot and in an entry that names a participant, but the round, its options, names and times.
    of_round = {
        round_id,
        *(
            option
            for one in others
            if one["event"] == "RoundOpened.v1"
            for option, _ in one["facts"]["options"]
        ),
    }
    plain = {"actor", "aggregate", "command", "event", "facts", "position", "time"}
    naming = [set(words_in(one)) for one in others if set(words_in(one)) & pseudonyms]
    for ballot in ballots:
        for named in naming:
            shared = {word for word in set(words_in(ballot)) & named if len(word) > 13}
            assert shared <= of_round | plain, shared
    # Nor is a voter computed from a participant with anything that is public.
    salts = {"", workshop, round_id, *(word for one in others for word in words_in(one) if len(word) >= 32)}
    for pseudonym in pseudonyms:
        assert not derived(pseudonym, salts) & voters
    # Nothing that is shown, and nothing that is logged, has both in one place.
    for shown in await public_bytes(service, workshop):
        if b'"collections"' in shown or b'"items"' in shown:
            assert not any(voter.encode() in shown for voter in voters)
    told = json.dumps(logs, default=str)
    assert not any(name in told for name in voters | pseudonyms)


async def test_a_voters_command_ids_do_not_lead_to_a_participant(service: Service) -> None:
    """The same client key under two actors gives two ids, and the secret they are made with is in no public byte."""
    workshop = await create(service)
    (ada,) = await join(service, workshop, "ada")
    option = await idea(service, workshop, ada)
    round_id = await open_round(service, workshop, [option], results="always")
    ballot = await service.execute(ada, workshop, cast_ballot(round_id, option), "one key")
    who = await seat(service, workshop, ada)
    assert ballot.command not in derived(who, {"one key", workshop, round_id})
    held = await live(service, workshop)
    secrets = [held.keyring.command_secret, held.keyring.round_key(round_id), held.keyring.log_key]
    everything = b"".join(await public_bytes(service, workshop))
    for secret in secrets:
        assert secret is not None
        assert secret not in everything
        assert secret.hex().encode() not in everything


async def test_withheld_ballots_are_nowhere_until_the_results_show(service: Service, hands: Hands) -> None:
    """Not among the raw entries, in no view of any moment, in no change, in no line of the timeline, for any audience."""
    workshop, round_id, _, receipts = await vote(service)
    held = await live(service, workshop)
    places = {receipt.position for receipt in receipts}
    entries = await service.reading.entries(held, after=-1)
    assert {one.position for one in entries if one.entry is None} == places
    assert {one.withheld_round for one in entries if one.entry is None} == {round_id}
    stored = {row.position: row.entry for row in await rows(service.store, workshop)}
    hidden = {json.loads(stored[place or 0])["facts"]["random"] for place in places}
    assert_told_nowhere(hidden, [one.entry or b"" for one in entries])
    for audience, at in product(AUDIENCES, (None, *range(held.size))):
        view = await service.reading.view(held, audience, at)
        assert_told_nowhere(hidden, [view.body])
        assert not [item for item in view.facts["items"]["tallies"] if item["round"] == round_id], (
            audience,
            at,
        )
    for audience, since in product(AUDIENCES, range(-1, held.size)):
        changed = service.reading.changes(held, audience, since)
        assert "tallies" not in changed or all(item["round"] != round_id for item in changed["tallies"])
    lines = (await service.reading.timeline(held))["items"]
    assert sum(line.get("count", 0) for line in lines if line.get("round") == round_id) == len(receipts)
    assert not any("facts" in line for line in lines if line.get("round") == round_id)

    await service.execute(HOST, workshop, CloseRound(round=round_id))
    assert {
        one.position for one in await service.reading.entries(held, after=-1) if one.entry is None
    } == places
    hands.forward(1)
    await service.execute(HOST, workshop, CertifyResult(round=round_id))
    assert not [one for one in await service.reading.entries(held, after=-1) if one.entry is None]
    view = await service.reading.view(held, "public")
    assert [item for item in view.facts["items"]["tallies"] if item["round"] == round_id]


def assert_told_nowhere(hidden: set[str], shown: list[bytes]) -> None:
    for one in shown:
        assert not any(secret.encode() in one for secret in hidden)


@pytest.mark.parametrize("ending", ["void", "close the workshop"])
async def test_voiding_and_closing_the_workshop_release_too(service: Service, ending: str) -> None:
    """From then on everybody may count."""
    workshop, round_id, _, _ = await vote(service)
    held = await live(service, workshop)
    assert [one for one in await service.reading.entries(held, after=-1) if one.entry is None]
    action = VoidRound(round=round_id, reason="mistake") if ending == "void" else CloseWorkshop()
    await service.execute(HOST, workshop, action)
    assert not [one for one in await service.reading.entries(held, after=-1) if one.entry is None]


async def test_after_ones_own_ballot_shows_totals_to_that_person_alone(service: Service) -> None:
    """Never entries, and nothing on a shared view."""
    workshop, round_id, people, receipts = await vote(service, results="after_own_ballot")
    held = await live(service, workshop)
    voted = service.reading.personal(held, await seat(service, workshop, people[1]))
    withdrew = service.reading.personal(held, await seat(service, workshop, people[0]))
    assert {item["round"] for item in voted["tallies"]} == {round_id}
    assert not withdrew["tallies"]
    for audience in AUDIENCES:
        assert not (await service.reading.view(held, audience)).facts["items"]["tallies"]
    hidden = [one for one in await service.reading.entries(held, after=-1) if one.entry is None]
    assert len(hidden) == len(receipts)


async def test_results_that_always_show_withhold_nothing(service: Service) -> None:
    """Every entry is readable at once."""
    workshop, _, _, _ = await vote(service, results="always")
    held = await live(service, workshop)
    assert not [one for one in await service.reading.entries(held, after=-1) if one.entry is None]
    assert len(await record(service, workshop)) == held.size
