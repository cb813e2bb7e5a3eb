"""Cluster: ideas laid together under a name. It sorts them and changes nothing about them or their votes."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from cocreate.domain.decider import Events, decides, evolves
from cocreate.domain.errors import ClusterNotFound, IdeaStateConflict, LimitReached
from cocreate.domain.idea import find_idea
from cocreate.domain.messages import Aggregate, Command, Event, Pending, Recorded, Sealed, Subject, Uuid

if TYPE_CHECKING:
    from cocreate.domain.state import WorkshopState

CLUSTERS_MAX = 200
CLUSTERED_AT_ONCE_MAX = 200
CLUSTER_NAME_LENGTH_MAX = 200


class ClusterNamed(Event):
    """A cluster begins with its first name, and may be given others."""

    NAME: ClassVar[str] = "ClusterNamed.v1"
    AGGREGATE: ClassVar[Aggregate] = "cluster"
    SUBJECT: ClassVar[Subject] = "host"
    SEALED: ClassVar[tuple[str, ...]] = ("name",)

    name: Sealed


class IdeaClustered(Event):
    """The idea lies in this cluster from here on, and in no other; without one, in none."""

    NAME: ClassVar[str] = "IdeaClustered.v1"
    AGGREGATE: ClassVar[Aggregate] = "idea"

    cluster: Uuid | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NameCluster(Command):
    """`ideas` are laid into it at once."""

    cluster: str
    name: Sealed
    ideas: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterIdeas(Command):
    ideas: tuple[str, ...]
    cluster: str | None = None


@decides(NameCluster)
def name_cluster(command: NameCluster, state: "WorkshopState", now: int) -> Events:
    state.require_facilitator(command.actor)
    state.require_status("given a cluster", "open", "closed")
    if command.cluster not in state.clusters:
        state.require_room("clusters", len(state.clusters), CLUSTERS_MAX)
    laid = _laid(state, command.ideas, command.cluster)
    return [Pending(command.cluster, ClusterNamed(name=command.name)), *laid]


@decides(ClusterIdeas)
def cluster_ideas(command: ClusterIdeas, state: "WorkshopState", now: int) -> Events:
    state.require_facilitator(command.actor)
    state.require_status("sorted", "open", "closed")
    if command.cluster is not None and command.cluster not in state.clusters:
        raise ClusterNotFound(cluster=command.cluster)
    return _laid(state, command.ideas, command.cluster)


def _laid(state: "WorkshopState", ideas: tuple[str, ...], cluster: str | None) -> Events:
    """An event for each idea that does not lie there yet."""
    if len(ideas) > CLUSTERED_AT_ONCE_MAX:
        raise LimitReached(of="ideas sorted at once", limit=CLUSTERED_AT_ONCE_MAX)
    events = []
    for key in dict.fromkeys(ideas):
        idea = find_idea(state, key)
        if idea.status != "visible":
            raise IdeaStateConflict(status=idea.status, wanted="laid into a cluster")
        if cluster_of(state, key) != cluster:
            events.append(Pending(key, IdeaClustered(cluster=cluster)))
    return events


@evolves(ClusterNamed)
def cluster_named(state: "WorkshopState", recorded: Recorded, event: ClusterNamed) -> None:
    state.clusters.put(recorded.aggregate, recorded.position)


@evolves(IdeaClustered)
def idea_clustered(state: "WorkshopState", recorded: Recorded, event: IdeaClustered) -> None:
    state.clustered.put(recorded.aggregate, event.cluster or NO_CLUSTER)


NO_CLUSTER = ""
"""Where an idea lies that has been taken out of its cluster."""


def cluster_of(state: "WorkshopState", idea: str) -> str | None:
    return state.clustered.get(idea) or None
