"""An election becomes a workshop with one round: opened, voted in, closed and certified by the commands that people use.

Its options are ideas of one imported author, the source, who has left before the round opens and so is no voter. Every
voter is an imported participant. The workshop shows as incomplete until the result is certified.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Final, NamedTuple

from cocreate.application.actions_workshop import CreateWorkshop
from cocreate.application.fresh import FRESH
from cocreate.application.service import Service
from cocreate.domain.ballot import CastBallot
from cocreate.domain.certificate import CertifyResult, ResultCertified
from cocreate.domain.contest import ResultRecertified
from cocreate.domain.errors import GraceRunning
from cocreate.domain.genesis import CompleteImport, Source
from cocreate.domain.idea import SubmitIdea, WithdrawIdea
from cocreate.domain.opening import OpenRound
from cocreate.domain.participant import JoinWorkshop, LeaveWorkshop
from cocreate.domain.round import CloseRound
from cocreate.domain.settings import Settings
from cocreate.domain.voting import Rules, Step
from cocreate.domain.workshop import OpenWorkshop
from cocreate.exchange.election import (
    Election,
    ElectionOption,
    IdeaList,
    PlaceChoice,
    check_election,
    choice_of,
    told_headings,
    told_text,
    told_title,
)
from cocreate.exchange.import_record import ImportRecord, open_import

IMPORTER_VERSION: Final = 1
WINDOW_BALLOTS: Final = 500
"""Ballots in flight; no more than the sequencer takes in one transaction, so that they are written together or not at all."""
CERTIFYINGS_MAX: Final = 100
"""Times the certificate is asked for: the round's last moment, a millisecond, must be over."""
AUTHOR: Final = "source"

Progress = Callable[[int, int], None]
"""Called with (ballots done, ballots in all), after each window."""


class OtherRules(Exception):
    """The file was imported before, to be counted by other rules than now."""

    def __init__(self, workshop: str, rules: Rules) -> None:
        self.workshop = workshop
        super().__init__(
            f"This file is the workshop {workshop} already, and its round is counted by other rules: "
            f"{rules.model_dump_json()}. Give the options it was imported with, or import into another database."
        )


class _Paper(NamedTuple):
    """One ballot: where it stands, and what it says."""

    key: str
    choice: PlaceChoice


async def import_election(
    service: Service, election: Election, *, licence: str, progress: Progress | None = None
) -> ImportRecord:
    """Write the election, or what is missing of it.

    Raises BadRows and OtherRules before anything is written, else what the rules or the store refuse; then a new run resumes.
    """
    check_election(election)
    record = await open_import(service, _source(election, licence), _about(election))
    opened = record.round_rules("round")
    if opened is not None and opened != election.rules:
        raise OtherRules(record.workshop, opened)
    if not record.completed:
        await _ElectionImport(record, election, progress).run()
    return record


async def import_ideas(service: Service, ideas: IdeaList, *, licence: str) -> ImportRecord:
    """Write ideas that nobody has voted on, or what is missing of them, into a workshop that is open."""
    record = await open_import(service, _source(ideas, licence), _about(ideas))
    if not record.completed:
        await record.write("open", OpenWorkshop(actor=record.actor))
        await _tell_options(record, ideas.options)
        await record.write("complete", _completion(record, ideas.options, voters=0))
    return record


def option_ids(record: ImportRecord, options: Sequence[ElectionOption]) -> list[str]:
    """The idea of each option, by its place in the file; the same in every run."""
    return [record.new_id(f"option/{place}") for place in range(len(options))]


Certificate = ResultCertified | ResultRecertified


class Recount(NamedTuple):
    """What the record's certificate says of the election, the elected by their place in the file, in order.

    The steps are those of a ranked count, which are its table; others are looked at where they are shown.
    """

    round: str
    certificate: Certificate
    elected: tuple[int, ...]
    steps: Sequence[Step]


async def recount_of(service: Service, record: ImportRecord, election: Election) -> Recount:
    """The certified result as it stands on the record, folded from its entries."""
    live = await service.reading.live(record.workshop)
    round_id = record.find("round")
    assert round_id is not None, "a finished import has opened its round"
    certificate = live.projections.rounds.rounds[round_id].certificate
    assert certificate is not None, "a finished import has certified its round"
    places = {idea: place for place, idea in enumerate(option_ids(record, election.options))}
    elected = tuple(places[idea] for idea in certificate.elected)
    ranked = election.rules.method == "ranked"
    return Recount(round_id, certificate, elected, service.reading.steps(live, round_id) if ranked else ())


