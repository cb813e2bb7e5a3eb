"""Agendas to begin with; every one can be changed afterwards."""

from typing import Final, NamedTuple

from cocreate.application import ActivityDraft


class Template(NamedTuple):
    title: str
    activities: tuple[ActivityDraft, ...]


def _step(kind: str, title: str, minutes: int) -> ActivityDraft:
    return ActivityDraft.model_validate({"kind": kind, "title": title, "minutes": minutes})


TEMPLATES: Final = {
    "quality_label": Template(
        "Quality label: criteria, measures and a name, decided together (3 hours)",
        (
            _step("welcome", "Why a label, and how today works", 15),
            _step("collect", "Which criteria should a city meet?", 25),
            _step("discuss", "Arguments for and against", 30),
            _step("vote", "Which criteria belong in the label?", 10),
            _step("break", "Coffee", 15),
            _step("collect", "Which concrete measures show it?", 25),
            _step("discuss", "Which measures can be checked?", 25),
            _step("vote", "Which measures, and which name?", 10),
            _step("decide", "What we decided, and who does what next", 25),
        ),
    ),
    "idea_evening": Template(
        "Idea evening: collect, discuss, choose (90 minutes)",
        (
            _step("welcome", "Welcome", 10),
            _step("collect", "Your ideas", 20),
            _step("discuss", "Talking about them", 30),
            _step("vote", "Choosing the best", 10),
            _step("decide", "What happens next", 20),
        ),
    ),
    "opinion": Template(
        "Opinion poll: statements grow while people answer",
        (_step("welcome", "What this is about", 5), _step("vote", "Agree, disagree or pass", 30)),
    ),
    "none": Template("No agenda: everything is possible all the time", ()),
}
