"""What a participant's page asks for while they write or answer: ideas like a draft, the statement to offer next.

Both stand between a request and its answer, so what counts is the CPU of one of them among a thousand ideas.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from random import Random
from statistics import median

from cocreate.domain.voting.opinion import OpinionRules
from cocreate.projections.fold import Projections
from cocreate.projections.offers import offer
from cocreate.projections.similar import SimilarIdeas
from scripts.benchmarks.figures import Bench, Figure
from tests.histories import tie_root
from tests.projections.room import Room

IDEAS = 1_000
VOTERS = 1_000
ANSWERS_EACH = 5
SIMILAR_MS = 10
ASKED = 60


def measure_all(bench: Bench) -> Iterable[Figure]:
    ideas = IDEAS // 10 if bench.quick else IDEAS
    yield from _similar(bench, ideas)
    yield from _offers(bench, ideas, VOTERS // 20 if bench.quick else VOTERS)


def _similar(bench: Bench, ideas: int) -> Iterator[Figure]:
    """Ideas of made-up words, which share syllables as those of one language do."""
    chance = Random("similar")
    syllables = [
        f"{one}{vowel}{other}"
        for one in "bdfgklmnprst"
        for vowel in "aeiou"
        for other in ("", "n", "r", "st")
    ]
    words = ["".join(chance.choices(syllables, k=chance.randint(1, 4))) for _ in range(3_000)]
    weights = [1 / (place + 2) for place in range(len(words))]

    def text(length: int) -> str:
        return " ".join(chance.choices(words, weights, k=length))

    index = SimilarIdeas()
    began = time.process_time()
    for number in range(ideas):
        index.put(str(number), [text(chance.randint(8, 60))])
    yield Figure(f"an idea into the index of ideas, {ideas:,} of them", _ms(began, ideas), "ms of CPU")
    for length in (5, 25, 100):
        found = _median_ms(bench, [partial(index.like, text(length), 5) for _ in range(ASKED)])
        yield Figure(
            f"ideas like a draft of {length} words among {ideas:,}",
            found,
            "ms of CPU",
            wanted=f"≤ {SIMILAR_MS} ms",
            met=found <= SIMILAR_MS,
        )


def _offers(bench: Bench, statements: int, voters: int) -> Iterator[Figure]:
    room = Room()
    author, chance = room.join(), Random("offers")
    ideas = [room.idea(author) for _ in range(statements)]
    rules = OpinionRules(method="opinion", routing="informative.v1")
    round_id = room.open_round(*ideas, rules=rules, results="always")
    people = [room.join() for _ in range(voters)]
    for person in people:
        for idea in chance.sample(ideas, ANSWERS_EACH):
            room.answer(round_id, person, idea, chance.choice((1, 0, -1)))
    folded: Projections = room.projections()
    root, asked = tie_root(round_id), [room.pen.voter(round_id, person) for person in people[:ASKED]]
    listed = _median_ms(bench, [lambda: list(folded.rounds.rounds[round_id].options)] * ASKED)
    found = _median_ms(bench, [partial(offer, folded, round_id, voter, root) for voter in asked])
    yield Figure(
        f"the statement to offer, one of {statements:,} to one of {voters:,} voters",
        found,
        "ms of CPU",
        "a list of the statements",
        found / listed if listed else None,
    )


def _median_ms(bench: Bench, asked: list[Callable[[], object]]) -> float:
    """Of runs through all that is asked, the median of what one costs."""
    runs = []
    for _ in range(1 if bench.quick else bench.runs):
        began = time.process_time()
        for ask in asked:
            ask()
        runs.append(_ms(began, len(asked)))
    return median(runs)


def _ms(began: float, times: int) -> float:
    return (time.process_time() - began) * 1_000 / times
