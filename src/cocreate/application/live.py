"""An open workshop: decision state, projections, tree, keys and texts, folded from the record and kept current.

A live workshop holds what is durable; only its decision state runs ahead, while the sequencer decides a batch.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from cocreate.application.command_index import CommandIndex
from cocreate.application.errors import RecordDamaged, RecordRewound
from cocreate.application.keyring import Keyring
from cocreate.application.saved_state import Rest
from cocreate.application.texts import Plain, Texts
from cocreate.domain.ballot import BALLOTS, BallotRun, evolve_run, run_of, voted_in
from cocreate.domain.decider import evolve
from cocreate.domain.erasure import SubjectErased, TextErased
from cocreate.domain.errors import WorkshopNotFound
from cocreate.domain.messages import Recorded
from cocreate.domain.opening import RoundOpened
from cocreate.domain.state import WorkshopState
from cocreate.domain.workshop import WorkshopScheduled
from cocreate.persistence.batch import Row, Summary
from cocreate.persistence.sealing import Vault
from cocreate.projections.fold import Projections
from cocreate.projections.reader import Audience
from cocreate.projections.similar import SimilarIdeas
from cocreate.record.codec import EntryMalformed, decode_page, decode_placed
from cocreate.record.page import Page
from cocreate.tlog.checkpoints import Checkpoint, sign_checkpoint
from cocreate.tlog.merkle import EMPTY_ROOT
from cocreate.tlog.tree import Tree
from cocreate.tlog.words import check_words

if TYPE_CHECKING:
    from cocreate.application.reading import View


class LiveWorkshop:
    """Owner: `LiveWorkshops`; written by the sequencer's turn alone, read by everybody."""

    def __init__(self, workshop: str, vault: Vault) -> None:
        self.id = workshop
        self.state = WorkshopState()
        self.projections = Projections()
        self.tree = Tree()
        self.leaf = EMPTY_ROOT
        """The hash of the last entry."""
        self.commands = CommandIndex()
        self.tie_roots: dict[str, bytes] = {}
        """The tree's root before each round was opened: what its ties are broken by."""
        self.keyring = Keyring(workshop, vault)
        self.texts = Texts()
        self.views: dict[Audience, View] = {}
        """The latest view of each audience that was asked for; the next one is made of it. Owner: `Reading`."""
        self.similar: SimilarIdeas | None = None
        """What drafts are compared with, once somebody has written one. Owner: `Suggestions`."""
        self.language = "und"
        """The workshop's first language: that of a text which names none."""
        self.summary: Summary | None = None
        """The catalogue row as this node wrote it last; None where another node may have written it since."""
        self.expected = 0
        """How long the record is as this worker's writer says; a read of more than `size` waits for the rest."""
        self.used_at = time.monotonic()
        self.waypoint = 0
        """How many entries the last waypoint has that this node knows of."""
        self.rewound = False
        """What is stored does not go on from what was signed here: it is read, and neither written to nor signed."""
        self.successor: str | None = None
        """The workshop whose record goes on from this one."""
        self._signed: tuple[int, bytes] = (0, b"")
        self.readers = 0
        """Streams that hold it open."""
        self.on_erased: Callable[[str, str], None] | None = None
        """Told (workshop, participant) of everybody who is erased, whichever node did it."""
        self._moved = asyncio.Event()

    @property
    def size(self) -> int:
        """How many durable entries are folded."""
        return self.tree.size

    @property
    def vkey(self) -> str:
        """The key that the genesis names for this record's checkpoints."""
        started = self.projections.workshop.started
        assert started is not None, "a record begins with its genesis"
        return started.vkey

    @property
    def root(self) -> bytes:
        """The root over all that is durable."""
        return self.tree.root()

    @property
    def check_words(self) -> str:
        """That root in six words, for people to compare."""
        return check_words(self.root)

    def entry_of(self, ballot: str, counter: int) -> int | None:
        """Where the entry of a durable ballot stands, for its voter; None while a newer one of theirs is being written."""
        standing = self.state.ballots[ballot[:36]].get(ballot)
        return standing.position if standing is not None and standing.counter == counter else None

    def put_back(self) -> RecordRewound:
        """Why nothing is written or signed where it is rewound."""
        return RecordRewound() if self.successor is None else RecordRewound(successor=self.successor)

    def checkpoint(self) -> bytes:
        """The signed checkpoint over all that is durable. Raises RecordRewound: no two may ever contradict each other."""
        if self.rewound:
            raise self.put_back()
        if self._signed[0] != self.size:
            signer = self.keyring.log_signer(self.state.workshop.origin)
            checkpoint = Checkpoint(signer.key.name, self.size, self.tree.root())
            self._signed = self.size, sign_checkpoint(checkpoint, signer).encode()
        return self._signed[1]

    def rest(self) -> Rest:
        """What a waypoint keeps of it beside the projections; shared, not copied."""
        return Rest(
            state=self.state,
            tree=self.tree,
            leaf=self.leaf,
            commands=self.commands,
            tie_roots=self.tie_roots,
            language=self.language,
            subjects=self.texts.subjects(),
            texts=self.texts.commitments(),
        )

    def resume(self, projections: Projections, rest: Rest) -> None:
        """Stand where a waypoint was made; keys and texts are opened behind the entries that follow."""
        self.projections, self.state = projections, rest.state
        self.tree, self.leaf = rest.tree, rest.leaf
        self.commands, self.tie_roots, self.language = rest.commands, rest.tie_roots, rest.language
        self.texts.resume(rest.subjects)
        self.waypoint = self.size
        if self.on_erased is not None:
            for participant, row in self.state.participants.items():
                if row.status == "erased":
                    self.on_erased(self.id, participant)

    def require_record(self) -> None:
        if self.size == 0:
            raise WorkshopNotFound(workshop=self.id)

    def apply_all(
        self, written: Sequence[tuple[Recorded, bytes]], plains: Mapping[str, Plain]
    ) -> Iterator[bytes]:
        """Fold durable entries into everything but the decision state; their leaf hashes.

        `plains` are the texts this node has just sealed, by commitment; texts from the store are opened before.
        """
        leaves: list[bytes] = []
        for round_id, group in groupby(written, key=lambda one: voted_in(one[0])):
            entries = list(group)
            if round_id is None:
                leaves += [self.apply(recorded, entry, plains) for recorded, entry in entries]
            else:
                run = run_of([recorded for recorded, _ in entries])
                leaves += self.apply_run(run, [entry for _, entry in entries])
        return iter(leaves)

    def apply_run(self, run: BallotRun, entries: Sequence[bytes]) -> list[bytes]:
        """Fold durable ballots into everything but the decision state; returns their leaf hashes."""
        self._forget_reasons(run.aggregates)
        self.projections.apply_run(run)
        self.commands.add_all(run.commands, run.position)
        leaves = self.tree.append_entries(entries)
        self.leaf = leaves[-1]
        return leaves

    def apply(self, recorded: Recorded, entry: bytes, plains: Mapping[str, Plain] | None = None) -> bytes:
        """Fold one durable entry into everything but the decision state; returns its leaf hash."""
        if recorded.event.SEALED:
            self.texts.note(recorded, self.id)
            if plains:
                self.texts.keep(recorded, plains)
        match recorded.event:
            case WorkshopScheduled(languages=(first, *_)):
                self.language = first
            case RoundOpened():
                self.tie_roots[recorded.aggregate] = self.tree.root()
            case TextErased(position=position, field=field):
                self.texts.erase(position, field)
                self._forget_drawn()
            case SubjectErased():
                self.texts.erase_subject(recorded.aggregate)
                self._forget_drawn()
                self.keyring.forget("subject", recorded.aggregate)
                if self.on_erased is not None:
                    self.on_erased(self.id, recorded.aggregate)
            case event if isinstance(event, BALLOTS):
                self._forget_reasons((recorded.aggregate,))
            case _:
                pass
        self.projections.apply(recorded)
        self.commands.add(recorded.command, recorded.position)
        self.leaf = self.tree.append_entry(entry)
        return self.leaf

    def _forget_reasons(self, ballots: Sequence[str]) -> None:
        """Forget what ballots gave as reasons that these take the place of."""
        gone = self.projections.rounds.reasons_gone(ballots)
        for position, field in gone:
            self.texts.erase(position, field)
        if gone:
            self._forget_drawn()

    def _forget_drawn(self) -> None:
        """Nothing that was made of texts outlives one that is erased."""
        self.views.clear()
        self.similar = None

    def fold(self, events: Iterable[Recorded | BallotRun], page: Page) -> None:
        """Fold what was read from the store, decision state and all."""
        first = page.positions[0]
        for event in events:
            if isinstance(event, BallotRun):
                evolve_run(self.state, event)
                self.apply_run(event, page.entries[event.position - first : event.last + 1 - first])
            else:
                evolve(self.state, event)
                self.apply(event, page.entries[event.position - first])
        self.state.mark()

    def keyless_rounds(self) -> list[str]:
        """Open pseudonymous rounds whose key is gone: nobody can vote in them any more, so they are to be closed."""
        return [
            round_id
            for round_id, row in self.projections.rounds.unfinished.items()
            if row.closed_time is None
            and row.opened.secrecy == "pseudonymous"
            and self.keyring.round_key(round_id) is None
        ]

    def announce(self) -> None:
        """Wake whoever waits for this workshop to move."""
        self._moved.set()
        self._moved = asyncio.Event()

    async def moved(self) -> None:
        await self._moved.wait()


def decode_row(row: Row) -> Recorded:
    """The event of a row, whose columns must say what its entry says; a difference is fatal."""
    try:
        return decode_placed(row.position, row.name, row.entry)
    except EntryMalformed as error:
        raise RecordDamaged(f"{row.workshop} at {row.position}: {error.problem}") from error


def decode_entries(workshop: str, page: Page) -> list[Recorded | BallotRun]:
    """The events of a page, ballots as runs; fatal as in `decode_row`."""
    try:
        return list(decode_page(page))
    except EntryMalformed as error:
        raise RecordDamaged(f"{workshop}: {error.problem}") from error
