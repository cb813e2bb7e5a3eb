"""The routes of the commands, the busiest first: one line each. What may be refused at any of them is in `openapi.py`."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from cocreate.application import (
    AddFacilitator,
    AdmitOption,
    AmendDecision,
    AnswerIdea,
    ApproveIdea,
    CancelWorkshop,
    CastBallot,
    CertifyResult,
    ChangeAgenda,
    ChangeSettings,
    CheckPaperBatch,
    CloseRound,
    CloseWorkshop,
    ClusterIdeas,
    ContestResult,
    EditIdea,
    EndActivity,
    EnterPaperBatch,
    EnterPerson,
    EraseSubject,
    EraseText,
    GiveName,
    GrantRole,
    HideComment,
    HideIdea,
    IssuePaper,
    Join,
    Leave,
    MakeCommitment,
    MergeIdeas,
    NameCluster,
    OpenRound,
    OpenWorkshop,
    OverrideResult,
    PostComment,
    ReadmitParticipant,
    Receipt,
    RecertifyResult,
    RecordDecision,
    RemoveFacilitator,
    RemoveParticipant,
    ReopenWorkshop,
    RescheduleWorkshop,
    RestoreComment,
    RestoreIdea,
    RevertMerge,
    SealRecord,
    StartActivity,
    StartCluster,
    SubmitIdea,
    TagIdea,
    UnclusterIdeas,
    UpdateCommitment,
    VoidPaperBatch,
    VoidRound,
    WithdrawBallot,
    WithdrawComment,
    WithdrawIdea,
)
from cocreate.http.commands import command
from cocreate.http.keys import SERVICE
from cocreate.http.links import link_answer
from cocreate.http.route import Role

VOTERS: Sequence[Role] = ("participant", "scribe")
ALL: Sequence[Role] = ("participant", "scribe", "facilitator")
ENTERING: Sequence[Role] = ("scribe", "facilitator")
FACILITATOR: Sequence[Role] = ("facilitator",)
BALLOT = (
    "RoundNotFound",
    "RoundNotOpen",
    "ChoiceMalformed",
    "OptionUnknown",
    "BallotSuperseded",
    "KeyLost",
    "VotesOnPaper",
)
STATE = ("WorkshopStateConflict",)
INPUT = ("WorkshopNotOpen", "InputPaused", "NotNow")
IDEA = ("IdeaNotFound", "IdeaStateConflict")
COMMENT = ("CommentNotFound", "CommentStateConflict")
ROUND = ("RoundNotFound", "RoundStateConflict")
DESK = (*ROUND, "NotAScribe", "GraceRunning")
ACTIVITY = ("ActivityNotFound", "ActivityConflict")
GROUNDS = (*STATE, "IdeaNotFound", "IdeaStateConflict", "RoundNotFound", "RoundStateConflict")
PERSON = ("ParticipantNotFound", "ParticipantStateConflict")


async def facilitator_link(request: web.Request, receipt: Receipt) -> Mapping[str, Any]:
    """A one-time link for the new facilitator, whom the entry names."""
    service = request.app[SERVICE]
    assert receipt.position is not None, "adding a facilitator always writes an entry"
    live = await service.reading.live(receipt.workshop)
    (raw,) = await service.reading.entries(live, after=receipt.position - 1, limit=1)
    assert raw.entry is not None, "only ballots are withheld"
    facilitator = json.loads(raw.entry)["facts"]["facilitator"]
    token = await service.doors.return_link(receipt.workshop, facilitator)
    return {"facilitator": facilitator, "link": link_answer(request, token)}


async def batch_entered(request: web.Request, receipt: Receipt) -> Mapping[str, Any]:
    """The new batch, whose entry may be withheld."""
    live = await request.app[SERVICE].reading.live(receipt.workshop)
    batches = live.projections.rounds.rounds[receipt.aggregates[0]].batches
    return {"batch": next(key for key, batch in batches.items() if batch.entered_at == receipt.position)}


COMMANDS = (
    command(
        "/rounds/{round}/ballot",
        CastBallot,
        VOTERS,
        (*BALLOT, "OptionHidden", "ReasonWithoutObjection", *INPUT),
        quiet=True,
    ),
    command("/rounds/{round}/ballot/withdraw", WithdrawBallot, VOTERS, (*BALLOT, "NoBallot"), quiet=True),
    command("/join", Join, ("anyone",), INPUT, joins=True),
    command("/ideas", SubmitIdea, ALL, (*INPUT, "TagUnknown")),
    command("/ideas/{idea}/comments", PostComment, ALL, (*IDEA, *COMMENT, *INPUT, "CommentTooDeep")),
    command("/ideas/{idea}/edit", EditIdea, ALL, (*IDEA, *INPUT, "NotTheAuthor")),
    command("/ideas/{idea}/withdraw", WithdrawIdea, ALL, (*IDEA, *INPUT, "NotTheAuthor")),
    command("/ideas/{idea}/approve", ApproveIdea, FACILITATOR, IDEA),
    command("/ideas/{idea}/hide", HideIdea, FACILITATOR, IDEA),
    command("/ideas/{idea}/restore", RestoreIdea, FACILITATOR, IDEA),
    command("/ideas/{idea}/tags", TagIdea, ALL, (*IDEA, "TagUnknown", "NotTheAuthor")),
    command("/ideas/{idea}/answer", AnswerIdea, FACILITATOR, (*IDEA, *STATE)),
    command("/ideas/{idea}/merge", MergeIdeas, FACILITATOR, (*IDEA, *STATE, "MergeMalformed", "IdeaInRound")),
    command("/ideas/{idea}/unmerge", RevertMerge, FACILITATOR, (*IDEA, *STATE, "IdeaInRound")),
    command("/clusters", StartCluster, FACILITATOR, (*IDEA, *STATE)),
    command("/clusters/{cluster}/name", NameCluster, FACILITATOR, (*STATE, "ClusterNotFound")),
    command("/clusters/{cluster}/ideas", ClusterIdeas, FACILITATOR, (*IDEA, *STATE, "ClusterNotFound")),
    command("/ideas/uncluster", UnclusterIdeas, FACILITATOR, (*IDEA, *STATE)),
    command("/comments/{comment}/withdraw", WithdrawComment, ALL, (*COMMENT, *INPUT, "NotTheAuthor")),
    command("/comments/{comment}/hide", HideComment, FACILITATOR, COMMENT),
    command("/comments/{comment}/restore", RestoreComment, FACILITATOR, COMMENT),
    command(
        "/rounds",
        OpenRound,
        FACILITATOR,
        ("RulesMalformed", "SecrecyUnavailable", "WorkshopNotOpen", *IDEA, *ROUND),
    ),
    command("/rounds/{round}/options", AdmitOption, FACILITATOR, (*ROUND, *IDEA)),
    command("/rounds/{round}/close", CloseRound, FACILITATOR, ROUND),
    command("/rounds/{round}/void", VoidRound, FACILITATOR, ROUND),
    command(
        "/rounds/{round}/certify", CertifyResult, FACILITATOR, (*ROUND, "GraceRunning", "PaperUnchecked")
    ),
    command(
        "/rounds/{round}/paper",
        IssuePaper,
        ENTERING,
        (*ROUND, "NotAScribe", "RoundNotOpen", "KeyLost", "BallotStands"),
    ),
    command(
        "/rounds/{round}/paper/batches",
        EnterPaperBatch,
        ENTERING,
        (
            *DESK,
            "ChoiceMalformed",
            "OptionUnknown",
            "PaperBatchRepeated",
            "PaperBatchNotFound",
            "PaperUnaccounted",
            "PaperBatchStateConflict",
        ),
        extra=batch_entered,
        returns="BatchReceipt",
    ),
    command(
        "/rounds/{round}/paper/batches/{batch}/check",
        CheckPaperBatch,
        ENTERING,
        (*DESK, "PaperBatchNotFound", "PaperBatchStateConflict", "PaperBatchDiffers", "SecondPersonNeeded"),
    ),
    command(
        "/rounds/{round}/paper/batches/{batch}/void", VoidPaperBatch, ENTERING, (*DESK, "PaperBatchNotFound")
    ),
    command("/rounds/{round}/contest", ContestResult, ALL, (*ROUND, "ContestOver", "NotTheAuthor")),
    command("/rounds/{round}/recertify", RecertifyResult, FACILITATOR, (*ROUND, "PaperUnchecked")),
    command("/rounds/{round}/override", OverrideResult, FACILITATOR, (*ROUND, "OptionUnknown")),
    command("/decisions", RecordDecision, FACILITATOR, (*GROUNDS, "DecisionStateConflict")),
    command("/decisions/{decision}/amend", AmendDecision, FACILITATOR, (*GROUNDS, "DecisionNotFound")),
    command(
        "/commitments", MakeCommitment, FACILITATOR, (*STATE, "DecisionNotFound", "CommitmentStateConflict")
    ),
    command(
        "/commitments/{commitment}/update", UpdateCommitment, FACILITATOR, (*STATE, "CommitmentNotFound")
    ),
    command("/open", OpenWorkshop, FACILITATOR, (*STATE, "ImportIncomplete")),
    command("/close", CloseWorkshop, FACILITATOR, STATE),
    command("/reopen", ReopenWorkshop, FACILITATOR, STATE),
    command("/seal", SealRecord, FACILITATOR, (*STATE, "RoundStateConflict")),
    command("/cancel", CancelWorkshop, FACILITATOR, STATE),
    command("/reschedule", RescheduleWorkshop, FACILITATOR, (*STATE, "TimesMalformed")),
    command("/settings", ChangeSettings, FACILITATOR, STATE),
    command("/agenda", ChangeAgenda, FACILITATOR, (*STATE, "AgendaMalformed")),
    command("/activities/{activity}/start", StartActivity, FACILITATOR, (*ACTIVITY, "WorkshopNotOpen")),
    command("/activities/{activity}/end", EndActivity, FACILITATOR, ACTIVITY),
    command(
        "/facilitators", AddFacilitator, FACILITATOR, extra=facilitator_link, returns="FacilitatorReceipt"
    ),
    command(
        "/facilitators/{facilitator}/remove",
        RemoveFacilitator,
        FACILITATOR,
        ("LastFacilitator", "ParticipantNotFound"),
    ),
    command("/people", EnterPerson, ENTERING, (*INPUT, "NotAScribe")),
    command("/participants/{participant}/name", GiveName, ALL, (*PERSON, "NotTheAuthor")),
    command("/participants/{participant}/role", GrantRole, FACILITATOR, PERSON),
    command("/participants/{participant}/remove", RemoveParticipant, FACILITATOR, PERSON),
    command("/participants/{participant}/readmit", ReadmitParticipant, FACILITATOR, PERSON),
    command("/leave", Leave, VOTERS, PERSON),
    command("/texts/erase", EraseText, ALL, ("TextNotFound", "NotTheAuthor")),
    command("/erase", EraseSubject, ALL, ("ParticipantNotFound", "NotTheAuthor")),
)
