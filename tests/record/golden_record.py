"""A whole small workshop, from genesis to seal, as an export file: the golden record, in both formats of the file.

Written once by running this; neither ever changes:  python -m tests.record.golden_record
"""

import io
from collections.abc import Iterator
from pathlib import Path
from random import Random

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cocreate.domain.agenda import Activity, ChangeAgenda, StartActivity
from cocreate.domain.ballot import CastBallot, WithdrawBallot
from cocreate.domain.certificate import CertifyResult
from cocreate.domain.comment import HideComment, PostComment
from cocreate.domain.decider import evolve
from cocreate.domain.erasure import EraseSubject, EraseText
from cocreate.domain.genesis import RecordStarted
from cocreate.domain.idea import EditIdea, HideIdea, SubmitIdea
from cocreate.domain.messages import Command, Recorded
from cocreate.domain.opening import OpenRound, RoundOpened
from cocreate.domain.participant import GiveName, JoinWorkshop
from cocreate.domain.round import CloseRound
from cocreate.domain.settings import Settings
from cocreate.domain.state import WorkshopState
from cocreate.domain.voting.approval import ApprovalRules
from cocreate.domain.voting.opinion import OpinionRules
from cocreate.domain.workshop import CloseWorkshop, OpenWorkshop, SealRecord
from cocreate.record.codec import decode, encode
from cocreate.record.digest import state_digest
from cocreate.record.export import Disclosed, ExportHeader, Withheld, read_export, write_export
from cocreate.record.pseudonyms import Mac, round_key_commitment, voter
from cocreate.tlog.checkpoints import Checkpoint, sign_checkpoint
from cocreate.tlog.merkle import Frontier
from cocreate.tlog.signatures import Cosigner, LogSigner
from cocreate.tlog.vkey import vkey
from tests.history_author import Author, Sealed

GOLDEN = Path(__file__).parents[1] / "stored" / "workshop.export.jsonl"
SIGNED = GOLDEN.with_name("workshop.signed.export.jsonl")
"""The same record in format 2: with its checkpoint, cosigned by one witness an hour after the last entry."""
ROUND_KEY = bytes(range(32))
LOG_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32, 64)))
PUBLIC_KEY = LOG_KEY.public_key().public_bytes_raw()
WITNESS = Cosigner("witness.example/golden", Ed25519PrivateKey.from_private_bytes(bytes(range(64, 96))))
COSIGNED_AT_S = 1_523_525_820
MINUTE_MS = 60_000


class Scribe:
    """Writes each decided entry as the server would: the state digest set, the tree kept."""

    def __init__(self) -> None:
        self.author = Author(Random("golden record"), 100)
        self.entries: list[bytes] = []
        self.roots: dict[str, bytes] = {}
        self._state = WorkshopState()
        self._tree = Frontier()

    def tell(self, command: Command) -> str:
        """Let it happen; returns the aggregate of its first entry."""
        self.author.now += MINUTE_MS
        written = self.author.tell(command)
        self.catch_up()
        return written[0].aggregate

    def catch_up(self) -> None:
        for recorded in self.author.history.entries[len(self.entries) :]:
            self._write(recorded)

    def _write(self, recorded: Recorded) -> None:
        if "digest_version" in type(recorded.event).model_fields:
            event = recorded.event.model_copy(update={"digest": state_digest(self._state)})
            recorded = recorded._replace(event=event)
        if isinstance(recorded.event, RecordStarted):
            signed = recorded.event.model_copy(update={"vkey": vkey(recorded.event.origin, PUBLIC_KEY)})
            recorded = recorded._replace(event=signed)
        if isinstance(recorded.event, RoundOpened):
            self.roots[recorded.aggregate] = self._tree.root()
        self.entries.append(encode(recorded))
        self._tree.append_entry(self.entries[-1])
        evolve(self._state, recorded)

    @property
    def root(self) -> bytes:
        return self._tree.root()


def tell_the_story(scribe: Scribe) -> None:
    """Four people, three ideas, a vote with a tie, a growing opinion round, a text and a person erased."""
    author, tell = scribe.author, scribe.tell
    host = author.facilitator
    author.schedule(Settings(tags=("energy", "mobility")))
    scribe.catch_up()
    tell(OpenWorkshop(actor=host))
    activities = tuple(
        Activity(id=author.uuid(), kind=kind, minutes=30, title=author.text("activity"))
        for kind in ("collect", "vote")
    )
    tell(ChangeAgenda(actor=host, activities=activities))
    tell(StartActivity(actor=host, activity=activities[0].id))
    people = [author.hex() for _ in range(3)]
    for person in people:
        tell(JoinWorkshop(actor=person, how="open_code", name=author.text("name")))
    aided = tell(JoinWorkshop(actor=author.hex(), how="scribe", scribe=host))
    tell(GiveName(actor=host, participant=aided, name=author.text("name")))
    ideas = [
        tell(_idea(author, person, author.text("idea", ("fr", "en")), tags=("energy",))) for person in people
    ]
    tell(EditIdea(actor=people[0], idea=ideas[0], text=author.text("idea"), title=author.text("title")))
    comment = tell(_comment(author, people[1], ideas[0], None))
    reply = tell(_comment(author, people[2], ideas[0], comment))
    tell(HideComment(actor=host, comment=reply, reason="off_topic", note=author.text("note")))
    _vote(scribe, people, ideas)
    _opinions(scribe, people, ideas)
    tell(HideIdea(actor=host, idea=ideas[2], reason="duplicate"))
    tell(
        EraseText(
            actor=people[1],
            position=_position_of(author, "CommentPosted.v1"),
            field="text",
            subject=people[1],
            reason="requested",
        )
    )
    tell(EraseSubject(actor=people[2], subject=people[2], reason="requested"))
    tell(CloseWorkshop(actor=host))
    tell(SealRecord(actor=host))


