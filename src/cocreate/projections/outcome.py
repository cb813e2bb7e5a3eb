"""A round's count, explained, and who is shown as having voted: both need more than a view has."""

from cocreate.domain.voting.method import Box, Ranking, Result
from cocreate.projections.fold import Projections


def result(projections: Projections, round_id: str, tie_root: bytes) -> Result:
    """Rows, elected and steps of what stands now; `tie_root` is the tree's root over the entries before the round was opened.

    For a round whose results are shown; after its certificate `digest_of(steps)` is the `steps_digest` there.
    """
    row = projections.rounds.rounds[round_id]
    box = Box(row.poll.tally, Ranking(tie_root, round_id), row.poll.choices(), row.costs)
    return row.poll.method.result(row.opened.rules, box)


def shown_as_voted(projections: Projections, round_id: str) -> frozenset[str]:
    """Voters shown as having voted: ever, and in steps of at least five until the round ends."""
    return frozenset(projections.rounds.rounds[round_id].poll.shown_voters())
