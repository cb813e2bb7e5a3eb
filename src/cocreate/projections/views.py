"""The whole of what an audience sees, and what of it has changed since a position."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from cocreate.projections import items, round_items
from cocreate.projections.fold import Projections
from cocreate.projections.participation import PARTICIPATION
from cocreate.projections.reader import Audience, Item, Reader, Texts


class Collection(NamedTuple):
    """`every` yields the keys in order of creation, `since` those that changed after a position."""

    name: str
    every: Callable[[Projections], Iterable[str]]
    since: Callable[[Projections, int], Iterable[str]]
    item: Callable[[Reader, str], Item | None]


def _participation_since(facts: Projections, position: int) -> Iterator[str]:
    if max(facts.participation.counted_at, facts.board.counted_at) > position:
        yield PARTICIPATION


def _every_tally(facts: Projections) -> Iterator[str]:
    for round_id, row in facts.rounds.rounds.items():
        for idea in row.options:
            yield f"{round_id}/{idea}"


def _tallies_since(facts: Projections, position: int) -> Iterator[str]:
    for round_id in facts.rounds.turnout_changes.since(position):
        for idea in facts.rounds.rounds[round_id].poll.tally_changes.since(position):
            yield f"{round_id}/{idea}"


def _tally(reader: Reader, key: str) -> Item | None:
    round_id, idea = key.split("/")
    return (
        round_items.tally_item(reader, round_id, idea)
        if round_items.results_shown(reader, round_id)
        else None
    )


COLLECTIONS = (
    Collection(
        "workshop",
        lambda facts: [facts.workshop.id] if facts.workshop.scheduled else [],
        lambda facts, position: facts.workshop.changes.since(position),
        items.workshop_item,
    ),
    Collection(
        "agenda",
        lambda facts: facts.agenda.stages,
        lambda facts, position: facts.agenda.changes.since(position),
        items.activity_item,
    ),
    Collection(
        "ideas",
        lambda facts: facts.board.ideas,
        lambda facts, position: facts.board.idea_changes.since(position),
        items.idea_item,
    ),
    Collection(
        "clusters",
        lambda facts: facts.board.clusters,
        lambda facts, position: facts.board.cluster_changes.since(position),
        items.cluster_item,
    ),
    Collection(
        "comments",
        lambda facts: facts.board.comments,
        lambda facts, position: facts.board.comment_changes.since(position),
        items.comment_item,
    ),
    Collection(
        "rounds",
        lambda facts: facts.rounds.rounds,
        lambda facts, position: facts.rounds.round_changes.since(position),
        round_items.round_item,
    ),
    Collection(
        "options",
        _every_tally,
        lambda facts, position: facts.rounds.option_changes.since(position),
        round_items.option_item,
    ),
    Collection("tallies", _every_tally, _tallies_since, _tally),
    Collection(
        "turnouts",
        lambda facts: facts.rounds.rounds,
        lambda facts, position: facts.rounds.turnout_changes.since(position),
        round_items.turnout_item,
    ),
    Collection(
        "decisions",
        lambda facts: facts.decisions.decisions,
        lambda facts, position: facts.decisions.decision_changes.since(position),
        items.decision_item,
    ),
    Collection(
        "commitments",
        lambda facts: facts.commitments.commitments,
        lambda facts, position: facts.commitments.commitment_changes.since(position),
        items.commitment_item,
    ),
    Collection(
        "participants",
        lambda facts: facts.participation.people,
        lambda facts, position: facts.participation.changes.since(position),
        items.participant_item,
    ),
    Collection(
        "participation",
        lambda facts: _participation_since(facts, -1),
        _participation_since,
        items.participation_item,
    ),
)


def view(facts: Projections, visible: Projections, audience: Audience, texts: Texts) -> Item:
    """Everything as it stood at `facts.at`, of what may be seen at `visible.at`."""
    reader = Reader(facts, visible, audience, texts)
    return {
        "at": facts.at,
        "head": visible.at,
        "audience": audience,
        "items": {
            collection.name: list(_items(collection, reader, collection.every(facts)))
            for collection in COLLECTIONS
            if collection.name != "participants" or reader.facilitates
        },
    }


def moved(before: Item, head: Projections, audience: Audience, texts: Texts) -> Item:
    """The view at the head, made of an earlier one that was at the head then; costs what changed, and a list of what it is in.

    `before` stays as it is, for those who still read it; items that did not change are shared with it.
    """
    changed = changes(head, before["at"], audience, texts)
    listed = dict(before["items"])
    for collection in COLLECTIONS:
        if found := changed.get(collection.name):
            fresh = {item["key"]: item for item in found}
            listed[collection.name] = _replaced(listed[collection.name], fresh, collection.every(head))
    return {"at": head.at, "head": head.at, "audience": audience, "items": listed}


def _replaced(before: list[Item], fresh: dict[str, Item], every: Iterable[str]) -> list[Item]:
    """The items, fresh where there are fresh ones, in the order of now: an agenda may have been arranged anew."""
    held = {item["key"]: item for item in before} | fresh
    return [held[key] for key in every if key in held]


def changes(projections: Projections, since: int, audience: Audience, texts: Texts) -> dict[str, list[Item]]:
    """The items that changed after position `since`, the latest first; costs what changed."""
    reader = Reader(projections, projections, audience, texts)
    changed = {}
    for collection in COLLECTIONS:
        if found := list(_items(collection, reader, collection.since(projections, since))):
            changed[collection.name] = found
    return changed


def _items(collection: Collection, reader: Reader, keys: Iterable[str]) -> Iterator[Item]:
    for key in keys:
        item = collection.item(reader, key)
        if item is not None:
            yield item
