"""The random histories that other tests rest on are themselves worth a look."""

from collections import Counter
from random import Random

from cocreate.domain.messages import EVENT_TYPES
from tests.histories import commitment, random_history, sealed_fields


def test_the_same_seed_tells_the_same_history() -> None:
    """A failing test can be repeated from its seed."""
    first, second = random_history(Random(7), 80), random_history(Random(7), 80)
    assert first.entries == second.entries
    assert first.texts == second.texts
    assert first.entries != random_history(Random(8), 80).entries


def test_positions_are_dense_and_time_never_goes_back() -> None:
    """A history is a record as the sequencer would write it."""
    entries = random_history(Random(3), 150).entries
    assert [one.position for one in entries] == list(range(len(entries)))
    assert [one.time for one in entries] == sorted(one.time for one in entries)


def test_every_sealed_text_opens_the_commitment_in_its_event() -> None:
    """Texts, salts and commitments belong together, in the order of the event's languages."""
    history = random_history(Random(11), 150)
    found = 0
    for recorded in history.entries:
        for path, sealed in sealed_fields(recorded.event):
            kept = history.texts[recorded.position, path]
            opened = [
                (language, commitment(salt, text))
                for (language, text), salt in zip(kept.texts, kept.salts, strict=True)
            ]
            assert opened == list(sealed)
            found += 1
    assert found == len(history.texts) > 20


def test_a_few_dozen_histories_bring_every_event_but_a_cancellation() -> None:
    """What a history can hold is what the workshop can do; a cancelled workshop has no history to speak of."""
    names: Counter[str] = Counter()
    for seed in range(90):
        names.update(recorded.event.NAME for recorded in random_history(Random(seed), 200).entries)
    assert set(EVENT_TYPES) - set(names) <= {"WorkshopCancelled.v1"}
