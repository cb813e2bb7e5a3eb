"""The whole way with the keyboard alone, the focus always visible and never lost."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Devices
from tests.browser.people import Facilitator

STEPS_MAX = 60


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the element has the focus; every stop on the way can be seen."""
    for _ in range(STEPS_MAX):
        page.keyboard.press("Tab")
        outlined = page.evaluate("getComputedStyle(document.activeElement).outlineStyle !== 'none'")
        assert outlined, page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"Tab does not lead to {selector}")


def test_joining_and_voting_with_the_keyboard(workshop: Facilitator, devices: Devices) -> None:
    """Skip link, code, consent, idea, ballot: Tab, Space and Enter do it all."""
    ana = devices()
    ana.goto("/join")
    tab_to(ana, ".skip")
    tab_to(ana, "#f-code")
    ana.keyboard.type(workshop.code)
    ana.keyboard.press("Enter")
    expect(ana.get_by_role("heading", level=2)).to_have_text("What joining means")
    tab_to(ana, "button.primary")
    ana.keyboard.press("Enter")
    expect(ana.locator("#done")).to_contain_text("You are in")
    tab_to(ana, "#f-text")
    ana.keyboard.type("By keyboard.")
    tab_to(ana, "button.primary")
    ana.keyboard.press("Enter")
    expect(ana.locator("#done")).to_contain_text("saved")

    round_id = workshop.open_round("With the keyboard?", method="support")
    ana.goto(f"/w/{workshop.workshop}/vote/{round_id}")
    tab_to(ana, "input[name=choice]")
    ana.keyboard.press("Space")
    tab_to(ana, "button[value=send]")
    ana.keyboard.press("Enter")
    expect(ana.locator("#done")).to_contain_text("Your vote is saved")


def test_the_big_button_of_the_console_is_reached_soon(workshop: Facilitator, devices: Devices) -> None:
    """From the top: skip to the content, then the first stop is what comes next."""
    ana = devices()
    ana.goto("/")
    workshop.go()
    page = workshop.page
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    tab_to(page, "#next button")


def test_a_refusal_takes_the_focus_to_its_reason(workshop: Facilitator, devices: Devices) -> None:
    """An empty question is refused by the server too; the reason links to the field."""
    submit_page = workshop.page
    workshop.go("/rounds")
    submit_page.locator("form#open").evaluate("form => form.noValidate = true")
    submit_page.get_by_role("button", name="Open the vote").click()
    expect(submit_page.locator("#trouble")).to_be_focused()
    submit_page.get_by_role("link", name=re.compile("The question is missing")).click()
    expect(submit_page.get_by_label("Question")).to_be_focused()
