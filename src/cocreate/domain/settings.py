"""Settings: what a facilitator may set for the whole workshop, each a plain or coded fact."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from cocreate.domain.decider import Events, decides, evolves
from cocreate.domain.messages import (
    Aggregate,
    Code,
    Command,
    Distinct,
    Event,
    Facts,
    Pending,
    Recorded,
)

if TYPE_CHECKING:
    from cocreate.domain.state import WorkshopState

TAGS_MAX = 50
JoinPolicy = Literal["open_code", "closed"]


class Settings(Facts):
    """What a facilitator may set; each is a plain or coded fact."""

    approval_first: bool = False
    facilitator_sees_names: bool = True
    join: JoinPolicy = "open_code"
    participants_see_names: bool = False
    paused: bool = False
    tags: Annotated[tuple[Code, ...], Field(max_length=TAGS_MAX), Distinct] = ()


class SettingsChanged(Event):
    NAME: ClassVar[str] = "SettingsChanged.v1"
    AGGREGATE: ClassVar[Aggregate] = "workshop"

    settings: Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSettings(Command):
    settings: Settings


@decides(ChangeSettings)
def change_settings(command: ChangeSettings, state: "WorkshopState", now: int) -> Events:
    state.require_facilitator(command.actor)
    state.require_status("given other settings", "scheduled", "open", "closed")
    if command.settings == state.workshop.settings:
        return []
    return [Pending(state.workshop.id, SettingsChanged(settings=command.settings))]


@evolves(SettingsChanged)
def settings_changed(state: "WorkshopState", recorded: Recorded, event: SettingsChanged) -> None:
    state.workshop = replace(state.workshop, settings=event.settings)
