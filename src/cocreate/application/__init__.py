"""The published language of the use cases: the only names that the web server may import."""

from cocreate.application.actions_decisions import (
    AmendDecision,
    AnswerIdea,
    MakeCommitment,
    RecordDecision,
    UpdateCommitment,
)
from cocreate.application.actions_ideas import (
    ApproveIdea,
    EditIdea,
    HideComment,
    HideIdea,
    PostComment,
    RestoreComment,
    RestoreIdea,
    SubmitIdea,
    TagIdea,
    WithdrawComment,
    WithdrawIdea,
)
from cocreate.application.actions_paper import CheckPaperBatch, EnterPaperBatch, IssuePaper, VoidPaperBatch
from cocreate.application.actions_people import (
    EnterPerson,
    EraseSubject,
    EraseText,
    GiveName,
    GrantRole,
    Join,
    Leave,
    ReadmitParticipant,
    RemoveParticipant,
)
from cocreate.application.actions_results import ContestResult, OverrideResult, RecertifyResult
from cocreate.application.actions_rounds import (
    AdmitOption,
    CastBallot,
    CertifyResult,
    CloseRound,
    OpenRound,
    VoidRound,
    WithdrawBallot,
)
from cocreate.application.actions_sorting import (
    ClusterIdeas,
    MergeIdeas,
    NameCluster,
    RevertMerge,
    StartCluster,
    UnclusterIdeas,
)
from cocreate.application.actions_workshop import (
    ActivityDraft,
    AddFacilitator,
    CancelWorkshop,
    ChangeAgenda,
    ChangeSettings,
    CloseWorkshop,
    CreateWorkshop,
    EndActivity,
    OpenWorkshop,
    RemoveFacilitator,
    ReopenWorkshop,
    RescheduleWorkshop,
    SealRecord,
    StartActivity,
)
from cocreate.application.asked import Caller
from cocreate.application.doors import CODE_ALPHABET, CODE_LENGTH, SESSION_MS, Admission, Doors
from cocreate.application.drafting import Action
from cocreate.application.errors import EntriesWithheld, PositionUnknown, RecordDamaged, Unavailable
from cocreate.application.groupings import Grouping
from cocreate.application.live import LiveWorkshop
from cocreate.application.reading import Json, RawEntry, Reading, View
from cocreate.application.service import NotAHost, Service
from cocreate.application.ticket import Receipt
from cocreate.domain.canonical import canonical_json
from cocreate.domain.contest import CONTEST_MS
from cocreate.domain.errors import (
    ChoiceMalformed,
    Conflict,
    Malformed,
    NotAllowed,
    NotAParticipant,
    NotFound,
    Refusal,
)
from cocreate.domain.objection import REASON_LENGTH_MAX, REASONS_MAX
from cocreate.domain.voting import METHODS
from cocreate.domain.voting.method import UNITING
from cocreate.domain.voting.places import SEATS_MAX
from cocreate.domain.voting.what_if import UNDERS
from cocreate.projections.reader import AUDIENCES, Audience
from cocreate.tlog.words import WORDS

__all__ = [
    "AUDIENCES",
    "CODE_ALPHABET",
    "CODE_LENGTH",
    "CONTEST_MS",
    "METHODS",
    "REASONS_MAX",
    "REASON_LENGTH_MAX",
    "SEATS_MAX",
    "SESSION_MS",
    "UNDERS",
    "UNITING",
    "WORDS",
    "Action",
    "ActivityDraft",
    "AddFacilitator",
    "Admission",
    "AdmitOption",
    "AmendDecision",
    "AnswerIdea",
    "ApproveIdea",
    "Audience",
    "Caller",
    "CancelWorkshop",
    "CastBallot",
    "CertifyResult",
    "ChangeAgenda",
    "ChangeSettings",
    "CheckPaperBatch",
    "ChoiceMalformed",
    "CloseRound",
    "CloseWorkshop",
    "ClusterIdeas",
    "Conflict",
    "ContestResult",
    "CreateWorkshop",
    "Doors",
    "EditIdea",
    "EndActivity",
    "EnterPaperBatch",
    "EnterPerson",
    "EntriesWithheld",
    "EraseSubject",
    "EraseText",
    "GiveName",
    "GrantRole",
    "Grouping",
    "HideComment",
    "HideIdea",
    "IssuePaper",
    "Join",
    "Json",
    "Leave",
    "LiveWorkshop",
    "MakeCommitment",
    "Malformed",
    "MergeIdeas",
    "NameCluster",
    "NotAHost",
    "NotAParticipant",
    "NotAllowed",
    "NotFound",
    "OpenRound",
    "OpenWorkshop",
    "OverrideResult",
    "PositionUnknown",
    "PostComment",
    "RawEntry",
    "Reading",
    "ReadmitParticipant",
    "Receipt",
    "RecertifyResult",
    "RecordDamaged",
    "RecordDecision",
    "Refusal",
    "RemoveFacilitator",
    "RemoveParticipant",
    "ReopenWorkshop",
    "RescheduleWorkshop",
    "RestoreComment",
    "RestoreIdea",
    "RevertMerge",
    "SealRecord",
    "Service",
    "StartActivity",
    "StartCluster",
    "SubmitIdea",
    "TagIdea",
    "Unavailable",
    "UnclusterIdeas",
    "UpdateCommitment",
    "View",
    "VoidPaperBatch",
    "VoidRound",
    "WithdrawBallot",
    "WithdrawComment",
    "WithdrawIdea",
    "canonical_json",
]
