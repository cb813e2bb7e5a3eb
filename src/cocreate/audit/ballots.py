"""Ballots against the rules of their round, a run at a time: what `decide` would refuse, told from the ballots' side.

A busy record is made of ballots, so this spells out what `cast_ballot` checks, once for a run where once is enough. A
test holds both to the same verdict.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from cocreate.domain.ballot import BallotRun, takes_ballots
from cocreate.domain.errors import ChoiceMalformed, Refusal
from cocreate.domain.round import Round
from cocreate.domain.state import WorkshopState

CAST, REPLACED = "BallotCast.v1", "BallotReplaced.v1"

_ACTOR = slice(10, 42)
_VOTER_IN_ENTRY = slice(94, 126)
_VOTER = slice(37, 69)
_OPTION = slice(70, None)
_WHOLE_LENGTH, _PER_OPTION_LENGTH = 69, 106
"""How long a ballot's aggregate id is: a uuid, a voter, and in opinion rounds another uuid, with slashes between."""


class Bad(NamedTuple):
    """A ballot of a run that the rules do not allow, by its place in the run."""

    at: int
    expected: str
    found: str


def check_run(
    state: WorkshopState,
    run: BallotRun,
    entries: Sequence[bytes],
    names: Sequence[str],
    voters: Mapping[str, str] | None,
) -> Bad | None:
    """A ballot of a run of canonical ones that may not stand there; the state is that before the run.

    `voters` are the participants by voter where the round is pseudonymous and its key is known, None without the key; in
    open rounds it is not looked at.
    """
    row = state.rounds.get(run.round)
    if row is None:
        return Bad(0, "a ballot of a round that was opened", f"round {run.round}")
    return (
        _closed(state, row, run)
        or _out_of_place(row, run, entries)
        or _out_of_order(state, run, names)
        or _not_eligible(state, row, run, voters)
        or _on_paper(state, run)
        or _not_an_option(state, row, run)
        or _no_choice(row, run)
    )


def _out_of_place(row: Round, run: BallotRun, entries: Sequence[bytes]) -> Bad | None:
    """Each is of the voter who acts, has the id that its round's method wants, and a command of its own."""
    per_option = row.method.per_option
    length = _PER_OPTION_LENGTH if per_option else _WHOLE_LENGTH
    for at, (entry, aggregate) in enumerate(zip(entries, run.aggregates, strict=True)):
        if entry[_ACTOR] != entry[_VOTER_IN_ENTRY]:
            return Bad(at, "the voter as the actor", f"actor {entry[_ACTOR].decode()}")
        if len(aggregate) != length:
            return Bad(at, "one ballot on each option" if per_option else "one ballot in all", aggregate)
    for at, (first, second) in enumerate(pairwise(run.commands), start=1):
        if first == second:
            return Bad(at, "one ballot from one command", f"two from {second}")
    return None


def _out_of_order(state: WorkshopState, run: BallotRun, names: Sequence[str]) -> Bad | None:
    """Counters rise for each ballot; one without a standing ballot casts, another replaces."""
    standing, fresh = state.ballots[run.round], dict[str, int]()
    for at, (aggregate, counter) in enumerate(zip(run.aggregates, run.counters, strict=True)):
        held, before = fresh.get(aggregate), standing.get(aggregate)
        stands = held is not None or (before is not None and before.choice is not None)
        if held is None:
            held = 0 if before is None else before.counter
        if counter <= held:
            return Bad(at, f"a counter above {held}", f"{counter} for {aggregate}")
        if (names[at] == REPLACED) != stands:
            return Bad(at, REPLACED if stands else CAST, names[at])
        fresh[aggregate] = counter
    return None


def _not_eligible(
    state: WorkshopState, row: Round, run: BallotRun, voters: Mapping[str, str] | None
) -> Bad | None:
    """Each voter is a participant and present, as far as that can be told."""
    if row.secrecy == "pseudonymous" and voters is None:
        return None
    for voter in {aggregate[_VOTER] for aggregate in run.aggregates}:
        person = voter if row.secrecy == "open" or voters is None else voters.get(voter)
        found = None if person is None else state.participants.get(person)
        if found is None or found.status != "present":
            problem = "nobody here" if found is None else found.status
            at = next(at for at, aggregate in enumerate(run.aggregates) if aggregate[_VOTER] == voter)
            return Bad(at, "a voter who is a participant and present", f"voter {voter}, who is {problem}")
    return None


def _on_paper(state: WorkshopState, run: BallotRun) -> Bad | None:
    """None is of somebody to whom a sheet of paper was handed out."""
    if not state.sheets:
        return None
    for at, aggregate in enumerate(run.aggregates):
        if aggregate[: _VOTER.stop] in state.sheets:
            return Bad(at, "no ballot of a voter who votes on paper", f"voter {aggregate[_VOTER]}")
    return None


def _not_an_option(state: WorkshopState, row: Round, run: BallotRun) -> Bad | None:
    """In opinion rounds each is on a statement of the round, in growing ones on one that is visible."""
    if not row.method.per_option:
        return None
    for option in {aggregate[_OPTION] for aggregate in run.aggregates}:
        problem = "none of the round's"
        if option in row.options:
            status = state.ideas[option].status
            problem = status if row.admission == "growing" and status != "visible" else ""
        if problem:
            at = next(at for at, aggregate in enumerate(run.aggregates) if aggregate[_OPTION] == option)
            return Bad(at, "an option that takes ballots", f"{option}, which is {problem}")
    return None


def _no_choice(row: Round, run: BallotRun) -> Bad | None:
    """Each says what the rules permit. Equal choices are mostly one object, so each is looked at once."""
    for choice in {id(choice): choice for choice in run.choices}.values():
        problem = ""
        try:
            row.method.check(row.rules, choice)
        except ChoiceMalformed as refusal:
            problem = str(refusal)
        if not problem and not row.method.per_option:
            foreign = (one for one in row.method.named(None, choice) if one not in row.options)
            problem = next((f"{one}, which is none of the round's options" for one in foreign), "")
        if problem:
            at = next(at for at, other in enumerate(run.choices) if other is choice)
            return Bad(at, "a choice of the round's rules", problem)
    return None


def _closed(state: WorkshopState, row: Round, run: BallotRun) -> Bad | None:
    """Whether the round takes no ballots at the first or at the last of them; times never decrease."""
    try:
        state.require_input()
    except Refusal as refusal:
        return Bad(0, "a ballot while participants may send", str(refusal))
    for at, time in ((0, run.time), (len(run.aggregates) - 1, run.last_time)):
        if not takes_ballots(row, time):
            late = "" if row.grace_until is None else f", late ballots until {row.grace_until}"
            return Bad(at, "a ballot while the round takes them", f"round {row.status}{late}, time {time}")
    return None
