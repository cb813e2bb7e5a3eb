"""A participatory-budgeting election as a Pabulib file tells it: projects, voters, rules, and what the city chose.

Source: the format's description at https://pabulib.org/format. `selected` is 1 for what the city chose, or another number
above 0 where it chose for a reason of its own; both count as chosen.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

from cocreate.domain.voting import Rules
from cocreate.domain.voting.budget import BudgetRules
from cocreate.domain.voting.equal_shares import EqualSharesRules
from cocreate.domain.voting.method import CHOICES_MAX, MARK_MAX
from cocreate.domain.voting.projects import Form
from cocreate.exchange.csv_source import Findings, SourceFile, WholeNumber, quoted, read_file
from cocreate.exchange.election import (
    LANGUAGE_UNKNOWN,
    Election,
    ElectionOption,
    Headings,
    Papers,
    PlaceChoice,
)
from cocreate.exchange.pb_file import (
    AMOUNT_EXPECTED,
    MINOR_PER_UNIT,
    Ids,
    Meta,
    Section,
    read_amount,
    read_meta,
    read_sections,
)

IMPORTER: Final = "pabulib"
CURRENCY_UNKNOWN: Final = "XXX"
"""ISO 4217's code where no currency is told."""

Rule = Literal[
    "greedy",
    "greedy-no-skip",
    "greedy-threshold",
    "equalshares",
    "equalshares/add1",
    "equalshares/add1-greedy",
]
RULES: Final[dict[str, Rule]] = {
    "greedy": "greedy",
    "greedy-no-skip": "greedy-no-skip",
    "greedy-threshold": "greedy-threshold",
    "equalshares": "equalshares",
    "equalshares/add1": "equalshares/add1",
    "equalshares/add1-greedy": "equalshares/add1-greedy",
    # The comparison that follows there is no published rule; what it changed shows as a difference.
    "equalshares/add1-comparison": "equalshares/add1",
}
"""The rules of META, and which of ours counts them."""

_FORMS: Final[dict[str, Form]] = {
    "approval": "approval",
    "choose-1": "approval",
    "cumulative": "cumulative",
    "ordinal": "ordinal",
    "scoring": "score",
}
_COMPLETIONS: Final[dict[Rule | None, Literal["none", "add_one", "add_one_greedy"]]] = {
    "equalshares": "none",
    "equalshares/add1": "add_one",
    "equalshares/add1-greedy": "add_one_greedy",
}
_POINTS: Final = WholeNumber("points", 0, MARK_MAX)
_SELECTED: Final = WholeNumber("selected", 0, 9)
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_DATES: Final = ("%d.%m.%Y", "%Y-%m-%d", "%Y")
_DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class _Vote:
    """A row of VOTES: projects by their place in PROJECTS, in the order of the row, and their points where it has any."""

    line: int
    named: tuple[int, ...]
    points: tuple[int, ...]


def read_election(path: Path, rule: Rule | None = None) -> Election:
    """Read a `.pb` file whole, or raise BadRows with everything that is wrong with it.

    `rule` counts a file whose own rule is none of the published ones, or counts it otherwise than its city did.
    """
    findings = Findings()
    file = read_file(path.parent, path.name, findings, required=True)
    if file is None:
        findings.refuse()
    sections = read_sections(file, findings)
    meta = read_meta(file, sections["META"], findings)
    form = _form(meta)
    projects, reported = _projects(file, sections["PROJECTS"], meta)
    # Where a project could not be read, each vote for it would be one more finding about the same fault.
    known = None if sections["PROJECTS"].broken else projects
    votes, notes = _votes(file, sections["VOTES"], meta, form, known)
    rules = _rules(meta, form, rule or RULES.get(meta.text("rule")), votes)
    findings.raise_if_any()
    assert rules is not None, "rules that cannot be read are a finding"
    return Election(
        importer=IMPORTER,
        file=file,
        headings=_headings(meta, path.stem),
        rule=rule or meta.text("rule"),
        rules=rules,
        options=projects,
        papers=[Papers(vote.line, _choice(rules, vote)) for vote in votes],
        reported=reported,
        notes=notes,
    )


