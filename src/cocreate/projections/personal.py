"""What one participant alone sees: their own contributions and ballots. It never travels on a shared stream."""

from collections.abc import Callable, Iterator, Mapping

from cocreate.domain.ballot import ballot_id
from cocreate.projections.board import Written
from cocreate.projections.fold import Projections
from cocreate.projections.items import comment_item, idea_item
from cocreate.projections.reader import Item, Reader, Texts, present
from cocreate.projections.round_items import tally_item
from cocreate.projections.rounds import Explained, RoundRow

EntryOf = Callable[[str, int], int | None]
"""The position of a ballot's entry, by its aggregate id and counter; None where it is not known."""


def nowhere(_: str, __: int) -> None:
    """Where nobody is told of the entries of ballots."""


def personal(
    projections: Projections,
    participant: str,
    voters: Mapping[str, str],
    texts: Texts,
    entry_of: EntryOf = nowhere,
) -> Item:
    """`voters` maps each pseudonymous round to this participant's voter; rounds it lacks are left out."""
    reader = Reader(projections, projections, "participant", texts, own=True)
    person = projections.participation.people.get(participant)
    written = projections.board.written.get(participant, Written())
    mine = [
        (round_id, row, voter)
        for round_id, row in projections.rounds.rounds.items()
        if (voter := participant if row.opened.secrecy == "open" else voters.get(round_id)) is not None
    ]
    ballots = [ballot for one in mine if (ballot := _ballot(reader, *one, entry_of)) is not None]
    name_at = None if person is None else person.name_at
    item = {
        "at": projections.at,
        "participant": participant,
        "status": None if person is None else person.status,
        "role": None if person is None else person.role,
        "name": None if name_at is None else reader.text(name_at, "name"),
        "ideas": [idea_item(reader, key) for key in written.ideas],
        "comments": [comment_item(reader, key) for key in written.comments],
        "ballots": ballots,
        "paper": [round_id for round_id, row, voter in mine if voter in row.sheets] or None,
        "tallies": [tally for one in mine for tally in _tallies(reader, *one)],
    }
    return present(item)


def _ballot(reader: Reader, round_id: str, row: RoundRow, voter: str, entry_of: EntryOf) -> Item | None:
    """The ballot of a voter in one round; in opinion rounds, their answers in the order of its statements."""
    if not row.poll.method.per_option:
        found = row.poll.ballot(round_id, voter, None)
        if found is None:
            return None
        aggregate = ballot_id(round_id, voter, None)
        said = {"round": round_id, **_counted(*found, entry_of, aggregate)}
        explained = row.explained.get(aggregate)
        return said if explained is None else {**said, "reasons": _reasons(reader, explained)}
    statements = [
        {"option": idea, **_counted(*found, entry_of, ballot_id(round_id, voter, idea))}
        for idea in row.options
        if (found := row.poll.ballot(round_id, voter, idea)) is not None
    ]
    return {"round": round_id, "statements": statements} if statements else None


def _reasons(reader: Reader, explained: Explained) -> list[Item]:
    return [
        {"option": option, "at": explained.at, "field": field, "text": reader.text(explained.at, field)}
        for option, field in explained.places()
    ]


def _counted(counter: int, choice: tuple[str, ...] | int | None, entry_of: EntryOf, aggregate: str) -> Item:
    named = list(choice) if isinstance(choice, tuple) else choice
    return present({"counter": counter, "choice": named, "position": entry_of(aggregate, counter)})


def _tallies(reader: Reader, round_id: str, row: RoundRow, voter: str) -> Iterator[Item]:
    """Totals that this participant may see before others do, because a ballot of theirs stands."""
    if row.released or row.opened.results != "after_own_ballot":
        return
    if not stands(round_id, row, voter):
        return
    for idea in row.options:
        yield tally_item(reader, round_id, idea)


def stands(round_id: str, row: RoundRow, voter: str) -> bool:
    """Whether a ballot of the voter stands in the round; in opinion rounds, on any statement."""
    if row.poll.method.per_option:
        return row.poll.answers.get(voter, 0) > 0
    found = row.poll.ballot(round_id, voter, None)
    return found is not None and found[1] is not None
