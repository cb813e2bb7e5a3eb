"""Problems (RFC 9457): one table says what every refusal and every fault is over HTTP.

A row is found by the name of the exception's class, or of the nearest class above it that has one. The type of a problem is
`/problems/<name-in-kebab-case>`, a page of this server that explains it; it never changes.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from aiohttp import web

from cocreate.application import EntriesWithheld, Refusal, Unavailable, canonical_json

CONTENT_TYPE = "application/problem+json"
RETRY_DAMAGED_S = 60


class Row(NamedTuple):
    """A kind of problem; `says` is its explanation where no exception class has one."""

    status: int
    title: str
    says: str = ""


REFUSED: Mapping[str, Row] = {
    "WorkshopNotFound": Row(404, "No such workshop"),
    "IdeaNotFound": Row(404, "No such idea"),
    "CommentNotFound": Row(404, "No such comment"),
    "RoundNotFound": Row(404, "No such round"),
    "ActivityNotFound": Row(404, "No such activity"),
    "ParticipantNotFound": Row(404, "No such participant"),
    "ClusterNotFound": Row(404, "No such cluster"),
    "CommitmentNotFound": Row(404, "No such commitment"),
    "DecisionNotFound": Row(404, "No such decision"),
    "TextNotFound": Row(404, "No such text"),
    "PaperBatchNotFound": Row(404, "No such batch of paper"),
    "NotAFacilitator": Row(403, "For facilitators only"),
    "NotAParticipant": Row(403, "For participants only"),
    "NotAScribe": Row(403, "For scribes and facilitators only"),
    "NotTheAuthor": Row(403, "Somebody else's"),
    "SecondPersonNeeded": Row(403, "For a second person"),
    "ChoiceMalformed": Row(422, "The choice does not fit the round"),
    "ReasonWithoutObjection": Row(422, "A reason without an objection"),
    "RulesMalformed": Row(422, "The rules of the round contradict each other"),
    "MergeMalformed": Row(422, "The ideas cannot be merged"),
    "TagUnknown": Row(422, "Not a tag of this workshop"),
    "AgendaMalformed": Row(422, "The agenda cannot be used"),
    "TimesMalformed": Row(422, "The times contradict each other"),
    "PredecessorMalformed": Row(422, "The record before this one is named wrongly"),
    "WorkshopNotOpen": Row(409, "The workshop is not open"),
    "WorkshopStateConflict": Row(409, "The workshop's state does not permit it"),
    "InputPaused": Row(409, "Input is paused"),
    "ActivityConflict": Row(409, "The activity's state does not permit it"),
    "NotNow": Row(409, "Not in this activity"),
    "IdeaStateConflict": Row(409, "The idea's state does not permit it"),
    "CommentStateConflict": Row(409, "The comment's state does not permit it"),
    "CommentTooDeep": Row(409, "The thread is too deep"),
    "RoundNotOpen": Row(409, "The round takes no ballots"),
    "RoundStateConflict": Row(409, "The round's state does not permit it"),
    "GraceRunning": Row(409, "Late ballots still count"),
    "ContestOver": Row(409, "The time for contesting is over"),
    "OptionUnknown": Row(409, "Not an option of this round"),
    "OptionHidden": Row(409, "The option takes no new answers"),
    "CountImpossible": Row(409, "These ballots cannot be counted so"),
    "BallotSuperseded": Row(409, "A newer ballot stands"),
    "NoBallot": Row(409, "No ballot stands"),
    "IdeaInRound": Row(409, "A vote on the idea has no result yet"),
    "CommitmentStateConflict": Row(409, "The commitment's state does not permit it"),
    "DecisionStateConflict": Row(409, "The decision's state does not permit it"),
    "LimitReached": Row(409, "A limit is reached"),
    "SecrecyUnavailable": Row(409, "This secrecy is not available"),
    "KeyLost": Row(409, "The round's key is gone"),
    "BallotStands": Row(409, "A ballot stands"),
    "VotesOnPaper": Row(409, "Votes on paper"),
    "PaperBatchRepeated": Row(409, "The batch is entered already"),
    "PaperBatchStateConflict": Row(409, "The batch's state does not permit it"),
    "PaperBatchDiffers": Row(409, "The batch says something else"),
    "PaperUnaccounted": Row(409, "The papers do not add up"),
    "PaperUnchecked": Row(409, "Paper waits"),
    "ParticipantStateConflict": Row(409, "The participant's state does not permit it"),
    "LastFacilitator": Row(409, "The last facilitator stays"),
    "IdempotencyKeyReused": Row(409, "The key was used for another request"),
    "RecordIsSealed": Row(409, "The record is sealed"),
    "ImportIncomplete": Row(409, "The import has not completed"),
}
"""What the rules do not permit. The class's own text is the explanation."""

