"""State digest v1 and certificates, against a second implementation written from FORMAT.md."""

import json
from random import Random

import pytest

from cocreate.domain.canonical import canonical_json
from cocreate.domain.certificate import ResultCertified
from cocreate.domain.contest import ResultRecertified
from cocreate.domain.decider import evolve
from cocreate.domain.messages import Recorded
from cocreate.domain.round import RoundClosed
from cocreate.domain.state import WorkshopState
from cocreate.record.codec import encode
from cocreate.record.digest import digest_tables, state_digest
from tests.histories import random_history, sealed_fields, tie_root
from tests.record import independent_decoder
from tests.record.independent_state import State, recount

SEEDS = range(12)
LENGTH = 150


@pytest.mark.parametrize("seed", SEEDS)
def test_the_digest_is_the_one_that_the_page_describes(seed: int) -> None:
    """After every entry of a random history; what is compared first are the tables, so that a failure says where."""
    ours, theirs = WorkshopState(), State()
    for entry in random_history(Random(f"digest {seed}"), LENGTH).entries:
        evolve(ours, entry)
        theirs.fold(independent_decoder.read(encode(entry)))
        if entry.position >= 1:  # where a workshop has begun, says the page
            assert json.loads(canonical_json(digest_tables(ours))) == theirs.tables(), entry
            assert state_digest(ours) == theirs.digest()


@pytest.mark.parametrize("seed", SEEDS)
def test_every_certificate_is_the_one_that_the_page_describes(seed: int) -> None:
    """Recounted from plain entries."""
    theirs = State()
    for entry in random_history(Random(f"certificate {seed}"), 3 * LENGTH).entries:
        if isinstance(entry.event, ResultCertified | ResultRecertified):
            found = recount(theirs, entry.aggregate, tie_root(entry.aggregate))
            plain = json.loads(entry.event.model_dump_json(exclude_none=True))
            assert {key: plain[key] for key in found} == found
        theirs.fold(independent_decoder.read(encode(entry)))


def test_the_histories_hold_what_these_tests_are_about() -> None:
    """Certificates with and without a tie, ballots withdrawn, texts and people erased."""
    certified, seen = 0, set()
    for seed in SEEDS:
        for entry in random_history(Random(f"certificate {seed}"), 3 * LENGTH).entries:
            seen.add(type(entry.event).__name__)
            certified += isinstance(entry.event, ResultCertified)
    assert certified >= 10
    assert {"BallotWithdrawn", "TextErased", "SubjectErased", "RoundVoided", "WorkshopReopened"} <= seen
    assert {"PaperIssued", "PaperBatchChecked", "PaperBatchVoided", "PaperReconciled"} <= seen
    assert {"ResultContested", "ResultRecertified", "ResultOverridden"} <= seen


def without_texts(entry: Recorded) -> Recorded:
    """The entry with other commitments in every sealed field."""
    plain = entry.event.model_dump_json(exclude_none=True)
    for _, sealed in sealed_fields(entry.event):
        for _, commitment in sealed:
            plain = plain.replace(commitment, "0" * 64)
    return entry._replace(event=type(entry.event).model_validate_json(plain))


def test_sealed_texts_do_not_enter_the_digest() -> None:
    """So that whoever cannot read them, or finds them erased, computes the same."""
    one, other = WorkshopState(), WorkshopState()
    changed = 0
    for entry in random_history(Random("sealed"), LENGTH).entries:
        changed += without_texts(entry) != entry
        evolve(one, entry)
        evolve(other, without_texts(entry))
    assert changed > 10
    assert state_digest(one) == state_digest(other)


def certified_round() -> tuple[WorkshopState, str]:
    """A state just after a certificate, and its round."""
    for seed in range(50):
        state = WorkshopState()
        for entry in random_history(Random(f"certified {seed}"), 2 * LENGTH).entries:
            evolve(state, entry)
            if isinstance(entry.event, ResultCertified) and entry.event.reconciliation.standing:
                return state, entry.aggregate
    raise AssertionError("no history has a certificate with ballots")


def test_a_certified_round_enters_only_as_three_columns() -> None:
    """Its ballots no longer cost anything: what certifies them stands for them."""
    state, round_id = certified_round()
    tables = digest_tables(state)
    row = state.rounds[round_id]
    assert [one for one in tables["rounds"] if one[0] == round_id] == [
        [round_id, row.ballots_digest, row.result_digest]
    ]
    assert not [one for one in tables["ballots"] if one[0].startswith(round_id)]
    before = state_digest(state)
    assert state.ballots[round_id]
    state.ballots[round_id].clear()
    assert state_digest(state) == before


def test_a_ballot_cannot_be_guessed_from_the_digest() -> None:
    """Its random bytes are in the tables: who knows everything else would have to guess 16 bytes."""
    for seed in range(50):
        state = WorkshopState()
        for entry in random_history(Random(f"random {seed}"), LENGTH).entries:
            evolve(state, entry)
            if "random" in type(entry.event).model_fields:
                before = state_digest(state)
                other = entry.event.model_copy(update={"random": "0" * 32})
                evolve(state, entry._replace(event=other))
                state.turnout.clear()
                rows = {row[0]: row[2] for row in digest_tables(state)["ballots"]}
                assert rows[entry.aggregate] == "0" * 32
                assert state_digest(state) != before
                return
    raise AssertionError("no history has a ballot")


@pytest.mark.parametrize("seed", SEEDS)
def test_undoing_a_batch_restores_the_digest(seed: int) -> None:
    """Speculation leaves no trace."""
    state = WorkshopState()
    entries = random_history(Random(f"undo {seed}"), LENGTH).entries
    for entry in entries[: LENGTH // 2]:
        evolve(state, entry)
    state.mark()
    before = state_digest(state)
    for entry in entries[LENGTH // 2 :]:
        evolve(state, entry)
    assert state_digest(state) != before
    state.rollback()
    assert state_digest(state) == before


def test_closing_a_round_changes_the_digest() -> None:
    """Every table matters: for all of them see the comparison above."""
    for seed in range(50):
        state = WorkshopState()
        for entry in random_history(Random(f"closing {seed}"), LENGTH).entries:
            before = state_digest(state)
            evolve(state, entry)
            if isinstance(entry.event, RoundClosed):
                assert state_digest(state) != before
                return
    raise AssertionError("no history closes a round")
