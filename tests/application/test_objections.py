"""Why somebody objects: withheld with the ballot that says it, shown without a name, deleted with it, and never a link."""

import io
import json
from collections.abc import Sequence
from itertools import product
from typing import Any, get_args

import pytest

from cocreate.application import (
    Audience,
    Caller,
    CastBallot,
    CertifyResult,
    CloseRound,
    EnterPerson,
    EraseSubject,
    EraseText,
    Service,
    WithdrawBallot,
)
from cocreate.audit.verify import Trust, audit_export
from cocreate.domain.errors import NotTheAuthor, TextNotFound
from cocreate.exchange.export_record import export_record
from tests.application.likeness import assert_live_is_replay
from tests.application.nodes import (
    HOST,
    Hands,
    create,
    idea,
    in_one_batch,
    join,
    live,
    open_round,
    places,
    record,
    rows,
    running,
    seat,
    until,
)
from tests.application.test_secrecy import assert_told_nowhere, public_bytes, words_in
from tests.contracts.conftest import OpenNode

AUDIENCES: tuple[Audience, ...] = get_args(Audience)
WHY = "It would flood the cellars"
FIELD = "objections.0.reason"


async def consent(service: Service, *names: str, **facts: Any) -> tuple[str, str, str, Sequence[Caller]]:
    """A workshop with these people, its round on one idea, that idea, and the people."""
    workshop = await create(service)
    people = await join(service, workshop, *names)
    option = await idea(service, workshop, people[0])
    round_id = await open_round(service, workshop, [option], "consent", **{"grace_ms": 0, **facts})
    return workshop, round_id, option, people


def objecting(round_id: str, option: str, why: str | None = WHY, stance: int = -1) -> CastBallot:
    return CastBallot(
        round=round_id, choice=((option, stance),), reasons=None if why is None else {option: why}
    )


async def certify(service: Service, workshop: str, round_id: str, hands: Hands) -> None:
    await service.execute(HOST, workshop, CloseRound(round=round_id))
    hands.forward(1)
    await service.execute(HOST, workshop, CertifyResult(round=round_id))


async def reasons(service: Service, workshop: str, audience: Audience = "public") -> list[dict[str, Any]]:
    """What a view tells of the reasons in the workshop's one round."""
    view = await service.reading.view(await live(service, workshop), audience)
    return [reason for tally in view.facts["items"]["tallies"] for reason in tally.get("reasons", [])]


async def sealed_reasons(service: Service, workshop: str) -> list[int]:
    """Where the store holds reasons."""
    return [
        row.position for row in await service.store.sealed(workshop) if row.field.startswith("objections.")
    ]


async def exported(service: Service, workshop: str, audience: Audience = "public") -> io.BytesIO:
    out = io.BytesIO()
    await export_record(service, workshop, audience, out)
    out.seek(0)
    return out


def found_in(file: bytes, hands: Hands) -> list[str]:
    """The kinds of violations that an audit finds."""
    report = audit_export(io.BytesIO(file), "a file", Trust(now_ms=hands.ms))
    return [one.kind for one in report.violations]


@pytest.mark.parametrize("results", ["after_closing", "after_own_ballot"])
async def test_a_reason_is_nowhere_until_the_results_show_and_then_everywhere_without_a_name(
    service: Service, hands: Hands, results: str
) -> None:
    """Who gave it sees it all the time; nobody else learns that there is one, the facilitator included."""
    workshop, round_id, option, (ada, ben) = await consent(service, "ada", "ben", results=results)
    plain = await service.execute(ben, workshop, objecting(round_id, option, None))
    receipt = await service.execute(ada, workshop, objecting(round_id, option))
    held = await live(service, workshop)
    own = service.reading.personal(held, await seat(service, workshop, ada))
    (mine,) = own["ballots"][0]["reasons"]
    assert (mine["option"], mine["at"], mine["field"]) == (option, receipt.position, FIELD)
    assert mine["text"]["texts"] == {"en": WHY}
    hidden = {WHY, "objections.", '"objections"', '"reasons"', "BallotExplained"}
    for audience, at in product(AUDIENCES, (None, *range(held.size))):
        assert_told_nowhere(hidden, [(await service.reading.view(held, audience, at)).body])
    for audience, since in product(AUDIENCES, range(-1, held.size)):
        assert_told_nowhere(hidden, [json.dumps(service.reading.changes(held, audience, since)).encode()])
    for audience in AUDIENCES:
        assert_told_nowhere(hidden, [(await exported(service, workshop, audience)).read()])
    others = service.reading.personal(held, await seat(service, workshop, ben))
    assert_told_nowhere(hidden, [json.dumps(others).encode()])
    lines = (await service.reading.timeline(held))["items"]
    (run,) = [line for line in lines if line.get("round") == round_id]
    assert (run["position"], run["last"], run["event"]) == (plain.position, receipt.position, "ballots")
    entries = await service.reading.entries(held, after=-1)
    assert {one.position for one in entries if one.entry is None} == {plain.position, receipt.position}

    await certify(service, workshop, round_id, hands)
    pseudonym = await seat(service, workshop, ada)
    for audience in AUDIENCES:
        (told,) = await reasons(service, workshop, audience)
        assert told["text"]["texts"] == {"en": WHY}
        assert (told["mark"], told["at"], told["field"]) == ("object", receipt.position, FIELD)
        assert pseudonym not in set(words_in(told))
        assert "author" not in told
        assert WHY.encode() in (await exported(service, workshop, audience)).read()
    await assert_live_is_replay(service, workshop)


