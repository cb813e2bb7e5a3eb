"""An opinion round as the files that Polis exports: `comments.csv`, `votes.csv` with every change of mind, `summary.csv`.

People and statements are numbered; agreement is +1, as in the published open data. Read again by `polis_source`, the files
give the same statements and votes in the same order. A statement whose text the audience may not read stays out with its votes.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from cocreate.application.live import LiveWorkshop, decode_row
from cocreate.application.service import Service
from cocreate.domain.ballot import BallotCast, BallotReplaced, BallotWithdrawn, ballot_parts
from cocreate.exchange.election_export import NotThisRound, round_told
from cocreate.projections.reader import Audience

_COMMENTS: Final = (
    "timestamp",
    "datetime",
    "comment-id",
    "author-id",
    "agrees",
    "disagrees",
    "moderated",
    "comment-body",
)
_VOTES: Final = ("timestamp", "datetime", "comment-id", "voter-id", "vote")


@dataclass(frozen=True, slots=True)
class PolisFiles:
    """The text of each file by its name, and how many statements are in none of them."""

    files: Mapping[str, str]
    statements: int
    votes: int
    left_out: int


class _Vote(NamedTuple):
    position: int
    time: int
    voter: str
    option: str
    answer: int


async def polis_files(
    service: Service, live: LiveWorkshop, round_id: str | None, audience: Audience
) -> PolisFiles:
    """The files of an opinion round whose results show. Raises RoundNotFound and NotThisRound; costs the record's length."""
    told = round_told(live, round_id, audience)
    if told.rules.method != "opinion":
        raise NotThisRound(f"Polis asks for opinions on statements. This round is by {told.rules.method}.")
    shown = {option.key: option.text for option in told.options if not option.gone}
    ideas, people = live.projections.board.ideas, list(live.projections.participation.people)
    votes = [vote for vote in await _votes(service, live, told.key) if vote.option in shown]
    numbers = {
        one: number
        for number, one in enumerate(dict.fromkeys([*people, *sorted({vote.voter for vote in votes})]))
    }
    places = {key: place for place, key in enumerate(shown)}
    said = Counter((vote.option, vote.answer) for vote in votes)
    comments: list[Sequence[Any]] = []
    for key, text in shown.items():
        idea = ideas[key]
        time = idea.submitted_at if idea.claimed_at is None else idea.claimed_at
        moderated = -1 if idea.status == "hidden" else int(idea.approved)
        comments.append(
            (
                time,
                _moment(time),
                places[key],
                numbers[idea.author],
                said[key, 1],
                said[key, -1],
                moderated,
                text,
            )
        )
    cast = [
        (one.time, _moment(one.time), places[one.option], numbers[one.voter], one.answer) for one in votes
    ]
    about = (
        ("topic", told.question),
        ("url", told.host),
        ("conversation-description", told.purpose),
        ("comments", len(comments)),
        ("voters", len({vote.voter for vote in votes})),
    )
    files = {
        "comments.csv": _csv([_COMMENTS, *comments]),
        "votes.csv": _csv([_VOTES, *cast]),
        "summary.csv": _csv(about),
    }
    return PolisFiles(files, len(comments), len(cast), len(told.options) - len(shown))


async def _votes(service: Service, live: LiveWorkshop, round_id: str) -> list[_Vote]:
    """Every vote in the order of the record, up to its head now; of a ballot that was taken back, none."""
    votes: dict[str, list[_Vote]] = {}
    after, head = -1, live.size - 1
    while after < head:
        rows = await service.store.read(live.id, after=after, upto=head)
        after = rows[-1].position
        for recorded in map(decode_row, rows):
            if recorded.aggregate[:36] != round_id:
                continue
            match recorded.event:
                case BallotCast(choice=int(answer)) | BallotReplaced(choice=int(answer)) as ballot:
                    _, voter, option = ballot_parts(recorded.aggregate)
                    time = recorded.time if ballot.claimed_at is None else ballot.claimed_at
                    vote = _Vote(recorded.position, time, voter, str(option), answer)
                    votes.setdefault(recorded.aggregate, []).append(vote)
                case BallotWithdrawn():
                    votes.pop(recorded.aggregate, None)
                case _:
                    pass
    return sorted(vote for of_ballot in votes.values() for vote in of_ballot)


def _csv(rows: Iterable[Sequence[Any]]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def _moment(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
