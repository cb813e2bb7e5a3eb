"""Which statement next: what each voter of an opinion round is offered, drawn so that the most telling tend to come first.

Source: the priority of Polis (C. Small et al., "Polis: Scaling deliberation by mapping high dimensional opinion spaces", 2021),
with the spread of a statement's answers for the length of its projection: that one is a fold of the tally, and needs no groups.
The draw is the race of P. Efraimidis and P. Spirakis (2006): every statement has a waiting time of its own for each voter, fixed
when the round opens, divided by its weight; the shortest is offered. So it is drawn in proportion to the weights, and yet what a
voter sees moves only when the weights do: a reload, an undo or a skip never shuffles.

Integers only; `record/FORMAT.md` §13 says the same without this code.
"""

import hashlib
import struct
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from math import isqrt
from typing import Final, Literal, NamedTuple

from cocreate.domain.canonical import framed

Routing = Literal["informative.v1"]

Marks = tuple[int, int, int]
"""How many agreed, disagreed and passed."""


class Score(NamedTuple):
    """The lower, the earlier; of equal waits the statement that was admitted first."""

    wait: int
    number: int


_BITS: Final = 20
_UNIT: Final = 1 << _BITS
_WEIGHTS_KEPT: Final = 100_000
"""A hundred bytes each; as many as a few large rounds have different tallies."""
_LOT_BYTES: Final = 8
_LOT_BITS: Final = 64
_LOG_BITS: Final = 32
_CELL_BITS: Final = 10
_REST_BITS: Final = _LOT_BITS - _CELL_BITS
_SCORE_BITS: Final = 64
_FRESHNESS: Final = (1_048_576, 912_838, 794_672, 691_802, 602_248)
"""2^(−r/5) for r = 0 … 4, in units."""


@lru_cache(_WEIGHTS_KEPT)
def weight(marks: Marks) -> int:
    """How telling one more answer is, where everybody may see the tally: 2^40 is 1, and the least is 1."""
    agree, disagree, passed = marks
    answers = agree + disagree + passed
    whole = answers + 2
    spread = isqrt(((agree + disagree + 2) * whole - (agree - disagree) ** 2) << (2 * _BITS)) // whole
    importance = (whole - passed - 1) * (agree + 1) * (_UNIT + spread) // (whole * whole)
    return _raised(importance, answers)


@lru_cache(_WEIGHTS_KEPT)
def weight_unseen(answers: int) -> int:
    """The same where results wait: only how many answered counts, not how, so that no offer tells of it."""
    return _raised(_UNIT // 2, answers)


def _raised(importance: int, answers: int) -> int:
    """(importance × (1 + 8 × 2^(−answers/5)))²."""
    fresh = _FRESHNESS[answers % 5] >> (answers // 5)
    return max(1, ((importance * (_UNIT + 8 * fresh)) ** 2) >> (2 * _BITS))


def lots(root: bytes, round_id: str, voter: str, count: int) -> Sequence[int]:
    """The voter's lot for each of the first `count` statements, in order of admission: below 2^64."""
    seed = framed("offer", root, _raw(round_id), bytes.fromhex(voter))
    return struct.unpack(f">{count}Q", hashlib.shake_256(seed).digest(count * _LOT_BYTES))


def offered(lots: Sequence[int], weights: Mapping[int, int], behind: Score | None = None) -> Score | None:
    """The lowest score of the statements with these weights, by number from 0; only those behind `behind`, if it is given.

    Looks at the highest lots first and stops where no weight could make good a lower one.
    """
    best: Score | None = None
    heaviest = max(weights.values(), default=1)
    for number in sorted(weights, key=lots.__getitem__, reverse=True):
        waits = waiting(lots[number]) << _SCORE_BITS
        if best is not None and waits // heaviest > best.wait:
            break
        one = Score(waits // weights[number], number)
        if (behind is None or one > behind) and (best is None or one < best):
            best = one
    return best


def score(lot: int, weight: int, number: int) -> Score:
    return Score((waiting(lot) << _SCORE_BITS) // weight, number)


def waiting(lot: int) -> int:
    """−log2((lot + 1) ÷ 2^64) in 2^−32; between two of the 1,025 exact logarithms, the straight line."""
    lot += 1
    whole = lot.bit_length() - 1
    cell, rest = divmod((lot << (_LOT_BITS - whole)) - (1 << _LOT_BITS), 1 << _REST_BITS)
    logs = _logs()
    within = (logs[cell + 1] - logs[cell]) * rest >> _REST_BITS
    return ((_LOT_BITS - whole) << _LOG_BITS) - logs[cell] - within


@cache
def _logs() -> tuple[int, ...]:
    """log2(1 + k ÷ 1024) for k = 0 … 1024 in 2^−32, rounded down; bit by bit from squares."""
    return *(_log(cell) for cell in range(1 << _CELL_BITS)), 1 << _LOG_BITS


def _log(cell: int) -> int:
    precision = 96
    one = 1 << precision
    value, logarithm = one + (cell << (precision - _CELL_BITS)), 0
    for _ in range(_LOG_BITS):
        value = value * value >> precision
        logarithm <<= 1
        if value >= 2 * one:
            value >>= 1
            logarithm |= 1
    return logarithm


def _raw(uuid: str) -> bytes:
    return bytes.fromhex(uuid.replace("-", ""))
