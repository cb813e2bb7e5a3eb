"""Papers as they are typed: a line a paper, the options by their numbers on the sheet."""

import re
from collections.abc import Mapping
from typing import Any, Final

from cocreate.application import ChoiceMalformed

LINES_MAX: Final = 60
"""Somewhat more than a batch holds, so that too many are told by the rule that limits it."""
_TIMES: Final = re.compile(r"\s*(\d{1,2})\s*[x×*]\s+(.*)", re.ASCII)
_PARTS: Final = re.compile(r"[\s,;]+")
_PLAIN: Final = re.compile(r"(\d{1,4})", re.ASCII)
_MARKED: Final = re.compile(r"(\d{1,4})\s*[:=]\s*([+-]?\d{1,7})", re.ASCII)
BLANK: Final = ("-", "–", "0")


def marked(rules: Mapping[str, Any]) -> bool:
    """Whether a ballot under these rules says a number for each option that it names."""
    return (
        rules["method"] in ("dots", "score", "quadratic", "consent")
        or rules.get("ballot", "approval") != "approval"
    )


def papers_of(text: str, options: Mapping[int, str], rules: Mapping[str, Any]) -> list[list[Any]]:
    """The choices of a bundle, `options` by number. Raises ChoiceMalformed with the number of the line that cannot be read.

    `1 4` names two options, `2:5 3:1` gives them points, `-` is a blank paper, `12x 1 4` is twelve of one kind.
    """
    papers: list[list[Any]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        times, said = 1, line
        if found := _TIMES.fullmatch(line):
            times, said = int(found[1]), found[2]
        choice = _choice(said, options, rules)
        if choice is None or len(papers) + times > LINES_MAX:
            expected = "option:points" if marked(rules) else "numbers of options"
            raise ChoiceMalformed(
                method=rules["method"],
                expected=f"{expected}, a line for each of at most {LINES_MAX} papers",
                found=f"line {number}",
            )
        papers += [choice] * times
    return papers


def _choice(said: str, options: Mapping[int, str], rules: Mapping[str, Any]) -> list[Any] | None:
    """What a line says; None where it cannot be read."""
    if said.strip() in BLANK:
        return []
    choice: list[Any] = []
    form = _MARKED if marked(rules) else _PLAIN
    for part in _PARTS.split(said.strip()):
        found = form.fullmatch(part)
        option = None if found is None else options.get(int(found[1]))
        if found is None or option is None:
            return None
        choice.append([option, int(found[2])] if form is _MARKED else option)
    return choice
