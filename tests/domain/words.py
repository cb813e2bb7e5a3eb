"""The people, things and sentences that the domain's tests are told in."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from cocreate.domain.agenda import Activity, ActivityKind, ChangeAgenda
from cocreate.domain.ballot import CastBallot, WithdrawBallot
from cocreate.domain.comment import Alignment, PostComment
from cocreate.domain.genesis import Head, Predecessor, SignedHead, Source
from cocreate.domain.idea import HideIdea, SubmitIdea
from cocreate.domain.messages import Command, Sealed
from cocreate.domain.opening import OpenRound
from cocreate.domain.participant import GrantRole, JoinWorkshop
from cocreate.domain.settings import ChangeSettings, Settings
from cocreate.domain.voting import Rules
from cocreate.domain.voting.approval import ApprovalRules
from cocreate.domain.voting.consent import ConsentRules
from cocreate.domain.voting.opinion import OpinionRules
from cocreate.domain.voting.support import SupportRules
from cocreate.domain.workshop import CloseWorkshop, OpenWorkshop, ScheduleWorkshop

WORKSHOP = "00000000-0000-4000-8000-000000000000"
FACILITATOR, OTHER_FACILITATOR = "f" * 32, "e" * 32
ANNA, BEN, CLEO, SAM, STRANGER = ("a" * 32, "b" * 32, "c" * 32, "5" * 32, "9" * 32)
KEY = hashlib.sha256(b"round key").hexdigest()
RANDOM = "7" * 32
TIE_ROOT = bytes(32)

SUPPORT = SupportRules(method="support")
CONSENT = ConsentRules(method="consent", objections_max=0, quorum=1)
OPINION = OpinionRules(method="opinion")

SOURCE = Source(
    files=(("comments.csv", "1" * 64), ("votes.csv", "2" * 64)),
    importer="polis",
    importer_version=1,
    licence="CC-BY-4.0",
)


FORMER = "11111111-0000-4000-8000-000000000000"
PREDECESSOR = Predecessor(
    because="rewound",
    origin=f"log.example/{FORMER}",
    signed=SignedHead(root="3" * 64, signature="4" * 128, size=20),
    stored=Head(root="5" * 64, size=15),
    vkey=f"log.example/{FORMER}+00000000+" + "A" * 44,
)


def uuid(kind: int, number: int) -> str:
    return f"{kind:08x}-0000-4000-8000-{number:012x}"


def idea_id(number: int) -> str:
    return uuid(1, number)


def comment_id(number: int) -> str:
    return uuid(2, number)


def round_id(number: int) -> str:
    return uuid(3, number)


def activity_id(number: int) -> str:
    return uuid(4, number)


def decision_id(number: int) -> str:
    return uuid(5, number)


def cluster_id(number: int) -> str:
    return uuid(6, number)


def commitment_id(number: int) -> str:
    return uuid(7, number)


def person(number: int) -> str:
    return f"{number:032x}"


def text(words: str) -> Sealed:
    return (("en", hashlib.sha256(words.encode()).hexdigest()),)


def approval(choices_max: int, seats: int) -> ApprovalRules:
    return ApprovalRules(method="approval", choices_max=choices_max, seats=seats)


def schedule(
    source: Source | None = None, predecessor: Predecessor | None = None, **settings: Any
) -> Command:
    return ScheduleWorkshop(
        actor=FACILITATOR,
        workshop=WORKSHOP,
        origin=f"log.example/{WORKSHOP}",
        vkey=f"log.example/{WORKSHOP}+00000000+" + "A" * 44,
        source=source,
        predecessor=predecessor,
        host=text("Brussels"),
        title=text("A quality label"),
        languages=("en",),
        starts_at=1_000,
        ends_at=2_000,
        settings=Settings(**settings),
    )


def opened(source: Source | None = None, **settings: Any) -> list[Command]:
    """A workshop that is scheduled and open."""
    return [schedule(source, **settings), OpenWorkshop(actor=FACILITATOR)]


def joins(*who: str) -> list[Command]:
    return [JoinWorkshop(actor=one, how="open_code") for one in who]


def scribe_and_walk_in(scribe: str = SAM, walk_in: str = CLEO) -> list[Command]:
    """A scribe, and a person without a device whom the scribe brought in."""
    return [
        *joins(scribe),
        GrantRole(actor=FACILITATOR, participant=scribe, role="scribe"),
        JoinWorkshop(actor=walk_in, how="scribe", scribe=scribe),
    ]


def submits(author: str, number: int, *, by: str | None = None, **more: Any) -> SubmitIdea:
    return SubmitIdea(
        actor=by or author, author=author, idea=idea_id(number), text=text(f"idea {number}"), **more
    )


def ideas(author: str, count: int) -> list[Command]:
    return [submits(author, number) for number in range(1, count + 1)]


def hides(number: int) -> HideIdea:
    return HideIdea(actor=FACILITATOR, idea=idea_id(number), reason="off_topic")


def posts(
    author: str, number: int, *, parent: int | None = None, idea: int = 1, alignment: Alignment = "for"
) -> PostComment:
    return PostComment(
        actor=author,
        author=author,
        comment=comment_id(number),
        idea=idea_id(idea),
        parent=None if parent is None else comment_id(parent),
        alignment=alignment,
        text=text(f"comment {number}"),
    )


def activity(number: int, kind: ActivityKind, *, grace_ms: int = 0) -> Activity:
    return Activity(id=activity_id(number), kind=kind, grace_ms=grace_ms)


def agenda(*activities: Activity) -> ChangeAgenda:
    return ChangeAgenda(actor=FACILITATOR, activities=activities)


def pauses(*, paused: bool = True) -> ChangeSettings:
    return ChangeSettings(actor=FACILITATOR, settings=Settings(paused=paused))


def opens_round(number: int, rules: Rules, *options: int, **more: Any) -> OpenRound:
    """A pseudonymous round unless told otherwise."""
    facts: dict[str, Any] = {"secrecy": "pseudonymous", **more}
    if facts["secrecy"] == "pseudonymous":
        facts.setdefault("key", KEY)
    return OpenRound(
        actor=FACILITATOR,
        round=round_id(number),
        question=text("Which?"),
        rules=rules,
        options=tuple(idea_id(option) for option in options),
        **facts,
    )


def voter(participant: str) -> str:
    """The participant's pseudonym in a round; any one-to-one mapping does here."""
    return participant[::-1].translate(str.maketrans("0123456789abcdef", "fedcba9876543210"))


