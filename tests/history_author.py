"""The pen of a random history: it knows the workshop so far, makes ids and sealed texts, and sends commands to `decide`."""

import hashlib
import hmac
import uuid
from base64 import b64encode
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from random import Random

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cocreate.domain.ballot import BALLOTS
from cocreate.domain.decider import decide, evolve
from cocreate.domain.erasure import SubjectErased, TextErased
from cocreate.domain.errors import Refusal
from cocreate.domain.genesis import Head, Predecessor, SignedHead, Source
from cocreate.domain.messages import Command, Event, Recorded
from cocreate.domain.participant import How, JoinWorkshop
from cocreate.domain.settings import Settings
from cocreate.domain.state import WorkshopState
from cocreate.domain.workshop import OpenWorkshop, ScheduleWorkshop
from cocreate.tlog.checkpoints import Checkpoint
from cocreate.tlog.signatures import LogSigner

STARTED_AT = 1_523_520_000_000
"""12 April 2018, 8:00 UTC."""
FORMER_KEY = Ed25519PrivateKey.from_private_bytes(b"the key of a record before this.")
PUBLIC_KEY = b64encode(b"\x01" + bytes(32)).decode()
TAGS = ("culture", "energy", "mobility")
Sealed = tuple[tuple[str, str], ...]
Place = tuple[int, str]
"""(position, field) of a sealed text; an activity's title is `activities.<index>.title`."""


@dataclass(frozen=True, slots=True)
class SealedText:
    """A text with all it takes to seal or check it; `subject` is whose key seals it."""

    subject: str
    texts: tuple[tuple[str, str], ...]
    salts: tuple[bytes, ...]


@dataclass(slots=True)
class History:
    """A record in decoded form, and what stands beside it. `voters`: pseudonymous round -> participant -> voter."""

    entries: list[Recorded] = field(default_factory=list)
    texts: dict[Place, SealedText] = field(default_factory=dict)
    voters: dict[str, dict[str, str]] = field(default_factory=dict)
    state: WorkshopState = field(default_factory=WorkshopState)
    refusals: int = 0

    def readable(self, size: int) -> Callable[[int, str], tuple[tuple[str, str], ...] | None]:
        """The texts that have not been erased by the first `size` entries, as a lookup; None where erased."""
        gone: set[Place] = set()
        erased: set[str] = set()
        reasons: dict[str, set[Place]] = {}
        for recorded in self.entries[:size]:
            if isinstance(recorded.event, BALLOTS):
                gone |= reasons.pop(recorded.aggregate, set())
                reasons[recorded.aggregate] = {place for place in self.texts if place[0] == recorded.position}
            if isinstance(recorded.event, TextErased):
                gone.add((recorded.event.position, recorded.event.field))
            elif isinstance(recorded.event, SubjectErased):
                erased.add(recorded.aggregate)

        def texts(position: int, field_path: str) -> tuple[tuple[str, str], ...] | None:
            place = (position, field_path)
            sealed = self.texts[place]
            return None if place in gone or sealed.subject in erased else sealed.texts

        return texts


def tie_root(round_id: str) -> bytes:
    """A stand-in for the tree's root before the round: these histories have no tree, and any 32 fixed bytes will do."""
    return hashlib.sha256(round_id.encode()).digest()


def commitment(salt: bytes, text: str) -> str:
    return hashlib.sha256(b"cocreate/sealed/v1\n" + salt + text.encode()).hexdigest()


def sealed_fields(event: Event) -> list[tuple[str, Sealed]]:
    """(path, sealed text) of each sealed field that the event has."""
    found: list[tuple[str, Sealed | None]] = []
    for path in event.SEALED:
        outer, _, inner = path.partition(".")
        if inner:
            items = enumerate(getattr(event, outer))
            found += [(f"{outer}.{index}.{inner}", getattr(item, inner)) for index, item in items]
        else:
            found.append((path, getattr(event, path)))
    return [(path, sealed) for path, sealed in found if sealed is not None]


