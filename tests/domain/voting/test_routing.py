"""Which statement next: what weighs more, that lots are fair and stay, that skipping goes through all."""

from collections import Counter
from decimal import Decimal, getcontext
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from cocreate.domain.voting import routing
from cocreate.domain.voting.routing import Score, lots, offered, score, waiting, weight, weight_unseen

ROOT = bytes(32)
ROUND = "00000000-0000-4000-8000-000000000001"
COUNTS = st.integers(0, 2_000)


def voter(number: int) -> str:
    return f"{number:032x}"


def test_what_fewer_have_answered_weighs_more() -> None:
    """With the same shares of answers, the seldom answered statement comes first, up to some fifty answers; the new most of all."""
    for times in range(1, 25):
        assert weight((times, times, 0)) > weight((times + 1, times + 1, 0))
    for times in range(1, 200):
        assert weight_unseen(times) <= weight_unseen(times - 1)
    assert weight((0, 0, 0)) > 10 * weight((50, 50, 0))


def test_what_everybody_passes_over_or_rejects_weighs_less() -> None:
    """An answer to what unites or divides tells more than one to what nobody wants to answer."""
    assert weight((45, 45, 10)) > 10 * weight((10, 10, 80))
    assert weight((45, 45, 10)) > 10 * weight((2, 88, 10))
    assert weight((80, 10, 10)) > 10 * weight((2, 88, 10))


@given(agree=COUNTS, disagree=COUNTS, passed=COUNTS)
def test_every_statement_has_a_chance(agree: int, disagree: int, passed: int) -> None:
    assert weight((agree, disagree, passed)) >= 1
    assert weight_unseen(agree + disagree + passed) >= 1


def test_where_results_wait_the_weight_has_no_way_to_tell_how_people_answered() -> None:
    """It is a function of the number of answers; unseen to well seen is 81 to 1, as in Polis."""
    assert weight_unseen(0) == 81 * weight_unseen(10_000)


def test_the_logarithms_are_the_exact_ones_rounded_down() -> None:
    getcontext().prec = 60
    exact = [int(2**32 * (1 + Decimal(cell) / 1024).ln() / Decimal(2).ln()) for cell in range(1025)]
    assert list(routing._logs()) == exact


@given(lot=st.integers(0, 2**64 - 1))
def test_a_higher_lot_never_waits_longer(lot: int) -> None:
    assert waiting(lot) >= waiting(min(lot + 1, 2**64 - 1)) >= 0
    assert (waiting(0), waiting(2**64 - 1)) == (64 << 32, 0)


def test_statements_come_first_in_proportion_to_their_weights() -> None:
    """Over 8,000 voters, within four standard deviations."""
    weights = {0: 10, 1: 5, 2: 1, 3: 4}
    voters = 8_000
    first: Counter[int] = Counter()
    for number in range(voters):
        found = offered(lots(ROOT, ROUND, voter(number), 4), weights)
        assert found is not None
        first[found.number] += 1
    for number, heavy in weights.items():
        share = heavy / 20
        assert abs(first[number] - voters * share) < 4 * (voters * share * (1 - share)) ** 0.5


@given(seed=st.integers(0, 10**6), count=st.integers(1, 60))
def test_the_search_that_stops_early_finds_what_a_whole_sort_finds(seed: int, count: int) -> None:
    """Skipping again and again walks through every open statement once."""
    chance = Random(seed)
    drawn = lots(ROOT, ROUND, voter(seed), count)
    weights = {number: chance.choice((1, 2**20, chance.randint(1, 2**47))) for number in range(count)}
    behind: Score | None = None
    for wanted in sorted(score(drawn[number], heavy, number) for number, heavy in weights.items()):
        behind = offered(drawn, weights, behind)
        assert behind == wanted
    assert offered(drawn, weights, behind) is None


def test_a_voters_lots_stay_as_statements_come_and_differ_from_everybody_elses() -> None:
    """A new statement shuffles nobody's order; two voters, or two rounds, have different ones."""
    few, more = lots(ROOT, ROUND, voter(1), 10), lots(ROOT, ROUND, voter(1), 1_000)
    assert more[:10] == few
    assert not set(more) & set(lots(ROOT, ROUND, voter(2), 1_000))
    assert not set(more) & set(lots(bytes(31) + b"1", ROUND, voter(1), 1_000))
    assert offered((), {}) is None
