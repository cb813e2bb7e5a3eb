"""What one reader may see of a text: by the facts of the moment, and by what is visible today."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args

from cocreate.projections.board import CommentRow, IdeaRow
from cocreate.projections.fold import Projections

Audience = Literal["public", "participant", "facilitator", "screen"]
AUDIENCES: tuple[Audience, ...] = get_args(Audience)

Texts = Callable[[int, str], tuple[tuple[str, str], ...] | None]
"""(position, field) -> (language, text) pairs, the original first; None where they are erased."""

Item = dict[str, Any]
Text = dict[str, Any]

HIDDEN: Text = {"gone": "hidden"}
ERASED: Text = {"gone": "erased"}


@dataclass(frozen=True, slots=True)
class Reader:
    """`facts` folded to the moment asked for, `visible` to today: the same object when live.

    `own` lifts the concealment of what moderators have hidden, for the author's own page.
    """

    facts: Projections
    visible: Projections
    audience: Audience
    texts: Texts
    own: bool = False

    @property
    def facilitates(self) -> bool:
        return self.audience == "facilitator"

    @property
    def sees_names(self) -> bool:
        """Whether the settings then and the settings now show names to this audience."""
        then, now = self.facts.workshop.settings, self.visible.workshop.settings
        if self.audience == "facilitator":
            return then.facilitator_sees_names and now.facilitator_sees_names
        if self.audience == "public":
            return False
        return then.participants_see_names and now.participants_see_names

    @property
    def sees_notes(self) -> bool:
        return self.facilitates or self.own

    def text(self, position: int, field: str) -> Text:
        texts = self.texts(position, field)
        if texts is None:
            return ERASED
        return {"language": texts[0][0], "texts": dict(texts)}

    def conceals(self, then: IdeaRow | CommentRow, now: IdeaRow | CommentRow) -> bool:
        """Whether moderation, then or now, keeps the text from this reader."""
        return "hidden" in (then.status, now.status) and not self.facilitates and not self.own

    def name(self, participant: str) -> Text | None:
        """The participant's name, if they gave one and this reader may see it."""
        if not self.sees_names:
            return None
        person = self.facts.participation.people.get(participant)
        if person is None or person.name_at is None:
            return None
        return self.text(person.name_at, "name")


def present(item: Item) -> Item:
    """The item without the facts that it does not have."""
    return {name: fact for name, fact in item.items() if fact is not None}
