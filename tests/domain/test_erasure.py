"""Erasure: one text, or everything of a person, at any time, also on a sealed record."""

from __future__ import annotations

from dataclasses import replace

from cocreate.domain.erasure import EraseSubject, EraseText, SubjectErased, TextErased
from cocreate.domain.errors import NotAParticipant, NotTheAuthor, ParticipantNotFound, TextNotFound
from cocreate.domain.workshop import SealRecord
from tests.domain.words import (
    ANNA,
    BEN,
    CLOSES_WORKSHOP,
    FACILITATOR,
    STRANGER,
    SUPPORT,
    WORKSHOP,
    ideas,
    joins,
    opened,
    opens_round,
    round_id,
    submits,
    votes,
)
from tests.given_when_then import given

BOARD = [*opened(), *joins(ANNA, BEN), *ideas(ANNA, 1)]
TEXT = EraseText(actor=ANNA, position=8, field="text", subject=ANNA, reason="requested")
PERSON = EraseSubject(actor=ANNA, subject=ANNA, reason="requested")
SEALED = [*BOARD, CLOSES_WORKSHOP, SealRecord(actor=FACILITATOR)]


def test_authors_erase_their_own_texts_and_facilitators_any_and_nobody_else() -> None:
    erased = TextErased(field="text", position=8, reason="requested", role="subject")
    story = given(BOARD)
    story.when(replace(TEXT, actor=BEN)).then_refused(NotTheAuthor)
    facilitators = erased.model_copy(update={"role": "facilitator"})
    given(BOARD).when(replace(TEXT, actor=FACILITATOR)).then(facilitators)
    story = story.when(TEXT).then(erased)
    story.when(TEXT).then_nothing()
    story.when(replace(TEXT, field="title")).then_on((WORKSHOP, TextErased))


def test_the_texts_of_the_host_are_erased_by_a_facilitator_alone() -> None:
    title = replace(TEXT, position=1, field="title", subject=WORKSHOP)
    given(BOARD).when(title).then_refused(NotTheAuthor)
    given(BOARD).when(replace(title, actor=FACILITATOR)).then_on((WORKSHOP, TextErased))


def test_nothing_is_erased_before_it_is_written() -> None:
    story = given(BOARD)
    story.when(replace(TEXT, position=story.state.size)).then_refused(
        TextNotFound, position=story.state.size, field="text"
    )


def test_a_person_is_erased_on_their_own_or_a_facilitators_word() -> None:
    story = given(BOARD)
    story.when(replace(PERSON, actor=BEN)).then_refused(NotTheAuthor)
    given(BOARD).when(replace(PERSON, actor=FACILITATOR)).then(
        SubjectErased(reason="requested", role="facilitator")
    )
    story = story.when(PERSON).then(SubjectErased(reason="requested", role="subject"))
    story.when(PERSON).then_nothing()
    story.when(submits(ANNA, 2)).then_refused(NotAParticipant, status="erased")


def test_only_somebody_who_joined_can_be_erased() -> None:
    given(BOARD).when(EraseSubject(actor=STRANGER, subject=STRANGER, reason="requested")).then_refused(
        ParticipantNotFound, participant=STRANGER
    )


def test_erasures_follow_on_a_sealed_record_too() -> None:
    given(SEALED).when(TEXT).then_on((WORKSHOP, TextErased))
    given(SEALED).when(PERSON).then_on((ANNA, SubjectErased))


def test_what_an_erased_person_voted_stays_counted() -> None:
    story = given(BOARD, opens_round(1, SUPPORT, 1), votes(ANNA, 1))
    before = {key: dict(ballots) for key, ballots in story.state.ballots.items()}
    story.tell(PERSON)
    assert story.state.ballots == before
    assert story.state.turnout[round_id(1)].cast == 1
