"""Batches in few words, with ids that say what they are."""

from typing import Any
from uuid import UUID

from cocreate.persistence.batch import Batch, CommandRow, KeyRow, Row, SealedRow, Seat, Summary

BOTANY = str(UUID(int=0xB07A))
CINEMA = str(UUID(int=0xC1E3))
ADA, BEN = "ada0" * 8, "be40" * 8


def row(position: int, workshop: str = BOTANY, entry: bytes | None = None) -> Row:
    """An entry that says where it belongs."""
    return Row(workshop, position, "IdeaSubmitted.v1", entry or b"%s/%d" % (workshop.encode(), position))


def rows(count: int, workshop: str = BOTANY, *, start: int = 0) -> list[Row]:
    """`count` entries from `start` on."""
    return [row(position, workshop) for position in range(start, start + count)]


def entries(count: int, workshop: str = BOTANY, *, start: int = 0, **beside: Any) -> Batch:
    """A batch of `count` entries that go on from `start`, and what lies beside them."""
    return Batch({workshop: start}, rows(count, workshop, start=start), **beside)


def sealed(position: int, workshop: str = BOTANY, **differently: Any) -> SealedRow:
    """A sealed English title by Ada."""
    facts: dict[str, Any] = {
        "field": "title",
        "language": "en",
        "subject": ADA,
        "nonce": b"n" * 12,
        "ciphertext": b"c" * 40,
    }
    return SealedRow(workshop, position, **(facts | differently))


def key(
    name: str = ADA, workshop: str = BOTANY, *, purpose: str = "subject", wrapped: bytes = b"w" * 60
) -> KeyRow:
    """A participant's key."""
    return KeyRow(workshop, purpose, name, wrapped)


def command(position: int = 0, workshop: str = BOTANY, *, entries: int = 1) -> CommandRow:
    """A command that wrote one entry."""
    return CommandRow(workshop, position, entries, bytes([position]) * 32)


def seat(participant: str = ADA, workshop: str = BOTANY, *, session: bytes = b"s" * 32) -> Seat:
    """A session's seat."""
    return Seat(workshop, participant, session)


def summary(workshop: str = BOTANY, **differently: Any) -> Summary:
    """A workshop that is open and has nothing due."""
    facts: dict[str, Any] = {
        "status": "open",
        "head": 2,
        "title_position": 1,
        "starts_at": 1_000,
        "ends_at": 9_000,
    }
    return Summary(workshop, **(facts | {"due_at": None, "source": None, "incomplete": False} | differently))