def _idea(author: Author, person: str, text: Sealed, tags: tuple[str, ...] = ()) -> SubmitIdea:
    return SubmitIdea(actor=person, idea=author.uuid(), author=person, text=text, tags=tags)


def _comment(author: Author, person: str, idea: str, parent: str | None) -> PostComment:
    text = author.text("comment")
    return PostComment(
        actor=person,
        comment=author.uuid(),
        author=person,
        idea=idea,
        parent=parent,
        alignment="for",
        text=text,
    )


def _vote(scribe: Scribe, people: list[str], ideas: list[str]) -> None:
    """Pseudonymous, two seats, and two ideas tie for the second."""
    author, tell = scribe.author, scribe.tell
    round_id = tell(
        OpenRound(
            actor=author.facilitator,
            round=author.uuid(),
            question=author.text("question"),
            rules=ApprovalRules(method="approval", choices_max=2, seats=2),
            options=tuple(ideas),
            key=round_key_commitment(ROUND_KEY),
        )
    )
    choices = [(ideas[0],), (ideas[0], ideas[1]), (ideas[0], ideas[2]), ()]
    for person, choice in zip([*people, people[0]], choices, strict=True):
        tell(_ballot(author, round_id, person, None, tuple(sorted(choice))))
    tell(_ballot(author, round_id, people[0], None, (ideas[0],)))
    tell(_withdrawal(author, round_id, people[0]))
    tell(CloseRound(actor=author.facilitator, round=round_id))
    tell(CertifyResult(actor=author.facilitator, round=round_id, tie_root=scribe.roots[round_id]))


def _ballot(author: Author, round_id: str, person: str, option: str | None, choice: object) -> CastBallot:
    actor = person if option else voter(Mac(ROUND_KEY), person)
    return CastBallot(
        actor=actor, round=round_id, participant=person, option=option, choice=choice, random=author.hex()
    )


def _withdrawal(author: Author, round_id: str, person: str) -> WithdrawBallot:
    actor = voter(Mac(ROUND_KEY), person)
    return WithdrawBallot(actor=actor, round=round_id, participant=person, random=author.hex())


def _opinions(scribe: Scribe, people: list[str], ideas: list[str]) -> None:
    """Open and growing: a statement arrives while people vote."""
    author, tell = scribe.author, scribe.tell
    round_id = tell(
        OpenRound(
            actor=author.facilitator,
            round=author.uuid(),
            question=author.text("question"),
            rules=OpinionRules(method="opinion"),
            admission="growing",
            options=tuple(ideas),
            secrecy="open",
            results="always",
        )
    )
    tell(_ballot(author, round_id, people[0], ideas[0], 1))
    statement = tell(_idea(author, people[1], author.text("statement")))
    for person, answer in zip(people, (1, 0, -1), strict=True):
        tell(_ballot(author, round_id, person, statement, answer))
    tell(CloseRound(actor=author.facilitator, round=round_id))
    tell(CertifyResult(actor=author.facilitator, round=round_id, tie_root=scribe.roots[round_id]))


def _position_of(author: Author, name: str) -> int:
    return next(entry.position for entry in author.history.entries if name == entry.event.NAME)


def readable_texts(author: Author) -> Iterator[Disclosed]:
    """What the erasures have left, in the order of the export."""
    history = author.history
    texts = history.readable(len(history.entries))
    for (position, field), sealed in sorted(history.texts.items()):
        if texts(position, field) is not None:
            for (language, text), salt in sorted(zip(sealed.texts, sealed.salts, strict=True)):
                yield Disclosed(field=field, language=language, position=position, salt=salt.hex(), text=text)


def write_golden(path: Path = GOLDEN) -> None:
    """Write the golden record if there is none; an existing one stays as it is."""
    if path.exists():
        return
    scribe = Scribe()
    tell_the_story(scribe)
    author = scribe.author
    started = decode(scribe.entries[0])
    assert isinstance(started.event, RecordStarted)
    header = ExportHeader(
        origin=started.event.origin,
        root=scribe.root.hex(),
        size=len(scribe.entries),
        vkey=started.event.vkey,
        workshop=started.aggregate,
    )
    with path.open("wb") as out:
        write_export(header, scribe.entries, readable_texts(author), out)


def write_signed(path: Path = SIGNED) -> None:
    """Write the golden record in format 2, from format 1, if there is none."""
    if path.exists():
        return
    header, *rest = read_export(io.BytesIO(GOLDEN.read_bytes()))
    assert isinstance(header, ExportHeader)
    checkpoint = Checkpoint(header.origin, header.size, bytes.fromhex(header.root))
    note = sign_checkpoint(checkpoint, LogSigner(header.origin, LOG_KEY))
    with path.open("wb") as out:
        write_export(
            header.model_copy(update={"cocreate_export": 2}),
            [one for one in rest if isinstance(one, bytes | Withheld)],
            [one for one in rest if isinstance(one, Disclosed)],
            out,
            checkpoint=note.signed_also(WITNESS.sign(note.text, COSIGNED_AT_S)).encode(),
        )


if __name__ == "__main__":
    write_golden()
    write_signed()
