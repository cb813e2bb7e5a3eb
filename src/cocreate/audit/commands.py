"""From the entries of one command back to the command, so that the rules can be asked again.

The strongest check there is: `decide` on the state before must lead to exactly these events. What an entry does not say
and the rules need is taken as favourably as possible, and said where it is.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

from cocreate.domain import (
    agenda,
    answer,
    ballot,
    certificate,
    cluster,
    comment,
    commitment,
    contest,
    decision,
    facilitator,
    genesis,
    idea,
    merging,
    opening,
    paper,
    participant,
    settings,
    workshop,
)
from cocreate.domain import erasure as erasing
from cocreate.domain import round as rounds
from cocreate.domain.errors import TextNotFound
from cocreate.domain.messages import SYSTEM, Command, Event, Recorded


class Known(Protocol):
    """What the record has said so far beside the decision state."""

    def subject(self, position: int, field: str) -> str | None:
        """Whose key seals a text."""

    def tie_root(self, round_id: str) -> bytes:
        """The tree's root before the round was opened."""

    def scribe(self) -> str:
        """Somebody who may enter people without a device: an entry does not say who did."""

    def participant(self, round_id: str, voter: str) -> str:
        """Who a voter is; somebody present where that cannot be known."""


Rebuild = Callable[[Recorded, Sequence[Recorded], Known], Command | None]


def command_of(group: Sequence[Recorded], known: Known) -> Command | None:
    """The command that these entries came from; None where no command leads to such an event alone."""
    telling = next((one for one in group if type(one.event) in _LEADING), group[0])
    rebuild = _REBUILD.get(type(telling.event))
    return None if rebuild is None else rebuild(telling, group, known)


def _facts(recorded: Recorded, *names: str) -> dict[str, Any]:
    return {name: getattr(recorded.event, name) for name in names}


def _plain(command: type[Command], *facts: str) -> Rebuild:
    """A command of its actor and these facts of the event."""

    def rebuild(one: Recorded, _: Sequence[Recorded], __: Known) -> Command:
        return command(actor=one.actor, **_facts(one, *facts))

    return rebuild


def _on(command: type[Command], key: str, *facts: str) -> Rebuild:
    """The same with the event's aggregate under `key`."""

    def rebuild(one: Recorded, _: Sequence[Recorded], __: Known) -> Command:
        return command(actor=one.actor, **{key: one.aggregate}, **_facts(one, *facts))

    return rebuild


def _schedule(one: Recorded, group: Sequence[Recorded], _: Known) -> Command | None:
    scheduled = next((other for other in group if isinstance(other.event, workshop.WorkshopScheduled)), None)
    if scheduled is None:
        return None
    return workshop.ScheduleWorkshop(
        actor=one.actor,
        workshop=one.aggregate,
        predecessor=getattr(one.event, "predecessor", None),
        **_facts(one, "origin", "vkey", "source"),
        **_facts(
            scheduled, "city", "country", "ends_at", "host", "languages", "place", "purpose", "settings",
            "starts_at", "title",
        ),
    )  # fmt: skip


def _join(one: Recorded, group: Sequence[Recorded], known: Known) -> Command:
    name = next((other.event.name for other in group if isinstance(other.event, participant.NameGiven)), None)
    return participant.JoinWorkshop(
        actor=one.actor, name=name, scribe=known.scribe(), **_facts(one, "how", "claimed_at")
    )


def _open_round(one: Recorded, group: Sequence[Recorded], _: Known) -> Command:
    assert isinstance(one.event, opening.RoundOpened)
    priced = [other.event for other in group if isinstance(other.event, opening.OptionsPriced)]
    return opening.OpenRound(
        actor=one.actor,
        round=one.aggregate,
        options=tuple(option for option, _ in one.event.options),
        costs=tuple(cost for event in priced for cost in event.costs),
        unite=any(isinstance(other.event, opening.OptionsMerged) for other in group),
        **_facts(one, "admission", "grace_ms", "key", "question", "replaces", "results", "rules", "secrecy"),
        withheld_until=one.event.withheld_until,
    )


def _clustered(group: Sequence[Recorded]) -> tuple[str, ...]:
    return tuple(other.aggregate for other in group if isinstance(other.event, cluster.IdeaClustered))


