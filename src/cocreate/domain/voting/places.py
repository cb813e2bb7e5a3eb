"""Places by a total: the highest first, ties by the stated rule, and the steps that say so."""

from collections.abc import Mapping
from fractions import Fraction
from itertools import groupby

from cocreate.domain.voting.method import Step, Ties

SEATS_MAX = 100
Total = int | Fraction


def written(total: Total) -> int | str:
    """A number as the record writes it: an integer, or a fraction "n/d" in lowest terms."""
    return total if isinstance(total, int) else f"{total.numerator}/{total.denominator}"


def elect_in_order(
    totals: Mapping[str, Total], unit: str, seats: int, ties: Ties
) -> tuple[tuple[str, ...], tuple[Step, ...]]:
    """The `seats` options with the highest totals, in order; each step carries the total under the name `unit`."""
    elected: list[str] = []
    steps: list[Step] = []
    ordered = sorted(totals.items(), key=lambda pair: -pair[1])
    for total, group in groupby(ordered, key=lambda pair: pair[1]):
        if len(elected) == seats:
            break
        said = {unit: written(total)}
        order = ties.order([option for option, _ in group])
        if len(order) > 1:
            steps.append({"step": "tie_broken", **said, "order": order})
        for option in order[: seats - len(elected)]:
            elected.append(option)
            steps.append({"step": "elected", "seat": len(elected), "option": option, **said})
    if len(elected) < seats:
        steps.append({"step": "seats_unfilled", "seats": seats - len(elected)})
    return tuple(elected), tuple(steps)
