"""Objection: why a voter objects to an option or blocks it, said in the ballot that does so and gone with it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import AfterValidator, Field

from cocreate.domain.errors import ChoiceMalformed, LimitReached, ReasonWithoutObjection
from cocreate.domain.messages import Facts, Recorded, Sealed, Uuid
from cocreate.domain.round import Round
from cocreate.domain.voting.consent import ConsentRules, opposed

if TYPE_CHECKING:
    from cocreate.domain.state import WorkshopState

REASON_LENGTH_MAX: Final = 500
"""A sentence or two: a result shows many of them."""
REASONS_MAX: Final = 10
"""Reasons of one ballot: beside the longest choice there is room for no more in an entry."""


class Objection(Facts):
    option: Uuid
    reason: Sealed


def _by_option(objections: tuple[Objection, ...]) -> tuple[Objection, ...]:
    """The one form of a set of them."""
    if len({one.option for one in objections}) < len(objections):
        raise ValueError("expected each option once")
    return tuple(sorted(objections, key=lambda one: one.option))


Objections = Annotated[
    tuple[Objection, ...], Field(min_length=1, max_length=REASONS_MAX), AfterValidator(_by_option)
]
"""Ascending by option, each once."""


def require_objections(row: Round, choice: Any, options: Sequence[str]) -> None:
    """Refuse reasons for options that the choice neither objects to nor blocks: only a vote by consent has any."""
    if len(options) > REASONS_MAX:
        raise LimitReached(of="reasons of one ballot", limit=REASONS_MAX)
    if len(set(options)) < len(options):
        raise ChoiceMalformed(method=row.method.name, expected="one reason an idea", found="two")
    objected = opposed(choice) if isinstance(row.rules, ConsentRules) else ()
    for option in options:
        if option not in objected:
            raise ReasonWithoutObjection(option=option)


def reason_field(number: int) -> str:
    """Where in its ballot a reason is sealed."""
    return f"objections.{number}.reason"


def reasons_gone(state: "WorkshopState", recorded: Recorded) -> list[tuple[int, str]]:
    """(position, field) of the reasons that are deleted with an entry, since the ballot that gave them stands no more.

    The state is that before the entry.
    """
    held = state.explained.get(recorded.aggregate)
    if not held:
        return []
    position = state.ballots[recorded.aggregate[:36]][recorded.aggregate].position
    return [(position, reason_field(number)) for number in range(held)]
