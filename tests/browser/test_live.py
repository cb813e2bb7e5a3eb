"""With JavaScript the pages follow the room; they never take anything out of somebody's hands."""

import re
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Devices
from tests.browser.people import Facilitator, create, device, host, join, submit
from tests.browser.served import served


def test_one_sees_the_others_idea_without_reloading(workshop: Facilitator, devices: Devices) -> None:
    """On the board behind a button, since somebody may be reading; on the projector by itself."""
    ana, ben = join(devices(), workshop.code), join(devices(), workshop.code)
    ana.goto(f"/w/{workshop.workshop}/ideas")
    screen = workshop.page
    screen.goto(f"/w/{workshop.workshop}/screen?show=ideas")
    submit(ben, workshop.workshop, "An idea that arrives live.")
    expect(screen.locator("#view")).to_contain_text("An idea that arrives live")
    expect(ana.locator("#ideas")).not_to_contain_text("arrives live")
    ana.get_by_role("button", name="Show new ideas").click()
    expect(ana.locator("#ideas")).to_contain_text("An idea that arrives live")


def test_a_push_leaves_a_half_filled_form_and_the_focus_alone(host_page: Page, devices: Devices) -> None:
    """The agenda moves on while somebody writes: their words and their cursor stay, and they are told."""
    workshop = create(host_page, template="idea_evening")
    workshop.open_workshop()
    workshop.next()
    workshop.next()
    ana = join(devices(), workshop.code)
    field = ana.get_by_role("textbox", name="Your idea")
    field.fill("Half a thou")
    workshop.next()
    expect(ana.locator("#head h1")).to_have_text("Talking about them")
    expect(field).to_have_value("Half a thou")
    expect(field).to_be_focused()
    expect(ana.get_by_text("The agenda has moved on. What you have written stays here")).to_be_visible()


def test_a_vote_that_closes_under_someone_keeps_what_they_had_chosen(
    workshop: Facilitator, devices: Devices
) -> None:
    """They are told, nothing is unticked, and a vote sent too late comes back as not sent."""
    ana = join(devices(), workshop.code)
    submit(ana, workshop.workshop, "Chosen but not sent.")
    round_id = workshop.open_round("Now?", method="support", grace_s="0")
    ana.goto(f"/w/{workshop.workshop}/vote/{round_id}")
    box = ana.get_by_label(re.compile("Chosen but not sent"))
    box.check()
    expect(ana.locator("[data-running]")).to_have_text("1 chosen")
    workshop.close_round(round_id)
    expect(ana.get_by_text("This vote has just been closed")).to_be_visible()
    expect(box).to_be_checked()
    ana.get_by_role("button", name="Send my vote").click()
    expect(ana.locator("#trouble")).to_contain_text("The vote has closed")
    expect(ana.locator("#trouble")).to_be_focused()
    expect(ana.locator(".kept")).to_contain_text("Chosen but not sent")


def test_the_count_of_choices_runs_and_too_many_cannot_be_sent(
    workshop: Facilitator, devices: Devices
) -> None:
    """`2 of 2 chosen`, then one too many."""
    ana = join(devices(), workshop.code)
    for text in ("One.", "Two.", "Three."):
        submit(ana, workshop.workshop, text)
    round_id = workshop.open_round("Which two?", choices_max="2", seats="1")
    ana.goto(f"/w/{workshop.workshop}/vote/{round_id}")
    boxes, running = ana.locator("input[name=choice]"), ana.locator("[data-running]")
    boxes.nth(0).check()
    boxes.nth(1).check()
    expect(running).to_have_text("2 of 2 chosen")
    boxes.nth(2).check()
    expect(running).to_contain_text("Take 1 away")
    expect(ana.get_by_role("button", name="Send my vote")).to_be_disabled()
    boxes.nth(0).uncheck()
    ana.get_by_role("button", name="Send my vote").click()
    expect(ana.locator("#done")).to_contain_text("Your vote is saved")


