"""Every page, on a phone, a laptop and a projector: nothing sticks out, nothing that axe knows is wrong, nothing is heavy."""

import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.people import Facilitator, create, device, join, submit
from tests.browser.served import ROOT, Served

WIDTHS = (320, 360, 1280, 1920)
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
TARGETS = (
    "button, summary, select, textarea, nav a, .button, "
    "input:not([type=hidden], [type=checkbox], [type=radio], [type=range])"
)
PAGE_BYTES_MAX = 60_000
STATIC = ROOT / "src" / "cocreate" / "http" / "static"

PATHS = {
    "front": "/",
    "join": "/join",
    "code unknown": "/j/AAAAAA",
    "privacy": "/privacy",
    "accessibility": "/accessibility",
    "nothing here": "/nowhere",
    "now": "{base}",
    "ideas": "{base}/ideas",
    "idea": "{base}/ideas/{idea}",
    "ballot": "{base}/vote/{ballot}",
    "ballot voted": "{base}/vote/{closed}",
    "opinion": "{base}/vote/{opinion}",
    "results": "{base}/results",
    "result": "{base}/results/{closed}",
    "what if": "{base}/results/{counted}/what-if?method=approval",
    "outcome": "{base}/outcome",
    "groups": "{base}/results/{opinion}/groups",
    "record": "{base}/record",
    "record at a moment": "{base}/record?at=12&topic=ideas",
}
OWN = {
    "mine": "{base}/mine",
    "edit": "{base}/ideas/{idea}/edit",
    "opinion answered": "{base}/vote/{opinion}?last={idea}",
    "my answers": "{base}/vote/{opinion}/answers",
}
CONSOLE = {
    "new": "/new",
    "console": "{base}/console",
    "console ideas": "{base}/console/ideas",
    "console votes": "{base}/console/rounds",
    "console sort": "{base}/console/sort?show=all",
    "console decisions": "{base}/console/decisions",
    "console people": "{base}/console/people",
    "console settings": "{base}/console/settings",
    "desk": "{base}/desk",
    "desk paper of an open vote": "{base}/desk/paper/{ballot}",
    "desk paper of a closed vote": "{base}/desk/paper/{paper}",
    "sheet of paper": "{base}/desk/paper/{ballot}/sheet",
    "screen": "{base}/screen",
    "screen welcome": "{base}/screen?show=join",
    "screen ideas": "{base}/screen?show=ideas",
    "screen results": "{base}/screen?show=results",
    "screen clusters": "{base}/screen?show=clusters",
    "screen outcome": "{base}/screen?show=outcome",
    "screen record": "{base}/screen?show=record",
    "screen groups": "{base}/screen?show=groups",
}


class Furnished:
    """A workshop in which everything has happened once, and who is in it."""

    def __init__(self, browser: Browser, server: Served, host_page: Page) -> None:
        workshop = create(
            host_page, title="Everything has happened", tags="openness, a-rather-long-tag-of-a-city"
        )
        workshop.open_workshop()
        self.ana = join(device(browser, server), workshop.code, "Ana")
        ben = join(device(browser, server), workshop.code)
        workshop.next()
        workshop.next()
        submit(
            self.ana, workshop.workshop, "Donau" + "dampfschifffahrts" * 12 + "gesellschaft", "One long word"
        )
        submit(ben, workshop.workshop, "Plain language in every letter. " * 20)
        self.ana.get_by_role("link", name="One long word").click()
        expect(self.ana.locator("#idea h1")).to_contain_text("One long word")
        self.idea = self.ana.url.rpartition("/")[2]
        self.ana.get_by_label("What do you think?").fill("A comment, " * 10)
        self.ana.locator("#say").get_by_role("button", name="Send").click()
        expect(self.ana.locator("#thread")).to_contain_text("A comment,")
        workshop.next()
        workshop.next()
        self.closed = workshop.open_round("A closed vote?", grace_s="0", seats="1")
        self.ana.goto(f"/w/{workshop.workshop}/vote/{self.closed}")
        self.ana.get_by_label(re.compile("One long word")).check()
        self.ana.get_by_role("button", name="Send my vote").click()
        expect(self.ana.locator("#done")).to_contain_text("Your vote is saved")
        workshop.close_round(self.closed)
        expect(workshop.page.locator(f"section[data-key='{self.closed}'] .badge").first).to_have_text(
            "certified"
        )
        self.ana.goto(f"/w/{workshop.workshop}/results/{self.closed}")
        self.ana.get_by_label("Why").fill("I doubt it. " * 20)
        self.ana.get_by_role("button", name="Contest the result").click()
        expect(self.ana.locator("main")).to_contain_text("I doubt it.")
        workshop.answer("One long word", "accepted", "We will do it.", cost="1200")
        workshop.decide(
            "Every letter is in plain language", "Most wanted.", ideas=("One long word",), votes=1
        )
        workshop.decide("Another thing", "Because.", amended="Said " + "better" * 40)
        workshop.promise("The council", "Twelve benches by spring", "2027-04-01")
        workshop.sort("One long word", cluster="What a letter looks like, " * 4)
        workshop.merge("Plain language", into="1 One long word", note="They say the same.")
        self.paper = workshop.open_round("A vote on paper?", method="support", grace_s="0")
        workshop.hand_out(self.paper, "Rosa of the long table by the window", "Rudi")
        workshop.close_round(self.paper)
        workshop.enter_papers(self.paper, "Box 1", "1\n-", wrong="7")
        self.counted = workshop.open_round("A vote to count otherwise?", method="support", grace_s="0")
        workshop.close_round(self.counted)
        expect(workshop.page.locator(f"section[data-key='{self.counted}'] .badge").first).to_have_text(
            "certified"
        )
        self.ballot = workshop.open_round("Which criteria belong in the label?", seats="1")
        self.opinion = workshop.open_round(
            "And what of these?", method="opinion", results="always", growing="yes"
        )
        self.ana.goto(f"/w/{workshop.workshop}/vote/{self.opinion}?statement={self.idea}")
        self.ana.get_by_role("button", name="Agree", exact=True).click()
        expect(self.ana.locator("#done")).to_contain_text("Saved")
        self.workshop: Facilitator = workshop
        ben.context.close()

    def at(self, path: str) -> str:
        return path.format(
            base=f"/w/{self.workshop.workshop}",
            idea=self.idea,
            ballot=self.ballot,
            closed=self.closed,
            paper=self.paper,
            counted=self.counted,
            opinion=self.opinion,
        )

    def page_for(self, name: str) -> Page:
        return self.workshop.page if name in CONSOLE else self.ana


