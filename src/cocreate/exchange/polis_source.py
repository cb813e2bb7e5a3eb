"""A Polis conversation as its export folder tells it: statements, votes, and nothing of ours.

The files are those of https://github.com/compdemocracy/openData: `comments.csv` and `votes.csv`, and
`summary.csv` where there is one. Times and identities are what the source claims.

**Which sign is agreement.** Polis stores agreement as -1, and only some of its exporters turn it round. The
files tell: `agrees` and `disagrees` of comments.csv count the rows of votes.csv, re-votes included. In the
published open data +1 is agreement, in votes.csv as in the matrix of participants-votes.csv. The counters of
some exports are a little off, so agreement is taken to be -1 only if that fits them ten times better than +1.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

from cocreate.exchange.csv_source import Findings, SourceFile, WholeNumber, pairs, quoted, read_file, rows

STATEMENT_ROWS_MAX: Final = 100_000
"""Tens of times the largest published conversation."""
VOTE_ROWS_MAX: Final = 1_000_000
"""About 250 MB of memory."""
SIGN_MISFIT_RATIO: Final = 10
"""How much better agreement as -1 must fit the counters before it is believed."""

LICENCES_BY_POLIS_ID: Final[Mapping[str, str]] = {
    # The Computational Democracy Project, compdemocracy/openData.
    "2demo": "CC-BY-4.0",
    "3nemnipcrc": "CC-BY-4.0",
    "3phdex2kjf": "CC-BY-4.0",
    "7wmvbjcjhp": "CC-BY-4.0",
}
LICENCE_UNKNOWN: Final = "unknown"

_ID_MAX: Final = 2**53 - 1
_TIME_MS_MAX: Final = 253_402_300_799_999  # the last millisecond of the year 9999
_TIME: Final = WholeNumber("timestamp", 0, _TIME_MS_MAX)
_COMMENT: Final = WholeNumber("comment-id", 0, _ID_MAX)
_STATEMENT_NUMBERS: Final = (
    _TIME,
    _COMMENT,
    WholeNumber("author-id", 0, _ID_MAX),
    WholeNumber("moderated", -1, 1),
    WholeNumber("agrees", 0, _ID_MAX),
    WholeNumber("disagrees", 0, _ID_MAX),
)
_BODY: Final = "comment-body"
_VOTE_NUMBERS: Final = (_TIME, _COMMENT, WholeNumber("voter-id", 0, _ID_MAX), WholeNumber("vote", -1, 1))


@dataclass(frozen=True, slots=True)
class StatementRow:
    """A row of comments.csv; `moderated` is 1 accepted, -1 rejected, 0 not looked at."""

    line: int
    timestamp_ms: int
    comment_id: int
    author_id: int
    moderated: int
    body: str


@dataclass(frozen=True, slots=True)
class VoteRow:
    """A row of votes.csv; `vote` is 1 agree, -1 disagree, 0 pass, whichever sign the file uses."""

    line: int
    timestamp_ms: int
    comment_id: int
    voter_id: int
    vote: int


@dataclass(frozen=True, slots=True)
class Conversation:
    """A whole export; `topic`, `description` and `url` are empty where summary.csv does not say.

    `statements` and `votes` are in file order; `files` are (name, SHA-256 as hex) of every file that was
    read; `agree_sign` is the sign agreement has in votes.csv.
    """

    topic: str
    description: str
    url: str
    statements: list[StatementRow]
    votes: list[VoteRow]
    files: tuple[tuple[str, str], ...]
    agree_sign: Literal[1, -1]


def read_conversation(folder: Path, *, text_length_max: int) -> Conversation:
    """Read an export folder whole, or raise BadRows with everything that is wrong with it.

    `text_length_max` limits a statement's body in characters, counted after NFC and with LF line ends.
    """
    findings = Findings()
    comments = read_file(folder, "comments.csv", findings, required=True)
    ballots = read_file(folder, "votes.csv", findings, required=True)
    about = read_file(folder, "summary.csv", findings, required=False)
    statements, counters = _statements(comments, findings, text_length_max) if comments else ([], {})
    # Where no statement could be read, each vote would be one more finding about the same fault.
    known = None if findings and not counters else counters.keys()
    votes = _votes(ballots, findings, known) if ballots else []
    summary = pairs(about, findings) if about else {}
    findings.raise_if_any()
    sign = _agree_sign(counters, votes)
    return Conversation(
        topic=summary.get("topic", ""),
        description=summary.get("conversation-description", ""),
        url=summary.get("url", ""),
        statements=statements,
        votes=votes if sign == 1 else [_turned(vote) for vote in votes],
        files=tuple((file.name, file.sha256) for file in (comments, ballots, about) if file),
        agree_sign=sign,
    )


def merged(conversation: Conversation) -> Iterator[StatementRow | VoteRow]:
    """Statements and votes as one history: by time, at equal times statements first, then file order.

    A vote that claims to be older than its statement comes at the statement's time, since it cannot come
    before; such votes keep their own order of time.
    """
    said_at = {statement.comment_id: statement.timestamp_ms for statement in conversation.statements}
    statements = ((row.timestamp_ms, 0, 0, i) for i, row in enumerate(conversation.statements))
    votes = (
        (max(row.timestamp_ms, said_at[row.comment_id]), 1, row.timestamp_ms, i)
        for i, row in enumerate(conversation.votes)
    )
    for _, kind, _, i in sorted([*statements, *votes]):
        yield conversation.votes[i] if kind else conversation.statements[i]


def licence_of(url: str) -> str:
    """Licence of a published conversation known by its address at pol.is, else "unknown"."""
    try:
        address = urlsplit(url.strip())
    except ValueError:
        return LICENCE_UNKNOWN
    if address.scheme not in {"http", "https"} or address.netloc.lower() not in {"pol.is", "www.pol.is"}:
        return LICENCE_UNKNOWN
    return LICENCES_BY_POLIS_ID.get(address.path.strip("/"), LICENCE_UNKNOWN)


def _statements(
    file: SourceFile, findings: Findings, text_length_max: int
) -> tuple[list[StatementRow], dict[int, tuple[int, int]]]:
    """The statements, and (agrees, disagrees) of every comment-id that is in use, bad rows included."""
    statements: list[StatementRow] = []
    counters: dict[int, tuple[int, int]] = {}
    lines: dict[int, int] = {}
    columns = [*(number.column for number in _STATEMENT_NUMBERS), _BODY]
    for line, fields in rows(file, columns, findings, rows_max=STATEMENT_ROWS_MAX):
        body = fields.pop()
        numbers = _numbers(file, line, _STATEMENT_NUMBERS, fields, findings)
        _check_body(file, line, body, findings, text_length_max)
        if numbers is None:
            # A vote for it is not one for an unknown comment, whatever else is wrong with the row.
            readable = _COMMENT.read(fields[_STATEMENT_NUMBERS.index(_COMMENT)])
            if readable is not None:
                counters.setdefault(readable, (0, 0))
            continue
        timestamp_ms, comment_id, author_id, moderated, agrees, disagrees = numbers
        if comment_id in lines:
            expected = f"a comment-id not used before, as on line {lines[comment_id]}"
            findings.add(file.name, line, _COMMENT.column, expected=expected, found=str(comment_id))
        lines.setdefault(comment_id, line)
        counters[comment_id] = (agrees, disagrees)
        statements.append(StatementRow(line, timestamp_ms, comment_id, author_id, moderated, body))
    return statements, counters


def _votes(file: SourceFile, findings: Findings, known: Collection[int] | None) -> list[VoteRow]:
    """The votes with the signs of the file; each must be for a known comment-id, unless None are told."""
    votes: list[VoteRow] = []
    columns = [number.column for number in _VOTE_NUMBERS]
    for line, fields in rows(file, columns, findings, rows_max=VOTE_ROWS_MAX):
        numbers = _numbers(file, line, _VOTE_NUMBERS, fields, findings)
        if numbers is None:
            continue
        timestamp_ms, comment_id, voter_id, vote = numbers
        if known is not None and comment_id not in known:
            expected = "a comment-id of comments.csv"
            findings.add(file.name, line, _COMMENT.column, expected=expected, found=str(comment_id))
        votes.append(VoteRow(line, timestamp_ms, comment_id, voter_id, vote))
    return votes


def _numbers(
    file: SourceFile, line: int, columns: Sequence[WholeNumber], fields: Sequence[str], findings: Findings
) -> list[int] | None:
    """All numbers of a row, or None and a finding for each that is not one."""
    numbers: list[int] = []
    for column, text in zip(columns, fields, strict=True):
        number = column.read(text)
        if number is None:
            findings.add(file.name, line, column.column, expected=column.expected, found=quoted(text))
        else:
            numbers.append(number)
    return numbers if len(numbers) == len(columns) else None


def _check_body(file: SourceFile, line: int, body: str, findings: Findings, text_length_max: int) -> None:
    """A statement says something, and not more than an idea may."""
    text = unicodedata.normalize("NFC", body.replace("\r\n", "\n").replace("\r", "\n"))
    if not text.strip():
        findings.add(file.name, line, _BODY, expected="a text", found=quoted(body))
    elif "\x00" in text:
        findings.add(file.name, line, _BODY, expected="a text without U+0000", found=quoted(body))
    elif len(text) > text_length_max:
        expected = f"at most {text_length_max} characters"
        findings.add(file.name, line, _BODY, expected=expected, found=f"{len(text)} in {quoted(body)}")


def _agree_sign(counters: Mapping[int, tuple[int, int]], votes: Sequence[VoteRow]) -> Literal[1, -1]:
    """Sign of agreement in these votes, by the counters of comments.csv (see the module's docstring)."""
    cast = Counter((row.comment_id, row.vote) for row in votes)

    def misfit(sign: int) -> int:
        return sum(
            abs(agrees - cast[comment_id, sign]) + abs(disagrees - cast[comment_id, -sign])
            for comment_id, (agrees, disagrees) in counters.items()
        )

    return -1 if misfit(-1) * SIGN_MISFIT_RATIO < misfit(1) else 1


def _turned(row: VoteRow) -> VoteRow:
    return VoteRow(row.line, row.timestamp_ms, row.comment_id, row.voter_id, -row.vote)
