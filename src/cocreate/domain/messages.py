"""Events and commands: what every aggregate's messages have in common.

An event is a frozen pydantic model of its facts alone. Where it stands (position, time, actor, aggregate, command) is its
envelope, `Recorded`. A field's place in the class is its key's place in the stored bytes, so fields stand in alphabetical
order; registration refuses any other order, a second use of a NAME, and a NAME that is not `<PastTense>.v<n>`.
"""

import re
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

SYSTEM = "0" * 32
"""The actor of what the clock causes."""

LANGUAGES_MAX = 10
"""Languages a sealed text may bring with it; further ones are added by translation."""

INTEGER_MAX = 2**53 - 1
"""The largest integer that every JSON reader keeps exact (RFC 8785, I-JSON)."""

_UUID = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"

Uuid = Annotated[str, StringConstraints(pattern=_UUID)]
Pseudonym = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Random = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$")]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
Count = Annotated[int, Field(ge=0, le=INTEGER_MAX)]
Position = Annotated[int, Field(ge=0, le=INTEGER_MAX)]
Millis = Annotated[int, Field(ge=0, le=INTEGER_MAX)]
"""A time: milliseconds since 1970 UTC."""


def _one_text_a_language(texts: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """A sealed row is found by its language, so two texts of one language would be one."""
    if len(texts) > 1 and len({language for language, _ in texts}) < len(texts):
        raise ValueError("expected each language once")
    return texts


def _distinct(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


def _ascending(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(set(values)))


Sealed = Annotated[
    tuple[tuple[Language, Digest], ...],
    Field(min_length=1, max_length=LANGUAGES_MAX),
    AfterValidator(_one_text_a_language),
]
"""A text as the record knows it: (language, commitment) pairs, the original first, each language once."""

Distinct = AfterValidator(_distinct)
"""Each value once, at its first place; bytes that repeat one decode to another form and are refused."""

Ascending = AfterValidator(_ascending)
"""A set in its one form: each value once, ascending; any other order in the bytes is refused likewise."""

Aggregate = Literal[
    "workshop", "participant", "idea", "comment", "round", "ballot", "decision", "cluster", "commitment"
]
"""What an event is about; the aggregate id is a UUID, a pseudonym (participant), or composite (ballot)."""

Subject = Literal["actor", "aggregate", "author", "host"]
"""Whose key seals an event's texts: its actor, the pseudonym it is about, its `author`, or the host (the workshop's id)."""


class Facts(BaseModel):
    """A frozen object of an event's facts; absent optional fields are omitted from the bytes."""

    # Built when first used: a server that starts, and a command that reads one record, need few of them.
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        names = list(cls.model_fields)
        if names != sorted(names):
            raise TypeError(
                f"{cls.__name__}: fields stand in the order of their bytes, expected {sorted(names)}"
            )


EVENT_TYPES: dict[str, type["Event"]] = {}
"""Every event class by its stable NAME."""


class Event(Facts):
    """Something that happened; `NAME` is stored for ever, the Python name may move."""

    NAME: ClassVar[str]
    AGGREGATE: ClassVar[Aggregate]
    SUBJECT: ClassVar[Subject] = "actor"
    FIELDS: ClassVar[set[str]]
    """The names of its facts. Shared by all events that `of` makes, which have each of them set; nobody changes it."""
    SEALED: ClassVar[tuple[str, ...]] = ()
    """The sealed fields, by their path in the facts; `activities.title` stands for each item's title."""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if not re.fullmatch(r"[A-Z][A-Za-z]+\.v[1-9][0-9]*", cls.NAME):
            raise TypeError(f"{cls.__name__}: NAME must look like BallotCast.v1, found {cls.NAME!r}")
        if cls.NAME in EVENT_TYPES:
            raise TypeError(
                f"{cls.__name__}: the NAME {cls.NAME} belongs to {EVENT_TYPES[cls.NAME].__name__}"
            )
        EVENT_TYPES[cls.NAME] = cls
        cls.FIELDS = set(cls.model_fields)

    @classmethod
    def of(cls, facts: dict[str, Any]) -> Self:
        """The event of all its facts, checked by the caller: for ballots, whose facts a rule or a grammar has just checked."""
        event = cls.__new__(cls)
        _set(event, "__dict__", facts)
        _set(event, "__pydantic_fields_set__", cls.FIELDS)
        _set(event, "__pydantic_extra__", None)
        _set(event, "__pydantic_private__", None)
        return event


_set = object.__setattr__


class Pending(NamedTuple):
    """An event that `decide` wants on the record of the aggregate."""

    aggregate: str
    event: Event


class Recorded(NamedTuple):
    """An event with its place on the record: the decoded form of one entry."""

    position: int
    time: int
    actor: str
    aggregate: str
    command: str
    event: Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Something an actor wants; its type says what, `decide` says whether."""

    actor: str
