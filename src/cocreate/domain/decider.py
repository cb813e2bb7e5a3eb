"""The decider: commands in, events out; events in, state on.

`decide` refuses first and then returns events; `evolve` never refuses. Both find their function by the message's type, and
each aggregate's file registers its own (Jérémie Chassaing's Decider pattern).
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from cocreate.domain.messages import Command, Event, Pending, Recorded

if TYPE_CHECKING:
    from cocreate.domain.state import WorkshopState

Events = list[Pending]
C = TypeVar("C", bound=Command)
E = TypeVar("E", bound=Event)
Decide = Callable[[C, "WorkshopState", int], Events]
Evolve = Callable[["WorkshopState", Recorded, E], None]

_DECIDE: dict[type[Command], Decide[Any]] = {}
_EVOLVE: dict[type[Event], Evolve[Any]] = {}


def decides(command: type[C]) -> Callable[[Decide[C]], Decide[C]]:
    """Register the function that decides commands of this type."""

    def register(function: Decide[C]) -> Decide[C]:
        _DECIDE[command] = function
        return function

    return register


def evolves(event: type[E]) -> Callable[[Evolve[E]], Evolve[E]]:
    """Register the function that folds events of this type into the state."""

    def register(function: Evolve[E]) -> Evolve[E]:
        _EVOLVE[event] = function
        return function

    return register


def decide(command: Command, state: "WorkshopState", now: int) -> Events:
    """The events a command leads to at stamped time `now`; none for a harmless repeat. Raises a Refusal; changes nothing."""
    return _DECIDE[type(command)](command, state, now)


def evolve(state: "WorkshopState", recorded: Recorded) -> None:
    """Fold one entry into the state, in place; what changed since `state.mark()` can be undone."""
    _EVOLVE[type(recorded.event)](state, recorded, recorded.event)
    state.size = recorded.position + 1
    state.now = recorded.time


def commands() -> frozenset[type[Command]]:
    """Every command that can be decided."""
    return frozenset(_DECIDE)


def evolved_events() -> frozenset[type[Event]]:
    """Every event that the decision state folds."""
    return frozenset(_EVOLVE)
