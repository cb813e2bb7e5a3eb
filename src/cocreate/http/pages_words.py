"""What the pages say beside their templates: outcomes, refusals in plain words, names of codes.

One table a kind, so that a catalogue of translations can be made from them.
"""

from typing import Final

from pydantic import ValidationError

from cocreate.application import NotAHost, Refusal, Unavailable

DONE: Final = {
    "joined": "You are in. Welcome.",
    "back": "Welcome back.",
    "host": "This browser may now create workshops.",
    "created": "The workshop is created. Check the agenda, then open it when people arrive.",
    "idea": "Your idea is saved. Everybody can see it.",
    "idea_waiting": "Your idea is saved. A facilitator reads it before others can see it.",
    "edited": "Your changes are saved.",
    "withdrawn": "It is withdrawn.",
    "comment": "Your comment is saved.",
    "vote": "Your vote is saved. You can change it until the vote closes.",
    "answer": "Saved.",
    "answer_back": "Your answer is taken back.",
    "vote_back": "Your vote is taken back. You can vote again until the vote closes.",
    "name": "Your name is saved.",
    "left": "You have left. What you contributed stays; you can come back at any time.",
    "reason_erased": "The reason is erased for good. The vote stays counted.",
    "erased": "Everything you wrote and your name have been erased for good.",
    "person": "The person is entered. You can write for them now.",
    "for_person": "Saved in the person's name.",
    "done": "Done.",
    "paused": "Input is paused for everybody.",
    "resumed": "Input is open again.",
    "opened": "The workshop is open. People can begin.",
    "closed": "The workshop is closed.",
    "sealed": "The record is sealed. Nothing can be added to it any more.",
    "round": "The vote is open.",
    "round_closed": "The vote is closed. Its result is certified in a moment.",
    "paper_issued": "The sheet is handed out. This person votes on paper here.",
    "paper_entered": "The bundle is entered. It counts once somebody else has entered the same.",
    "paper_checked": "Both say the same: the bundle counts.",
    "paper_voided": "The bundle is taken out of the count.",
    "vote_for": "Their vote is saved.",
    "vote_for_back": "Their vote is taken back.",
    "contested": "Your contest is on the record. A facilitator has to answer it by counting anew.",
    "recertified": "The result is counted anew and certified again.",
    "overridden": "Your declaration is on the record, with its reason. The counted result stays beside it.",
    "decision": "The decision is recorded. Everybody finds it on the outcome page.",
    "promised": "The commitment is recorded. The outcome page shows what becomes of it.",
    "news": "The news is recorded.",
    "answered": "The answer is saved. The idea's author sees it on their own page.",
    "sorted": "Sorted. Everybody sees the clusters on the page of ideas.",
    "merged": "Merged. Authors, and people who voted for them, are told on their own pages.",
    "parted": "Taken apart again.",
    "settings": "The settings are saved.",
    "agenda": "The agenda is saved.",
}
"""What `?done=` means; anything else says nothing."""

REFUSED: Final = {
    "WorkshopNotOpen": "The workshop is not open at the moment, so nothing could be saved.",
    "InputPaused": "The facilitator has paused all input. Your words are kept below; send them again in a moment.",
    "NotNow": "The agenda has moved on, so this cannot be sent now. Your words are kept below.",
    "NotAParticipant": "Only people who have joined can do this. Join with the code first.",
    "NotAFacilitator": "Only a facilitator of this workshop can do this. Open it with a facilitator's link.",
    "NotTheAuthor": "This belongs to somebody else.",
    "RoundNotOpen": "The vote has closed, so this choice was not sent. A vote you had saved before still counts.",
    "BallotSuperseded": (
        "A newer vote of yours is already saved, perhaps from another tab or device. It is shown below and it counts. "
        "You can still change it here."
    ),
    "OptionHidden": "This statement takes no new answers. Answers already given still count.",
    "VotesOnPaper": "You vote on paper here: a sheet was handed out to you. Ask a facilitator if you never got one.",
    "BallotStands": "This person has sent a vote already. They take it back first, then they get a sheet.",
    "SecondPersonNeeded": "You entered this bundle yourself. Somebody else has to enter it a second time.",
    "PaperBatchDiffers": "This is not what was entered first. Look at the papers again: whoever has mistyped, mends it.",
    "PaperUnchecked": (
        "Paper waits: every bundle has to be checked by a second person, or taken out, before the result is certified."
    ),
    "ReasonWithoutObjection": "A reason goes with an objection or a block. Choose one of them, or take the reason away.",
    "TextNotFound": "There is nothing to erase here: it is gone, or does not show yet.",
    "NoBallot": "There is no vote to take back here.",
    "GraceRunning": "Late votes still count for a few seconds. The result is certified right after.",
    "ContestOver": "The week in which this result could be contested is over. Talk to a facilitator.",
    "CommentTooDeep": "Replies go three levels deep. Reply one level higher.",
    "IdeaInRound": "One of these ideas is in a vote that has no result yet. Do it when the vote is certified.",
    "MergeMalformed": "Choose at least one idea beside the one that it is merged into.",
    "IdeaStateConflict": "This cannot be done any more: the idea has been withdrawn or hidden meanwhile, or is in use.",
    "CommentStateConflict": "This cannot be done any more: the comment has been withdrawn or hidden meanwhile.",
    "KeyLost": "This vote cannot go on: its key is gone. A facilitator has to close it.",
    "RecordIsSealed": "The record of this workshop is sealed. Nothing can be added to it.",
    "ImportIncomplete": "The import into this workshop has not finished, so nothing can be added yet.",
    "IdempotencyKeyReused": "This form was sent before with other words. Check below and send it again.",
    "LastFacilitator": "The last facilitator cannot be removed. Add another one first.",
    "NotAHost": "Only a host of this installation can create workshops. Open it with a host's link.",
    "TimesMalformed": "The workshop must end after it starts.",
}
"""Refusals in a participant's words, by the kind of refusal; the others say their own text."""

