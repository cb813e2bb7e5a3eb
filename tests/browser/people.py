"""People at their devices: what a host, a facilitator and a participant do on the pages, in their words."""

import re
from dataclasses import dataclass

from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from tests.browser.served import Served

PHONE: ViewportSize = {"width": 360, "height": 740}
DESK: ViewportSize = {"width": 1280, "height": 800}


def device(browser: Browser, server: Served, *, script: bool = True, desk: bool = False) -> Page:
    """A page on a device of its own; `script` says whether JavaScript runs there."""
    context: BrowserContext = browser.new_context(
        base_url=server.url, java_script_enabled=script, viewport=DESK if desk else PHONE, locale="en-GB"
    )
    return context.new_page()


@dataclass
class Facilitator:
    """Somebody at the console of a workshop."""

    page: Page
    workshop: str
    code: str = ""

    def go(self, tab: str = "") -> None:
        self.page.goto(f"/w/{self.workshop}/console{tab}")

    def open_workshop(self) -> None:
        self.go()
        self.page.get_by_role("button", name="Open the workshop").click()
        self.said("The workshop is open")

    def next(self) -> None:
        self.go()
        self.page.get_by_role("button", name=re.compile("^Next: ")).click()
        self.said("Done.")

    def said(self, words: str) -> None:
        expect(self.page.locator("#done")).to_contain_text(words)

    def open_round(
        self, question: str, *, method: str = "approval", results: str = "after_closing", **more: str
    ) -> str:
        """Open a vote on all ideas; returns its id."""
        self.go("/rounds")
        form = self.page.locator("form#open")
        form.get_by_label("Question").fill(question)
        form.locator(f"input[name=method][value={method}]").check()
        if more.pop("growing", ""):
            form.locator("input[name=growing]").check()
        if more.pop("listed", ""):
            form.locator("input[name=listed]").check()
        if self.page.locator("form#open input[name=options]").count():
            form.locator("input[name=all]").check()
        form.locator("select[name=results]").select_option(results)
        if grace := more.pop("grace_s", ""):
            form.locator("details summary").first.click()
            form.locator("input[name=grace_s]").fill(grace)
        for name, value in more.items():
            form.locator(f"[name={name}]").fill(value)
        form.get_by_role("button", name="Open the vote").click()
        self.said("The vote is open")
        found = self.page.locator("#rounds section").first.get_attribute("data-key")
        assert found is not None
        return found

    def close_round(self, round_id: str) -> None:
        self.go("/rounds")
        self.page.locator(f"section[data-key='{round_id}']").get_by_role(
            "button", name="Close the vote"
        ).click()
        self.said("The vote is closed")

    def hand_out(self, round_id: str, *names: str) -> None:
        """Enter people without a device, each with a sheet of paper in hand."""
        for name in names:
            self.page.goto(f"/w/{self.workshop}/desk/paper/{round_id}")
            self.page.get_by_label("To whom").select_option(label="Somebody new, who is entered now")
            self.page.get_by_label("Name of somebody new").fill(name)
            self.page.get_by_role("button", name="The sheet is handed out").click()
            self.said("The sheet is handed out")

    def enter_papers(self, round_id: str, label: str, papers: str, *, wrong: str) -> None:
        """Enter a bundle, first with a line that cannot be read."""
        self.page.goto(f"/w/{self.workshop}/desk/paper/{round_id}")
        self.page.get_by_label("What stands on the bundle").fill(label)
        typed = self.page.get_by_label("The papers, one a line")
        typed.fill(wrong)
        self.page.get_by_role("button", name="Enter the bundle").click()
        expect(self.page.locator("#trouble")).to_contain_text("line 1")
        expect(typed).to_have_value(wrong)
        typed.fill(papers)
        self.page.get_by_role("button", name="Enter the bundle").click()
        self.said("The bundle is entered")

    def promise(self, who: str, what: str, due: str) -> None:
        """Record a promise on the latest decision."""
        self.go("/decisions")
        card = self.page.locator("#decisions section").first
        card.get_by_text("Add a promise…").click()
        card.get_by_label("Who promises it").fill(who)
        card.get_by_label("What they promise").fill(what)
        card.get_by_label("By which day").fill(due)
        card.get_by_role("button", name="Record the promise").click()
        self.said("The commitment is recorded")

    def sort(self, *ideas: str, cluster: str) -> None:
        """Lay ideas into a new cluster."""
        self.go("/sort?show=all")
        for idea in ideas:
            self.page.locator("#sort").get_by_label(re.compile(idea)).check()
        self.page.get_by_label("Name of the new cluster").fill(cluster)
        self.page.get_by_role("button", name="Lay them there").click()
        self.said("Sorted")

    def merge(self, *ideas: str, into: str, note: str = "") -> None:
        """Merge ideas into one that is listed as `into`."""
        self.go("/sort?show=all")
        for idea in ideas:
            self.page.locator("#sort").get_by_label(re.compile(idea)).check()
        self.page.get_by_label("The one that stands for all").select_option(label=into)
        self.page.get_by_label("Why, for authors and voters").fill(note)
        self.page.get_by_role("button", name="Merge them").click()
        self.said("Merged")

    def answer(self, idea: str, answer: str, reason: str, *, cost: str = "") -> None:
        """Answer an idea, named by words of its card."""
        self.go("/ideas")
        card = self.page.locator("#board li.card").filter(has_text=idea)
        card.get_by_text("Answer…").click()
        card.locator(f"input[name=answer][value={answer}]").check()
        card.get_by_label("The reason").fill(reason)
        card.get_by_label("What it costs").fill(cost)
        card.get_by_role("button", name="Save the answer").click()
        self.said("The answer is saved")

    def decide(
        self, what: str, why: str, *, ideas: tuple[str, ...] = (), votes: int = 0, amended: str = ""
    ) -> None:
        """Record a decision with the ideas and the latest votes that led to it; `amended` is its later wording."""
        self.go("/decisions")
        form = self.page.locator("form#record")
        form.get_by_label("What is decided").fill(what)
        form.get_by_label("Why", exact=True).fill(why)
        for idea in ideas:
            form.get_by_label(re.compile(idea)).check()
        for box in form.locator("input[name=rounds]").all()[:votes]:
            box.check()
        form.get_by_role("button", name="Record the decision").click()
        self.said("The decision is recorded")
        if amended:
            card = self.page.locator("#decisions section").first
            card.get_by_text("Amend…").click()
            card.get_by_label("What is decided").fill(amended)
            card.get_by_label("Why it is amended").fill("So that it is understood")
            card.get_by_role("button", name="Save the amended decision").click()
            # The page before said already that the decision is recorded.
            expect(card.get_by_role("heading").first).to_contain_text(amended)