class _ElectionImport:
    """One run. Participants' ids are read back from the record; those of ideas are the same in every run."""

    def __init__(self, record: ImportRecord, election: Election, progress: Progress | None) -> None:
        self._record, self._election, self._progress = record, election, progress
        self._ids = option_ids(record, election.options)
        self._round = ""

    async def run(self) -> None:
        record = self._record
        await record.write("open", OpenWorkshop(actor=record.actor))
        await _tell_options(record, self._election.options)
        await self._open_round()
        papers, voters, done = self._papers(), self._election.voters, 0
        while window := list(islice(papers, WINDOW_BALLOTS)):
            await self._window(window)
            done += len(window)
            if self._progress is not None:
                self._progress(done, voters)
        await record.write("close", CloseRound(actor=record.actor, round=self._round))
        await self._certify()
        await record.write("complete", _completion(record, self._election.options, voters=voters))

    async def _open_round(self) -> None:
        draft, election = self._record.draft(), self._election
        opened = OpenRound(
            actor=self._record.actor,
            round=draft.new_id(),
            question=draft.seal(told_headings(election.headings)["question"]),
            rules=election.rules,
            options=tuple(self._ids[place] for place in election.standing),
            costs=tuple(
                (self._ids[place], cost)
                for place in election.standing
                if (cost := election.options[place].cost) is not None
            ),
            secrecy="open",
            results="always",
            grace_ms=0,
        )
        self._record.send("round", opened, draft)
        await self._record.settle()
        self._round = self._record.get("round")

    def _papers(self) -> Iterator[_Paper]:
        """Each ballot of each line; where a line stands for several, its copies are told apart."""
        for one in self._election.papers:
            if one.times == 1:
                yield _Paper(str(one.line), one.choice)
            else:
                for copy in range(1, one.times + 1):
                    yield _Paper(f"{one.line}/{copy}", one.choice)

    async def _window(self, papers: Sequence[_Paper]) -> None:
        """Everybody of the window joins first; then their ballots, in the order of the file."""
        find, send = self._record.find, self._record.send
        for paper in papers:
            if find(f"voter/{paper.key}") is None:
                draft = self._record.draft()
                send(f"voter/{paper.key}", JoinWorkshop(actor=draft.new_pseudonym(), how="imported"))
        await self._record.settle()
        for paper in papers:
            if find(f"vote/{paper.key}") is None:
                voter = self._record.get(f"voter/{paper.key}")
                cast = CastBallot(
                    actor=voter,
                    participant=voter,
                    round=self._round,
                    choice=choice_of(self._election.rules, paper.choice, self._ids),
                    counter=1,
                    random=FRESH.hex(),
                )
                send(f"vote/{paper.key}", cast)
        await self._record.settle()

    async def _certify(self) -> None:
        """A server beside this import may be first: then there is nothing left to write."""
        tie_root = self._record.tie_root(self._round)
        certify = CertifyResult(actor=self._record.actor, round=self._round, tie_root=tie_root)
        for asked in range(1, CERTIFYINGS_MAX + 1):
            try:
                await self._record.write("certify", certify)
            except GraceRunning:
                if asked == CERTIFYINGS_MAX:
                    raise
                await asyncio.sleep(0.002)
            else:
                return


async def _tell_options(record: ImportRecord, options: Sequence[ElectionOption]) -> None:
    """The source joins, tells its options and leaves: nobody is asked whether it votes."""
    draft, ids = record.draft(), option_ids(record, options)
    record.send(AUTHOR, JoinWorkshop(actor=draft.new_pseudonym(), how="imported"), draft)
    await record.settle()
    author = record.get(AUTHOR)
    for place, option in enumerate(options):
        draft = record.draft()
        submitted = SubmitIdea(
            actor=author,
            author=author,
            idea=ids[place],
            title=draft.seal_optional(told_title(option) or None),
            text=draft.seal(told_text(option)),
        )
        record.send(f"option/{place}", submitted, draft)
    await record.settle()
    for place, option in enumerate(options):
        if option.withdrawn:
            record.send(f"withdrawn/{place}", WithdrawIdea(actor=author, idea=ids[place]))
    await record.settle()
    await record.write("source/leaves", LeaveWorkshop(actor=author))


def _completion(record: ImportRecord, options: Sequence[ElectionOption], *, voters: int) -> CompleteImport:
    """The source is one participant, and each voter another."""
    return CompleteImport(
        actor=record.actor,
        ballots_cast=voters,
        ballots_replaced=0,
        ideas=len(options),
        moderated=0,
        participants=voters + 1,
    )


def _source(told: Election | IdeaList, licence: str) -> Source:
    """The files are known by what is in them, whatever they are called."""
    names = (f"election.{told.importer}", f"options.{told.importer}")
    return Source(
        files=tuple((name, file.sha256) for name, file in zip(names, told.files, strict=False)),
        importer=told.importer,
        importer_version=IMPORTER_VERSION,
        licence=licence,
    )


def _about(election: Election | IdeaList) -> CreateWorkshop:
    """The workshop as the source tells it, closed to newcomers; without a time of its own it is now."""
    headings, told = election.headings, told_headings(election.headings)
    starts_at = headings.starts_at
    if starts_at is None:
        starts_at = headings.ends_at - 1 if headings.ends_at else time.time_ns() // 1_000_000
    return CreateWorkshop(
        title=told["title"],
        host=told["host"] or election.importer,
        purpose=told["purpose"] or None,
        languages=(headings.language,),
        starts_at=starts_at,
        ends_at=max(headings.ends_at or 0, starts_at + 1),
        settings=Settings(join="closed"),
    )
