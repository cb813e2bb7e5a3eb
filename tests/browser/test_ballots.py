"""A ballot of each kind: with the keyboard alone at 320 px and without script, then what the script adds."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.people import Facilitator, create, device, join
from tests.browser.served import Served
from tests.browser.test_every_page import violations
from tests.browser.test_keyboard import tab_to

IDEAS = ("Benches", "Shade", "Open data")
MONEY = {"budget": 100_000_00, "currency": "EUR", "choices_max": 3, "ties": "draw"}
RULES: dict[str, dict[str, Any]] = {
    "dots": {"method": "dots", "purse": 5, "cap": 3, "seats": 1},
    "score": {"method": "score", "by": "mean", "raters_min": 1, "seats": 1},
    "quadratic": {"method": "quadratic", "credits": 16, "against": True, "seats": 1},
    "consent": {"method": "consent", "objections_max": 0, "quorum": 1},
    "ranked": {"method": "ranked", "count": "irv", "choices_max": 3, "seats": 1},
    "ranked with equals": {"method": "ranked", "count": "schulze", "choices_max": 3, "seats": 1},
    "budget": {"method": "budget", "ballot": "approval", "skip": True, "threshold": 0, **MONEY},
    "points": {"method": "budget", "ballot": "cumulative", "points_max": 9, "skip": True, "threshold": 0, **MONEY},
    "shares": {
        "method": "equal_shares", "ballot": "ordinal", "completion": "add_one_greedy", "raise_by": 100, **MONEY,
    },
}  # fmt: skip
KEYS: dict[str, tuple[str, str]] = {
    "dots": ("3", "2"),
    "score": ("ArrowUp", "ArrowDown"),
    "quadratic": ("3", "-2"),
    "consent": ("ArrowDown", "ArrowUp"),
    "ranked": ("2", "1"),
    "ranked with equals": ("1", "1"),
    "budget": ("Space", "Space"),
    "points": ("4", "5"),
    "shares": ("1", "2"),
}
"""What is typed at the first and at the second idea; of radio buttons, "no answer" is the last and chosen at first."""
SAYS: dict[str, str] = {
    "dots": "5 of 5 dots used, 0 left",
    "score": "2 rated",
    "quadratic": "13 of 16 credits used, 3 left",
    "consent": "2 answered",
    "ranked": "2 placed",
    "ranked with equals": "2 placed",
    "budget": "2 of 3 chosen. What you have named costs 100\u202f500.50\u00a0EUR; the budget is 100\u202f000\u00a0EUR",
    "points": "9 of 9 points used, 0 left. What you have named costs 100\u202f500.50\u00a0EUR",
    "shares": "2 placed. What you have named costs 100\u202f500.50\u00a0EUR",
}


class Votes:
    """A workshop with three ideas and an open vote by each method; two people, one of them without script."""

    def __init__(self, browser: Browser, server: Served, host_page: Page) -> None:
        self.workshop: Facilitator = create(host_page, template="none")
        self.workshop.open_workshop()
        self.plain = join(device(browser, server, script=False), self.workshop.code, "Ana")
        self.script = join(device(browser, server), self.workshop.code)
        self.api = f"/api/workshops/{self.workshop.workshop}"
        self.ideas = [
            self.ask(self.plain, "/ideas", title=title, text=f"{title} for everybody, in every street.")
            for title in IDEAS
        ]
        costs = list(zip(self.ideas, (45_000_00, 55_500_50, 20_000_00), strict=True))
        self.rounds = {
            name: self.ask(
                host_page,
                "/rounds",
                question=f"By {name}?",
                rules=rules,
                options=self.ideas,
                results="always",
                grace_ms=0,
                **({"costs": costs} if "budget" in rules else {}),
            )
            for name, rules in RULES.items()
        }

    def ask(self, page: Page, path: str, **body: Any) -> str:
        headers = {"Content-Type": "application/json", "Sec-Fetch-Site": "same-origin"}
        answer = page.request.post(f"{self.api}{path}", data=json.dumps(body), headers=headers)
        assert answer.ok, answer.text()
        return str(answer.json().get("id", ""))

    def go(self, page: Page, name: str) -> None:
        page.goto(f"/w/{self.workshop.workshop}/vote/{self.rounds[name]}")

    def field(self, name: str, idea: int) -> str:
        """The selector of an idea's field."""
        if name == "budget":
            return f"input[value='{self.ideas[idea]}']"
        return f"input[name='m-{self.ideas[idea]}']"