def host(page: Page, server: Served) -> Page:
    """Make the page's browser a host's, by the link that the server printed."""
    page.goto(server.host_path)
    page.get_by_role("button", name="Go on here").click()
    expect(page.locator("#done")).to_contain_text("may now create workshops")
    return page


def create(
    page: Page, title: str = "A label for cities that listen", template: str = "quality_label", **more: str
) -> Facilitator:
    """A new workshop, made by a host."""
    page.goto("/new")
    page.get_by_label("Title").fill(title)
    page.get_by_label("Who hosts it").fill("City of Brussels")
    page.get_by_label("What it is for").fill(
        "We decide together which criteria a user-centric city has to meet."
    )
    page.get_by_label("Agenda to begin with").select_option(template)
    for name, value in more.items():
        field = page.locator(f"[name={name}]").first
        if field.get_attribute("type") == "checkbox":
            field.set_checked(value == "yes")
        else:
            field.fill(value)
    page.get_by_role("button", name="Create the workshop").click()
    expect(page.locator("#done")).to_contain_text("created")
    workshop = re.search(r"/w/([0-9a-f-]{36})/", page.url)
    assert workshop is not None
    code = page.locator(".bigcode").inner_text()
    return Facilitator(page, workshop[1], code)


def join(page: Page, code: str, name: str = "") -> Page:
    """Take part, by the code, as somebody new."""
    page.goto("/join")
    page.get_by_label("The six letters on the screen").fill(code.lower())
    page.get_by_role("button", name="Go on").click()
    if name:
        page.get_by_label("Your name").fill(name)
    page.get_by_role("button", name="I agree, let me in").click()
    expect(page.locator("#done")).to_contain_text("You are in")
    return page


def submit(page: Page, workshop: str, text: str, title: str = "") -> None:
    page.goto(f"/w/{workshop}")
    page.get_by_role("textbox", name="Your idea").fill(text)
    if title:
        page.locator("#task details summary").first.click()
        page.get_by_label("A short title").fill(title)
    page.get_by_role("button", name="Send the idea").click()
    expect(page.locator("#done")).to_contain_text("Your idea is saved")