def _name_cluster(one: Recorded, group: Sequence[Recorded], _: Known) -> Command:
    return cluster.NameCluster(
        actor=one.actor, cluster=one.aggregate, ideas=_clustered(group), **_facts(one, "name")
    )


def _cluster_ideas(one: Recorded, group: Sequence[Recorded], _: Known) -> Command:
    return cluster.ClusterIdeas(actor=one.actor, ideas=_clustered(group), **_facts(one, "cluster"))


def _ballot(one: Recorded, _: Sequence[Recorded], known: Known) -> Command:
    round_id, voter, option = ballot.ballot_parts(one.aggregate)
    placed: dict[str, Any] = {
        "actor": one.actor,
        "round": round_id,
        "participant": known.participant(round_id, voter),
        "option": option,
    }
    if isinstance(one.event, ballot.BallotWithdrawn):
        return ballot.WithdrawBallot(**placed, **_facts(one, "counter", "random"))
    objections = getattr(one.event, "objections", ())
    return ballot.CastBallot(
        **placed,
        **_facts(one, "choice", "counter", "random", "claimed_at"),
        objections=tuple((objection.option, objection.reason) for objection in objections),
    )


def _close_round(one: Recorded, _: Sequence[Recorded], __: Known) -> Command | None:
    """By hand it is a facilitator's, otherwise the system's; with the workshop it never comes alone."""
    assert isinstance(one.event, rounds.RoundClosed)
    because = one.event.because
    if because == "workshop_closed" or (because == "facilitator") == (one.actor == SYSTEM):
        return None
    return rounds.CloseRound(actor=one.actor, round=one.aggregate, because=because)


def _certify(one: Recorded, _: Sequence[Recorded], known: Known) -> Command:
    return certificate.CertifyResult(
        actor=one.actor, round=one.aggregate, tie_root=known.tie_root(one.aggregate)
    )


def _recertify(one: Recorded, _: Sequence[Recorded], known: Known) -> Command:
    return contest.RecertifyResult(
        actor=one.actor, round=one.aggregate, tie_root=known.tie_root(one.aggregate)
    )


def _issue_paper(one: Recorded, _: Sequence[Recorded], known: Known) -> Command:
    assert isinstance(one.event, paper.PaperIssued)
    return paper.IssuePaper(
        actor=one.actor,
        round=one.aggregate,
        participant=known.participant(one.aggregate, one.event.voter),
        **_facts(one, "voter", "sheet"),
    )


def _erase_text(one: Recorded, _: Sequence[Recorded], known: Known) -> Command:
    assert isinstance(one.event, erasing.TextErased)
    subject = known.subject(one.event.position, one.event.field)
    if subject is None:
        raise TextNotFound(position=one.event.position, field=one.event.field)
    return erasing.EraseText(actor=one.actor, subject=subject, **_facts(one, "position", "field", "reason"))


_LEADING: Final[frozenset[type[Event]]] = frozenset(
    {
        genesis.RecordStarted,
        genesis.SuccessorStarted,
        workshop.WorkshopClosed,
        agenda.ActivityStarted,
        participant.ParticipantJoined,
        idea.IdeaSubmitted,
        idea.IdeaApproved,
        merging.IdeasMerged,
        cluster.ClusterNamed,
        certificate.ResultCertified,
        contest.ResultRecertified,
    }
)
"""The events that name their command where it brings others with them, before or after."""