class Author:
    """One workshop being written: its clock, its ids and texts, and what the domain has made of the commands so far.

    A history that `ends` goes towards its sealing in its last entries.
    """

    def __init__(self, rng: Random, length: int) -> None:
        self.rng = rng
        self.length = length
        self.ends = rng.random() < 0.3
        self.history = History()
        self.state = self.history.state
        self.now = STARTED_AT
        self.workshop = self.uuid()
        self.facilitator = self.hex()
        self.keys: dict[str, bytes] = {}
        self._texts = 0
        self._sealed: dict[str, tuple[str, str, bytes]] = {}

    def begin(self) -> None:
        """Schedule the workshop, imported or going on from another one time in five each, open it and let some people in."""
        draw = self.rng.random()
        imported, successor = draw < 0.2, draw < 0.04 or draw >= 0.84
        self.schedule(self.settings(), imported=imported, successor=successor)
        self.tell(OpenWorkshop(actor=self.facilitator))
        for _ in range(self.rng.choice((3, 12))):
            how: How = "imported" if imported else "scribe"
            self.tell(
                JoinWorkshop(actor=self.hex(), how=how, name=self.text("name"), scribe=self.facilitator)
            )

    def predecessor(self) -> Predecessor:
        """A record that was put back by a few entries, its memory lost too one time in two."""
        log = LogSigner(f"log.example/{self.uuid()}", FORMER_KEY)
        size, root = self.rng.randint(1, 1_000), self.rng.randbytes(32)
        head = Checkpoint(log.key.name, size + self.rng.randint(1, 9), root)
        signature = log.sign(head.text).signature.hex()
        signed = SignedHead(root=root.hex(), signature=signature, size=head.size)
        return Predecessor(
            because="rewound",
            origin=log.key.name,
            signed=signed if self.rng.random() < 0.5 else None,
            stored=Head(root=self.rng.randbytes(32).hex(), size=size),
            vkey=str(log.key),
        )

    def schedule(self, settings: Settings, *, imported: bool = False, successor: bool = False) -> None:
        source = Source(
            files=(("ideas.csv", hashlib.sha256(b"ideas").hexdigest()),),
            importer="csv",
            importer_version=1,
            licence="CC0-1.0",
        )
        scheduled = ScheduleWorkshop(
            actor=self.facilitator,
            workshop=self.workshop,
            origin=f"log.example/{self.workshop}",
            vkey=f"log.example/{self.workshop}+0123abcd+{PUBLIC_KEY}",
            source=source if imported else None,
            predecessor=self.predecessor() if successor else None,
            host=self.text("host"),
            title=self.text("workshop", languages=("en", "fr")),
            city=self.maybe_text("city"),
            country=self.rng.choice((None, "BE")),
            place=self.maybe_text("place"),
            purpose=self.maybe_text("purpose"),
            languages=("en", "fr"),
            starts_at=STARTED_AT,
            ends_at=STARTED_AT + 28_800_000,
            settings=settings,
        )
        self.tell(scheduled)

    def send(self, command: Command) -> None:
        """Decide one command; refused, it leaves no trace but a count."""
        try:
            self.tell(command)
        except Refusal:
            self.history.refusals += 1

    def tell(self, command: Command) -> list[Recorded]:
        """Decide one command and write down what follows from it; a Refusal goes to the caller."""
        pending = decide(command, self.state, self.now)
        command_id = self.hex()
        written = []
        for aggregate, event in pending:
            recorded = Recorded(self.state.size, self.now, command.actor, aggregate, command_id, event)
            self._keep_texts(recorded)
            self.history.entries.append(recorded)
            evolve(self.state, recorded)
            written.append(recorded)
        self.state.mark()
        return written

    def _keep_texts(self, recorded: Recorded) -> None:
        event = recorded.event
        for path, sealed in sealed_fields(event):
            opened = [self._sealed[digest] for _, digest in sealed]
            self.history.texts[recorded.position, path] = SealedText(
                subject=self._subject(recorded),
                texts=tuple((language, text) for language, text, _ in opened),
                salts=tuple(salt for _, _, salt in opened),
            )

    def _subject(self, recorded: Recorded) -> str:
        subjects = {
            "actor": recorded.actor,
            "aggregate": recorded.aggregate,
            "author": getattr(recorded.event, "author", ""),
            "host": self.workshop,
        }
        return subjects[recorded.event.SUBJECT]

    def hex(self) -> str:
        return f"{self.rng.getrandbits(128):032x}"

    def uuid(self) -> str:
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))

    def text(self, of: str, languages: tuple[str, ...] = ("en",)) -> Sealed:
        """A new text that occurs nowhere else, sealed in each language."""
        self._texts += 1
        sealed = []
        for language in languages:
            text = f"{of} «{self._texts}{language}» — Ελλάδα, България"
            salt = self.rng.randbytes(32)
            digest = commitment(salt, text)
            self._sealed[digest] = (language, text, salt)
            sealed.append((language, digest))
        return tuple(sealed)

    def maybe_text(self, of: str) -> Sealed | None:
        return self.text(of) if self.rng.random() < 0.5 else None

    def settings(self) -> Settings:
        return Settings(
            approval_first=self.rng.random() < 0.3,
            facilitator_sees_names=self.rng.random() < 0.7,
            join="closed" if self.rng.random() < 0.1 else "open_code",
            participants_see_names=self.rng.random() < 0.5,
            paused=self.rng.random() < 0.1,
            tags=TAGS,
        )

    def pick(self, table: Collection[str]) -> str:
        """A key of the table; where there is none, an id that nobody has."""
        return self.rng.choice(list(table)) if table else self.uuid()

    def pick_person(self, table: Collection[str]) -> str:
        """The same for pseudonyms."""
        return self.rng.choice(list(table)) if table else self.hex()

    def participant(self) -> str:
        return self.pick_person(
            [key for key, row in self.state.participants.items() if row.status == "present"]
        )

    def scribe(self) -> str:
        return self.pick_person([key for key, row in self.state.participants.items() if row.role == "scribe"])

    def pen_of(self, writer: str) -> str:
        """Who enters what a participant says: a scribe for most of those whom a scribe brought in, else they themselves."""
        row = self.state.participants.get(writer)
        if row is None or row.how != "scribe" or self.rng.random() < 0.2:
            return writer
        return self.rng.choice((self.facilitator, self.scribe()))

    def idea(self, *statuses: str) -> str:
        return self.pick([key for key, row in self.state.ideas.items() if row.status in statuses])

    def comment(self, *statuses: str) -> str:
        return self.pick([key for key, row in self.state.comments.items() if row.status in statuses])

    def round(self, *statuses: str) -> str:
        return self.pick([key for key, row in self.state.rounds.items() if row.status in statuses])

    def voter(self, round_id: str, participant: str) -> str:
        key = self.keys.get(round_id)
        if key is None:
            return participant
        voter = hmac.new(key, bytes.fromhex(participant), hashlib.sha256).digest()[:16].hex()
        self.history.voters.setdefault(round_id, {})[participant] = voter
        return voter
