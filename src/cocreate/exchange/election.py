"""An election as a file tells it, whatever its format: what was to be decided, by which rules, and the ballots.

Options are named by their place in `options`; a choice is what the method's own choice is, with places instead of ids.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cocreate.domain.errors import Refusal
from cocreate.domain.idea import IDEA_TEXT_LENGTH_MAX, IDEA_TITLE_LENGTH_MAX, IDEAS_PER_PARTICIPANT_MAX
from cocreate.domain.opening import OPTIONS_FROZEN_MAX, QUESTION_LENGTH_MAX
from cocreate.domain.participant import PARTICIPANTS_MAX
from cocreate.domain.voting import METHODS, Rules
from cocreate.domain.workshop import PURPOSE_LENGTH_MAX, TITLE_LENGTH_MAX
from cocreate.exchange.csv_source import Findings, SourceFile

LANGUAGE_UNKNOWN: Final = "und"
"""BCP 47's tag for a language that nobody has told."""

PlaceChoice = tuple[int, ...] | tuple[tuple[int, int], ...]
"""Options by their place in the file: as approved or in order, or (option, number) pairs."""


@dataclass(frozen=True, slots=True)
class ElectionOption:
    """`id` is what the source calls it, and stands before its text if it is `labelled`; a title may be empty.

    `cost` is in minor units, in a vote on a budget alone. A withdrawn one is told with the others and not put to the vote.
    """

    id: str
    title: str
    text: str
    cost: int | None = None
    withdrawn: bool = False
    labelled: bool = True


@dataclass(frozen=True, slots=True)
class Papers:
    """What a line of the file says, and how many ballots say it."""

    line: int
    choice: PlaceChoice
    times: int = 1


@dataclass(frozen=True, slots=True)
class Headings:
    """What the source calls itself; anything empty is not told. Times in ms since 1970."""

    title: str
    host: str = ""
    purpose: str = ""
    language: str = LANGUAGE_UNKNOWN
    starts_at: int | None = None
    ends_at: int | None = None


@dataclass(frozen=True, slots=True)
class IdeaList:
    """Ideas without a vote on them."""

    importer: str
    file: SourceFile
    headings: Headings
    options: Sequence[ElectionOption]

    @property
    def files(self) -> tuple[SourceFile, ...]:
        return (self.file,)


@dataclass(frozen=True, slots=True)
class Election:
    """`file` is that of the ballots, `beside` one that holds the options where they are in another.

    `rule` is the source's own word for the rules; `reported` are the winners it tells of, None if it tells of none; `notes` say
    what was read otherwise than it is written, for whoever imports.
    """

    importer: str
    file: SourceFile
    headings: Headings
    rule: str
    rules: Rules
    options: Sequence[ElectionOption]
    papers: Sequence[Papers]
    reported: tuple[int, ...] | None = None
    notes: tuple[str, ...] = ()
    beside: SourceFile | None = None

    @property
    def files(self) -> tuple[SourceFile, ...]:
        return (self.file,) if self.beside is None else (self.file, self.beside)

    @property
    def voters(self) -> int:
        return sum(one.times for one in self.papers)

    @property
    def standing(self) -> list[int]:
        """The options that are put to the vote."""
        return [place for place, option in enumerate(self.options) if not option.withdrawn]


def choice_of(rules: Rules, choice: PlaceChoice, ids: Sequence[str]) -> Any:
    """The choice as a ballot says it: ids in the voter's order where the method ranks, else ascending."""
    if choice and isinstance(choice[0], tuple):
        return tuple(sorted((ids[place], number) for place, number in choice))
    named = tuple(ids[place] for place in choice)  # type: ignore[index]  # places, all of them
    return named if rules.method == "ranked" else tuple(sorted(named))


def check_election(election: Election) -> None:
    """Raise BadRows if a workshop cannot hold the election, or a round its ballots, before anything is written."""
    findings = Findings()
    name = election.file.name
    limits = (
        (PARTICIPANTS_MAX - 1, "voters", election.voters),
        (min(OPTIONS_FROZEN_MAX, IDEAS_PER_PARTICIPANT_MAX), "options", len(election.options)),
    )
    for limit, of, found in limits:
        if found > limit:
            findings.add(name, None, None, expected=f"at most {limit} {of}", found=str(found))
    ids = [f"{place:08x}-0000-4000-8000-000000000000" for place in range(len(election.options))]
    costs = {ids[place]: cost for place in election.standing if (cost := election.options[place].cost)}
    method = METHODS[election.rules.method]
    try:
        method.check_round(election.rules, [ids[place] for place in election.standing], costs)
    except Refusal as refusal:
        findings.add(name, None, None, expected="what a round can decide on", found=str(refusal))
    for line, verdict in _refused(election, ids):
        findings.add(name, line, None, expected="a ballot of these rules", found=str(verdict))
    for option in election.options:
        if "\x00" in option.title + option.text:
            findings.add(name, None, option.id, expected="a text without U+0000", found="one")
    findings.raise_if_any()


def _refused(election: Election, ids: Sequence[str]) -> Iterator[tuple[int, Refusal]]:
    """Line and refusal of each ballot that the rules do not permit; each choice is looked at once."""
    verdicts: dict[PlaceChoice, Refusal | None] = {}
    for papers in election.papers:
        if papers.choice not in verdicts:
            verdicts[papers.choice] = _verdict(election.rules, choice_of(election.rules, papers.choice, ids))
        verdict = verdicts[papers.choice]
        if verdict is not None:
            yield papers.line, verdict


def _verdict(rules: Rules, choice: Any) -> Refusal | None:
    try:
        METHODS[rules.method].check(rules, choice)
    except Refusal as refusal:
        return refusal
    return None


def cut(text: str, length_max: int) -> str:
    """A heading of the source, cut to what a workshop takes."""
    text = text.replace("\x00", "").strip()
    return text if len(text) <= length_max else f"{text[: length_max - 1].rstrip()}…"


def told_title(option: ElectionOption) -> str:
    return cut(option.title, IDEA_TITLE_LENGTH_MAX)


def told_text(option: ElectionOption) -> str:
    """What the source says of the option, below what it calls it: a line of its own, by which it is found again."""
    label = option.id if option.labelled else ""
    whole = option.title if len(option.title.strip()) > IDEA_TITLE_LENGTH_MAX else ""
    return cut("\n\n".join(filter(None, (label, whole, option.text))), IDEA_TEXT_LENGTH_MAX)


def told_headings(headings: Headings) -> Mapping[str, str]:
    """Title, host, purpose and question, each within its limit; the importer's own word where the source has none."""
    return {
        "title": cut(headings.title, TITLE_LENGTH_MAX),
        "host": cut(headings.host, TITLE_LENGTH_MAX),
        "purpose": cut(headings.purpose, PURPOSE_LENGTH_MAX),
        "question": cut(headings.title, QUESTION_LENGTH_MAX),
    }