@pytest.fixture(scope="module")
def furnished(browser: Browser, server: Served, host_page: Page) -> Iterator[Furnished]:
    made = Furnished(browser, server, host_page)
    yield made
    made.ana.context.close()


def violations(page: Page) -> list[tuple[str, Any]]:
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}}).response["violations"]
    return [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found]


@pytest.mark.parametrize("name", [*PATHS, *OWN, *CONSOLE])
def test_nothing_sticks_out_and_axe_finds_nothing(furnished: Furnished, name: str) -> None:
    """Light on a phone, dark on a laptop, wide on a projector; 320 px is what 1280 px is at 400 % zoom."""
    page = furnished.page_for(name)
    path = furnished.at({**PATHS, **OWN, **CONSOLE}[name])
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme="dark" if width == 1280 else "light")
        page.goto(path)
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert over <= 0, f"{name} is {over} px wider than {width}"
        if width in (360, 1280):
            assert violations(page) == []


def test_the_door_has_no_violations(furnished: Furnished, browser: Browser, server: Served) -> None:
    """The pages of somebody who is nobody here yet: consent, the workshop from outside, a link."""
    stranger = device(browser, server)
    base = f"/w/{furnished.workshop.workshop}"
    for path in (f"/j/{furnished.workshop.code}", base, f"{base}/screen", "/link/unknown"):
        stranger.goto(path)
        assert violations(stranger) == []
    stranger.context.close()


def test_a_planted_fault_is_found(furnished: Furnished) -> None:
    """The check can fail: a field whose label is taken away is reported."""
    furnished.ana.goto(furnished.at("{base}/vote/{opinion}"))
    furnished.ana.evaluate("document.querySelector('label[for=f-text]').remove()")
    assert [found for found, _ in violations(furnished.ana)] == ["label"]


@pytest.mark.parametrize("name", [*PATHS, *CONSOLE])
def test_targets_are_large_enough_for_a_thumb(furnished: Furnished, name: str) -> None:
    """Buttons, fields and links that stand alone are at least 44 px high; links within a sentence may be as high as it."""
    page = furnished.page_for(name)
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(furnished.at({**PATHS, **CONSOLE}[name]))
    small = page.evaluate(
        """(selector) => [...document.querySelectorAll(selector)]
            .filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < 43.5)
            .map((one) => one.outerHTML.slice(0, 120))""",
        TARGETS,
    )
    assert small == []


def test_a_page_with_all_it_needs_weighs_less_than_60_kb(furnished: Furnished) -> None:
    """HTML, style, script and icon together, packed."""
    parts = sum(len(gzip.compress(Path(one).read_bytes())) for one in STATIC.iterdir())
    heaviest = 0
    for name, path in {**PATHS, **OWN, **CONSOLE}.items():
        page = furnished.page_for(name)
        answer = page.request.get(furnished.at(path), headers={"Accept": "text/html"})
        heaviest = max(heaviest, len(gzip.compress(answer.body())))
    assert parts + heaviest < PAGE_BYTES_MAX


def test_the_projector_stays_light_and_keeps_its_code_above_the_bottom_third(furnished: Furnished) -> None:
    """Who sits in the last row sees neither a dark page in a bright room nor what heads in front of them hide."""
    page = furnished.workshop.page
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.emulate_media(color_scheme="dark")
    page.goto(furnished.at("{base}/screen"))
    page.emulate_media(color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(250, 248, 243)"
    for vital in (".joinside .qr", ".bigcode", "#head h1"):
        box = page.locator(vital).bounding_box()
        assert box is not None
        assert box["y"] + box["height"] < 1080 * 2 / 3
    page.emulate_media(color_scheme="light")