def votes(participant: str, *options: int, number: int = 1, **more: Any) -> CastBallot:
    """The ideas that a participant names in a pseudonymous round."""
    choice = tuple(sorted(idea_id(option) for option in options))
    return CastBallot(
        actor=voter(participant),
        participant=participant,
        round=round_id(number),
        choice=choice,
        random=RANDOM,
        **more,
    )


def consents(participant: str, stances: Mapping[int, int], *why: int, **more: Any) -> CastBallot:
    """What a participant says to each idea in a vote by consent, and to which of them they say why."""
    return CastBallot(
        actor=voter(participant),
        participant=participant,
        round=round_id(1),
        choice=tuple(sorted((idea_id(option), stance) for option, stance in stances.items())),
        random=RANDOM,
        objections=tuple((idea_id(option), text(f"why {option}")) for option in why),
        **more,
    )


def answers(participant: str, option: int, choice: Any, *, number: int = 1, **more: Any) -> CastBallot:
    """What a participant thinks of one statement."""
    return CastBallot(
        actor=voter(participant),
        participant=participant,
        round=round_id(number),
        option=idea_id(option),
        choice=choice,
        random=RANDOM,
        **more,
    )


def withdraws_ballot(participant: str, *, number: int = 1, **more: Any) -> WithdrawBallot:
    return WithdrawBallot(
        actor=voter(participant), participant=participant, round=round_id(number), random=RANDOM, **more
    )


CLOSES_WORKSHOP = CloseWorkshop(actor=FACILITATOR)
