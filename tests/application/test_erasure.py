"""Erasure takes words, keys and seats for good, and moves nothing that anybody has relied on."""

import pytest

from cocreate.application import (
    CertifyResult,
    CloseRound,
    EditIdea,
    EraseSubject,
    EraseText,
    GiveName,
    PostComment,
    Service,
)
from cocreate.domain.decider import evolve
from cocreate.domain.errors import NotTheAuthor, TextNotFound
from cocreate.domain.state import WorkshopState
from cocreate.projections.fold import Projections
from cocreate.projections.reader import AUDIENCES
from cocreate.record.digest import state_digest
from cocreate.tlog.merkle import Frontier
from tests.application.likeness import assert_live_is_replay
from tests.application.nodes import (
    HOST,
    Hands,
    cast_ballot,
    create,
    idea,
    join,
    live,
    open_round,
    person,
    record,
    rows,
    seat,
)


async def proofs(service: Service, workshop: str) -> list[tuple[bytes, str, dict[str, tuple[int, ...]]]]:
    """(root, digest, tallies) at every size of the record, from its bytes alone."""
    frontier, state, projections, found = Frontier(), WorkshopState(), Projections(), []
    entries = zip(await rows(service.store, workshop), await record(service, workshop), strict=True)
    for row, recorded in entries:
        frontier.append_entry(row.entry)
        evolve(state, recorded)
        projections.apply(recorded)
        tallies = {
            f"{key}/{option}": tuple(marks)
            for key, one in projections.rounds.rounds.items()
            for option, marks in one.poll.tally.marks.items()
        }
        found.append((frontier.root(), state_digest(state), tallies))
    return found


async def told_workshop(service: Service, hands: Hands) -> tuple[str, str]:
    """A workshop in which ada wrote, commented, gave her name and voted in a round that was certified."""
    workshop = await create(service)
    ada, ben = await join(service, workshop, "ada", "ben")
    who = await seat(service, workshop, ada)
    await service.execute(ada, workshop, GiveName(participant=who, name="Ada Lovelace"))
    option = await idea(service, workshop, ada, "An engine")
    await service.execute(ada, workshop, EditIdea(idea=option, text="An analytical engine"))
    await service.execute(ada, workshop, PostComment(idea=option, alignment="for", text="I like it"))
    round_id = await open_round(service, workshop, [option], grace_ms=0)
    for one in (ada, ben):
        await service.execute(one, workshop, cast_ballot(round_id, option))
    await service.execute(HOST, workshop, CloseRound(round=round_id))
    hands.forward(1)
    await service.execute(HOST, workshop, CertifyResult(round=round_id))
    return workshop, who


async def test_an_erased_text_deletes_its_sealed_row_and_no_other(service: Service, hands: Hands) -> None:
    """The old version of an idea goes, the present one stays."""
    workshop, _ = await told_workshop(service, hands)
    before = await service.store.sealed(workshop)
    entries = await record(service, workshop)
    (first,) = [one.position for one in entries if one.event.NAME == "IdeaSubmitted.v1"]
    await service.execute(HOST, workshop, EraseText(position=first, field="text", reason="requested"))
    after = await service.store.sealed(workshop)
    assert [row for row in before if row not in after] == [row for row in before if row.position == first]
    assert not (set(after) - set(before))
    await assert_live_is_replay(service, workshop)


async def test_an_erased_subject_loses_key_rows_and_seat(service: Service, hands: Hands) -> None:
    """Nothing that is theirs can be opened again, and nobody sits on their seat."""
    workshop, who = await told_workshop(service, hands)
    assert any(row.subject == who for row in await service.store.sealed(workshop))
    await service.execute(HOST, workshop, EraseSubject(participant=who, reason="requested"))
    assert not any(row.subject == who for row in await service.store.sealed(workshop))
    assert not any(row.name == who for row in await service.store.keys(workshop))
    assert await service.store.seat(workshop, person("ada").session or b"") is None
    held = await live(service, workshop)
    assert held.keyring.subject_key(who) is None
    await assert_live_is_replay(service, workshop)


async def test_erasing_moves_no_root_digest_tally_or_certificate(service: Service, hands: Hands) -> None:
    """At every size up to the erasing entry they are what they were."""
    workshop, who = await told_workshop(service, hands)
    before = await proofs(service, workshop)
    stored = await rows(service.store, workshop)
    held = await live(service, workshop)
    comment = next(one for one in await record(service, workshop) if one.event.NAME == "CommentPosted.v1")
    await service.execute(
        HOST, workshop, EraseText(position=comment.position, field="text", reason="unlawful")
    )
    await service.execute(HOST, workshop, EraseSubject(participant=who, reason="requested"))
    after = await proofs(service, workshop)
    assert after[: len(before)] == before
    assert (await rows(service.store, workshop))[: len(stored)] == stored
    assert held.tree.root() == after[-1][0]
    assert after[-1][2] == before[-1][2]
    (certified,) = (await service.reading.view(held, "public")).facts["items"]["rounds"]
    assert certified["status"] == "certified"


async def test_an_erased_text_is_in_no_view_that_is_kept(service: Service, hands: Hands) -> None:
    """Views kept for the next reader go with the entry that erases, not with the next reader."""
    workshop, who = await told_workshop(service, hands)
    held = await live(service, workshop)
    (first,) = [one.position for one in await record(service, workshop) if one.event.NAME == "IdeaEdited.v1"]
    erasures = (
        ("analytical", EraseText(position=first, field="text", reason="requested")),
        ("I like it", EraseSubject(participant=who, reason="requested")),
    )
    for words, erase in erasures:
        for audience in AUDIENCES:
            assert words in str((await service.reading.view(held, audience)).facts)
        await service.execute(HOST, workshop, erase)
        assert words not in str(held.views)
        for audience in AUDIENCES:
            assert words not in str((await service.reading.view(held, audience)).facts)


async def test_erasing_twice_is_one_erasure(service: Service, hands: Hands) -> None:
    """The same before and after a restart of memory; a place that never had a text is not found."""
    workshop, _ = await told_workshop(service, hands)
    (first,) = [
        one.position for one in await record(service, workshop) if one.event.NAME == "IdeaSubmitted.v1"
    ]
    erase = EraseText(position=first, field="text", reason="requested")
    assert (await service.execute(HOST, workshop, erase)).count == 1
    assert (await service.execute(HOST, workshop, erase)).count == 0
    service.lives.forget([workshop])
    assert (await service.execute(HOST, workshop, erase)).count == 0
    for position, field in ((first, "title"), (0, "text"), (10_000, "text")):
        with pytest.raises(TextNotFound):
            await service.execute(
                HOST, workshop, EraseText(position=position, field=field, reason="requested")
            )


async def test_only_its_subject_or_a_facilitator_erases_a_text(service: Service, hands: Hands) -> None:
    """Others may not; the author may."""
    workshop, _ = await told_workshop(service, hands)
    ada, ben = await join(service, workshop, "ada", "ben")
    (first,) = [
        one.position for one in await record(service, workshop) if one.event.NAME == "IdeaSubmitted.v1"
    ]
    erase = EraseText(position=first, field="text", reason="requested")
    with pytest.raises(NotTheAuthor):
        await service.execute(ben, workshop, erase)
    assert (await service.execute(ada, workshop, erase)).count == 1
    assert (await service.execute(ada, workshop, EraseSubject(reason="requested"))).count == 1
