"""A Polis conversation becomes a workshop with one growing opinion round, by the commands that people use.

Statements and votes come in the order of their claimed times; moderation carries no time in the source and comes after
the last vote: 1 → approved, -1 → hidden, 0 → nothing. The workshop shows as incomplete until the very end.
"""

import secrets
import time
from collections.abc import Callable, Collection, Sequence
from itertools import islice
from typing import Final

from cocreate.application.actions_workshop import CreateWorkshop
from cocreate.application.service import Service
from cocreate.domain.ballot import CastBallot
from cocreate.domain.genesis import CompleteImport, Source
from cocreate.domain.idea import (
    IDEA_TEXT_LENGTH_MAX,
    IDEAS_MAX,
    IDEAS_PER_PARTICIPANT_MAX,
    ApproveIdea,
    HideIdea,
    SubmitIdea,
)
from cocreate.domain.opening import QUESTION_LENGTH_MAX, OpenRound
from cocreate.domain.participant import PARTICIPANTS_MAX, JoinWorkshop
from cocreate.domain.settings import Settings
from cocreate.domain.voting.opinion import OpinionRules
from cocreate.domain.workshop import PURPOSE_LENGTH_MAX, TITLE_LENGTH_MAX, OpenWorkshop
from cocreate.exchange.csv_source import Findings
from cocreate.exchange.election import LANGUAGE_UNKNOWN, cut
from cocreate.exchange.import_record import ImportRecord, open_import
from cocreate.exchange.polis_source import Conversation, StatementRow, VoteRow, merged

IMPORTER: Final = "polis"
IMPORTER_VERSION: Final = 1
WINDOW_ROWS: Final = 500
"""Rows in flight; no more than the sequencer takes in one transaction, so that they are written together or not at all."""

TEXT_LENGTH_MAX: Final = IDEA_TEXT_LENGTH_MAX
Progress = Callable[[int, int], None]
"""Called with (rows done, rows in all), after each window."""


def check_limits(conversation: Conversation) -> None:
    """Raise BadRows if a workshop cannot hold the conversation, before anything is written."""
    findings = Findings()
    statements: dict[int, int] = {}
    for row in conversation.statements:
        statements[row.author_id] = statements.get(row.author_id, 0) + 1
    limits = [
        ("comments.csv", IDEAS_MAX, "statements", len(conversation.statements)),
        (
            "comments.csv",
            IDEAS_PER_PARTICIPANT_MAX,
            "statements of one author",
            max(statements.values(), default=0),
        ),
        ("votes.csv", PARTICIPANTS_MAX, "voters and authors", len(_people(conversation))),
    ]
    for file, limit, of, found in limits:
        if found > limit:
            findings.add(file, None, None, expected=f"at most {limit} {of}", found=str(found))
    findings.raise_if_any()


async def import_conversation(
    service: Service,
    conversation: Conversation,
    *,
    licence: str,
    name: str,
    language: str = LANGUAGE_UNKNOWN,
    progress: Progress | None = None,
) -> ImportRecord:
    """Write the conversation, or what is missing of it; `name` is its title where the source has none.

    Raises BadRows before anything is written, else what the rules or the store refuse; then a new run resumes.
    """
    check_limits(conversation)
    source = Source(
        files=conversation.files, importer=IMPORTER, importer_version=IMPORTER_VERSION, licence=licence
    )
    record = await open_import(service, source, _about(conversation, name, language))
    if not record.completed:
        await _PolisImport(record, conversation, name, progress).run()
    return record


