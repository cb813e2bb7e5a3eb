"""Opening a round: what it is about and counted by, checked and written down once, before anybody votes."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import AfterValidator, Field

from cocreate.domain.decider import Events, decides, evolves
from cocreate.domain.errors import (
    LimitReached,
    RoundStateConflict,
    RulesMalformed,
    SecrecyUnavailable,
)
from cocreate.domain.merging import merge_of, stands_under
from cocreate.domain.messages import (
    Aggregate,
    Command,
    Digest,
    Event,
    Millis,
    Pending,
    Position,
    Recorded,
    Sealed,
    Subject,
    Uuid,
)
from cocreate.domain.round import Eligibility, Options, Results, Round, Secrecy, find_round, find_votable
from cocreate.domain.voting import METHODS, Rules
from cocreate.domain.voting.method import UNITING
from cocreate.domain.voting.projects import COST_MAX, Money

if TYPE_CHECKING:
    from cocreate.domain.state import WorkshopState

ROUNDS_MAX = 1_000
OPTIONS_FROZEN_MAX = 1_000
QUESTION_LENGTH_MAX = 500
COSTS_PER_PART = 500
MERGED_PER_PART = 500
GRACE_MS_DEFAULT = 10_000
GRACE_MS_MAX = 86_400_000
WITHHOLDING_MS_MAX = 90 * 86_400_000
"""A round whose results wait for its closing is closed by the system after at most 90 days."""


class RoundOpened(Event):
    """An option is (idea, position of its text version). `key` commits to the key of a pseudonymous round."""

    NAME: ClassVar[str] = "RoundOpened.v1"
    AGGREGATE: ClassVar[Aggregate] = "round"
    SUBJECT: ClassVar[Subject] = "host"
    SEALED: ClassVar[tuple[str, ...]] = ("question",)

    admission: Options
    eligibility: Eligibility
    grace_ms: Annotated[int, Field(ge=0, le=GRACE_MS_MAX)]
    key: Digest | None = None
    options: Annotated[tuple[tuple[Uuid, Position], ...], Field(max_length=OPTIONS_FROZEN_MAX)]
    question: Sealed
    replaces: Uuid | None = None
    results: Results
    rules: Rules
    secrecy: Secrecy
    withheld_until: Millis | None = None


class OptionsPriced(Event):
    """What options cost, in a vote on a budget: ascending by idea, in as many of these as it takes, right after `RoundOpened`."""

    NAME: ClassVar[str] = "OptionsPriced.v1"
    AGGREGATE: ClassVar[Aggregate] = "round"

    costs: Annotated[tuple[tuple[Uuid, Money], ...], Field(min_length=1, max_length=COSTS_PER_PART)]


def _by_option(merged: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """The map's one form: ascending by option, each once."""
    if len(dict(merged)) < len(merged):
        raise ValueError("expected each option once")
    return tuple(sorted(merged))


