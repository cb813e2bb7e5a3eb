"""What people ask about merging ideas and laying them into clusters."""

from typing import Annotated, ClassVar

from pydantic import Field

from cocreate.application.drafting import Action, Draft
from cocreate.application.wording import ClusterName, Note
from cocreate.domain import cluster, merging
from cocreate.domain.cluster import CLUSTERED_AT_ONCE_MAX
from cocreate.domain.errors import ClusterNotFound
from cocreate.domain.merging import MERGED_MAX, VotesCarried
from cocreate.domain.messages import Command, Uuid

Merging = Annotated[tuple[Uuid, ...], Field(min_length=1, max_length=MERGED_MAX)]
Sorted = Annotated[tuple[Uuid, ...], Field(max_length=CLUSTERED_AT_ONCE_MAX)]


class MergeIdeas(Action):
    """Let ideas stand under this one; they stay as they are, and their authors and voters are told."""

    NAME: ClassVar[str] = "merge_ideas"

    idea: Uuid
    ideas: Merging
    votes: VotesCarried = "none"
    note: Note | None = None

    def command(self, draft: Draft) -> Command:
        note = draft.seal_optional(self.note)
        return merging.MergeIdeas(
            actor=draft.actor, idea=self.idea, ideas=self.ideas, votes=self.votes, note=note
        )


class RevertMerge(Action):
    """Take ideas out again that were merged into this one."""

    NAME: ClassVar[str] = "revert_merge"

    idea: Uuid
    ideas: Merging
    note: Note | None = None

    def command(self, draft: Draft) -> Command:
        note = draft.seal_optional(self.note)
        return merging.RevertMerge(actor=draft.actor, idea=self.idea, ideas=self.ideas, note=note)


class StartCluster(Action):
    """Begin a cluster under a name, and lay ideas into it."""

    NAME: ClassVar[str] = "start_cluster"

    name: ClusterName
    ideas: Sorted = ()

    def command(self, draft: Draft) -> Command:
        name = draft.seal(self.name)
        return cluster.NameCluster(actor=draft.actor, cluster=draft.new_id(), name=name, ideas=self.ideas)


class NameCluster(Action):
    """Give a cluster another name."""

    NAME: ClassVar[str] = "name_cluster"

    cluster: Uuid
    name: ClusterName

    def command(self, draft: Draft) -> Command:
        if self.cluster not in draft.live.state.clusters:
            raise ClusterNotFound(cluster=self.cluster)
        return cluster.NameCluster(actor=draft.actor, cluster=self.cluster, name=draft.seal(self.name))


class ClusterIdeas(Action):
    """Lay ideas into a cluster, out of whichever they lay in."""

    NAME: ClassVar[str] = "cluster_ideas"

    cluster: Uuid
    ideas: Annotated[Sorted, Field(min_length=1)]

    def command(self, draft: Draft) -> Command:
        return cluster.ClusterIdeas(actor=draft.actor, cluster=self.cluster, ideas=self.ideas)


class UnclusterIdeas(Action):
    """Take ideas out of their clusters."""

    NAME: ClassVar[str] = "uncluster_ideas"

    ideas: Annotated[Sorted, Field(min_length=1)]

    def command(self, draft: Draft) -> Command:
        return cluster.ClusterIdeas(actor=draft.actor, ideas=self.ideas)
