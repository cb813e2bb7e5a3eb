"""Whatever happened and wherever it was saved: what comes back is what a full replay gives, and goes on like it."""

import itertools
from collections.abc import Iterator
from random import Random
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cocreate.application import saved_state
from cocreate.application.command_index import CommandIndex
from cocreate.application.saved_state import Rest, SavedState, rest_pieces, views_pieces
from cocreate.domain.decider import evolve
from cocreate.domain.messages import Recorded
from cocreate.domain.state import WorkshopState
from cocreate.domain.voting.choices import one_object
from cocreate.projections.fold import Projections
from cocreate.projections.history import timeline, withheld_runs
from cocreate.projections.personal import personal
from cocreate.projections.reader import Audience
from cocreate.projections.views import changes, view
from cocreate.record.codec import encode
from cocreate.record.digest import state_digest
from cocreate.tlog.tree import Tree
from tests.given_when_then import picture
from tests.histories import History, random_history

LENGTH = 160


class Held:
    """What a live workshop folds, without its store."""

    def __init__(self) -> None:
        self.projections = Projections()
        self.rest = Rest(WorkshopState(), Tree(), b"", CommandIndex(), {}, "und", {}, {})

    def fold(self, entries: list[Recorded]) -> "Held":
        for recorded in entries:
            evolve(self.rest.state, recorded)
            self.projections.apply(recorded)
            self.rest.commands.add(recorded.command, recorded.position)
            self.rest.tree.append_entry(encode(recorded))
        self.rest.state.mark()
        return self

    def saved_and_back(self) -> "Held":
        saved, found = SavedState(), Held()
        for piece in views_pieces(self.projections):
            saved.take_views(piece)
        for piece in rest_pieces(self.rest, self.projections):
            saved.take_rest(piece)
        found.rest = saved.whole(self.projections.at + 1)
        found.projections = saved.projections
        return found


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a round's ballots, and the timeline, fill several."""
    monkeypatch.setattr(saved_state, "PIECE_BALLOTS", 3)
    monkeypatch.setattr(saved_state, "PIECE_ITEMS", 7)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32), cut=st.floats(0, 1))
def test_saved_and_folded_on_is_a_full_replay(seed: int, cut: float) -> None:
    """State, digest, root, command ids, and everything that anybody is shown."""
    history = random_history(Random(seed), LENGTH)
    size = max(1, round(cut * len(history.entries)))
    replayed = Held().fold(history.entries)
    resumed = Held().fold(history.entries[:size]).saved_and_back().fold(history.entries[size:])
    assert picture(resumed.rest.state) == picture(replayed.rest.state)
    assert state_digest(resumed.rest.state) == state_digest(replayed.rest.state)
    assert resumed.rest.tree.root() == replayed.rest.tree.root()
    for recorded in history.entries:
        assert resumed.rest.commands.places(recorded.command) == replayed.rest.commands.places(
            recorded.command
        )
    for mine, theirs in zip(
        told(resumed.projections, history), told(replayed.projections, history), strict=True
    ):
        assert mine == theirs


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32), places=st.tuples(st.floats(0, 1), st.floats(0, 1)))
def test_a_past_moment_from_a_saved_one_is_that_of_a_replay(seed: int, places: tuple[float, float]) -> None:
    """For every audience, judged by what it may see today."""
    history = random_history(Random(seed), LENGTH)
    first, second = sorted(max(1, round(place * len(history.entries))) for place in places)
    today = Held().fold(history.entries).projections
    texts = history.readable(len(history.entries))
    replayed = Held().fold(history.entries[:second]).projections
    resumed = Held().fold(history.entries[:first]).saved_and_back().fold(history.entries[first:second])
    for audience in get_args(Audience):
        assert view(resumed.projections, today, audience, texts) == view(replayed, today, audience, texts)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_no_sealed_text_is_in_a_saved_state(seed: int) -> None:
    """Nor a salt, which would let somebody guess it."""
    history = random_history(Random(seed), LENGTH)
    held = Held().fold(history.entries)
    pieces = [*views_pieces(held.projections), *rest_pieces(held.rest, held.projections)]
    bytes_of_all = b"\n".join(pieces)
    assert history.texts
    for sealed in history.texts.values():
        for (_, text), salt in zip(sealed.texts, sealed.salts, strict=True):
            for secret in (text.encode(), salt, salt.hex().encode()):
                assert secret not in bytes_of_all


def test_ballots_are_shared_as_a_replay_shares_them() -> None:
    """One id and one choice for projections and decision state: that is what a ballot's memory is counted on."""
    shared = 0
    for seed in range(8):
        held = Held().fold(random_history(Random(seed), LENGTH).entries).saved_and_back()
        for round_id, row in held.projections.rounds.rounds.items():
            ballots = held.rest.state.ballots[round_id]
            for (mine, choice), (theirs, ballot) in zip(
                row.poll.standing.items(), ballots.items(), strict=True
            ):
                assert mine is theirs
                assert choice is ballot.choice is one_object(choice)
                shared += 1
    assert shared > 20


def told(projections: Projections, history: History) -> Iterator[object]:
    """Everything that is shown of these projections."""
    texts = history.readable(projections.at + 1)
    for audience in get_args(Audience):
        yield view(projections, projections, audience, texts)
        for since in range(-1, projections.at, 25):
            yield changes(projections, since, audience, texts)
    voters = history.voters
    for participant in itertools.islice(projections.participation.people, 12):
        mine = {one: of[participant] for one, of in voters.items() if participant in of}
        yield personal(projections, participant, mine, texts)
    yield timeline(projections, after=-1, limit=10_000)
    yield withheld_runs(projections)
