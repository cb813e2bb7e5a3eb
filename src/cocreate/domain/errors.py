"""Every way a command can be refused.

    Refusal
    ├── NotFound               the thing named does not exist here
    │   └── WorkshopNotFound IdeaNotFound CommentNotFound RoundNotFound ActivityNotFound ParticipantNotFound TextNotFound
    │       DecisionNotFound ClusterNotFound CommitmentNotFound PaperBatchNotFound
    ├── NotAllowed             the actor's role does not permit it
    │   └── NotAFacilitator NotAParticipant NotAScribe NotTheAuthor SecondPersonNeeded
    ├── Malformed              the request contradicts the rules it names, whatever the state
    │   └── ChoiceMalformed RulesMalformed TagUnknown AgendaMalformed TimesMalformed
    │       MergeMalformed PredecessorMalformed ReasonWithoutObjection
    └── Conflict               the state does not permit it now
        └── WorkshopNotOpen WorkshopStateConflict InputPaused ActivityConflict NotNow IdeaStateConflict
            CommentStateConflict CommentTooDeep RoundNotOpen RoundStateConflict GraceRunning ContestOver OptionUnknown
            OptionHidden CountImpossible BallotSuperseded NoBallot LimitReached SecrecyUnavailable KeyLost
            BallotStands VotesOnPaper PaperBatchRepeated PaperBatchStateConflict PaperBatchDiffers PaperUnaccounted PaperUnchecked
            ParticipantStateConflict LastFacilitator IdempotencyKeyReused RecordIsSealed ImportIncomplete
            DecisionStateConflict CommitmentStateConflict IdeaInRound

The class is the kind, keyword values are the facts, the text is derived. How a kind is told over HTTP is not known here.
"""

from typing import ClassVar

Fact = str | int | tuple[str, ...]


class Refusal(Exception):
    """A command that the rules do not permit; nothing has changed."""

    text: ClassVar[str]
    """What was expected, what was found, the next step; facts in braces."""

    def __init__(self, **facts: Fact) -> None:
        self.facts = facts
        super().__init__(self.text.format(**facts))


class NotFound(Refusal):
    pass


class NotAllowed(Refusal):
    pass


class Malformed(Refusal):
    pass


class Conflict(Refusal):
    pass


class WorkshopNotFound(NotFound):
    text = "There is no workshop {workshop}. Check the link, or enter the join code again."


class IdeaNotFound(NotFound):
    text = "There is no idea {idea} in this workshop. Reload the page to see the current ideas."


class CommentNotFound(NotFound):
    text = "There is no comment {comment} in this workshop. Reload the page to see the current comments."


class RoundNotFound(NotFound):
    text = "There is no round {round} in this workshop. Reload the page to see the current rounds."


class ActivityNotFound(NotFound):
    text = "There is no activity {activity} on this agenda. Reload the page to see the current agenda."


class ParticipantNotFound(NotFound):
    text = "There is no participant {participant} in this workshop."


class TextNotFound(NotFound):
    text = (
        "Entry {position} has no sealed text in the field {field}. Name an entry and a field that hold one."
    )


class DecisionNotFound(NotFound):
    text = "There is no decision {decision} in this workshop. Reload the page to see the decisions."


class ClusterNotFound(NotFound):
    text = "There is no cluster {cluster} in this workshop. Reload the page to see the clusters."


class PaperBatchNotFound(NotFound):
    text = "There is no batch of paper {batch} like that in this round. Reload the page to see its batches."


class CommitmentNotFound(NotFound):
    text = "There is no commitment {commitment} in this workshop. Reload the page to see the commitments."


class NotAFacilitator(NotAllowed):
    text = "Only a facilitator of this workshop may do this. Sign in with a facilitator's link."


class NotAParticipant(NotAllowed):
    text = (
        "Only a participant of this workshop may do this, and this one is {status}. Join the workshop first."
    )


class NotAScribe(NotAllowed):
    text = (
        "Only a scribe or a facilitator may enter people without a device. Ask a facilitator for that role."
    )


class NotTheAuthor(NotAllowed):
    text = "This belongs to somebody else. Ask them, or a facilitator."


class SecondPersonNeeded(NotAllowed):
    text = "The batch {batch} was entered by you. Somebody else has to enter it a second time."


class ChoiceMalformed(Malformed):
    text = "The choice does not fit a round by {method}: expected {expected}, found {found}. Send a choice of that form."


class ReasonWithoutObjection(Malformed):
    text = (
        "A reason goes with an objection or a block, and the ballot has neither for {option}. "
        "Change the answer, or leave the reason out."
    )


class RulesMalformed(Malformed):
    text = "The rules of the round contradict each other: {problem}. Change them and open the round again."


class TagUnknown(Malformed):
    text = (
        "The tag {tag} is not one of this workshop's: {known}. Use one of those, or let a facilitator add it."
    )


class AgendaMalformed(Malformed):
    text = "The agenda cannot be used: {problem}. Mend it and send it again."


