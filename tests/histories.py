"""Random but rule-abiding histories of one workshop, for tests that need a record and not a particular one.

`random_history(rng, length)` sends random commands to the domain's own `decide` and keeps what it accepts, so every history
is one that the product could have written: no rule is repeated here. The same seed gives the same history. What is
drawn: approval queues, hidden and restored texts, scribes, agendas, pauses, three voting methods, both kinds of secrecy, all three
kinds of result display, late ballots, certificates, voided rounds, closing and reopening, imports, erasures, at times a sealed
record. `history_author.py` holds the pen, `history_moves.py` the commands that may be tried.

Sealed texts are real: each has a salt and the commitment of RECORD's format, and every text contains a number of its own in
angle quotes, so that a test can look for it in any output. State digests stay as `decide` left them, since an encoder sets them.
"""

from random import Random

from tests.history_author import Author, History, SealedText, commitment, sealed_fields, tie_root
from tests.history_moves import AFTER_THE_SEAL, MOVES, WEIGHTS, Move

__all__ = ["History", "SealedText", "commitment", "random_history", "sealed_fields", "tie_root"]


TRIED_AFTER_THE_SEAL_MAX = 40
"""On a sealed record, where nothing else may follow and few texts may be left."""


def random_history(rng: Random, length: int) -> History:
    """A history of at least `length` entries (a command may bring several), or a sealed one of nearly as many."""
    author = Author(rng, length)
    author.begin()
    attempts = 0
    while len(author.history.entries) < length and author.state.workshop.status != "sealed":
        attempts += 1
        assert attempts < 200 * length + 1000, "the drawn commands are all refused; the moves need mending"
        author.now += rng.choice((0, 0, 1, 200, 3_000, 12_000))
        _try(author, rng.choices(MOVES, WEIGHTS)[0])
    for _ in range(TRIED_AFTER_THE_SEAL_MAX):
        if len(author.history.entries) < length:
            _try(author, rng.choice(AFTER_THE_SEAL))
    return author.history


def _try(author: Author, move: Move) -> None:
    command = move(author)
    if command is not None:
        author.send(command)
