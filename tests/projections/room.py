"""A workshop in which tests of single views act: an open one, a facilitator, people brought in by name."""

import hashlib
from collections.abc import Mapping
from random import Random
from typing import Any

from cocreate.domain.ballot import CastBallot
from cocreate.domain.certificate import CertifyResult
from cocreate.domain.comment import PostComment
from cocreate.domain.idea import SubmitIdea
from cocreate.domain.messages import SYSTEM, Command
from cocreate.domain.opening import OpenRound
from cocreate.domain.participant import JoinWorkshop
from cocreate.domain.round import CloseRound, Results, Secrecy
from cocreate.domain.settings import Settings
from cocreate.domain.voting import Rules
from cocreate.domain.voting.approval import ApprovalRules
from cocreate.domain.workshop import OpenWorkshop
from cocreate.projections.fold import Projections
from cocreate.projections.personal import personal
from cocreate.projections.reader import Audience
from tests.history_author import TAGS, Author, Sealed, tie_root
from tests.projections.folding import Keyed, fold, seen, seen_today

APPROVAL = ApprovalRules(method="approval", choices_max=3, seats=1)
GRACE_MS = 10_000


class Room:
    """Everything is told in the domain's commands; a refusal is the test's mistake."""

    def __init__(self, *, imported: bool = False, opened: bool = True, **settings: Any) -> None:
        self.pen = Author(Random(1), 0)
        self.pen.schedule(Settings(tags=TAGS, **settings), imported=imported)
        if opened:
            self.tell(OpenWorkshop(actor=self.pen.facilitator))
        self.facilitator = self.pen.facilitator

    def tell(self, command: Command) -> int:
        """The position of the first entry that the command brings."""
        return self.pen.tell(command)[0].position

    def join(self, *, named: bool = True) -> str:
        person = self.pen.hex()
        name = self.pen.text("name") if named else None
        self.tell(JoinWorkshop(actor=person, how="open_code", name=name))
        return person

    def idea(self, author: str, *, title: Sealed | None = None) -> str:
        idea = self.pen.uuid()
        text = self.pen.text("idea")
        self.tell(
            SubmitIdea(actor=author, author=author, idea=idea, text=text, title=title, tags=("energy",))
        )
        return idea

    def comment(self, author: str, idea: str) -> str:
        comment = self.pen.uuid()
        text = self.pen.text("comment")
        self.tell(
            PostComment(actor=author, author=author, comment=comment, idea=idea, alignment="for", text=text)
        )
        return comment

    def open_round(
        self,
        *options: str,
        rules: Rules = APPROVAL,
        results: Results = "after_closing",
        secrecy: Secrecy = "pseudonymous",
    ) -> str:
        round_id = self.pen.uuid()
        key = None
        if secrecy == "pseudonymous":
            self.pen.keys[round_id] = self.pen.rng.randbytes(32)
            key = hashlib.sha256(self.pen.keys[round_id]).hexdigest()
        command = OpenRound(
            actor=self.facilitator,
            round=round_id,
            question=self.pen.text("question"),
            rules=rules,
            options=options,
            results=results,
            secrecy=secrecy,
            grace_ms=GRACE_MS,
            key=key,
        )
        self.tell(command)
        return round_id

    def vote(self, round_id: str, person: str, *ideas: str) -> int:
        return self._cast(round_id, person, None, tuple(sorted(ideas)))

    def consent(self, round_id: str, person: str, why: Mapping[str, str | None], stance: int = -1) -> int:
        """Object to each of these ideas, or take another stance, and say why where there is a text."""
        objections = tuple((one, self.pen.text(text)) for one, text in why.items() if text is not None)
        choice = tuple(sorted((idea, stance) for idea in why))
        return self._cast(round_id, person, None, choice, objections)

    def answer(self, round_id: str, person: str, idea: str, answer: int) -> int:
        return self._cast(round_id, person, idea, answer)

    def _cast(self, round_id: str, person: str, option: str | None, choice: Any, objections: Any = ()) -> int:
        voter = self.pen.voter(round_id, person)
        cast = CastBallot(
            actor=voter,
            round=round_id,
            participant=person,
            option=option,
            choice=choice,
            random=self.pen.hex(),
            objections=objections,
        )
        return self.tell(cast)

    def close(self, round_id: str) -> None:
        self.tell(CloseRound(actor=self.facilitator, round=round_id))

    def certify(self, round_id: str) -> None:
        self.pen.now += GRACE_MS + 1
        self.tell(CertifyResult(actor=SYSTEM, round=round_id, tie_root=tie_root(round_id)))

    @property
    def head(self) -> int:
        return len(self.pen.history.entries) - 1

    def sees(self, audience: Audience) -> Keyed:
        return seen(self.pen.history, audience)

    def sees_today(self, audience: Audience, at: int) -> Keyed:
        return seen_today(self.pen.history, audience, at)

    def projections(self) -> Projections:
        return fold(self.pen.history)

    def own_page(self, person: str) -> dict[str, Any]:
        voters = {round_id: self.pen.voter(round_id, person) for round_id in self.pen.keys}
        texts = self.pen.history.readable(self.head + 1)
        return personal(self.projections(), person, voters, texts)


def said(text: dict[str, Any]) -> str:
    """What a text of the test says, without its mark."""
    found: str = text["texts"]["en"]
    return found.split(" ", maxsplit=1)[0]