async def test_with_or_without_reasons_a_ballot_is_one_entry(service: Service) -> None:
    """A second entry would let whoever compares entries with votes count the objections while results wait."""
    workshop, round_id, option, people = await consent(service, "ada", "ben", "cleo")
    before = (await live(service, workshop)).size
    for number, one in enumerate(people):
        await service.execute(one, workshop, objecting(round_id, option, WHY if number else None))
    held = await live(service, workshop)
    assert held.size == before + len(people)
    (turnout,) = (await service.reading.view(held, "facilitator")).facts["items"]["turnouts"]
    assert (turnout["voters"], turnout["replaced"], turnout["withdrawn"]) == (3, 0, 0)


async def test_a_vote_with_names_tells_who_objects(service: Service) -> None:
    """Their words go with them when they are erased, as all their words do."""
    workshop, round_id, option, (ada,) = await consent(service, "ada", secrecy="open", results="always")
    await service.execute(ada, workshop, objecting(round_id, option, stance=-2))
    who = await seat(service, workshop, ada)
    (told,) = await reasons(service, workshop)
    assert (told["author"], told["mark"]) == (who, "block")
    held = await live(service, workshop)
    at = held.projections.at
    await service.execute(ada, workshop, EraseSubject(reason="requested"))
    (told,) = await reasons(service, workshop)
    assert told["text"] == {"gone": "erased"}
    assert service.reading.changes(held, "public", at)["tallies"][0]["reasons"] == [told]
    assert not await sealed_reasons(service, workshop)


async def test_erasing_a_person_moves_nothing_of_their_vote_without_a_name(
    service: Service, hands: Hands
) -> None:
    """A reason that went in the same moment would tell whose it was. Nor do they share a key."""
    workshop, round_id, option, (ada, ben) = await consent(service, "ada", "ben")
    for one in (ada, ben):
        await service.execute(one, workshop, objecting(round_id, option))
    await certify(service, workshop, round_id, hands)
    before, sealed = await reasons(service, workshop), await service.store.sealed(workshop)
    assert len({row.subject for row in sealed if row.field == FIELD}) == 2
    await service.execute(ada, workshop, EraseSubject(reason="requested"))
    assert await reasons(service, workshop) == before
    kept = await service.store.sealed(workshop)
    assert {row for row in sealed if row.field == FIELD} <= set(kept)
    assert any(row not in kept for row in sealed)


@pytest.mark.parametrize(
    "then",
    ["another reason", "no reason", "agrees", "taken back"],
)
@pytest.mark.parametrize("together", [False, True])
async def test_a_reason_is_deleted_with_the_voters_next_ballot(
    service: Service, hands: Hands, then: str, *, together: bool
) -> None:
    """Also if both come in one batch; nobody has to ask, and nothing tells of it while results wait."""
    workshop, round_id, option, (ada, ben) = await consent(service, "ada", "ben")
    await service.execute(ben, workshop, objecting(round_id, option, "The trees"))
    following: dict[str, Any] = {
        "another reason": objecting(round_id, option, "The noise"),
        "no reason": objecting(round_id, option, None),
        "agrees": objecting(round_id, option, None, stance=1),
        "taken back": WithdrawBallot(round=round_id),
    }
    first, second = (
        service.execute(ada, workshop, objecting(round_id, option)),
        service.execute(ada, workshop, following[then]),
    )
    receipts = (
        await in_one_batch(service, workshop, [first, second]) if together else [await first, await second]
    )
    at, again = places(receipts)
    stays = [again] if then == "another reason" else []
    assert await sealed_reasons(service, workshop) == [at - 1, *stays]
    held = await live(service, workshop)
    assert held.texts(at, FIELD) is None
    await assert_live_is_replay(service, workshop)
    await certify(service, workshop, round_id, hands)
    words = {one["text"]["texts"]["en"] for one in await reasons(service, workshop)}
    assert words == {"The trees"} | ({"The noise"} if stays else set())
    file = (await exported(service, workshop)).read()
    assert WHY.encode() not in file
    assert not found_in(file, hands)


async def test_a_scribe_enters_the_reasons_of_somebody_without_a_device(service: Service) -> None:
    """As their ballot: under their pseudonym of the vote, and the entry does not tell who entered it."""
    workshop, round_id, option, _ = await consent(service, "ada", results="always")
    walk_in = (await service.execute(HOST, workshop, EnterPerson())).aggregates[0]
    ballot = CastBallot(round=round_id, choice=((option, -1),), on_behalf_of=walk_in, reasons={option: WHY})
    receipt = await service.execute(HOST, workshop, ballot)
    assert [one["text"]["texts"]["en"] for one in await reasons(service, workshop)] == [WHY]
    entry = json.loads((await rows(service.store, workshop))[receipt.position or 0].entry)
    assert not {walk_in, await seat(service, workshop, HOST)} & set(words_in(entry))