FIELDS: Final = {
    "title": "The title",
    "host": "The host",
    "city": "The city",
    "country": "The country",
    "place": "The place",
    "purpose": "The purpose",
    "languages": "The languages",
    "text": "The text",
    "tags": "The tags",
    "name": "The name",
    "question": "The question",
    "options": "The choice of ideas",
    "choice": "The choice",
    "rules": "The way of voting",
    "choices_max": "How many each voter may name",
    "seats": "How many are chosen",
    "purse": "The dots that each voter has",
    "cap": "The dots that one idea may get",
    "by": "What decides",
    "raters_min": "The ratings that an idea needs",
    "credits": "The credits that each voter has",
    "against": "Votes against",
    "count": "The way of counting",
    "objections_max": "The objections that consent bears",
    "quorum": "How many have to say something",
    "ballot": "The kind of ballot",
    "budget": "The budget",
    "currency": "The currency",
    "points_max": "The points",
    "skip": "What happens to a project that does not fit",
    "threshold": "The points that a project needs",
    "completion": "What happens to the rest of the money",
    "raise_by": "What shares are raised by",
    "ties": "How ties are broken",
    "grace_ms": "The grace",
    "withheld_until": "The latest closing time",
    "reason": "The reason",
    "ballots": "The papers",
    "label": "What stands on the bundle",
    "spoiled": "The number of spoiled sheets",
    "participant": "The person",
    "note": "The note",
    "idea": "The idea that they are merged into",
    "what": "What it is",
    "who": "Who promises it",
    "due": "The day",
    "state": "What has become of it",
    "evidence": "Where it can be seen",
    "why": "Why",
    "ideas": "The choice of ideas",
    "rounds": "The choice of votes",
    "answer": "The answer",
    "cost": "The cost",
    "minutes": "The minutes",
    "starts_at": "The start",
    "ends_at": "The end",
    "join": "Who may join",
}

PRICES_MISSING: Final = "{more} more ideas have no price yet."