def _form(meta: Meta) -> Form | None:
    form = _FORMS.get(meta.text("vote_type"))
    if form is None:
        meta.refuse("vote_type", f"one of {', '.join(_FORMS)}")
    if form == "score":
        # Projects that a ballot does not name have no points here.
        meta.number("default_score", 0, 0)
    return form


def _projects(
    file: SourceFile, section: Section, meta: Meta
) -> tuple[list[ElectionOption], tuple[int, ...] | None]:
    """The projects in the order of the file, and the places of those that the city chose, if the file tells."""
    projects: list[ElectionOption] = []
    chosen: list[int] = []
    ids, findings = Ids(file, "project_id", meta.findings), meta.findings
    id_of, cost_of, name_of, about_of, selected_of = map(
        section.reads, ("project_id", "cost", "name", "description", "selected")
    )
    tells = "selected" in section.header
    for place, (line, cells) in enumerate(section.rows):
        project, cost = id_of(cells), read_amount(cost_of(cells))
        ids.take(line, project)
        if cost is None:
            findings.add(file.name, line, "cost", expected=AMOUNT_EXPECTED, found=quoted(cost_of(cells)))
        selected = _SELECTED.read(selected_of(cells)) if tells else 0
        if selected is None:
            found = quoted(selected_of(cells))
            findings.add(file.name, line, "selected", expected=_SELECTED.expected, found=found)
        elif selected:
            chosen.append(place)
        projects.append(ElectionOption(project, name_of(cells) or project, about_of(cells), cost))
    meta.check_count("num_projects", section.length)
    return projects, tuple(chosen) if tells else None


def _votes(
    file: SourceFile,
    section: Section,
    meta: Meta,
    form: Form | None,
    projects: Sequence[ElectionOption] | None,
) -> tuple[list[_Vote], tuple[str, ...]]:
    """The votes in the order of the file, and a note for each that approves of a project twice, which counts once.

    What a vote names must be among the projects, unless None are told.
    """
    votes: list[_Vote] = []
    notes: list[str] = []
    places = {project.id: place for place, project in enumerate(projects or ())}
    ids, findings = Ids(file, "voter_id", meta.findings), meta.findings
    voter_of, vote_of, points_of = map(section.reads, ("voter_id", "vote", "points"))
    pointed = form in ("cumulative", "score")
    if pointed and "points" not in section.header:
        findings.add(file.name, section.line, "points", expected="this column in VOTES", found="none")
        pointed = False
    for line, cells in section.rows:
        ids.take(line, voter_of(cells))
        said = _listed(vote_of(cells))
        unknown = [project for project in said if project not in places]
        for project in unknown if projects is not None else ():
            findings.add(file.name, line, "vote", expected="a project_id of PROJECTS", found=quoted(project))
        if len(set(said)) < len(said):
            if form == "approval":
                notes.append(f"{file.name} line {line}: a project is named twice; it counts once.")
                said = list(dict.fromkeys(said))
            else:
                expected, found = "each project once", quoted(vote_of(cells))
                findings.add(file.name, line, "vote", expected=expected, found=found)
        points = _points(file, line, points_of(cells), len(said), findings) if pointed else ()
        if not unknown:
            votes.append(_Vote(line, tuple(places[project] for project in said), points))
    meta.check_count("num_votes", section.length)
    return votes, tuple(notes)


def _points(file: SourceFile, line: int, text: str, projects: int, findings: Findings) -> tuple[int, ...]:
    """The points of a vote, as many as it names projects."""
    said = _listed(text)
    points = [_POINTS.read(one) for one in said]
    read = tuple(one for one in points if one is not None)
    if len(read) < len(said):
        findings.add(file.name, line, "points", expected=_POINTS.expected, found=quoted(text))
    elif len(read) != projects:
        findings.add(file.name, line, "points", expected=f"{projects}, one a project", found=quoted(text))
    return read


