"""From what somebody asks to a domain command: who acts, which ids are new, which texts are committed to."""

import secrets
import uuid
from dataclasses import dataclass, field
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from cocreate.application.live import LiveWorkshop
from cocreate.application.texts import Plain, commit_to
from cocreate.application.wording import Wording
from cocreate.domain.errors import KeyLost, NotAParticipant, RoundNotFound
from cocreate.domain.messages import Command, Sealed
from cocreate.record.pseudonyms import voter


class Action(BaseModel):
    """Something a person asks for, as it comes in at the border. Its docstring is what the API says of it."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    NAME: ClassVar[str]

    def command(self, draft: "Draft") -> Command:
        """The domain command; may raise a Refusal where the request alone shows that it must fail."""
        raise TypeError(f"{type(self).__name__} says no command for {draft.live.id}")


@dataclass(slots=True)
class Draft:
    """A command in the making. `seat` is who the caller is in the workshop; None for somebody who is new."""

    live: LiveWorkshop
    seat: str | None
    plains: dict[str, Plain] = field(default_factory=dict)
    keys: list[tuple[str, str, bytes]] = field(default_factory=list)
    secret_round: str | None = None

    @property
    def actor(self) -> str:
        if self.seat is None:
            raise NotAParticipant(status="not joined yet")
        return self.seat

    def pseudonym_of(self, subject: str) -> str:
        """Under which pseudonym the caller acts on a text of the subject's: a vote's, where theirs in that vote is the subject."""
        for round_id, row in self.live.state.rounds.items():
            key = self.live.keyring.round_mac(round_id) if row.secrecy == "pseudonymous" else None
            if key is not None and voter(key, self.actor) == subject:
                return subject
        return self.actor

    @staticmethod
    def new_id() -> str:
        return str(uuid.uuid4())

    @staticmethod
    def new_pseudonym() -> str:
        return secrets.token_hex(16)

    def seal(self, words: Wording) -> Sealed:
        texts = [(self.live.language, words)] if isinstance(words, str) else list(words.items())
        return commit_to(texts, self.plains)

    def seal_optional(self, words: Wording | None) -> Sealed | None:
        return None if words is None else self.seal(words)

    def voter(self, round_id: str, participant: str) -> str:
        """Who a ballot is of, whose moment on the record must not tell who that is."""
        found = self.voter_of(round_id, participant)
        if found != participant:
            self.secret_round = round_id
        return found

    def voter_of(self, round_id: str, participant: str) -> str:
        """Who somebody is in a round: themselves in an open one, a pseudonym in a pseudonymous one."""
        row = self.live.state.rounds.get(round_id)
        if row is None:
            raise RoundNotFound(round=round_id)
        if row.secrecy == "open":
            return participant
        key = self.live.keyring.round_mac(round_id)
        if key is None:
            raise KeyLost(round=round_id)
        return voter(key, participant)