class OptionsMerged(Event):
    """Options that count for another one: ascending by option, in as many of these as it takes, right after `RoundOpened`.

    Who chooses that other one or any option that counts for it counts for it once.
    """

    NAME: ClassVar[str] = "OptionsMerged.v1"
    AGGREGATE: ClassVar[Aggregate] = "round"

    merged: Annotated[
        tuple[tuple[Uuid, Uuid], ...],
        Field(min_length=1, max_length=MERGED_PER_PART),
        AfterValidator(_by_option),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRound(Command):
    """`key` is the commitment to the round key that the border made; only pseudonymous rounds have one.

    `unite`: ideas merged into one of the options may be options beside it, and who chooses any of them counts once.
    """

    round: str
    question: Sealed
    rules: Rules
    admission: Options = "frozen"
    options: tuple[str, ...] = ()
    costs: tuple[tuple[str, int], ...] = ()
    secrecy: str = "pseudonymous"
    results: Results = "after_closing"
    grace_ms: int = GRACE_MS_DEFAULT
    withheld_until: int | None = None
    replaces: str | None = None
    key: str | None = None
    unite: bool = False


@decides(OpenRound)
def open_round(command: OpenRound, state: "WorkshopState", now: int) -> Events:
    state.require_facilitator(command.actor)
    state.require_open()
    if command.round in state.rounds:
        raise RoundStateConflict(status=state.rounds[command.round].status, wanted="opened again")
    state.require_room("rounds", len(state.rounds), ROUNDS_MAX)
    if command.secrecy == "open":
        secrecy: Secrecy = "open"
    elif command.secrecy == "pseudonymous":
        secrecy = "pseudonymous"
    else:
        raise SecrecyUnavailable(secrecy=command.secrecy)
    if (secrecy == "pseudonymous") != (command.key is not None):
        raise RulesMalformed(problem="a pseudonymous round has a key, and an open one has none")
    if command.replaces is not None and find_round(state, command.replaces).status == "open":
        raise RoundStateConflict(status="open", wanted="replaced: close or void it first")
    options = _frozen_options(command, state)
    costs = _costs(command)
    merged = _merged(command, state)
    opened = RoundOpened(
        admission=command.admission,
        eligibility="claimed_by_source" if state.workshop.importing else "one_per_browser",
        grace_ms=command.grace_ms,
        key=command.key,
        options=options,
        question=command.question,
        replaces=command.replaces,
        results=command.results,
        rules=command.rules,
        secrecy=secrecy,
        withheld_until=_withheld_until(command, now),
    )
    priced = [
        OptionsPriced(costs=tuple(costs[first : first + COSTS_PER_PART]))
        for first in range(0, len(costs), COSTS_PER_PART)
    ]
    united = [
        OptionsMerged(merged=tuple(merged[first : first + MERGED_PER_PART]))
        for first in range(0, len(merged), MERGED_PER_PART)
    ]
    return [Pending(command.round, event) for event in (opened, *priced, *united)]


def _merged(command: OpenRound, state: "WorkshopState") -> list[tuple[str, str]]:
    """(option, the option it counts for), ascending; none where the round does not unite what is merged."""
    if not command.unite:
        return []
    if command.rules.method not in UNITING:
        raise RulesMalformed(problem="only a vote that counts heads can count merged ideas as one")
    merged = [
        (option, into) for option in command.options if (into := stands_under(state, option)) is not None
    ]
    if not merged:
        raise RulesMalformed(problem="none of the options is merged into another of them")
    return sorted(merged)


def _costs(command: OpenRound) -> list[tuple[str, int]]:
    """The cost of each option, ascending by idea; the method says whether options have any."""
    costs = dict(command.costs)
    if len(costs) < len(command.costs) or not costs.keys() <= set(command.options):
        raise RulesMalformed(problem="a cost is that of one option, once")
    if any(not 1 <= cost <= COST_MAX for cost in costs.values()):
        raise RulesMalformed(problem=f"a cost is an amount from 1 to {COST_MAX} minor units")
    METHODS[command.rules.method].check_round(command.rules, command.options, costs)
    return sorted(costs.items())


def _frozen_options(command: OpenRound, state: "WorkshopState") -> tuple[tuple[str, int], ...]:
    """The visible ideas named, each at its present text version."""
    per_option = METHODS[command.rules.method].per_option
    if command.admission == "growing" and not per_option:
        raise RulesMalformed(problem="only opinion rounds can grow while people vote")
    if command.admission == "frozen" and not command.options:
        raise RulesMalformed(problem="a round with frozen options needs at least one")
    if len(set(command.options)) < len(command.options):
        raise RulesMalformed(problem="an option is named twice")
    if len(command.options) > OPTIONS_FROZEN_MAX:
        raise LimitReached(of="options of a round when it opens", limit=OPTIONS_FROZEN_MAX)
    return tuple(
        (idea, find_votable(state, idea, merged=_unites(command, state, idea)).text_at)
        for idea in command.options
    )


def _unites(command: OpenRound, state: "WorkshopState", idea: str) -> bool:
    """Whether a merged idea may stand beside the one it is merged into, which must be an option too."""
    merge = merge_of(state, idea)
    return command.unite and merge.votes == "union" and merge.into in command.options


def _withheld_until(command: OpenRound, now: int) -> int | None:
    """When the system closes a round that withholds its entries; only such rounds have a term."""
    latest = now + WITHHOLDING_MS_MAX
    if command.results == "always":
        if command.withheld_until is not None:
            raise RulesMalformed(problem="results that always show withhold nothing until a time")
        return None
    if command.withheld_until is None:
        return latest
    if not now < command.withheld_until <= latest:
        raise RulesMalformed(problem="withheld_until must lie within 90 days from now")
    return command.withheld_until


@evolves(RoundOpened)
def round_opened(state: "WorkshopState", recorded: Recorded, event: RoundOpened) -> None:
    row = Round(
        rules=event.rules,
        secrecy=event.secrecy,
        results=event.results,
        admission=event.admission,
        eligibility=event.eligibility,
        grace_ms=event.grace_ms,
        opened_at=recorded.position,
        options=dict(event.options),
        withheld_until=event.withheld_until,
    )
    state.rounds.put(recorded.aggregate, row)
    state.hold_ballots(recorded.aggregate)


@evolves(OptionsPriced)
def options_priced(state: "WorkshopState", recorded: Recorded, event: OptionsPriced) -> None:
    row = state.rounds[recorded.aggregate]
    state.rounds.put(recorded.aggregate, replace(row, costs={**row.costs, **dict(event.costs)}))


@evolves(OptionsMerged)
def options_merged(state: "WorkshopState", recorded: Recorded, event: OptionsMerged) -> None:
    row = state.rounds[recorded.aggregate]
    state.rounds.put(recorded.aggregate, replace(row, merged={**row.merged, **dict(event.merged)}))