NAMES: Final = {
    "scheduled": "upcoming",
    "open": "open",
    "closed": "closed",
    "cancelled": "cancelled",
    "sealed": "closed and sealed",
    "welcome": "Welcome",
    "collect": "Collect ideas",
    "discuss": "Discuss",
    "cluster": "Sort ideas",
    "vote": "Vote",
    "decide": "Decide",
    "break": "Break",
    "ahead": "to come",
    "current": "now",
    "done": "done",
    "waiting": "waiting for approval",
    "visible": "visible",
    "hidden": "hidden",
    "withdrawn": "withdrawn",
    "present": "here",
    "left": "left",
    "removed": "removed",
    "erased": "erased",
    "participant": "participant",
    "scribe": "scribe",
    "open_code": "by code",
    "imported": "from an import",
    "for": "For",
    "against": "Against",
    "neutral": "Neutral",
    "support": "Support",
    "approval": "Approval",
    "opinion": "Opinion",
    "supporters": "Supporters",
    "approvals": "Approvals",
    "dots": "Dots",
    "score": "Score",
    "ranked": "Ranking",
    "quadratic": "Quadratic",
    "budget": "Budget",
    "equal_shares": "Equal shares",
    "consent": "Consent",
    "voters": "Voters",
    "points": "Points",
    "votes": "Votes",
    "average": "Average",
    "spread": "Spread",
    "price": "Price",
    "raters": "Raters",
    "squares": "Sum of squares",
    "votes_for": "Votes for",
    "votes_against": "Votes against",
    "first": "First places",
    "abstain": "Abstain",
    "object": "Object",
    "block": "Block",
    "agree": "Agree",
    "disagree": "Disagree",
    "pass": "Pass",
    "tie_broken": "tie broken by the draw or an earlier round",
    "elected": "elected",
    "seats_unfilled": "places stay empty",
    "rated": "rated",
    "consented": "consent",
    "blocked": "blocked",
    "objected": "objections stand",
    "no_quorum": "too few have said anything",
    "excluded": "excluded",
    "surplus": "surplus passed on",
    "first_preferences": "first preferences",
    "last_place": "elected to a last place",
    "half_points": "half points",
    "preferred_to": "ballots that prefer it to",
    "by_round": "by the votes of round",
    "next_cost": "the next would cost",
    "under_threshold": "under the threshold",
    "passed_over": "passed over, it does not fit",
    "stopped": "stopped, it does not fit",
    "nothing_more_fits": "nothing more fits",
    "over_budget": "the next would be over the budget",
    "no_voters": "nobody has voted for anything",
    "raised": "every share raised",
    "voided": "void",
    "batch_entered": "waits for a second person",
    "batch_checked": "counts",
    "batch_voided": "taken out",
    "certified": "certified",
    "always": "results always show",
    "after_own_ballot": "results show after one's own vote",
    "after_closing": "results show after closing",
    "pseudonymous": "no names: each vote carries a pseudonym of this vote alone",
    "frozen": "fixed options",
    "growing": "new ideas join while people vote",
    "one_per_browser": "one vote per browser, not proven one per person",
    "claimed_by_source": "voters as claimed by the source of the import",
    "accepted": "accepted",
    "rejected": "rejected",
    "under_evaluation": "under evaluation",
    "unanswered": "not answered yet",
    "under_way": "under way",
    "kept": "kept",
    "broken": "not kept",
    "promised": "promised",
    "merged": "merged into another",
    "spam": "spam",
    "offensive": "offensive",
    "off_topic": "off topic",
    "personal_content": "tells personal things about somebody",
    "duplicate": "duplicate",
    "other": "other",
    "imported_moderation": "moderated in the source it was imported from",
    "conduct": "conduct",
    "not_eligible": "not eligible",
    "mistake": "a mistake",
    "rules_changed": "the rules had to change",
    "irregularity": "an irregularity",
    "facilitator": "by a facilitator",
    "withheld_until": "its time was over",
    "key_lost": "its key was gone",
    "workshop_closed": "the workshop closed",
    "requested": "requested",
    "unlawful": "unlawful",
    "retention_ended": "time of keeping over",
}
"""Names of codes."""

COUNTS: Final = {
    "first": "first preferences alone",
    "approval": "approval",
    "borda": "Borda points",
    "irv": "instant runoff",
    "stv": "single transferable vote",
    "schulze": "Schulze (every pair compared)",
    "budget": "most points first, while the money lasts",
    "equal_shares": "equal shares of the budget",
}
"""Ways to count, within a sentence."""

READINGS: Final = {
    "as_cast": "Each ballot is taken as it was cast.",
    "named": "Whatever a ballot puts in order counts as approved; the order itself is left out.",
    "agreed": "What somebody agreed with counts as approved; everything else does not.",
    "liked": "A rating of 3, 4 or 5 counts as approved; a lower one and none do not.",
    "given": "Whatever was given points counts as approved; how many is left out.",
    "first": "Only what a ballot puts first counts.",
    "ordered": "More points count as preferred; equal points as equal, and options without points as last.",
}
"""How ballots are read for another count."""

