"""What became of every idea: the answer to it, the votes that it was put to, the decisions that it led to."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

from cocreate.http.pages_room import Item, Room

GROUPS: Final = ("accepted", "under_evaluation", "rejected", "unanswered", "merged", "withdrawn", "hidden")
"""By the answer; an idea that is not up for reading any more by what happened to it."""


class Vote(NamedTuple):
    """An idea in one certified round; `chosen` is None where the method chooses nobody."""

    round: Item
    chosen: bool | None
    mark: tuple[str, int] | None
    """The first of its figures: its name and how many."""


@dataclass(frozen=True)
class Fate:
    room: Room
    idea: Item

    @property
    def group(self) -> str:
        if self.idea["status"] != "visible":
            return str(self.idea["status"])
        if "answer" in self.idea:
            return str(self.idea["answer"]["answer"])
        return "unanswered" if self.room.stands_under(self.idea) is None else "merged"

    @cached_property
    def votes(self) -> list[Vote]:
        return list(self._votes())

    def _votes(self) -> Iterator[Vote]:
        for one in self.room.certified:
            option = f"{one['key']}/{self.idea['key']}"
            tally = self.room.tallies.get(option)
            if tally is None:
                continue
            elected = one["certificate"]["elected"]
            counted_for = self.room.counted_for(one["key"], self.idea["key"])
            chosen = counted_for in elected if elected or "seats" in one["rules"] else None
            column = one["columns"][0]
            yield Vote(one, chosen, (column, tally["marks"][column]))

    @property
    def decisions(self) -> list[Item]:
        return self.room.decided_from.get(self.idea["key"], [])

    @property
    def rank(self) -> tuple[int, bool, bool, int]:
        """Group by group, in each those first that led to a decision, then those chosen, then in order of submission."""
        chosen = any(vote.chosen for vote in self.votes)
        return GROUPS.index(self.group), not self.decisions, not chosen, self.idea["number"]


def fates(room: Room) -> list[Fate]:
    """Every idea that the public knows of, in the order in which the outcome page tells them."""
    listed = [Fate(room, one) for one in room.ideas.values() if one["status"] != "waiting"]
    return sorted(listed, key=lambda fate: fate.rank)
