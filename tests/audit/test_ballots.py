"""The rules of ballots stand twice, for a run and for one at a time: both come to the same verdict on any ballot."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

import pytest

from cocreate.audit.ballots import check_run
from cocreate.audit.commands import command_of
from cocreate.audit.findings import Findings
from cocreate.audit.replay import Replay
from cocreate.audit.texts import SealedTexts
from cocreate.domain.ballot import BallotCast, BallotReplaced, BallotRun
from cocreate.domain.decider import decide, evolve
from cocreate.domain.errors import Refusal
from cocreate.domain.messages import Recorded
from cocreate.domain.opening import RoundOpened
from cocreate.record.codec import decode_page, encode
from cocreate.record.page import Page
from tests.histories import History, random_history

SEEDS = 12
BALLOTS = 150
"""Tried at each of some moments of a history."""


def replay_of(history: History, size: int) -> Replay:
    replay = Replay(Findings(), SealedTexts(history.entries[0].aggregate), {})
    for recorded in history.entries[:size]:
        evolve(replay.state, recorded)
    replay.state.mark()
    return replay


def alone(replay: Replay, ballot: Recorded) -> bool:
    """Whether `decide` would lead to this very ballot."""
    try:
        command = command_of([ballot], replay)
        assert command is not None
        wanted = decide(command, replay.state, ballot.time)
    except Refusal:
        return False
    return [(one.aggregate, type(one.event), one.event) for one in wanted] == [
        (ballot.aggregate, type(ballot.event), ballot.event)
    ]


def in_a_run(replay: Replay, ballot: Recorded) -> bool:
    entry = encode(ballot)
    (run,) = decode_page(Page([ballot.position], [ballot.event.NAME], [entry]))
    assert isinstance(run, BallotRun)
    return check_run(replay.state, run, [entry], [ballot.event.NAME], None) is None


def any_ballot(random: Random, history: History, replay: Replay) -> Recorded:
    """A ballot that may well be allowed, or is off in one way or another."""
    state = replay.state
    rounds, people = list(state.rounds), [*state.participants, "e" * 32]
    round_id = random.choice(rounds)
    row = state.rounds[round_id]
    voter = random.choice(people)
    options = [*row.options, *random.sample(list(state.ideas), min(1, len(state.ideas)))]
    per_option = row.method.per_option != (random.random() < 0.05)
    aggregate = f"{round_id}/{voter}" + (f"/{random.choice(options)}" if per_option and options else "")
    standing = state.ballots[round_id].get(aggregate)
    choice: Any = random.choice((1, 0, -1))
    if per_option == (random.random() < 0.1):
        choice = tuple(sorted(random.sample(options, random.randint(0, min(3, len(options))))))
    held = 0 if standing is None else standing.counter
    stands = standing is not None and standing.choice is not None
    kind = BallotReplaced if stands != (random.random() < 0.1) else BallotCast
    event = kind(
        choice=choice,
        counter=max(1, held + random.choice((1, 1, 1, 0, 5))),
        random=f"{random.getrandbits(128):032x}",
    )
    actor = voter if random.random() < 0.9 else random.choice(people)
    time = state.now + random.choice((0, 1, 5_000, 30_000, 100_000))
    return Recorded(state.size, time, actor, aggregate, "f" * 32, event)


def history_with_a_round(random: Random) -> History:
    """Some never come to open one, and there is nothing to judge in those."""
    while True:
        history = random_history(random, 250)
        if any(isinstance(one.event, RoundOpened) for one in history.entries[:200]):
            return history


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_ballot_is_judged_in_a_run_as_it_is_alone(seed: int) -> None:
    """Thousands of them, good and bad, at many moments; both kinds occur."""
    random = Random(f"ballots/{seed}")
    history = history_with_a_round(random)
    verdicts = Counter[bool]()
    for size in sorted(random.sample(range(50, len(history.entries)), 8)):
        replay = replay_of(history, size)
        if not replay.state.rounds or not replay.state.ideas:
            continue
        for _ in range(BALLOTS):
            ballot = any_ballot(random, history, replay)
            verdict = alone(replay, ballot)
            assert in_a_run(replay, ballot) == verdict, ballot
            verdicts[verdict] += 1
    assert verdicts[False] > 0 or not verdicts, "a history that has a round has ballots that are refused"


def test_both_verdicts_occur() -> None:
    """Among all histories tried above, so that the comparison says something."""
    verdicts = Counter[bool]()
    for seed in range(SEEDS):
        random = Random(f"ballots/{seed}")
        history = random_history(random, 250)
        replay = replay_of(history, 150)
        if replay.state.rounds and replay.state.ideas:
            verdicts.update(alone(replay, any_ballot(random, history, replay)) for _ in range(BALLOTS))
    assert min(verdicts[True], verdicts[False]) > 50
