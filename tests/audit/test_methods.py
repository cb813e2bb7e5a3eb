"""Rounds of every voting method are audited: ballots in each form, counted again to the same certificate."""

from __future__ import annotations

from random import Random

import pytest

from cocreate.domain.ballot import CastBallot
from cocreate.domain.certificate import CertifyResult
from cocreate.domain.idea import SubmitIdea
from cocreate.domain.messages import SYSTEM
from cocreate.domain.participant import JoinWorkshop
from cocreate.domain.round import CloseRound, OpenRound
from cocreate.domain.settings import Settings
from cocreate.domain.workshop import OpenWorkshop
from tests.audit.records import Copy, Pen, audited, kinds, refilled
from tests.audit.stranger import Wrong, audit
from tests.domain.voting.test_axioms import OPTIONS, RULES, choice_of
from tests.record.golden_record import Scribe

VOTERS = 12
EVERY = pytest.mark.parametrize(
    "name", [name for name, rules in RULES.items() if rules.method not in ("budget", "equal_shares")]
)
"""Of those that a round can be opened with: ideas have no costs yet, so no budget can be voted on."""


def record_of(name: str) -> Copy:
    """A round by these rules with a dozen ballots."""
    scribe, random = Scribe(), Random(name)
    author, tell = scribe.author, scribe.tell
    host = author.facilitator
    author.schedule(Settings())
    scribe.catch_up()
    tell(OpenWorkshop(actor=host))
    people = [tell(JoinWorkshop(actor=author.hex(), how="open_code")) for _ in range(VOTERS)]
    for idea in OPTIONS:
        tell(SubmitIdea(actor=people[0], idea=idea, author=people[0], text=author.text("idea")))
    opening = OpenRound(
        actor=host, round=author.uuid(), question=author.text("question"), rules=RULES[name], options=tuple(OPTIONS),
        secrecy="open", results="always",
    )  # fmt: skip
    round_id = tell(opening)
    for person in people:
        option = random.choice(OPTIONS) if name == "opinion" else None
        tell(
            CastBallot(
                actor=person, participant=person, round=round_id, option=option, choice=choice_of(name, random),
                random=author.hex(),
            )
        )  # fmt: skip
    tell(CloseRound(actor=host, round=round_id))
    tell(CertifyResult(actor=SYSTEM, round=round_id, tie_root=scribe.roots[round_id]))
    pen = Pen()
    pen.entries, pen.tree = scribe.entries, scribe._tree
    return pen.copy()


@EVERY
def test_a_round_of_any_method_is_counted_again(name: str) -> None:
    """And one changed ballot in it is another count."""
    copy = record_of(name)
    report = audited(copy)
    assert set(kinds(report)) <= {"text_missing"}
    assert [one.recounted for one in report.rounds] == ["the same"]
    last = next(one for one in reversed(copy.plain()) if one["event"] == "BallotCast.v1")
    forged = refilled(copy, lambda entries: entries[last["position"]]["facts"].update(counter=7))
    assert set(kinds(audited(forged))) >= {"tally"}


@EVERY
def test_a_ballot_on_another_rounds_options_is_refused(name: str) -> None:
    copy = record_of(name)
    ballots = [
        one
        for one in copy.plain()
        if one["event"] == "BallotCast.v1" and one["facts"]["choice"] not in ([], 0)
    ]
    ballot = ballots[0]
    stranger = "00000000-0000-4000-8000-000000000000"
    choice = ballot["facts"]["choice"]

    def change(entries: list[dict[str, object]]) -> None:
        entry = entries[ballot["position"]]
        if isinstance(choice, int):
            entry["aggregate"] = str(entry["aggregate"])[:70] + stranger
        else:
            first = [stranger, choice[0][1]] if isinstance(choice[0], list) else stranger
            entry["facts"] = {**ballot["facts"], "choice": [first]}

    assert "ballot" in kinds(audited(refilled(copy, change)))


@EVERY
def test_the_stranger_takes_it_too(name: str) -> None:
    copy = record_of(name)
    try:
        audit(copy.file(), copy.header.vkey)
    except Wrong as wrong:
        pytest.fail(str(wrong))
