"""What the demo's people say: the co-creation of a quality label for user-centric cities and regions.

After the founding case of 12 April 2018 in Brussels, which asked three things: which criteria, which concrete measures,
which name. The sentences here are made up.
"""

from dataclasses import dataclass
from typing import Any, Final, Literal


@dataclass(frozen=True, slots=True)
class Stage:
    """One activity: `seconds` at the calm pace; `tag` says which ideas it collects or puts to the vote."""

    kind: Literal["welcome", "collect", "discuss", "vote", "decide"]
    title: str
    seconds: float
    tag: str | None = None
    question: str | None = None
    rules: dict[str, Any] | None = None


TITLE: Final = {
    "en": "A quality label for user-centric cities",
    "fr": "Un label de qualité pour des villes centrées sur leurs usagers",
}
HOST: Final = "Citizen City"
PURPOSE: Final = (
    "Cities and regions that put the people who live in them first should be recognised for it. "
    "Today we write the label together: by which criteria, through which concrete measures, under which name."
)
TAGS: Final = ("criteria", "measures", "name")

STAGES: Final = (
    Stage("welcome", "Welcome", 8),
    Stage("collect", "By which criteria should a city be judged?", 45, "criteria"),
    Stage("discuss", "What speaks for and against them?", 30),
    Stage(
        "vote",
        "Choose the criteria",
        35,
        "criteria",
        "Which criteria belong in the label? Choose up to five.",
        {"method": "approval", "choices_max": 5, "seats": 5, "version": 1},
    ),
    Stage("collect", "Which concrete measures meet them?", 40, "measures"),
    Stage(
        "vote",
        "What do you think of each measure?",
        40,
        "measures",
        "Should the label ask for this measure?",
        {"method": "opinion", "routing": "informative.v1", "version": 1},
    ),
    Stage("collect", "What should the label be called?", 25, "name"),
    Stage(
        "vote",
        "Choose the name",
        30,
        "name",
        "Which names could you support?",
        {"method": "support", "version": 1},
    ),
    Stage("decide", "What we have decided", 20),
)

IDEAS: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "criteria": (
        (
            "Residents decide on part of the budget",
            "At least five per cent of the investment budget is decided by residents.",
        ),
        (
            "Answers within a month",
            "Every proposal from a resident gets a reasoned answer within thirty days.",
        ),
        ("Reachable without a car", "Daily needs are met within fifteen minutes on foot, by bike or by bus."),
        (
            "Nobody is left out of online services",
            "Whatever can be done online can also be done in person or by phone.",
        ),
        ("Plain language", "Letters and forms can be understood without a lawyer."),
        ("Young people have a say", "Everyone from the age of twelve can take part in consultations."),
        (
            "Public spaces are planned with their users",
            "No square is rebuilt before those who use it were asked on the spot.",
        ),
        ("Promises are tracked", "There is one public page with every promise, who keeps it and by when."),
        ("Accessible for everyone", "Pavements, buses and web pages work for people with disabilities."),
        ("Open figures", "Budgets, contracts and results are published as open data."),
        ("Newcomers are reached", "Information comes in the languages that are spoken in the district."),
        ("Room for experiments", "Residents can try something out for a year with the city's help."),
    ),
    "measures": (
        (
            "A citizens' jury a year",
            "Drawn by lot, paid for their time, with one question from the council and one of their own.",
        ),
        (
            "Participatory budget in each district",
            "With a hotline for people who need help writing their proposal.",
        ),
        ("One counter for everything", "Whoever comes to the wrong desk is accompanied to the right one."),
        ("Mystery visits", "Residents test services twice a year and publish what they found."),
        ("A promise meter at the town hall", "Kept, under way, broken: for everyone to see at the entrance."),
        ("Translation on call", "In ninety seconds on the phone, in twenty languages."),
        ("Benches before car parks", "Each new parking space comes with a bench and a tree."),
        ("A workshop box for schools", "So that classes can run a consultation of their own."),
        ("Childcare at every meeting", "Evening meetings have childcare and end before nine."),
        (
            "Council questions from the street",
            "Each session of the council opens with three questions from residents.",
        ),
    ),
    "name": (
        ("Citizen City", "Short, and it says who comes first."),
        ("City by Us", "Because we make it."),
        ("Urban Ears", "For cities that listen."),
        ("People First City", "Says exactly what it is."),
        ("The Open Door", "A sign that everyone recognises."),
        ("Good to Live Here", "What we would like to say of our town."),
    ),
}

DECISIONS: Final[dict[str, tuple[str, str]]] = {
    "criteria": (
        "The label is given by these criteria.",
        "They were chosen from everything that was proposed today. A city declares for each how it meets it, and residents check.",
    ),
    "measures": (
        "This measure is tried out first.",
        "Most people agreed with it. Three cities test it for a year and report what it cost and who used it.",
    ),
    "name": ("This is the working name of the label.", "More people could support it than any other."),
}
"""What is decided and why, by what was voted on."""
ACCEPTED: Final = (
    "It goes into the first version of the label, with the words of those who proposed and discussed it."
)
CONSIDERED: Final = (
    "Many people liked it too. The working group looks at it again in autumn and answers then."
)

COMMENTS: Final[dict[str, tuple[str, ...]]] = {
    "for": (
        "We have had this for two years and would not give it up.",
        "This is what my neighbours keep asking for.",
        "It costs little and shows that somebody listens.",
        "Yes, and please with figures, so that we can compare.",
        "My daughter would take part at once.",
    ),
    "against": (
        "Who will check that in a small town with three employees?",
        "I fear that only those who come anyway will use it.",
        "Sounds good, but it has failed with us for want of money.",
        "Too vague to be measured.",
    ),
    "neutral": (
        "How would a region do this, which is not one city?",
        "Could we start with one district?",
        "It depends on who is asked.",
        "We should say until when.",
    ),
}

NAMES: Final = (
    "Amina", "Bram", "Chiara", "Dimitris", "Elena", "Filip", "Greet", "Hassan", "Ilse", "João", "Katarzyna", "Luc",
    "Mehmet", "Nadia", "Olga", "Pierre", "Quentin", "Rosa", "Stefan", "Tamar", "Ulrike", "Victor", "Wanda", "Yusuf",
    "Zoë", "Anders", "Beatriz", "Cédric", "Daniela", "Emil",
)  # fmt: skip