@pytest.fixture(scope="module")
def votes(browser: Browser, server: Served, host_page: Page) -> Iterator[Votes]:
    made = Votes(browser, server, host_page)
    yield made
    for page in (made.plain, made.script):
        page.context.close()


def over(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def press(page: Page, key: str) -> None:
    if key == "Space" or key.startswith("Arrow"):
        page.keyboard.press(key)
    else:
        page.keyboard.type(key)


@pytest.mark.parametrize("name", RULES)
def test_each_ballot_is_sent_with_the_keyboard_at_320_px_without_script(votes: Votes, name: str) -> None:
    """Read the rules, fill in two ideas, send; what was sent stands, changes nothing else, and can be taken back."""
    page = votes.plain
    page.set_viewport_size({"width": 320, "height": 640})
    votes.go(page, name)
    expect(page.get_by_role("heading", name="How to vote")).to_be_visible()
    assert over(page) <= 0
    for idea, key in enumerate(KEYS[name]):
        tab_to(page, votes.field(name, idea))
        press(page, key)
    tab_to(page, "button[value=send]")
    page.keyboard.press("Enter")
    expect(page.locator("#done")).to_contain_text("Your vote is saved")
    expect(page.locator("[data-running]")).to_contain_text(SAYS[name])
    assert over(page) <= 0
    votes.go(page, name)
    expect(page.locator(".saved")).to_contain_text("You can change it")
    tab_to(page, "button[value=withdraw]")
    page.keyboard.press("Enter")
    expect(page.locator("#done")).to_contain_text("taken back")
    expect(page.locator("[data-running]")).not_to_contain_text(SAYS[name])


@pytest.mark.parametrize("name", RULES)
def test_axe_finds_nothing_on_a_ballot_nor_on_one_that_was_refused(votes: Votes, name: str) -> None:
    """With everything that the script adds; axe needs script itself."""
    page = votes.script
    page.set_viewport_size({"width": 320, "height": 640})
    votes.go(page, name)
    assert over(page) <= 0
    # At the end the bar that sticks to the bottom covers nothing: a target that it covers by half is one that one scrolls to.
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    assert violations(page) == []
    if name in ("budget", "score", "consent"):
        return
    page.locator(votes.field(name, 0)).fill("x")
    page.get_by_role("button", name="Send my vote").click()
    expect(page.locator("#trouble")).to_contain_text("#1 “Benches” needs")
    assert violations(page) == []


def test_a_ballot_that_spends_too_much_is_refused_with_the_total_and_kept(votes: Votes) -> None:
    """Without script the server says what is left, and what to take away; the fields stay as they were filled in."""
    page = votes.plain
    votes.go(page, "quadratic")
    for idea, number in ((0, "4"), (1, "1")):
        page.locator(votes.field("quadratic", idea)).fill(number)
    page.get_by_role("button", name="Send my vote").click()
    expect(page.locator("#trouble")).to_contain_text(
        "You have used 17 credits, and there are 16. Take 1 away."
    )
    expect(page.locator("[data-running]")).to_contain_text("17 of 16 credits used")
    expect(page.locator(votes.field("quadratic", 0))).to_have_value("4")


def test_places_given_twice_are_named_and_their_field_is_marked(votes: Votes) -> None:
    """The reason leads to the field, where it stands again."""
    page = votes.plain
    votes.go(page, "ranked")
    for idea in (0, 2):
        page.locator(votes.field("ranked", idea)).fill("1")
    page.get_by_role("button", name="Send my vote").click()
    expect(page.locator("#trouble")).to_contain_text(
        "Place 1 is given to several ideas: #1 “Benches”, #3 “Open data”"
    )
    field = page.locator(votes.field("ranked", 2))
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(
        "Place 1 is given to several ideas: #1 “Benches”, #3 “Open data”. Give each of them a place of its own. place"
    )


def test_ideas_are_ranked_by_buttons_and_the_focus_stays(votes: Votes) -> None:
    """Up places an idea and moves it, down moves it back and at last takes it off; the list stands in the new order."""
    page = votes.script
    votes.go(page, "ranked")
    rows = page.locator("#ballot-form .choices > li")
    up = page.get_by_role("button", name="Move up #3")
    for number in (2, 3):
        page.get_by_role("button", name=f"Move up #{number}").focus()
        page.keyboard.press("Enter")
    expect(page.locator("[data-running]")).to_have_text("2 placed")
    expect(up).to_be_focused()
    page.keyboard.press("Enter")
    expect(up).to_be_focused()
    expect(rows.nth(0)).to_contain_text("Open data")
    expect(rows.nth(1)).to_contain_text("Shade")
    expect(rows.nth(2)).to_contain_text("Benches")
    down = page.get_by_role("button", name="Move down #2")
    down.focus()
    page.keyboard.press("Enter")
    expect(page.locator(votes.field("ranked", 1))).to_have_value("")
    assert violations(page) == []
    page.reload()
    expect(rows.nth(0)).to_contain_text("Open data")
    page.get_by_role("button", name="Send my vote").click()
    expect(page.locator("#done")).to_contain_text("Your vote is saved")
    expect(page.locator(votes.field("ranked", 2))).to_have_value("1")


def test_equal_places_are_given_by_buttons_where_the_count_takes_them(votes: Votes) -> None:
    """Each button moves its own idea alone."""
    page = votes.script
    votes.go(page, "ranked with equals")
    for number, times in ((1, 1), (2, 2)):
        for _ in range(times):
            page.get_by_role("button", name=f"Move up #{number}").click()
    for idea in (0, 1):
        expect(page.locator(votes.field("ranked with equals", idea))).to_have_value("1")
    page.get_by_role("button", name="Send my vote").click()
    expect(page.locator("#done")).to_contain_text("Your vote is saved")


def test_the_running_total_follows_every_step(votes: Votes) -> None:
    """Plus and minus, what votes cost, money beside points, and the send button that waits."""
    page = votes.script
    votes.go(page, "quadratic")
    running = page.locator("[data-running]")
    more = page.get_by_role("button", name="One more for #1")
    for _ in range(4):
        more.click()
    expect(running).to_have_text("16 of 16 credits used, 0 left")
    expect(page.get_by_text("votes, which cost 16")).to_be_visible()
    page.get_by_role("button", name="One less for #2").click()
    expect(page.locator(votes.field("quadratic", 1))).to_have_value("-1")
    expect(running).to_contain_text("Take 1 credits away")
    expect(page.get_by_role("button", name="Send my vote")).to_be_disabled()
    votes.go(page, "points")
    page.locator(votes.field("points", 1)).fill("4")
    expect(running).to_have_text(
        "4 of 9 points used, 5 left. What you have named costs 55\u202f500.50\u00a0EUR; the budget is 100\u202f000\u00a0EUR"
    )


@pytest.mark.parametrize("script", [False, True])
def test_a_reason_is_given_changed_and_erased_with_the_keyboard_at_320_px(
    votes: Votes, *, script: bool
) -> None:
    """Its field shows with the objection; it stands with the result, in the form again, and under "Yours" until erased."""
    page = votes.script if script else votes.plain
    page.set_viewport_size({"width": 320, "height": 640})
    votes.go(page, "consent")
    stance, why = votes.field("consent", 1), f"textarea[name='why-{votes.ideas[1]}']"
    expect(page.locator(why)).to_be_hidden()
    number = page.locator("#ballot-form input[name=counter]")
    first = int(number.input_value())
    for sent, said in enumerate(("Nobody asked the trees", ", nor the bats"), 1):
        tab_to(page, stance)
        if not page.locator(f"{stance}:checked").evaluate("one => one.value === '-2'"):
            page.keyboard.press("ArrowUp")  # from "no answer"
        tab_to(page, why)
        page.keyboard.press("Control+End")
        page.keyboard.type(said)
        assert over(page) <= 0
        if script:
            assert violations(page) == []
        tab_to(page, "button[value=send]")
        page.keyboard.press("Enter")
        expect(page.locator("#done")).to_contain_text("Your vote is saved")
        # The page before said so already.
        expect(number).to_have_value(str(first + sent))
    expect(page.locator(why)).to_have_value("Nobody asked the trees, nor the bats")
    page.goto(f"/w/{votes.workshop.workshop}/results/{votes.rounds['consent']}")
    told = page.get_by_role("region", name="Why people object")
    expect(told.get_by_role("listitem").filter(has_text="you")).to_contain_text(
        "Nobody asked the trees, nor the bats"
    )
    assert over(page) <= 0
    if script:
        assert violations(page) == []
    page.goto(f"/w/{votes.workshop.workshop}/mine")
    expect(page.get_by_role("link", name="Change or take away: Nobody")).to_be_visible()
    page.locator("#erase summary").click()
    expect(page.locator("#erase")).to_contain_text("A reason that you gave in votes without names stays")
    assert over(page) <= 0
    if script:
        assert violations(page) == []
    page.reload()
    tab_to(page, "form[action$='/reasons'] button")
    page.keyboard.press("Enter")
    expect(page.locator("#done")).to_contain_text("The reason is erased for good")
    expect(told.get_by_role("listitem").filter(has_text="you")).to_contain_text("text erased")
    votes.go(page, "consent")
    expect(page.locator(why)).to_have_value("")
    tab_to(page, "button[value=withdraw]")
    page.keyboard.press("Enter")
    expect(page.locator("#done")).to_contain_text("taken back")


def test_every_result_is_told_step_by_step(votes: Votes) -> None:
    """The certified result on its page and on the projector, in words and tables, on a phone and from the last row."""
    desk = votes.workshop.page
    first, second, third = votes.ideas
    choices: dict[str, Any] = {
        "dots": [[first, 2], [second, 3]],
        "score": [[first, 4], [second, 5]],
        "quadratic": [[first, -1], [second, 3]],
        "consent": [[first, 1], [second, -2]],
        "ranked": [second, first],
        "ranked with equals": [second, third],
        "budget": [second],
        "points": [[first, 2], [second, 3]],
        "shares": [[second, 3], [third, 2]],
    }
    told = {
        "dots": "Place 1: “Shade” with 3 dots.",
        "score": "Place 1: “Shade” with an average of 5.00.",
        "quadratic": "Place 1: “Shade” with 3 votes.",
        "consent": "“Shade” is blocked: 1 block it, 0 object.",
        "ranked": "Place 1: “Shade” with 1 vote.",
        "ranked with equals": "Place 1: “Shade”, which no other idea left beats.",
        "budget": "“Shade”, 1 point, 55\u202f500.50\u00a0EUR: is bought; 44\u202f499.50\u00a0EUR are left.",
        "points": "“Shade”, 3 points, 55\u202f500.50\u00a0EUR: is bought; 44\u202f499.50\u00a0EUR are left.",
        "shares": "“Shade” is bought by 1 voter for 55\u202f500.50\u00a0EUR; 24\u202f499.50\u00a0EUR are left.",
    }
    page = votes.script
    for name, choice in choices.items():
        round_id = votes.rounds[name]
        sent = sorted(choice) if isinstance(choice[0], list) else choice
        votes.ask(page, f"/rounds/{round_id}/ballot", choice=sent)
        for deed in ("close", "certify"):
            votes.ask(desk, f"/rounds/{round_id}/{deed}")
        page.set_viewport_size({"width": 320, "height": 640})
        page.goto(f"/w/{votes.workshop.workshop}/results/{round_id}")
        expect(page.locator(".steps")).to_contain_text(told[name])
        assert over(page) <= 0
        assert violations(page) == []
        desk.goto(f"/w/{votes.workshop.workshop}/screen?show=results")
        expect(desk.locator(".outcome")).to_contain_text(told[name])


def test_a_vote_on_a_budget_is_opened_with_a_price_beside_each_idea(votes: Votes) -> None:
    """Only the fields of the way chosen show; a price that is missing is named and leads to its field."""
    page = votes.workshop.page
    votes.workshop.go("/rounds")
    form = page.locator("form#open")
    price = form.get_by_label("Price of #1")
    expect(form.get_by_label("Choices each")).to_be_visible()
    expect(price).to_be_hidden()
    form.get_by_label("Question").fill("What do we pay for?")
    form.locator("input[name=method][value=budget]").check()
    expect(form.get_by_label("Choices each")).to_be_hidden()
    expect(form.get_by_label("Points, in all or for each project")).to_be_hidden()
    form.get_by_label("The budget").fill("100 000")
    form.locator("input[name=all]").check()
    price.fill("45 000,50")
    form.get_by_label("Price of #2").fill("60000")
    assert violations(page) == []
    form.get_by_role("button", name="Open the vote").click()
    page.get_by_role("link", name="“Open data” needs a price").click()
    expect(form.get_by_label("Price of #3")).to_be_focused()
    form.get_by_label("Price of #3").fill("20000")
    form.get_by_role("button", name="Open the vote").click()
    votes.workshop.said("The vote is open")
    round_id = page.locator("#rounds section").first.get_attribute("data-key")
    votes.script.goto(f"/w/{votes.workshop.workshop}/vote/{round_id}")
    expect(votes.script.locator(".choices")).to_contain_text("45\u202f000.50\u00a0EUR")
