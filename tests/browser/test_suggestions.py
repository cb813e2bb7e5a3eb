"""While somebody writes or answers: suggestions beside the form, and a statement that stays under the finger."""

from playwright.sync_api import expect

from tests.browser.conftest import Devices
from tests.browser.people import Facilitator, join, submit

BUSES = "Night buses on every line that crosses the ring road."
DRAFT = "night buses crossing the ring road on every line"


def test_ideas_like_the_one_being_written_are_suggested_and_whoever_has_seen_them_is_not_asked(
    workshop: Facilitator, devices: Devices
) -> None:
    """The draft and the focus stay where they are; the idea opens beside it."""
    ana, ben = join(devices(), workshop.code), join(devices(), workshop.code)
    submit(ana, workshop.workshop, BUSES)
    ben.goto(f"/w/{workshop.workshop}")
    field = ben.get_by_role("textbox", name="Your idea")
    field.press_sequentially(DRAFT)
    expect(ben.locator(".similar a")).to_have_text(BUSES)
    expect(field).to_be_focused()
    expect(field).to_have_value(DRAFT)
    with ben.context.expect_page() as beside:
        ben.locator(".similar a").click()
    expect(beside.value.locator("#idea")).to_contain_text(BUSES)
    ben.get_by_role("button", name="Send the idea").click()
    expect(ben.locator("#done")).to_contain_text("Your idea is saved")
    ben.get_by_role("textbox", name="Your idea").press_sequentially(
        "Something about the harbour and its cranes"
    )
    expect(ben.locator(".similar a")).to_have_count(0)


def test_without_script_the_first_sending_asks_once(workshop: Facilitator, devices: Devices) -> None:
    """What is there already stands above what was written, and both can be had."""
    ana, ben = join(devices(), workshop.code), join(devices(script=False), workshop.code)
    submit(ana, workshop.workshop, BUSES)
    ben.goto(f"/w/{workshop.workshop}")
    ben.get_by_role("textbox", name="Your idea").fill(DRAFT)
    ben.get_by_role("button", name="Send the idea").click()
    expect(ben.get_by_role("heading", level=1)).to_have_text("Nearly the same is here already")
    expect(ben.locator("#alike")).to_contain_text(BUSES)
    expect(ben.get_by_role("textbox", name="Your idea")).to_have_value(DRAFT)
    ben.get_by_role("button", name="Send mine anyway").click()
    expect(ben.locator("#done")).to_contain_text("Your idea is saved")


def test_what_was_sent_after_all_is_no_draft_any_more(workshop: Facilitator, devices: Devices) -> None:
    """The page that asks stands at another address; the device forgets what it kept for the form all the same."""
    ana = join(devices(), workshop.code)
    submit(ana, workshop.workshop, BUSES)
    # A device on which no suggestion arrives in time.
    ana.route("**/ideas/similar", lambda asked: asked.abort())
    ana.goto(f"/w/{workshop.workshop}")
    ana.get_by_role("textbox", name="Your idea").fill(DRAFT)
    ana.get_by_role("button", name="Send the idea").click()
    expect(ana.get_by_role("textbox", name="Your idea")).to_have_value(DRAFT)
    ana.get_by_role("link", name="Do not send mine").click()
    expect(ana.get_by_role("textbox", name="Your idea")).to_have_value(DRAFT)
    ana.get_by_role("button", name="Send the idea").click()
    ana.get_by_role("button", name="Send mine anyway").click()
    expect(ana.locator("#done")).to_contain_text("Your idea is saved")
    expect(ana.get_by_role("textbox", name="Your idea")).to_have_value("")


def test_the_statement_on_the_screen_stays_while_others_answer(
    workshop: Facilitator, devices: Devices
) -> None:
    """Others' answers change what would be offered next, never what is being read."""
    ana, ben = join(devices(), workshop.code), join(devices(), workshop.code)
    for number in range(6):
        submit(
            ana,
            workshop.workshop,
            f"{('Trees', 'Trams', 'Tiles', 'Towers', 'Tolls', 'Tents')[number]} for all.",
        )
    round_id = workshop.open_round("What do you think?", method="opinion", results="always")
    path = f"/w/{workshop.workshop}/vote/{round_id}"
    ana.goto(path)
    shown = ana.locator(".statement-text").inner_text()
    ben.goto(path)
    for answered in range(1, 7):
        ben.get_by_role("button", name="Agree", exact=True).click()
        expect(ben.locator("#progress")).to_contain_text(f"{answered} of 6 answered")
    expect(ana.locator("#result")).to_contain_text("See the result")
    with ana.expect_response(lambda answer: "?statement=" in answer.url and answer.ok):
        workshop.open_round("And which of them?", method="support")
    expect(ana.locator(".statement-text")).to_have_text(shown)
    expect(ana.get_by_text("has just changed")).to_have_count(0)
    ana.get_by_role("button", name="Agree", exact=True).click()
    expect(ana.locator("#undo")).to_contain_text(shown.split(" ")[0])