EVENTS: Final = {
    "RecordStarted": "The record began",
    "WorkshopScheduled": "The workshop was scheduled",
    "WorkshopRescheduled": "The workshop was moved to other times",
    "WorkshopCancelled": "The workshop was cancelled",
    "WorkshopOpened": "The workshop opened",
    "WorkshopClosed": "The workshop closed",
    "WorkshopReopened": "The workshop reopened",
    "RecordSealed": "The record was sealed",
    "SettingsChanged": "Settings changed",
    "FacilitatorAdded": "A facilitator was added",
    "FacilitatorRemoved": "A facilitator was removed",
    "ImportCompleted": "The import completed",
    "AgendaChanged": "The agenda changed",
    "ActivityStarted": "An activity began",
    "ActivityEnded": "An activity ended",
    "ParticipantJoined": "Somebody joined",
    "ConsentGiven": "Somebody consented to the terms",
    "NameGiven": "Somebody gave a name",
    "RoleGranted": "A role was given",
    "ParticipantLeft": "Somebody left",
    "ParticipantRemoved": "Somebody was removed",
    "ParticipantReadmitted": "Somebody came back",
    "IdeaSubmitted": "An idea was submitted",
    "IdeaEdited": "An idea was edited",
    "IdeaWithdrawn": "An idea was withdrawn",
    "IdeaApproved": "An idea was approved",
    "IdeaHidden": "An idea was hidden",
    "IdeaRestored": "An idea was restored",
    "IdeaTagged": "An idea was tagged",
    "CommentPosted": "A comment was posted",
    "CommentWithdrawn": "A comment was withdrawn",
    "CommentHidden": "A comment was hidden",
    "CommentRestored": "A comment was restored",
    "IdeasMerged": "Ideas were merged",
    "MergeReverted": "Merged ideas were taken apart",
    "IdeaClustered": "An idea was sorted",
    "ClusterNamed": "A cluster was named",
    "IdeaAnswered": "An idea was answered",
    "DecisionRecorded": "A decision was recorded",
    "DecisionAmended": "A decision was amended",
    "CommitmentMade": "A commitment was made",
    "CommitmentUpdated": "There was news of a commitment",
    "RoundOpened": "A vote opened",
    "OptionAdmitted": "A statement joined a vote",
    "OptionsPriced": "The costs of a vote's options were stated",
    "OptionsMerged": "Merged options of a vote count as one",
    "RoundClosed": "A vote closed",
    "RoundVoided": "A vote was declared void",
    "PaperIssued": "A sheet of paper was handed out",
    "PaperBatchEntered": "A bundle of papers was entered",
    "PaperBatchChecked": "A bundle of papers was checked",
    "PaperBatchVoided": "A bundle of papers was taken out of the count",
    "PaperReconciled": "Sheets of paper were reconciled",
    "ResultPart": "Part of a result",
    "ResultCertified": "A result was certified",
    "ResultContested": "A result was contested",
    "ResultRecertified": "A result was counted anew and certified again",
    "ResultOverridden": "A facilitator declared another result",
    "TextErased": "A text was erased",
    "SubjectErased": "A person's texts and name were erased",
    "ballots": "Votes were sent",
}
"""Entries on the timeline, by event."""

TOPICS: Final = {
    "workshop": (
        "Workshop and agenda",
        ("Record", "Workshop", "Settings", "Facilitator", "Import", "Agenda", "Activity"),
    ),
    "people": ("People", ("Participant", "Consent", "Name", "Role")),
    "ideas": ("Ideas", ("Idea", "Merge", "Cluster")),
    "comments": ("Comments", ("Comment",)),
    "decisions": ("Decisions", ("Decision", "Commitment")),
    "votes": ("Votes and results", ("Round", "Option", "Paper", "Result", "ballots")),
    "erasures": ("Erasures", ("Text", "Subject")),
}
"""Filters of the timeline: title, and what the events' names begin with."""


def event_name(event: str) -> str:
    """The event's name without its version."""
    return event.partition(".")[0]


def refused(error: Refusal | Unavailable | NotAHost) -> str:
    """Why it could not be done and what to do next, in plain words."""
    return REFUSED.get(type(error).__name__) or str(error)


def mistakes(error: ValidationError) -> list[tuple[str, str]]:
    """(field, what is wrong with it) of a form, each field once, in the form's order."""
    found: dict[str, str] = {}
    for one in error.errors():
        places = [str(place) for place in one["loc"]]
        field = next(
            (place for place in reversed(places) if place in FIELDS), places[0] if places else "form"
        )
        found.setdefault(field, _mistake(FIELDS.get(field, "Something"), one["type"], one.get("ctx", {})))
    return list(found.items())


def amount_wrong(name: str, typed: str, currency: str) -> str:
    """Why a field is no amount of money."""
    return f"{FIELDS[name]} must be an amount of {currency}, not “{typed[:20]}”. Write it like 12500 or 12500.50."


def price_wrong(title: str, typed: str, currency: str) -> str:
    """Why an idea has no price, and how to give it one."""
    if not typed:
        return f"“{title}” needs a price: in a vote on a budget every idea has one."
    short = typed if len(typed) <= 20 else f"{typed[:19]}…"
    return f"“{title}” costs an amount of {currency} above 0, not “{short}”. Write it like 12500 or 12500.50."


def _mistake(subject: str, kind: str, facts: dict[str, object]) -> str:
    match kind:
        case "missing" | "string_too_short" | "too_short":
            return f"{subject} is missing."
        case "string_too_long":
            return f"{subject} is too long: at most {facts['max_length']} characters."
        case "too_long":
            return f"{subject} has too many parts: at most {facts['max_length']}."
        case "greater_than_equal":
            return f"{subject} must be at least {facts['ge']}."
        case "less_than_equal":
            return f"{subject} must be at most {facts['le']}."
        case "int_type" | "int_parsing" | "int_from_float":
            return f"{subject} must be a whole number."
        case _:
            return f"{subject} cannot be read. Check it."
