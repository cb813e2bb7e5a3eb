"""A round's count, explained, and who is shown as having voted: both need more than a view has."""

from collections.abc import Callable
from functools import partial

from cocreate.domain.voting.method import Box, Ranking, Result
from cocreate.domain.voting.what_if import Cast, Otherwise, Under, count_otherwise
from cocreate.projections.fold import Projections


def result(projections: Projections, round_id: str, tie_root: bytes) -> Result:
    """Rows, elected and steps of what stands now; `tie_root` is the tree's root over the entries before the round was opened.

    For a round whose results are shown; after its certificate `digest_of(steps)` is the `steps_digest` there.
    """
    row = projections.rounds.rounds[round_id]
    box = Box(row.poll.tally, Ranking(tie_root, round_id), row.poll.choices(), row.costs)
    return row.poll.method.result(row.opened.rules, box)


def otherwise(
    projections: Projections, round_id: str, tie_root: bytes, under: Under, seats: int | None
) -> Callable[[], Otherwise]:
    """The count of a round under another method, to be made later and anywhere: it shares nothing that may still change.

    For a round whose results are shown and that takes no more ballots. Cost of this: a look at every ballot.
    """
    row = projections.rounds.rounds[round_id]
    cast = Cast(
        row.opened.rules,
        tuple(row.options),
        dict(row.costs),
        row.poll.whole_ballots(),
        Ranking(tie_root, round_id),
        dict(row.poll.tally.merged),
    )
    return partial(count_otherwise, under, cast, seats=seats)


def shown_as_voted(projections: Projections, round_id: str) -> frozenset[str]:
    """Voters shown as having voted: ever, and in steps of at least five until the round ends."""
    return frozenset(projections.rounds.rounds[round_id].poll.shown_voters())