class _PolisImport:
    """One run. Participants' ids are read back from the record; those of ideas are the same in every run."""

    def __init__(
        self, record: ImportRecord, conversation: Conversation, name: str, progress: Progress | None
    ) -> None:
        self._record, self._conversation, self._progress = record, conversation, progress
        self._question = cut(conversation.topic, QUESTION_LENGTH_MAX) or name
        self._round = ""
        self._ideas = {
            row.comment_id: record.new_id(f"comment/{row.comment_id}") for row in conversation.statements
        }
        self._counters: dict[tuple[int, int], int] = {}

    async def run(self) -> None:
        await self._open()
        rows = list(merged(self._conversation))
        for first in range(0, len(rows), WINDOW_ROWS):
            await self._window(list(islice(rows, first, first + WINDOW_ROWS)))
            if self._progress is not None:
                self._progress(min(first + WINDOW_ROWS, len(rows)), len(rows))
        await self._moderate()
        await self._record.write("complete", _completion(self._conversation, self._record.actor))

    async def _open(self) -> None:
        await self._record.write("open", OpenWorkshop(actor=self._record.actor))
        draft = self._record.draft()
        opened = OpenRound(
            actor=self._record.actor,
            round=draft.new_id(),
            question=draft.seal(self._question),
            rules=OpinionRules(method="opinion"),
            admission="growing",
            secrecy="open",
            results="always",
            grace_ms=0,
        )
        self._record.send("round", opened, draft)
        await self._record.settle()
        self._round = self._record.get("round")

    async def _window(self, rows: Sequence[StatementRow | VoteRow]) -> None:
        """Everybody of the window joins first; then its rows, in order."""
        for row in rows:
            self._join(_person(row), row.timestamp_ms)
        await self._record.settle()
        for row in rows:
            if isinstance(row, StatementRow):
                self._submit(row)
            else:
                self._cast(row)
        await self._record.settle()

    def _join(self, person: int, claimed_at: int) -> None:
        key = f"voter/{person}"
        if self._record.find(key) is None:
            draft = self._record.draft()
            joined = JoinWorkshop(actor=draft.new_pseudonym(), how="imported", claimed_at=claimed_at)
            self._record.send(key, joined, draft)

    def _submit(self, row: StatementRow) -> None:
        key = f"comment/{row.comment_id}"
        if self._record.find(key) is not None:
            return
        draft, author = self._record.draft(), self._record.get(f"voter/{row.author_id}")
        submitted = SubmitIdea(
            actor=author,
            author=author,
            idea=self._ideas[row.comment_id],
            text=draft.seal(row.body.strip()),
            claimed_at=row.timestamp_ms,
        )
        self._record.send(key, submitted, draft)

    def _cast(self, row: VoteRow) -> None:
        """Cast or replace. The counter is which vote of this person on this statement it is, so order cannot be lost."""
        ballot, key = (row.voter_id, row.comment_id), f"vote/{row.line}"
        counter = self._counters[ballot] = self._counters.get(ballot, 0) + 1
        if self._record.find(key) is not None:
            return
        voter = self._record.get(f"voter/{row.voter_id}")
        cast = CastBallot(
            actor=voter,
            participant=voter,
            round=self._round,
            option=self._ideas[row.comment_id],
            choice=row.vote,
            counter=counter,
            random=secrets.token_hex(16),
            claimed_at=row.timestamp_ms,
        )
        self._record.send(key, cast)

    async def _moderate(self) -> None:
        actor = self._record.actor
        for row in self._conversation.statements:
            idea, key = self._ideas[row.comment_id], f"moderation/{row.comment_id}"
            if row.moderated == 1:
                self._record.send(key, ApproveIdea(actor=actor, idea=idea))
            elif row.moderated == -1:
                self._record.send(key, HideIdea(actor=actor, idea=idea, reason="imported_moderation"))
        await self._record.settle()


def _person(row: StatementRow | VoteRow) -> int:
    return row.author_id if isinstance(row, StatementRow) else row.voter_id


def _people(conversation: Conversation) -> Collection[int]:
    return {_person(row) for rows in (conversation.statements, conversation.votes) for row in rows}


def _completion(conversation: Conversation, actor: str) -> CompleteImport:
    cast = len({(row.voter_id, row.comment_id) for row in conversation.votes})
    return CompleteImport(
        actor=actor,
        ballots_cast=cast,
        ballots_replaced=len(conversation.votes) - cast,
        ideas=len(conversation.statements),
        moderated=sum(row.moderated != 0 for row in conversation.statements),
        participants=len(_people(conversation)),
    )


def _about(conversation: Conversation, name: str, language: str) -> CreateWorkshop:
    """The workshop as the source tells it: from the first claimed time to the last, closed to newcomers."""
    times = [row.timestamp_ms for rows in (conversation.statements, conversation.votes) for row in rows]
    times = times or [time.time_ns() // 1_000_000]
    return CreateWorkshop(
        title=cut(conversation.topic, TITLE_LENGTH_MAX) or name,
        host=cut(conversation.url, TITLE_LENGTH_MAX) or "Polis",
        purpose=cut(conversation.description, PURPOSE_LENGTH_MAX) or None,
        languages=(language,),
        starts_at=min(times),
        ends_at=max(times) + 1,
        settings=Settings(join="closed"),
    )