_REBUILD: Final[dict[type[Event], Rebuild]] = {
    genesis.RecordStarted: _schedule,
    genesis.SuccessorStarted: _schedule,
    genesis.ImportCompleted: _plain(
        genesis.CompleteImport, "ballots_cast", "ballots_replaced", "ideas", "moderated", "participants"
    ),
    workshop.WorkshopRescheduled: _plain(workshop.RescheduleWorkshop, "starts_at", "ends_at"),
    workshop.WorkshopCancelled: _plain(workshop.CancelWorkshop, "note"),
    workshop.WorkshopOpened: _plain(workshop.OpenWorkshop),
    workshop.WorkshopClosed: _plain(workshop.CloseWorkshop),
    workshop.WorkshopReopened: _plain(workshop.ReopenWorkshop, "reason"),
    workshop.RecordSealed: _plain(workshop.SealRecord),
    settings.SettingsChanged: _plain(settings.ChangeSettings, "settings"),
    facilitator.FacilitatorAdded: _plain(facilitator.AddFacilitator, "facilitator"),
    facilitator.FacilitatorRemoved: _plain(facilitator.RemoveFacilitator, "facilitator"),
    agenda.AgendaChanged: _plain(agenda.ChangeAgenda, "activities"),
    agenda.ActivityStarted: _plain(agenda.StartActivity, "activity"),
    agenda.ActivityEnded: _plain(agenda.EndActivity, "activity"),
    participant.ParticipantJoined: _join,
    participant.NameGiven: _on(participant.GiveName, "participant", "name"),
    participant.RoleGranted: _on(participant.GrantRole, "participant", "role"),
    participant.ParticipantLeft: _plain(participant.LeaveWorkshop),
    participant.ParticipantRemoved: _on(participant.RemoveParticipant, "participant", "reason"),
    participant.ParticipantReadmitted: _on(participant.ReadmitParticipant, "participant"),
    idea.IdeaSubmitted: _on(idea.SubmitIdea, "idea", "author", "text", "title", "tags", "claimed_at"),
    idea.IdeaEdited: _on(idea.EditIdea, "idea", "text", "title"),
    idea.IdeaWithdrawn: _on(idea.WithdrawIdea, "idea"),
    idea.IdeaApproved: _on(idea.ApproveIdea, "idea"),
    idea.IdeaHidden: _on(idea.HideIdea, "idea", "reason", "note"),
    idea.IdeaRestored: _on(idea.RestoreIdea, "idea"),
    idea.IdeaTagged: _on(idea.TagIdea, "idea", "tags"),
    answer.IdeaAnswered: _on(answer.AnswerIdea, "idea", "answer", "reason", "cost"),
    merging.IdeasMerged: _on(merging.MergeIdeas, "idea", "ideas", "votes", "note"),
    merging.MergeReverted: _on(merging.RevertMerge, "idea", "ideas", "note"),
    cluster.ClusterNamed: _name_cluster,
    cluster.IdeaClustered: _cluster_ideas,
    commitment.CommitmentMade: _on(commitment.MakeCommitment, "commitment", "who", "what", "due", "decision"),
    commitment.CommitmentUpdated: _on(commitment.UpdateCommitment, "commitment", "state", "note", "evidence"),
    decision.DecisionRecorded: _on(decision.RecordDecision, "decision", "what", "why", "ideas", "rounds"),
    decision.DecisionAmended: _on(
        decision.AmendDecision, "decision", "reason", "what", "why", "ideas", "rounds"
    ),
    comment.CommentPosted: _on(
        comment.PostComment, "comment", "author", "idea", "parent", "alignment", "text", "claimed_at"
    ),
    comment.CommentWithdrawn: _on(comment.WithdrawComment, "comment"),
    comment.CommentHidden: _on(comment.HideComment, "comment", "reason", "note"),
    comment.CommentRestored: _on(comment.RestoreComment, "comment"),
    opening.RoundOpened: _open_round,
    rounds.OptionAdmitted: _on(rounds.AdmitOption, "round", "idea"),
    rounds.RoundClosed: _close_round,
    rounds.RoundVoided: _on(rounds.VoidRound, "round", "reason", "note"),
    ballot.BallotCast: _ballot,
    ballot.BallotReplaced: _ballot,
    ballot.BallotWithdrawn: _ballot,
    ballot.BallotExplained: _ballot,
    certificate.ResultCertified: _certify,
    paper.PaperIssued: _issue_paper,
    paper.PaperBatchEntered: _on(
        paper.EnterPaperBatch, "round", "batch", "label", "ballots", "spoiled", "same_as"
    ),
    paper.PaperBatchChecked: _on(paper.CheckPaperBatch, "round", "batch", "digest"),
    paper.PaperBatchVoided: _on(paper.VoidPaperBatch, "round", "batch", "reason"),
    contest.ResultContested: _on(contest.ContestResult, "round", "author", "reason"),
    contest.ResultRecertified: _recertify,
    contest.ResultOverridden: _on(contest.OverrideResult, "round", "options", "reason"),
    erasing.TextErased: _erase_text,
    erasing.SubjectErased: _on(erasing.EraseSubject, "subject", "reason"),
}
"""Missing are those that never come alone: WorkshopScheduled, ConsentGiven, OptionsPriced, OptionsMerged, ResultPart and
PaperReconciled."""
