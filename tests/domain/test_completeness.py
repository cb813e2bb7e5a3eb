"""No command, event or refusal is left without its function, its story or its text."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import string
from collections.abc import Iterator
from dataclasses import is_dataclass, replace

import pytest

from cocreate import domain
from cocreate.domain import errors
from cocreate.domain.agenda import EndActivity, StartActivity
from cocreate.domain.certificate import CertifyResult
from cocreate.domain.cluster import ClusterIdeas
from cocreate.domain.commitment import MakeCommitment, UpdateCommitment
from cocreate.domain.contest import CONTEST_MS, ContestResult
from cocreate.domain.decider import commands, decide, evolved_events
from cocreate.domain.decision import AmendDecision, RecordDecision
from cocreate.domain.erasure import EraseText
from cocreate.domain.errors import Conflict, Malformed, NotAllowed, NotFound, Refusal
from cocreate.domain.facilitator import RemoveFacilitator
from cocreate.domain.idea import EditIdea
from cocreate.domain.merging import MergeIdeas
from cocreate.domain.messages import EVENT_TYPES, SYSTEM, Command
from cocreate.domain.paper import CheckPaperBatch, EnterPaperBatch, IssuePaper
from cocreate.domain.participant import GrantRole, JoinWorkshop, RemoveParticipant
from cocreate.domain.round import CloseRound
from cocreate.domain.workshop import RescheduleWorkshop, SealRecord
from tests.domain.words import (
    ANNA,
    BEN,
    CLEO,
    CLOSES_WORKSHOP,
    CONSENT,
    FACILITATOR,
    OPINION,
    PREDECESSOR,
    SOURCE,
    STRANGER,
    SUPPORT,
    TIE_ROOT,
    activity,
    activity_id,
    agenda,
    answers,
    cluster_id,
    comment_id,
    commitment_id,
    consents,
    decision_id,
    hides,
    idea_id,
    ideas,
    joins,
    opened,
    opens_round,
    pauses,
    posts,
    round_id,
    schedule,
    submits,
    text,
    voter,
    votes,
    withdraws_ballot,
)
from tests.given_when_then import Wait, given, picture

KINDS = (NotFound, NotAllowed, Malformed, Conflict)

RAISED_OUTSIDE = {
    "WorkshopNotFound": "a state is of one workshop; which one is meant is settled before there is a state",
    "CountImpossible": "a count of another kind is made for whoever asks, and decides nothing",
    "KeyLost": "round keys are secrets, which the domain never sees",
    "IdempotencyKeyReused": "repeats of a command are recognised before it is decided",
}
"""Refusals that the application raises, and why the domain cannot."""

BOARD = [*opened(), *joins(ANNA, BEN), *ideas(ANNA, 2)]
ROUND = [*BOARD, opens_round(1, SUPPORT, 1)]
GROWING = [*opened(), *joins(ANNA), opens_round(1, OPINION, admission="growing"), *ideas(ANNA, 1)]
DEEP = [posts(ANNA, 1), posts(ANNA, 2, parent=1), posts(ANNA, 3, parent=2)]
DAY = agenda(activity(1, "vote"))
STARTS = StartActivity(actor=FACILITATOR, activity=activity_id(1))
CLOSES_ROUND = CloseRound(actor=FACILITATOR, round=round_id(1))
CERTIFIES = CertifyResult(actor=SYSTEM, round=round_id(1), tie_root=TIE_ROOT)
DECIDES = RecordDecision(actor=FACILITATOR, decision=decision_id(1), what=text("what"), why=text("why"))
AMENDS = AmendDecision(
    actor=FACILITATOR, decision=decision_id(1), reason=text("so"), what=text("what"), why=text("why")
)
LAYS = ClusterIdeas(actor=FACILITATOR, ideas=(idea_id(1),), cluster=cluster_id(1))
MERGES = MergeIdeas(actor=FACILITATOR, idea=idea_id(1), ideas=(idea_id(2),))
PROMISES = MakeCommitment(
    actor=FACILITATOR, commitment=commitment_id(1), who=text("who"), what=text("what"), due=1
)
TELLS = UpdateCommitment(actor=FACILITATOR, commitment=commitment_id(1), state="kept")
REMOVES = RemoveParticipant(actor=FACILITATOR, participant=ANNA, reason="other")

ISSUES = IssuePaper(actor=FACILITATOR, round=round_id(1), participant=ANNA, voter=voter(ANNA))
PAPER: list[Command | Wait] = [
    *ROUND,
    ISSUES,
    GrantRole(actor=FACILITATOR, participant=BEN, role="scribe"),
    CLOSES_ROUND,
    Wait(60_000),
]
ENTERS = EnterPaperBatch(actor=FACILITATOR, round=round_id(1), batch=idea_id(1), label="box-1", ballots=((),))
CHECKS = CheckPaperBatch(actor=BEN, round=round_id(1), batch=idea_id(1), digest="0" * 64)

Example = tuple[type[Refusal], list[Command | Wait], Command]

EXAMPLES: list[Example] = [
    (errors.IdeaNotFound, [*BOARD], hides(9)),
    (errors.CommentNotFound, [*BOARD], posts(ANNA, 1, parent=9)),
    (errors.RoundNotFound, [*BOARD], votes(ANNA, 1)),
    (errors.ActivityNotFound, [*BOARD], STARTS),
    (errors.ParticipantNotFound, [*BOARD], replace(REMOVES, participant=STRANGER)),
    (
        errors.TextNotFound,
        [*BOARD],
        EraseText(actor=ANNA, position=99, field="text", subject=ANNA, reason="requested"),
    ),
    (errors.ClusterNotFound, [*BOARD], LAYS),
    (errors.CommitmentNotFound, [*BOARD], TELLS),
    (errors.CommitmentStateConflict, [*BOARD, PROMISES], PROMISES),
    (errors.DecisionNotFound, [*BOARD], AMENDS),
    (errors.NotAFacilitator, [*BOARD], replace(hides(1), actor=ANNA)),
    (errors.NotAParticipant, [*BOARD], submits(STRANGER, 9)),
    (errors.NotAScribe, [*BOARD], JoinWorkshop(actor=CLEO, how="scribe", scribe=ANNA)),
    (errors.NotTheAuthor, [*BOARD], EditIdea(actor=BEN, idea=idea_id(1), text=text("mine"))),
    (errors.ChoiceMalformed, [*ROUND], replace(votes(ANNA, 1), choice=1)),
    (errors.ReasonWithoutObjection, [*BOARD, opens_round(1, CONSENT, 1)], consents(ANNA, {1: 1}, 1)),
    (errors.RulesMalformed, [*BOARD], opens_round(1, SUPPORT)),
    (errors.TagUnknown, [*BOARD], submits(ANNA, 9, tags=("red",))),
    (errors.AgendaMalformed, [*BOARD], agenda(activity(1, "vote"), activity(1, "vote"))),
    (errors.TimesMalformed, [*BOARD], RescheduleWorkshop(actor=FACILITATOR, starts_at=2, ends_at=1)),
    (
        errors.PredecessorMalformed,
        [],
        schedule(predecessor=PREDECESSOR.model_copy(update={"because": "key_compromised"})),
    ),
    (errors.WorkshopNotOpen, [schedule(), *joins(ANNA)], submits(ANNA, 1)),
    (errors.WorkshopStateConflict, [*opened()], schedule()),
    (errors.InputPaused, [*BOARD, pauses()], submits(ANNA, 9)),
    (
        errors.ActivityConflict,
        [*BOARD, DAY],
        EndActivity(actor=FACILITATOR, activity=activity_id(1)),
    ),
    (errors.NotNow, [*BOARD, DAY, STARTS], submits(ANNA, 9)),
    (errors.IdeaStateConflict, [*BOARD], submits(BEN, 1)),
    (errors.MergeMalformed, [*BOARD], replace(MERGES, ideas=(idea_id(1),))),
    (errors.IdeaInRound, [*ROUND], MERGES),
    (errors.DecisionStateConflict, [*BOARD, DECIDES], DECIDES),
    (errors.CommentStateConflict, [*BOARD, posts(ANNA, 1)], posts(ANNA, 1)),
    (errors.CommentTooDeep, [*BOARD, *DEEP], posts(ANNA, 4, parent=3)),
    (errors.RoundNotOpen, [*ROUND, CLOSES_ROUND, Wait(60_000)], votes(ANNA, 1)),
    (errors.RoundStateConflict, [*ROUND], CERTIFIES),
    (errors.GraceRunning, [*ROUND, CLOSES_ROUND], CERTIFIES),
    (
        errors.ContestOver,
        [*ROUND, CLOSES_ROUND, Wait(60_000), CERTIFIES, Wait(CONTEST_MS)],
        ContestResult(actor=ANNA, author=ANNA, round=round_id(1), reason=text("unfair")),
    ),
    (errors.BallotStands, [*ROUND, votes(ANNA, 1)], ISSUES),
    (errors.VotesOnPaper, [*ROUND, ISSUES], votes(ANNA, 1)),
    (errors.PaperUnaccounted, [*PAPER], replace(ENTERS, ballots=((), ()))),
    (errors.PaperUnchecked, [*PAPER, ENTERS], CERTIFIES),
    (errors.PaperBatchNotFound, [*PAPER], CHECKS),
    (errors.SecondPersonNeeded, [*PAPER, ENTERS], replace(CHECKS, actor=FACILITATOR)),
    (errors.PaperBatchDiffers, [*PAPER, ENTERS], CHECKS),
    (errors.PaperBatchStateConflict, [*PAPER, ENTERS], ENTERS),
    (errors.PaperBatchRepeated, [*PAPER, ENTERS], replace(ENTERS, batch=idea_id(2))),
    (errors.OptionUnknown, [*ROUND], votes(ANNA, 2)),
    (errors.OptionHidden, [*GROWING, hides(1)], answers(ANNA, 1, 1)),
    (errors.BallotSuperseded, [*ROUND, votes(ANNA, 1)], votes(ANNA, 1, counter=1)),
    (errors.NoBallot, [*ROUND], withdraws_ballot(ANNA)),
    (errors.LimitReached, [*ROUND], votes(ANNA, 1, counter=10**9)),
    (errors.SecrecyUnavailable, [*BOARD], opens_round(1, SUPPORT, 1, secrecy="secret")),
    (errors.ParticipantStateConflict, [*BOARD], joins(ANNA)[0]),
    (errors.LastFacilitator, [*BOARD], RemoveFacilitator(actor=FACILITATOR, facilitator=FACILITATOR)),
    (errors.RecordIsSealed, [*BOARD, CLOSES_WORKSHOP, SealRecord(actor=FACILITATOR)], hides(1)),
    (errors.ImportIncomplete, [*opened(SOURCE)], CLOSES_WORKSHOP),
]


def refusals() -> Iterator[type[Refusal]]:
    for kind in KINDS:
        yield from kind.__subclasses__()


@pytest.mark.parametrize(
    ("kind", "steps", "command"), EXAMPLES, ids=[kind.__name__ for kind, _, _ in EXAMPLES]
)
def test_each_refusal_tells_its_facts(
    kind: type[Refusal], steps: list[Command | Wait], command: Command
) -> None:
    story = given(*steps)
    with pytest.raises(Refusal) as caught:
        decide(command, story.state, story.clock + 1)
    refusal = caught.value
    assert type(refusal) is kind
    wanted = {name for _, name, _, _ in string.Formatter().parse(kind.text) if name}
    assert set(refusal.facts) == wanted
    for fact in refusal.facts.values():
        assert str(fact) in str(refusal)


def test_every_refusal_is_raised_by_the_domain_or_named_here_with_the_reason() -> None:
    shown = {kind.__name__ for kind, _, _ in EXAMPLES}
    assert shown.isdisjoint(RAISED_OUTSIDE)
    assert shown | set(RAISED_OUTSIDE) == {kind.__name__ for kind in refusals()}


def test_every_refusal_is_a_leaf_of_the_four_kinds() -> None:
    assert set(Refusal.__subclasses__()) == set(KINDS)
    assert all(not kind.__subclasses__() for kind in refusals())


def test_the_tree_in_the_docstring_is_the_tree_of_classes() -> None:
    drawn: dict[str, list[str]] = {}
    kind = ""
    for line in (errors.__doc__ or "").splitlines():
        words = re.findall(r"\b[A-Z][A-Za-z]+\b", line.split("  the ")[0])
        if re.match(r" {4}[├└]── ", line):
            kind = words[0]
            drawn[kind] = []
        elif re.match(r" {4}[│ ] {3}(└── | {4})[A-Z]", line):
            drawn[kind] += words
    assert drawn == {one.__name__: sorted_as_drawn(one, drawn) for one in KINDS}


def sorted_as_drawn(kind: type[Refusal], drawn: dict[str, list[str]]) -> list[str]:
    """The kind's classes, in the order of the drawing where it has them."""
    order = drawn.get(kind.__name__, [])
    names = [one.__name__ for one in kind.__subclasses__()]
    return sorted(names, key=lambda name: order.index(name) if name in order else len(order))


def test_every_text_ends_as_a_sentence_and_names_what_it_is_about() -> None:
    for kind in refusals():
        assert kind.text.endswith("."), kind


def test_every_command_is_decided() -> None:
    found: set[type[Command]] = set()
    for module in pkgutil.walk_packages(domain.__path__, "cocreate.domain."):
        for _, member in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if issubclass(member, Command) and member is not Command:
                found.add(member)
    assert found == commands()
    assert all(is_dataclass(command) for command in found)


def test_every_event_is_evolved() -> None:
    assert set(EVENT_TYPES.values()) == evolved_events()


def test_every_field_of_a_text_is_only_a_commitment_in_the_state() -> None:
    """No decision reads a sealed field: no commitment of a text is found anywhere in the state but agenda titles."""
    story = given(*BOARD, *DEEP, opens_round(1, SUPPORT, 1), votes(ANNA, 1))
    words = ["idea 1", "idea 2", "comment 1", "Which?", "A quality label", "Brussels"]
    seen = repr(picture(story.state))
    for words_sealed in words:
        assert text(words_sealed)[0][1] not in seen
    assert comment_id(1) in seen