def test_hidden_results_are_in_no_page_of_anybody(workshop: Facilitator, devices: Devices) -> None:
    """Until the certificate neither voter, facilitator, screen nor any past moment shows a number of marks."""
    ana = join(devices(), workshop.code)
    submit(ana, workshop.workshop, "A choice.")
    round_id = workshop.open_round("Hidden?", grace_s="0", seats="1", results="after_own_ballot")
    ben = join(devices(), workshop.code)
    for voter in (ana, ben):
        voter.goto(f"/w/{workshop.workshop}/vote/{round_id}")
    ana.get_by_label(re.compile("A choice")).check()
    ana.get_by_role("button", name="Send my vote").click()
    expect(ana.locator("table.results")).to_be_visible()
    paths = (
        "",
        "/results",
        f"/results/{round_id}",
        f"/vote/{round_id}",
        "/record",
        "/record?at=9",
        "/screen",
    )
    consoles = ("/console", "/console/rounds", "/console/people")
    for page, looked_at in ((ben, paths), (workshop.page, paths + consoles)):
        for path in looked_at:
            page.goto(f"/w/{workshop.workshop}{path}")
            assert page.locator("table.results").count() == 0, path
            assert "Approvals" not in page.content(), path
    workshop.close_round(round_id)
    ben.goto(f"/w/{workshop.workshop}/results")
    expect(ben.locator("table.results")).to_be_visible()


def test_paused_updates_wait_until_they_are_wanted(workshop: Facilitator, devices: Devices) -> None:
    """Whoever reads slowly is not hurried; on the projector the same button freezes."""
    ana = join(devices(), workshop.code)
    screen = workshop.page
    screen.goto(f"/w/{workshop.workshop}/screen?show=ideas")
    screen.get_by_role("button", name="Freeze").click()
    submit(ana, workshop.workshop, "Came while frozen.")
    ana.goto(f"/w/{workshop.workshop}/ideas")
    expect(ana.locator("#ideas")).to_contain_text("Came while frozen")
    expect(screen.locator("#view")).not_to_contain_text("Came while frozen")
    screen.get_by_role("button", name="Unfreeze").click()
    expect(screen.locator("#view")).to_contain_text("Came while frozen")


def test_a_draft_survives_a_reload_and_is_gone_once_sent(workshop: Facilitator, devices: Devices) -> None:
    """What was typed stays on the device until it has been sent."""
    ana = join(devices(), workshop.code)
    ana.goto(f"/w/{workshop.workshop}")
    field = ana.get_by_role("textbox", name="Your idea")
    field.fill("A draft.")
    ana.reload()
    expect(field).to_have_value("A draft.")
    ana.get_by_role("button", name="Send the idea").click()
    expect(ana.locator("#done")).to_contain_text("saved")
    ana.goto(f"/w/{workshop.workshop}")
    expect(field).to_have_value("")


def test_the_slider_shows_the_workshop_as_it_stood(workshop: Facilitator, devices: Devices) -> None:
    """Moving it back takes the later idea away, without a new page."""
    ana = join(devices(), workshop.code)
    submit(ana, workshop.workshop, "The first idea.")
    submit(ana, workshop.workshop, "The second idea.")
    ana.goto(f"/w/{workshop.workshop}/record")
    expect(ana.locator("#moment")).to_contain_text("The second idea")
    slider = ana.get_by_role("slider")
    slider.focus()
    slider.press("ArrowLeft")
    expect(ana.locator("#moment")).not_to_contain_text("The second idea")
    expect(ana.locator("#moment")).to_contain_text("The first idea")
    expect(slider).to_be_focused()
    ana.get_by_label("Ideas", exact=True).check()
    ana.get_by_role("button", name="Filter").click()
    expect(ana.locator(".timeline li")).to_have_count(2)


def test_a_page_follows_again_after_the_server_was_away(browser: Browser, tmp_path: Path) -> None:
    """The server restarts; pages that were open come back by themselves."""
    with served(tmp_path) as first:
        workshop = create(host(device(browser, first, desk=True), first), template="none")
        workshop.open_workshop()
        ana = join(device(browser, first), workshop.code)
        screen = workshop.page
        screen.goto(f"/w/{workshop.workshop}/screen?show=ideas")
        expect(screen.locator("#here")).to_contain_text("1 here")
    expect(screen.locator("[data-said]")).to_have_text(re.compile("Connection lost"))
    with served(tmp_path, int(first.url.rpartition(":")[2])):
        submit(ana, workshop.workshop, "Said after the restart.")
        expect(screen.locator("#view")).to_contain_text("Said after the restart")
        expect(screen.locator("[data-said]")).to_have_text("")
    ana.context.close()
    screen.context.close()