FAULTS: Mapping[str, Row] = {
    "QueueFull": Row(503, "Too many people are sending"),
    "StoreDown": Row(503, "The record is out of reach"),
    "AnswerLost": Row(503, "The store's answer was lost"),
    "TooManyWriters": Row(503, "Other servers were first"),
    "ClockJumped": Row(503, "The server's clock has jumped"),
    "Stopping": Row(503, "The server is restarting"),
    "RecordDamaged": Row(
        503,
        "The record is damaged",
        "A stored entry is not what it should be. Nothing is read from or written to this record until its operator "
        "has looked. Other workshops go on.",
    ),
    "StoreError": Row(
        503, "The store does not answer", "The record cannot be read at this moment. Try again shortly."
    ),
    "NotAHost": Row(
        403, "For hosts only", "Only a host of this installation may do this. Sign in with a host's link."
    ),
    "RecordRewound": Row(503, "The record is behind what was signed"),
    "EntriesWithheld": Row(
        403,
        "Withheld until results show",
        "Some of these entries are ballots of a round whose results do not show yet. They are served once it is closed; until then "
        "their hashes, checkpoints and receipts are.",
    ),
    "PositionUnknown": Row(404, "No such moment", "The record has not, or not yet, the moment asked for."),
}
"""What else the application raises."""

BORDER: Mapping[str, Row] = {
    "NotFound": Row(404, "Nothing here", "There is nothing at this address. Check the link."),
    "MethodNotAllowed": Row(
        405, "Not that way", "This address takes other methods; the header Allow names them."
    ),
    "BodyTooLarge": Row(413, "The request is too large", "A body has at most 64 KiB. Shorten it."),
    "ContentTypeUnsupported": Row(
        415, "Not JSON", "A body is JSON in UTF-8; say so: Content-Type: application/json."
    ),
    "JsonMalformed": Row(
        400, "The body cannot be read", "The body is not one JSON object with each name once, in UTF-8."
    ),
    "BodyInvalid": Row(
        422,
        "The body does not fit",
        "`errors` names each place that does not fit (an RFC 6901 pointer) and what was expected there.",
    ),
    "KeyInvalid": Row(
        422,
        "The idempotency key does not fit",
        "Idempotency-Key has 1 to 200 printable ASCII characters. Make a new random one for each new request.",
    ),
    "QueryInvalid": Row(
        400, "The query does not fit", "`errors` names each query parameter or header that does not fit."
    ),
    "LinkSpent": Row(
        404,
        "The link does not work any more",
        "A one-time link works once and for seven days. Ask for a new one.",
    ),
    "CodeUnknown": Row(404, "No such code", "No workshop has this join code. Check the six letters."),
    "CrossSite": Row(
        403,
        "Sent from another site",
        "The request comes from a page of another site, or does not say where from. Open this site and send it there.",
    ),
    "TooManyRequests": Row(
        429, "Too fast", "More requests came than one sender may send. Wait as long as Retry-After says."
    ),
    "TooManyReaders": Row(
        503,
        "Too many live streams",
        "This node serves no further live streams. Reload from time to time instead.",
    ),
    "RequestUnreadable": Row(
        400, "The request cannot be read", "The request is not HTTP as this server knows it."
    ),
    "Unexpected": Row(
        500, "A mistake of ours", "Something went wrong here. Nothing you did; try it once more."
    ),
}
"""What the border itself refuses, before any rule is asked."""