class TimesMalformed(Malformed):
    text = "The workshop must end after it starts: it would start at {starts_at} and end at {ends_at} (ms since 1970)."


class MergeMalformed(Malformed):
    text = "These ideas cannot be merged: {problem}."


class PredecessorMalformed(Malformed):
    text = "The record that this one is to go on from cannot be named so: {problem}. Look at what is stored and signed of it again."


class WorkshopNotOpen(Conflict):
    text = "This needs an open workshop, and this one is {status}. Wait until a facilitator opens it."


class WorkshopStateConflict(Conflict):
    text = "A workshop that is {status} cannot be {wanted}."


class InputPaused(Conflict):
    text = "The facilitator has paused all input. Wait a moment and send it again; nothing was lost."


class ActivityConflict(Conflict):
    text = "The activity {activity} cannot be {wanted}: {problem}."


class NotNow(Conflict):
    text = "The current activity ({activity}) does not take {wanted}. Keep your text and send it in the next suitable activity."


class IdeaStateConflict(Conflict):
    text = "An idea that is {status} cannot be {wanted}."


class DecisionStateConflict(Conflict):
    text = "A decision that is {status} cannot be {wanted}."


class CommitmentStateConflict(Conflict):
    text = "A commitment that is {status} cannot be {wanted}."


class IdeaInRound(Conflict):
    text = (
        "The idea {idea} is put to the vote in the round {round}, which has no result yet, so nothing is merged into or out of it. "
        "Do it when the round is certified or void."
    )


class CommentStateConflict(Conflict):
    text = "A comment that is {status} cannot be {wanted}."


class CommentTooDeep(Conflict):
    text = "Threads go {depth_max} deep; this reply would be at depth {depth}. Reply one level higher."


class RoundNotOpen(Conflict):
    text = "The round {round} takes no ballots: it is {status}. Your last saved ballot stands."


class RoundStateConflict(Conflict):
    text = "A round that is {status} cannot be {wanted}."


class GraceRunning(Conflict):
    text = "Late ballots still count until {until} (ms since 1970). Certify after that."


class ContestOver(Conflict):
    text = (
        "This result could be contested until {until} (ms since 1970). "
        "Talk to a facilitator, who can declare another one with a reason."
    )


class OptionUnknown(Conflict):
    text = "The idea {option} is not an option of the round {round}. Reload the ballot to see its options."


class OptionHidden(Conflict):
    text = "The idea {option} takes no new answers: it is {status}. Answers already given stay counted."


class CountImpossible(Conflict):
    text = "Ballots of a round by {method} do not say what a count by {under} needs. They can be counted by: {possible}."


class BallotSuperseded(Conflict):
    text = (
        "A newer ballot stands (counter {standing}), and this one says {counter}. "
        "Reload to see it; send {standing} + 1 to change it."
    )


class NoBallot(Conflict):
    text = "There is no standing ballot to withdraw in the round {round}."


class LimitReached(Conflict):
    text = "A limit is reached: at most {limit} {of}."


class SecrecyUnavailable(Conflict):
    text = (
        "Ballots that are {secrecy} cannot be taken by this version. Open the round as open or pseudonymous."
    )


class KeyLost(Conflict):
    text = "The key of the round {round} is gone, so its voters can no longer be told apart. A facilitator must close the round."


class BallotStands(Conflict):
    text = "This person's vote stands already in the round {round}. They take it back first, then they get a paper."


class VotesOnPaper(Conflict):
    text = "In the round {round} this person votes on paper: a sheet was handed out to them. It counts when it is handed in."


class PaperBatchRepeated(Conflict):
    text = (
        "This is entered already, as the batch {batch}. If it is another bundle that says the same, "
        "give it another label and name that batch in same_as."
    )


class PaperBatchStateConflict(Conflict):
    text = "The batch {batch} is {status} and cannot be {wanted}."


class PaperBatchDiffers(Conflict):
    text = (
        "This is not what the batch {batch} says. Look at the papers again: enter them anew if you have "
        "mistyped, or have the batch voided and entered again."
    )


class PaperUnaccounted(Conflict):
    text = (
        "The papers do not add up: {sheets} sheets were handed out to {people} people, and {counted} votes and "
        "{spoiled} spoiled sheets would have come back. Count them again."
    )


class PaperUnchecked(Conflict):
    text = (
        "Paper waits: {batches} batches to be checked, {outstanding} sheets not brought back. Check the batches; "
        "a facilitator may certify without the missing sheets."
    )


class ParticipantStateConflict(Conflict):
    text = "A participant who is {status} cannot be {wanted}."


class LastFacilitator(Conflict):
    text = "The last facilitator cannot be removed. Add another one first."


class IdempotencyKeyReused(Conflict):
    text = "This idempotency key was used for another request. Use a new key for a new request."


class RecordIsSealed(Conflict):
    text = "This record is sealed: nothing but erasures and news of commitments may follow."


class ImportIncomplete(Conflict):
    text = "The import into this workshop has not completed. Run it again to resume it."
