"""A round as the files that other programs count: `.pb` for a vote on a budget, BLT for ranked ballots.

Voters are numbered; nothing of who they are goes into a file. Read again by `pabulib_source` and `blt_source`, a file gives
the same options, costs, rules and ballots.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from cocreate.application.live import LiveWorkshop
from cocreate.domain.errors import RoundNotFound
from cocreate.domain.voting.budget import BudgetRules
from cocreate.domain.voting.equal_shares import EqualSharesRules
from cocreate.domain.voting.projects import Form, points_of
from cocreate.domain.voting.ranked import RankedRules
from cocreate.exchange.election import LANGUAGE_UNKNOWN
from cocreate.exchange.pb_file import MINOR_PER_UNIT, in_units
from cocreate.exchange.tables import ballots_of
from cocreate.projections.items import workshop_item
from cocreate.projections.reader import Audience, Item, Reader
from cocreate.projections.round_items import option_item, round_item

_VOTE_TYPES: Final[Mapping[Form, str]] = {
    "approval": "approval",
    "cumulative": "cumulative",
    "ordinal": "ordinal",
    "score": "scoring",
}
_ID: Final = re.compile(r"[^\s,;\[][^\s,;]{0,39}")
"""What may stand in a list of ids; a text that is gone begins with a bracket."""
_POINTS_MAX: Final[Mapping[Form, str]] = {"cumulative": "max_sum_points", "score": "max_points"}
_COMPLETIONS: Final = {
    "none": "equalshares",
    "add_one": "equalshares/add1",
    "add_one_greedy": "equalshares/add1-greedy",
}


class NotThisRound(Exception):
    """The round cannot be written in this form, or not yet."""


@dataclass(frozen=True, slots=True)
class OptionTold:
    """`gone` where this audience may not read its text, today or any more."""

    key: str
    title: str
    text: str
    cost: int | None
    gone: bool


@dataclass(frozen=True, slots=True)
class RoundTold:
    """A round whose results show, as one audience reads it. `elected` are empty before the certificate."""

    key: str
    workshop: Item
    question: str
    rules: Any
    options: Sequence[OptionTold]
    elected: tuple[str, ...]
    choices: Sequence[Any]

    @property
    def host(self) -> str:
        return _words(self.workshop.get("host"))

    @property
    def purpose(self) -> str:
        return _words(self.workshop.get("purpose"))


def round_told(live: LiveWorkshop, round_id: str | None, audience: Audience) -> RoundTold:
    """The round, or the only one that there is. Raises RoundNotFound, and NotThisRound while its results are withheld."""
    rounds = live.projections.rounds.rounds
    if round_id is None:
        if len(rounds) != 1:
            raise NotThisRound(
                f"The workshop has {len(rounds)} rounds. Say which one: {', '.join(rounds) or 'none'}."
            )
        (round_id,) = rounds
    row = rounds.get(round_id)
    if row is None:
        raise RoundNotFound(round=round_id)
    if not row.released:
        raise NotThisRound(
            f"The results of the round {round_id} do not show yet. Expected a round whose results show."
        )
    reader = Reader(live.projections, live.projections, audience, live.texts)
    items = [option_item(reader, f"{round_id}/{idea}") for idea in row.options]
    return RoundTold(
        key=round_id,
        workshop=workshop_item(reader, live.id),
        question=_words(round_item(reader, round_id).get("question")),
        rules=row.opened.rules,
        options=[
            OptionTold(
                item["idea"],
                _words(item.get("title")) or _words(item["text"]),
                _words(item["text"]),
                item.get("cost"),
                "gone" in item["text"],
            )
            for item in items
        ],
        elected=() if row.certificate is None else row.certificate.elected,
        choices=[ballot["choice"] for ballot in ballots_of(round_id, row)],
    )


def blt_of(told: RoundTold) -> str:
    """The round in BLT, equal ballots on one line; equals are joined by `=`. How it is counted is not told there."""
    if not isinstance(told.rules, RankedRules):
        raise NotThisRound(f"BLT holds ranked ballots. This round is by {told.rules.method}.")
    numbers = {option.key: number for number, option in enumerate(told.options, start=1)}
    lines = [f"{len(numbers)} {told.rules.seats}"]
    kinds = Counter(_ranks(choice, numbers) for choice in told.choices)
    lines += [f"{times} {ranks} 0" if ranks else f"{times} 0" for ranks, times in sorted(kinds.items())]
    lines += [
        "0",
        *(f'"{_one_line(option.title)}"' for option in told.options),
        f'"{_one_line(told.question)}"',
    ]
    return "\n".join(lines) + "\n"


def pb_of(told: RoundTold) -> str:
    """The round as a `.pb` file; amounts in whole units where they are, `selected` as certified."""
    rules = told.rules
    if not isinstance(rules, BudgetRules | EqualSharesRules):
        raise NotThisRound(f"A .pb file holds votes on a budget. This round is by {rules.method}.")
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";", lineterminator="\n")
    writer.writerows([["META"], ["key", "value"], *_meta(told, rules)])
    ids = project_ids(told.options)
    marks: dict[str, list[int]] = {key: [0, 0] for key in ids}
    for choice in told.choices:
        for key, points in points_of(choice):
            marks[key][0] += 1
            marks[key][1] += points
    pointed = rules.ballot != "approval"
    header = ["project_id", "cost", "votes", "score", "name", "selected", "description"]
    hidden = {name for name, shown in (("score", pointed), ("selected", bool(told.elected))) if not shown}
    writer.writerows([["PROJECTS"], [name for name in header if name not in hidden]])
    for option in told.options:
        assert option.cost is not None, "every option of a vote on a budget has a cost"
        project: dict[str, Any] = {
            "project_id": ids[option.key],
            "cost": in_units(option.cost),
            "votes": marks[option.key][0],
            "score": marks[option.key][1],
            "name": _one_line(option.title),
            "selected": int(option.key in told.elected),
            "description": _described(option, ids[option.key]),
        }
        writer.writerow([project[name] for name in header if name not in hidden])
    told_points = rules.ballot in _POINTS_MAX
    writer.writerows([["VOTES"], ["voter_id", "vote", "points"] if told_points else ["voter_id", "vote"]])
    for voter, choice in enumerate(told.choices, start=1):
        writer.writerow([voter, *_vote(rules.ballot, choice, ids)])
    return out.getvalue()


def project_ids(options: Sequence[OptionTold]) -> dict[str, str]:
    """What the source of an import called each project, as its text begins; else its number."""
    first = [option.text.split("\n", 1)[0].strip() for option in options]
    kept = len(set(first)) == len(first) and all(map(_ID.fullmatch, first))
    return {option.key: first[place] if kept else str(place + 1) for place, option in enumerate(options)}


def _meta(told: RoundTold, rules: BudgetRules | EqualSharesRules) -> Iterator[tuple[str, Any]]:
    yield "description", _one_line(told.question)
    yield "unit", _one_line(told.host)
    yield "instance", datetime.fromtimestamp(told.workshop["starts_at"] / 1000, UTC).year
    yield "num_projects", len(told.options)
    yield "num_votes", len(told.choices)
    yield "budget", in_units(rules.budget)
    yield "vote_type", _VOTE_TYPES[rules.ballot]
    yield "rule", _rule(rules)
    yield "date_begin", _day(told.workshop["starts_at"])
    yield "date_end", _day(told.workshop["ends_at"] - 1)
    yield "max_length", rules.choices_max
    if rules.points_max is not None:
        yield _POINTS_MAX[rules.ballot], rules.points_max
    if isinstance(rules, BudgetRules) and rules.threshold:
        yield "min_project_score_threshold", rules.threshold
    if isinstance(rules, EqualSharesRules) and rules.raise_by != MINOR_PER_UNIT:
        yield "raise_by", in_units(rules.raise_by)
    if told.workshop["languages"][0] != LANGUAGE_UNKNOWN:
        yield "language", told.workshop["languages"][0]
    yield "currency", rules.currency
    yield "ties", rules.ties


def _rule(rules: BudgetRules | EqualSharesRules) -> str:
    if isinstance(rules, EqualSharesRules):
        return _COMPLETIONS[rules.completion]
    if not rules.skip and rules.threshold:
        raise NotThisRound(
            "A .pb file has no word for a round with a threshold that stops at what does not fit."
        )
    if not rules.skip:
        return "greedy-no-skip"
    return "greedy-threshold" if rules.threshold else "greedy"


def _vote(form: Form, choice: Any, ids: Mapping[str, str]) -> tuple[str, ...]:
    """The cells of a ballot; an ordinal one is written in its order, which its points tell."""
    pairs = list(points_of(choice))
    if form == "ordinal":
        pairs.sort(key=lambda pair: -pair[1])
    vote = ",".join(ids[key] for key, _ in pairs)
    return (vote, ",".join(str(points) for _, points in pairs)) if form in _POINTS_MAX else (vote,)


def _ranks(choice: Any, numbers: Mapping[str, int]) -> str:
    if not choice or isinstance(choice[0], str):
        return " ".join(str(numbers[key]) for key in choice)
    ranks: dict[int, list[int]] = {}
    for key, place in choice:
        ranks.setdefault(place, []).append(numbers[key])
    return " ".join("=".join(map(str, sorted(ranks[place]))) for place in sorted(ranks))


def _described(option: OptionTold, project_id: str) -> str:
    """What the text says beside what the file says already."""
    text = option.text.removeprefix(project_id).strip()
    return "" if text == option.title else text


def _words(text: Mapping[str, Any] | None) -> str:
    """A text in its first language, or what became of it."""
    if text is None:
        return ""
    return str(text["texts"][text["language"]]) if "texts" in text else f"[{text['gone']}]"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _day(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%d.%m.%Y")