def _rules(meta: Meta, form: Form | None, rule: Rule | None, votes: Sequence[_Vote]) -> Rules | None:
    """The rules of META; limits that it does not tell are as far as the votes go."""
    if rule is None:
        meta.refuse("rule", f"one of {', '.join(RULES)}; else say with --rule under which to count it")
    budget, currency = read_amount(meta.text("budget")), meta.text("currency") or CURRENCY_UNKNOWN
    if budget is None:
        meta.refuse("budget", AMOUNT_EXPECTED)
    if _CURRENCY.fullmatch(currency) is None:
        meta.refuse("currency", "a code of ISO 4217, such as EUR")
    longest = max((len(vote.named) for vote in votes), default=1)
    choices_max = meta.number("max_length", 1, CHOICES_MAX) or min(max(longest, 1), CHOICES_MAX)
    threshold = 0
    if rule == "greedy-threshold":
        threshold = meta.number("min_project_score_threshold", 0, 10**12) or 0
    # Cities list their projects by votes, and so by the order in which they broke their ties; our own files may say draw.
    ties = meta.text("ties") or "listed"
    if ties not in ("listed", "draw"):
        meta.refuse("ties", "listed or draw")
    raise_by = read_amount(meta.text("raise_by")) if meta.text("raise_by") else MINOR_PER_UNIT
    if raise_by is None:
        meta.refuse("raise_by", AMOUNT_EXPECTED)
    facts: dict[str, Any] = {
        "ballot": form,
        "budget": budget,
        "choices_max": choices_max,
        "currency": currency,
        "points_max": _points_max(meta, form, votes),
        "ties": ties,
    }
    if meta.findings or raise_by is None:
        return None
    if rule in _COMPLETIONS:
        return EqualSharesRules(
            method="equal_shares",
            completion=_COMPLETIONS[rule],
            raise_by=raise_by,
            **facts,
        )
    return BudgetRules(
        method="budget",
        skip=rule != "greedy-no-skip",
        threshold=threshold,
        **facts,
    )


def _points_max(meta: Meta, form: Form | None, votes: Sequence[_Vote]) -> int | None:
    if form == "cumulative":
        most = max((sum(vote.points) for vote in votes), default=1)
        return meta.number("max_sum_points", 1, MARK_MAX) or max(most, 1)
    if form == "score":
        most = max((max(vote.points, default=1) for vote in votes), default=1)
        return meta.number("max_points", 1, MARK_MAX) or max(most, 1)
    return None


def _choice(rules: Any, vote: _Vote) -> PlaceChoice:
    """What the vote says; a project with no points is as good as not named."""
    if rules.ballot == "approval":
        return vote.named
    if rules.ballot == "ordinal":
        return tuple((project, rules.choices_max - place) for place, project in enumerate(vote.named))
    return tuple((project, points) for project, points in zip(vote.named, vote.points, strict=True) if points)


def _headings(meta: Meta, name: str) -> Headings:
    language = meta.text("language")
    starts_at, ends_at = _time(meta.text("date_begin")), _time(meta.text("date_end"))
    return Headings(
        title=meta.text("description") or name,
        host=meta.text("unit") or "Pabulib",
        purpose=meta.text("comment"),
        language=language if _LANGUAGE.fullmatch(language) else LANGUAGE_UNKNOWN,
        starts_at=starts_at,
        # The last day is a day of voting.
        ends_at=None if ends_at is None else ends_at + _DAY_MS,
    )


def _time(text: str) -> int | None:
    """The beginning of a day of META in ms, None where it is written otherwise than the format says."""
    for form in _DATES:
        try:
            return int(datetime.strptime(text, form).replace(tzinfo=UTC).timestamp()) * 1000
        except ValueError:
            continue
    return None


def _listed(text: str) -> list[str]:
    return [one.strip() for one in text.split(",") if one.strip()]
