"""Why a command could not be taken although the rules might permit it. Nothing was written unless the text says otherwise.

Unavailable
├── QueueFull        more commands wait than the node takes
├── StoreDown        the store did not answer; nothing was written
├── AnswerLost       the store's answer was lost; only a repeat under the same key tells
├── TooManyWriters   other nodes kept writing to the same workshop first
├── RecordRewound    less, or another record, is stored than was signed for
├── ClockJumped      the wall clock left the monotonic clock; writing stops until the operator restarts
└── Stopping         the node is going down
"""

from typing import ClassVar


class Unavailable(Exception):
    """Try again after `retry_after_s` seconds with the same idempotency key."""

    text: ClassVar[str]
    retry_after_s: ClassVar[int] = 1

    def __init__(self, **facts: str) -> None:
        self.facts = facts
        super().__init__(self.text)


class QueueFull(Unavailable):
    text = "Too many people are sending at this moment. Nothing was saved; it is sent again shortly."


class StoreDown(Unavailable):
    text = "The record cannot be reached at this moment. Nothing was saved; send it again with the same key."
    retry_after_s = 2


class AnswerLost(Unavailable):
    text = "The answer of the store was lost. Send it again with the same key: it counts once."
    retry_after_s = 2


class TooManyWriters(Unavailable):
    text = "Other servers are writing to this workshop at the same time. Nothing was saved; send it again."


class RecordRewound(Unavailable):
    """`successor` is the workshop that it goes on in, where there is one."""

    text = (
        "What is stored of this record does not go on from what was signed for it before. It can be read; nothing is written "
        "until its operator has looked."
    )
    retry_after_s = 60


class ClockJumped(Unavailable):
    text = "The server's clock has jumped, so nothing is written until its operator has set it right and restarted."
    retry_after_s = 60


class Stopping(Unavailable):
    text = "The server is restarting. Nothing was saved; send it again in a moment with the same key."
    retry_after_s = 2


class RecordDamaged(Exception):
    """A stored entry is not what its place says: nobody may write to this record until an operator has looked."""


class PositionUnknown(Exception):
    """A moment that the record does not have (yet)."""

    def __init__(self, *, at: int, head: int) -> None:
        self.at, self.head = at, head
        super().__init__(f"The record has the positions 0 to {head}; {at} is not one of them.")


class EntriesWithheld(Exception):
    """A bundle with ballots of a round whose results do not show yet; `until` in milliseconds, None where nothing is set."""

    def __init__(self, round_id: str, until: int | None) -> None:
        self.facts = {"round": round_id} if until is None else {"round": round_id, "until": until}
        super().__init__("Some of these entries are ballots of a round whose results do not show yet.")
