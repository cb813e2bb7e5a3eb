"""Which statement a voter is offered, written from FORMAT.md §13 alone: entries as plain JSON values in, no code of ours."""

import hashlib
from decimal import Decimal, getcontext
from fractions import Fraction
from math import floor, isqrt
from typing import Any

getcontext().prec = 60
UNIT = 2**20


def offer(
    entries: list[dict[str, Any]], round_id: str, root: bytes, voter: str, skipped: str | None
) -> str | None:
    """The offer after the last of `entries`; `root` is that over the entries before the round was opened."""
    opened = next(one for one in entries if one["event"] == "RoundOpened.v1" and one["aggregate"] == round_id)
    if opened["facts"]["rules"].get("routing") != "informative.v1":
        raise ValueError("another rule")
    options = [idea for idea, _ in opened["facts"]["options"]]
    said: dict[tuple[str, str], int | None] = {}
    visible, waits = {}, False
    shown = opened["facts"]["results"] == "always"
    unfinished = True
    for one in entries:
        event, of, facts = one["event"].partition(".")[0], one["aggregate"], one["facts"]
        if event in ("WorkshopScheduled", "SettingsChanged"):
            waits = facts["settings"]["approval_first"]
        elif event == "IdeaSubmitted":
            visible[of] = not waits
        elif event in ("IdeaApproved", "IdeaRestored", "IdeaHidden", "IdeaWithdrawn"):
            visible[of] = event in ("IdeaApproved", "IdeaRestored")
        elif of == round_id and event == "OptionAdmitted":
            options.append(facts["idea"])
        elif event.startswith("Ballot") and of.startswith(round_id):
            said[of[37:69], of[70:]] = facts.get("choice")
        elif of == round_id and event in ("ResultCertified", "RoundVoided"):
            shown, unfinished = True, False
        elif event == "WorkshopClosed" and one["position"] > opened["position"] and unfinished:
            shown = True
    scores = {}
    for number, idea in enumerate(options):
        given = [choice for (_, on), choice in said.items() if on == idea and choice is not None]
        lot = _lot(root, round_id, voter, number)
        scores[idea] = floor(Fraction(2**64 * _wait(lot), _weight(given, shown=shown))), number
    wanted = {idea: scores[idea] for idea in options if visible[idea] and said.get((voter, idea)) is None}
    behind = [idea for idea in wanted if skipped in scores and scores[idea] > scores[skipped]]
    return min(behind or wanted, key=wanted.__getitem__, default=None)


def _weight(given: list[int], *, shown: bool) -> int:
    agree, disagree, passed = given.count(1), given.count(-1), given.count(0)
    whole = len(given) + 2
    importance = UNIT // 2
    if shown:
        varies = (agree + disagree + 2) * whole - (agree - disagree) ** 2
        spread = isqrt(varies * 2**40) // whole
        importance = floor(Fraction((whole - passed - 1) * (agree + 1) * (UNIT + spread), whole**2))
    slow = floor(UNIT * Decimal(2) ** (Decimal(-(len(given) % 5)) / 5))
    fresh = slow // 2 ** (len(given) // 5)
    raised: int = (importance * (UNIT + 8 * fresh)) ** 2 // 2**40
    return max(1, raised)


def _lot(root: bytes, round_id: str, voter: str, number: int) -> int:
    framed = b"cocreate/offer/v1\n"
    for part in (root, bytes.fromhex(round_id.replace("-", "")), bytes.fromhex(voter)):
        framed += len(part).to_bytes(4, "big") + part
    drawn = hashlib.shake_256(framed).digest(8 * number + 8)
    return int.from_bytes(drawn[-8:], "big") + 1


def _wait(lot: int) -> int:
    whole = lot.bit_length() - 1
    fraction = Fraction(lot, 2**whole) - 1
    cell = floor(1024 * fraction)
    line = floor((_log(cell + 1) - _log(cell)) * (1024 * fraction - cell))
    return 2**32 * (64 - whole) - _log(cell) - line


def _log(cell: int) -> int:
    return floor(2**32 * (1 + Decimal(cell) / 1024).ln() / Decimal(2).ln())