async def test_another_node_forgets_a_reason_as_it_follows(open_node: OpenNode) -> None:
    """It held the words, and nobody there asked for anything."""
    async with (
        running(await open_node(), timekeeper=False) as one,
        running(await open_node(), timekeeper=False) as other,
    ):
        workshop, round_id, option, (ada,) = await consent(one, "ada", results="always")
        at = (await one.execute(ada, workshop, objecting(round_id, option))).position or 0
        held = await live(other, workshop)
        await until(lambda: held.texts(at, FIELD) is not None, "the other node follows")
        assert len(await reasons(other, workshop)) == 1
        await one.execute(ada, workshop, objecting(round_id, option, None, stance=1))
        await until(lambda: held.texts(at, FIELD) is None, "the other node follows")
        assert WHY not in str(held.views)
        assert not await reasons(other, workshop)


async def test_the_auditor_wants_every_reason_that_stands(service: Service, hands: Hands) -> None:
    workshop, round_id, option, (ada,) = await consent(service, "ada")
    await service.execute(ada, workshop, objecting(round_id, option))
    await certify(service, workshop, round_id, hands)
    lines = (await exported(service, workshop)).read().splitlines(keepends=True)
    without = [line for line in lines if WHY.encode() not in line]
    said = json.loads(without[-1])
    said["end"]["texts"] -= 1
    without[-1] = json.dumps(said, separators=(",", ":")).encode() + b"\n"
    assert found_in(b"".join(without), hands) == ["text_missing"]


async def test_what_was_shown_goes_at_once_where_results_always_show(service: Service) -> None:
    workshop, round_id, option, (ada,) = await consent(service, "ada", results="always")
    await service.execute(ada, workshop, objecting(round_id, option))
    assert len(await reasons(service, workshop)) == 1
    held = await live(service, workshop)
    at = held.projections.at
    await service.execute(ada, workshop, objecting(round_id, option, None, stance=1))
    assert WHY not in str(held.views)
    assert not await reasons(service, workshop)
    (moved,) = service.reading.changes(held, "public", at)["tallies"]
    assert "reasons" not in moved


async def test_a_voter_erases_their_reason_under_the_pseudonym_of_the_vote(
    service: Service, hands: Hands
) -> None:
    """The entry says nothing of a participant; a facilitator may erase it too, and nobody else."""
    workshop, round_id, option, (ada, ben) = await consent(service, "ada", "ben")
    receipt = await service.execute(ada, workshop, objecting(round_id, option))
    erase = EraseText(position=receipt.position or 0, field=FIELD, reason="requested")
    for one in (ada, ben, HOST):
        # While results wait, nobody is told that there is a text, and an erasure would tell.
        with pytest.raises(TextNotFound):
            await service.execute(one, workshop, erase)
    await certify(service, workshop, round_id, hands)
    with pytest.raises(NotTheAuthor):
        await service.execute(ben, workshop, erase)
    await service.execute(ada, workshop, erase)
    entry = (await record(service, workshop))[-1]
    voter = next(one.actor for one in await record(service, workshop) if one.position == receipt.position)
    assert entry.actor == voter
    pseudonyms = {await seat(service, workshop, one) for one in (ada, ben)}
    written = json.loads((await rows(service.store, workshop))[-1].entry)
    assert not pseudonyms & set(words_in(written))
    (told,) = await reasons(service, workshop)
    assert told["text"] == {"gone": "erased"}
    assert (await service.execute(HOST, workshop, erase)).count == 0
    assert not found_in((await exported(service, workshop)).read(), hands)
    await assert_live_is_replay(service, workshop)


async def test_no_public_byte_joins_a_reason_to_a_participant(service: Service, hands: Hands) -> None:
    """Neither the ballot with it, nor what replaced it, nor its erasure."""
    workshop, round_id, option, people = await consent(service, "ada", "ben", "cleo")
    for key, one in product("ab", people):
        await service.execute(one, workshop, objecting(round_id, option), key)
    await certify(service, workshop, round_id, hands)
    (*_, last) = await sealed_reasons(service, workshop)
    erase = EraseText(position=last, field=FIELD, reason="requested")
    await service.execute(people[-1], workshop, erase)
    await service.execute(people[-1], workshop, EraseSubject(reason="requested"))
    pseudonyms = set((await live(service, workshop)).state.participants)
    entries = [json.loads(row.entry) for row in await rows(service.store, workshop)]
    ballots = [one for one in entries if one["event"].startswith("Ballot")]
    assert {one["event"] for one in ballots} == {"BallotExplained.v1"}
    voters = {one["actor"] for one in ballots}
    for one in entries:
        words = set(words_in(one))
        assert not (words & voters and words & pseudonyms)
    for shown in await public_bytes(service, workshop):
        if b'"audience"' in shown:
            assert not any(voter.encode() in shown for voter in voters)
