"""What people may do next in a workshop, drawn at random: every kind of action, most of it permitted, some of it not."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from cocreate.application import (
    Action,
    ActivityDraft,
    ApproveIdea,
    Caller,
    CastBallot,
    CertifyResult,
    ChangeAgenda,
    ChangeSettings,
    CloseRound,
    CloseWorkshop,
    EditIdea,
    EnterPerson,
    EraseSubject,
    EraseText,
    GiveName,
    GrantRole,
    HideComment,
    HideIdea,
    Join,
    Leave,
    LiveWorkshop,
    OpenRound,
    OpenWorkshop,
    PostComment,
    ReadmitParticipant,
    RemoveParticipant,
    ReopenWorkshop,
    RestoreIdea,
    StartActivity,
    SubmitIdea,
    TagIdea,
    VoidRound,
    WithdrawBallot,
    WithdrawIdea,
)
from cocreate.domain.settings import Settings
from tests.application.nodes import HOST, RULES, person, rules_of

Move = tuple[Caller, Action]


@dataclass
class Draw:
    """Draws the next move from what is on the record."""

    rng: random.Random
    held: LiveWorkshop
    people: Sequence[Caller] = field(default_factory=lambda: [person(f"p{number}") for number in range(12)])

    def move(self) -> Move:
        """Somebody and what they ask for."""
        kind = self.rng.choices(list(KINDS), list(KINDS.values()))[0]
        return kind(self) or (self.anybody(), Join())

    def anybody(self) -> Caller:
        return self.rng.choice(self.people)

    def words(self) -> str:
        return f"«{self.rng.getrandbits(40):010x}»"

    def one(self, of: Sequence[str]) -> str | None:
        return self.rng.choice(of) if of else None

    def idea(self) -> str | None:
        return self.one(list(self.held.state.ideas))

    def participant(self) -> str | None:
        return self.one(list(self.held.state.participants))

    def round(self, *statuses: str) -> str | None:
        rounds = self.held.state.rounds.items()
        return self.one([key for key, row in rounds if row.status in statuses])


def vote(draw: Draw) -> Move | None:
    round_id = draw.round("open", "open", "closed")
    if round_id is None:
        return None
    row = draw.held.state.rounds[round_id]
    options = list(row.options)
    if row.rules.method == "opinion":
        option = draw.one(options)
        if option is None:
            return None
        return draw.anybody(), CastBallot(round=round_id, option=option, choice=draw.rng.choice((1, 0, -1)))
    chosen = draw.rng.sample(options, draw.rng.randint(0, min(3, len(options))))
    counter = draw.rng.choice((None, None, 1, 2, 3))
    if row.rules.method == "consent":
        said = random.Random(
            draw.held.size
        )  # of its own, so that what is drawn next does not hang on a stance
        stances = tuple((option, said.randint(-2, 1)) for option in sorted(chosen))
        why: dict[str, Any] = {
            option: f"«{said.getrandbits(40):010x}»"
            for option, stance in stances
            if stance < 0 and said.random() < 0.7
        }
        return draw.anybody(), CastBallot(
            round=round_id, choice=stances, counter=counter, reasons=why or None
        )
    return draw.anybody(), CastBallot(round=round_id, choice=tuple(sorted(chosen)), counter=counter)


def take_back(draw: Draw) -> Move | None:
    round_id = draw.round("open", "closed")
    if round_id is None:
        return None
    row = draw.held.state.rounds[round_id]
    option = draw.one(list(row.options)) if row.rules.method == "opinion" else None
    return draw.anybody(), WithdrawBallot(round=round_id, option=option)


def open_a_round(draw: Draw) -> Move | None:
    ideas = [key for key, row in draw.held.state.ideas.items() if row.status == "visible"]
    if len(draw.held.state.rounds) > 12 or not ideas:
        return None
    method = draw.rng.choice(("approval", "support", "opinion"))
    if method == "support" and len(draw.held.state.rounds) % 2:
        method = "consent"
    growing = method == "opinion" and draw.rng.random() < 0.5
    return HOST, OpenRound(
        question=draw.words(),
        rules=RULES.validate_python(rules_of(method)),
        options=() if growing else tuple(draw.rng.sample(ideas, min(3, len(ideas)))),
        admission="growing" if growing else "frozen",
        secrecy=draw.rng.choice(("open", "pseudonymous", "pseudonymous")),
        results=draw.rng.choice(("always", "after_closing", "after_own_ballot")),
        grace_ms=draw.rng.choice((0, 10_000)),
    )


def end_a_round(draw: Draw) -> Move | None:
    if round_id := draw.round("closed"):
        return HOST, CertifyResult(round=round_id)
    if round_id := draw.round("open"):
        if draw.rng.random() < 0.2:
            return HOST, VoidRound(round=round_id, reason="mistake", note=draw.words())
        return HOST, CloseRound(round=round_id)
    return None


def write(draw: Draw) -> Move | None:
    title = draw.words() if draw.rng.random() < 0.5 else None
    return draw.anybody(), SubmitIdea(text=draw.words(), title=title)


def revise(draw: Draw) -> Move | None:
    idea = draw.idea()
    if idea is None:
        return None
    moves: list[Move] = [
        (draw.anybody(), EditIdea(idea=idea, text=draw.words())),
        (draw.anybody(), WithdrawIdea(idea=idea)),
        (HOST, HideIdea(idea=idea, reason="off_topic", note=draw.words())),
        (HOST, RestoreIdea(idea=idea)),
        (HOST, RestoreIdea(idea=idea)),
        (HOST, ApproveIdea(idea=idea)),
        (HOST, TagIdea(idea=idea, tags=())),
    ]
    return draw.rng.choice(moves)


def comment(draw: Draw) -> Move | None:
    idea = draw.idea()
    if idea is None:
        return None
    on_it = [key for key, row in draw.held.state.comments.items() if row.idea == idea]
    if on_it and draw.rng.random() < 0.2:
        return HOST, HideComment(comment=draw.rng.choice(on_it), reason="off_topic")
    parent = draw.rng.choice([None, *on_it])
    return draw.anybody(), PostComment(idea=idea, parent=parent, alignment="for", text=draw.words())


def care_for_people(draw: Draw) -> Move | None:
    someone = draw.participant()
    if someone is None:
        return None
    moves: list[Move] = [
        (draw.anybody(), GiveName(participant=someone, name=draw.words())),
        (HOST, GrantRole(participant=someone, role="scribe")),
        (draw.anybody(), Leave()),
        (HOST, RemoveParticipant(participant=someone, reason="other")),
        (HOST, ReadmitParticipant(participant=someone)),
        (HOST, ReadmitParticipant(participant=someone)),
        (HOST, EnterPerson(name=draw.words())),
    ]
    return draw.rng.choice(moves)


def erase(draw: Draw) -> Move | None:
    if draw.rng.random() < 0.2:
        someone = draw.participant()
        return None if someone is None else (HOST, EraseSubject(participant=someone, reason="requested"))
    places = list(draw.held.texts.places())
    if not places:
        return None
    position, path = draw.rng.choice(places)
    return HOST, EraseText(position=position, field=path, reason="requested")


def arrange(draw: Draw) -> Move | None:
    activities = draw.held.state.workshop.agenda.activities
    see = draw.rng.random() < 0.5
    moves: list[Move] = [
        (HOST, ChangeSettings(settings=Settings(participants_see_names=see))),
        (HOST, ChangeAgenda(activities=(ActivityDraft(kind="collect", title=draw.words()),))),
        (HOST, CloseWorkshop()),
        *((HOST, StartActivity(activity=one.id)) for one in activities),
    ]
    return draw.rng.choice(moves)


def go_on(draw: Draw) -> Move | None:
    if draw.held.state.workshop.status == "closed":
        return HOST, ReopenWorkshop(reason=draw.words())
    return HOST, OpenWorkshop()


KINDS: dict[Callable[[Draw], Move | None], int] = {
    vote: 40,
    take_back: 8,
    open_a_round: 8,
    end_a_round: 5,
    write: 12,
    revise: 8,
    comment: 6,
    care_for_people: 6,
    erase: 3,
    arrange: 2,
    go_on: 4,
}