ROWS: Mapping[str, Row] = {**REFUSED, **FAULTS, **BORDER}


def kebab(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


BY_TYPE: Mapping[str, str] = {kebab(name): name for name in ROWS}
"""Row names by the last part of their type."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One occurrence: what went wrong, in words and as facts."""

    name: str
    detail: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    errors: Sequence[Mapping[str, str]] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def row(self) -> Row:
        return ROWS[self.name]

    @property
    def status(self) -> int:
        return self.row.status

    @property
    def title(self) -> str:
        return self.row.title

    @property
    def type(self) -> str:
        return f"/problems/{kebab(self.name)}"

    def document(self) -> dict[str, Any]:
        """The members of RFC 9457; `facts` and `errors` are ours."""
        members: dict[str, Any] = {
            "type": self.type,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }
        if self.facts:
            members["facts"] = dict(self.facts)
        if self.errors:
            members["errors"] = [dict(error) for error in self.errors]
        return members

    def response(self) -> web.Response:
        return web.Response(
            body=canonical_json(self.document()),
            status=self.status,
            headers={**self.headers, "Cache-Control": "no-store", "Content-Type": CONTENT_TYPE},
        )


class Refused(Exception):
    """The border's own refusal, on its way to the one place that answers."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.name)
        self.problem = problem


def refused(
    name: str,
    detail: str = "",
    *,
    errors: Sequence[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> Refused:
    """One of the border's rows as an exception; without a detail the row explains itself."""
    return Refused(Problem(name, detail or BORDER[name].says, errors=errors, headers=headers or {}))


def problem_of(error: Exception) -> Problem:
    """What an exception is over HTTP. Whatever no row knows is a mistake of ours, and says nothing of itself."""
    if isinstance(error, Refused):
        return error.problem
    name = next((cls.__name__ for cls in type(error).__mro__ if cls.__name__ in ROWS), "Unexpected")
    row = ROWS[name]
    if isinstance(error, Refusal | EntriesWithheld):
        return Problem(name, str(error), facts=error.facts)
    if isinstance(error, Unavailable):
        return Problem(name, str(error), error.facts, headers={"Retry-After": str(error.retry_after_s)})
    if row.status == 503:
        return Problem(name, row.says, headers={"Retry-After": str(RETRY_DAMAGED_S)})
    return Problem(name, str(error) if name == "PositionUnknown" else row.says)


def problem_of_http(error: web.HTTPException) -> Problem:
    """What the web framework refuses, in the same words as everything else."""
    match error:
        case web.HTTPMethodNotAllowed():
            return Problem(
                "MethodNotAllowed", BORDER["MethodNotAllowed"].says, headers={"Allow": allow(error)}
            )
        case web.HTTPRequestEntityTooLarge():
            name = "BodyTooLarge"
        case web.HTTPNotFound():
            name = "NotFound"
        case _:
            name = "RequestUnreadable" if error.status < 500 else "Unexpected"
    return Problem(name, BORDER[name].says)


def allow(error: web.HTTPMethodNotAllowed) -> str:
    return ", ".join(sorted(error.allowed_methods))


def refusals() -> Iterator[type[Refusal]]:
    """Every refusal that a command can meet; kinds, which are never raised themselves, left out."""
    kinds: list[type[Refusal]] = [Refusal]
    while kinds:
        for cls in kinds.pop().__subclasses__():
            if "text" in cls.__dict__:
                yield cls
            kinds.append(cls)


def explanation(name: str) -> str:
    """What the page of a problem says; facts stand in braces."""
    texts = {cls.__name__: cls.text for cls in refusals()}
    texts |= {cls.__name__: cls.text for cls in Unavailable.__subclasses__()}
    return ROWS[name].says or texts[name]
