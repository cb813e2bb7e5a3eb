"""Random but plausible commands: few people, ideas and rounds, so that they meet one another often."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from cocreate.domain.agenda import ActivityKind, EndActivity, StartActivity
from cocreate.domain.ballot import CastBallot, WithdrawBallot
from cocreate.domain.certificate import CertifyResult
from cocreate.domain.comment import HideComment, RestoreComment, WithdrawComment
from cocreate.domain.contest import ContestResult, OverrideResult, RecertifyResult
from cocreate.domain.erasure import EraseSubject, EraseText
from cocreate.domain.facilitator import AddFacilitator, RemoveFacilitator
from cocreate.domain.genesis import CompleteImport
from cocreate.domain.idea import (
    ApproveIdea,
    EditIdea,
    HideIdea,
    RestoreIdea,
    SubmitIdea,
    TagIdea,
    WithdrawIdea,
)
from cocreate.domain.messages import SYSTEM, Command
from cocreate.domain.opening import OpenRound
from cocreate.domain.paper import CheckPaperBatch, EnterPaperBatch, IssuePaper, VoidPaperBatch, batch_digest
from cocreate.domain.participant import (
    GiveName,
    GrantRole,
    JoinWorkshop,
    LeaveWorkshop,
    ReadmitParticipant,
    RemoveParticipant,
)
from cocreate.domain.round import AdmitOption, CloseRound, VoidRound
from cocreate.domain.settings import ChangeSettings, Settings
from cocreate.domain.voting import Rules
from cocreate.domain.workshop import (
    CancelWorkshop,
    CloseWorkshop,
    OpenWorkshop,
    ReopenWorkshop,
    RescheduleWorkshop,
    SealRecord,
)
from tests.domain.words import (
    ANNA,
    BEN,
    CLEO,
    CLOSES_WORKSHOP,
    FACILITATOR,
    KEY,
    OPINION,
    OTHER_FACILITATOR,
    RANDOM,
    SOURCE,
    SUPPORT,
    TIE_ROOT,
    activity,
    activity_id,
    agenda,
    approval,
    comment_id,
    idea_id,
    ideas,
    joins,
    opened,
    opens_round,
    posts,
    round_id,
    schedule,
    text,
    uuid,
    voter,
    votes,
)
from tests.given_when_then import Wait

Step = Command | Wait

people = st.sampled_from([ANNA, BEN, CLEO])
anybody = st.sampled_from([*[FACILITATOR] * 8, OTHER_FACILITATOR, ANNA, BEN, SYSTEM])
idea_ids = st.integers(1, 4).map(idea_id)
comment_ids = st.integers(1, 4).map(comment_id)
round_ids = st.integers(1, 3).map(round_id)
activity_ids = st.integers(1, 3).map(activity_id)
texts = st.sampled_from([text("one"), text("other")])
tags: SearchStrategy[tuple[str, ...]] = st.sampled_from([(), ("green",), ("red",)])
settings_of_a_workshop = st.builds(
    Settings,
    approval_first=st.booleans(),
    join=st.sampled_from(["open_code", "closed"]),
    paused=st.sampled_from([False, False, False, True]),
    tags=st.sampled_from([(), ("green",)]),
)
kinds: SearchStrategy[ActivityKind] = st.sampled_from(["collect", "discuss", "vote"])
agendas = st.lists(kinds, max_size=3).map(
    lambda chosen: agenda(
        *(activity(number, kind, grace_ms=5_000) for number, kind in enumerate(chosen, start=1))
    )
)
rules: SearchStrategy[Rules] = st.sampled_from([SUPPORT, OPINION, approval(2, 2)])


def batch_id(number: int) -> str:
    return uuid(5, number)


def leading() -> list[SearchStrategy[Step]]:
    """What those who run the workshop do."""
    return [
        st.builds(RescheduleWorkshop, actor=anybody, starts_at=st.just(1), ends_at=st.integers(1, 3)),
        st.builds(OpenWorkshop, actor=anybody),
        st.builds(ReopenWorkshop, actor=anybody, reason=texts),
        st.builds(ChangeSettings, actor=anybody, settings=settings_of_a_workshop),
        st.builds(AddFacilitator, actor=anybody, facilitator=st.sampled_from([OTHER_FACILITATOR, ANNA])),
        st.builds(RemoveFacilitator, actor=anybody, facilitator=st.sampled_from([OTHER_FACILITATOR, ANNA])),
        agendas,
        st.builds(StartActivity, actor=anybody, activity=activity_ids),
        st.builds(EndActivity, actor=anybody, activity=activity_ids),
        st.builds(
            GrantRole, actor=anybody, participant=people, role=st.sampled_from(["scribe", "participant"])
        ),
        st.builds(RemoveParticipant, actor=anybody, participant=people, reason=st.just("other")),
        st.builds(ReadmitParticipant, actor=anybody, participant=people),
        st.builds(ApproveIdea, actor=anybody, idea=idea_ids),
        st.builds(HideIdea, actor=anybody, idea=idea_ids, reason=st.just("spam")),
        st.builds(RestoreIdea, actor=anybody, idea=idea_ids),
        st.builds(HideComment, actor=anybody, comment=comment_ids, reason=st.just("spam")),
        st.builds(RestoreComment, actor=anybody, comment=comment_ids),
    ]


def ending() -> list[SearchStrategy[Step]]:
    """What ends most of what could follow; kept rare."""
    return [
        st.builds(CancelWorkshop, actor=anybody),
        st.builds(CloseWorkshop, actor=anybody),
        st.builds(SealRecord, actor=anybody),
        st.builds(
            CompleteImport,
            actor=anybody,
            ballots_cast=st.just(0),
            ballots_replaced=st.just(0),
            ideas=st.just(0),
            moderated=st.just(0),
            participants=st.just(0),
        ),
        st.builds(
            EraseText,
            actor=anybody,
            position=st.integers(0, 30),
            field=st.just("text"),
            subject=people,
            reason=st.just("requested"),
        ),
        st.builds(EraseSubject, actor=anybody, subject=people, reason=st.just("requested")),
    ]


def taking_part() -> list[SearchStrategy[Step]]:
    """What participants do, and scribes for them."""
    how = st.sampled_from(["open_code", "scribe", "imported"])
    return [
        st.builds(JoinWorkshop, actor=people, how=how, scribe=st.none() | anybody),
        st.builds(LeaveWorkshop, actor=people),
        st.builds(ReadmitParticipant, actor=people, participant=people),
        st.builds(GiveName, actor=people, participant=people, name=texts),
        st.builds(SubmitIdea, actor=people, author=people, idea=idea_ids, text=texts, tags=tags),
        st.builds(EditIdea, actor=people, idea=idea_ids, text=texts),
        st.builds(WithdrawIdea, actor=people, idea=idea_ids),
        st.builds(TagIdea, actor=people, idea=idea_ids, tags=tags),
        st.builds(
            posts,
            people,
            st.integers(1, 4),
            parent=st.none() | st.integers(1, 4),
            idea=st.integers(1, 2),
        ),
        st.builds(WithdrawComment, actor=people, comment=comment_ids),
    ]


@st.composite
def ballots(draw: st.DrawFn) -> Step:
    """Mostly of the form that the round asks for: the second round is by opinion."""
    participant, number = draw(people), draw(st.sampled_from([1, 1, 2, 2, 3]))
    per_option = (number == 2) != (draw(st.integers(0, 9)) == 9)
    facts: dict[str, Any] = {
        "actor": draw(st.sampled_from([*[voter(participant)] * 4, participant])),
        "participant": participant,
        "round": round_id(number),
        "counter": draw(st.sampled_from([None, None, None, 1, 2, 3, 4])),
        "random": RANDOM,
    }
    if per_option:
        facts["option"] = draw(idea_ids)
    if draw(st.integers(0, 4)) == 0:
        return WithdrawBallot(**facts)
    options = st.sets(st.sampled_from([1, 1, 2, 2, 3]).map(idea_id), max_size=2)
    chosen = draw(st.integers(-1, 1)) if per_option else tuple(sorted(draw(options)))
    return CastBallot(**facts, choice=chosen)


def voting() -> list[SearchStrategy[Step]]:
    """Rounds and their ballots; ballots are what there is most of."""
    secrecy = st.sampled_from([("open", None), ("pseudonymous", KEY), ("secret", None)])
    opens = st.builds(
        lambda actor, number, rule, options, growing, kept: OpenRound(
            actor=actor,
            round=number,
            question=text("Which?"),
            rules=rule,
            admission="growing" if growing else "frozen",
            options=tuple(sorted(options)),
            secrecy=kept[0],
            key=kept[1],
        ),
        anybody,
        round_ids,
        rules,
        st.sets(idea_ids, max_size=3),
        st.booleans(),
        secrecy,
    )
    return [
        opens,
        st.builds(AdmitOption, actor=anybody, round=round_ids, idea=idea_ids),
        st.builds(
            CloseRound,
            actor=anybody,
            round=round_ids,
            because=st.sampled_from(["facilitator", "withheld_until", "key_lost"]),
        ),
        st.builds(VoidRound, actor=anybody, round=round_ids, reason=st.just("mistake")),
    ]


certifying: SearchStrategy[Step] = st.one_of(
    st.builds(CertifyResult, actor=st.just(SYSTEM), round=round_ids, tie_root=st.just(TIE_ROOT)),
    st.builds(ContestResult, actor=people, author=people, round=round_ids, reason=texts),
    st.builds(RecertifyResult, actor=anybody, round=round_ids, tie_root=st.just(TIE_ROOT)),
    st.builds(
        OverrideResult,
        actor=anybody,
        round=round_ids,
        options=st.sets(idea_ids, max_size=2).map(tuple),
        reason=texts,
    ),
)
batch_ids = st.integers(1, 2).map(batch_id)
papers: SearchStrategy[tuple[tuple[str, ...], ...]] = st.sampled_from(
    [((),), ((idea_id(1),),), ((), (idea_id(1),))]
)
on_paper: SearchStrategy[Step] = st.one_of(
    st.builds(
        lambda actor, number, who, sheet: IssuePaper(
            actor=actor, round=number, participant=who, voter=voter(who), sheet=sheet
        ),
        anybody,
        round_ids,
        people,
        st.sampled_from([1, 1, 2]),
    ),
    st.builds(
        EnterPaperBatch,
        actor=anybody,
        round=round_ids,
        batch=batch_ids,
        label=st.sampled_from(["box-1", "box-2"]),
        ballots=papers,
        spoiled=st.sampled_from([0, 0, 1]),
    ),
    st.builds(
        lambda actor, number, batch, said: CheckPaperBatch(
            actor=actor, round=number, batch=batch, digest=batch_digest(number, said, 0)
        ),
        anybody,
        round_ids,
        batch_ids,
        papers,
    ),
    st.builds(VoidPaperBatch, actor=anybody, round=round_ids, batch=batch_ids, reason=st.just("mistake")),
)
waiting = st.sampled_from([Wait(1), Wait(20_000), Wait(20_000), Wait(91 * 86_400_000)])

MIX: list[tuple[int, SearchStrategy[Step]]] = [
    (6, ballots()),
    (3, st.one_of(taking_part())),
    (3, st.one_of(leading())),
    (2, st.one_of(voting())),
    (2, certifying),
    (2, on_paper),
    (1, waiting),
    (1, st.one_of(ending())),
]
"""How many of each, so that much of what is sent is accepted and workshops rarely end at once."""

steps: SearchStrategy[Step] = st.sampled_from([kind for weight, kind in MIX for _ in range(weight)]).flatmap(
    lambda kind: kind
)

BUSY: list[Step] = [
    *opened(tags=("green",)),
    *joins(ANNA, BEN),
    *ideas(ANNA, 3),
    posts(ANNA, 1),
    posts(BEN, 2, parent=1),
    opens_round(1, SUPPORT, 1, 2),
    opens_round(2, OPINION, 3, admission="growing"),
]

CLOSED_ON_PAPER: list[Step] = [
    *BUSY,
    *joins(CLEO),
    *[
        IssuePaper(actor=FACILITATOR, round=round_id(1), participant=who, voter=voter(who))
        for who in (BEN, CLEO)
    ],
    AddFacilitator(actor=FACILITATOR, facilitator=OTHER_FACILITATOR),
    CloseRound(actor=FACILITATOR, round=round_id(1)),
    Wait(20_000),
    EnterPaperBatch(
        actor=FACILITATOR, round=round_id(1), batch=batch_id(1), label="box-1", ballots=((idea_id(1),),)
    ),
]

CONTESTED_ON_PAPER: list[Step] = [
    *CLOSED_ON_PAPER,
    CheckPaperBatch(
        actor=OTHER_FACILITATOR,
        round=round_id(1),
        batch=batch_id(1),
        digest=batch_digest(round_id(1), ((idea_id(1),),), 0),
    ),
    CertifyResult(actor=FACILITATOR, round=round_id(1), tie_root=TIE_ROOT),
    ContestResult(actor=ANNA, author=ANNA, round=round_id(1), reason=text("one")),
]

BEGINNINGS: list[list[Step]] = [
    [],
    [schedule(SOURCE)],
    [*opened(SOURCE), *joins(ANNA), *ideas(ANNA, 1)],
    [*BUSY, agenda(activity(1, "collect"), activity(2, "discuss", grace_ms=5_000))],
    [*BUSY, votes(ANNA, 1), CLOSES_WORKSHOP],
    *[CLOSED_ON_PAPER] * 2,
    CONTESTED_ON_PAPER,
    *[BUSY] * 6,
]

more_steps: SearchStrategy[list[Step]] = st.integers(0, 50).flatmap(
    lambda size: st.lists(steps, min_size=size, max_size=size)
)
"""Lists as long as they say; hypothesis by itself prefers short ones, in which nothing happens twice."""

histories: SearchStrategy[list[Step]] = st.builds(
    lambda beginning, then: [*beginning, *then], st.sampled_from(BEGINNINGS), more_steps
)
"""Steps of a workshop, some of which will be refused."""
