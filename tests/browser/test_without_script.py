"""Every page works without JavaScript: forms, links, whole pages."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import Devices
from tests.browser.people import Facilitator, join, submit


def test_joining_proposing_voting_and_seeing_the_result_needs_no_script(
    workshop: Facilitator, devices: Devices
) -> None:
    """One person goes the whole way, from the code to the certified result."""
    ana = join(devices(script=False), workshop.code, "Ana")
    submit(ana, workshop.workshop, "A bench on every square.", "Benches")
    submit(ana, workshop.workshop, "Open data by default.")
    round_id = workshop.open_round("Which of them?", grace_s="0")

    ana.goto(f"/w/{workshop.workshop}")
    ana.get_by_role("link", name="Vote now").click()
    ana.get_by_label(re.compile("Benches")).check()
    ana.get_by_role("button", name="Send my vote").click()
    expect(ana.locator("#done")).to_contain_text("Your vote is saved")

    workshop.close_round(round_id)
    expect(workshop.page.locator(f"section[data-key='{round_id}'] .badge").first).to_have_text("certified")
    ana.goto(f"/w/{workshop.workshop}/results/{round_id}")
    row = ana.get_by_role("row", name=re.compile("Benches"))
    expect(row.get_by_role("cell")).to_contain_text("1")
    expect(row).to_contain_text("chosen")
    expect(ana.get_by_text("with 1 approval")).to_be_visible()


def test_a_comment_an_edit_a_withdrawal_and_an_erasure_need_no_script(
    workshop: Facilitator, devices: Devices
) -> None:
    """What one wrote stays one's own."""
    ana = join(devices(script=False), workshop.code)
    submit(ana, workshop.workshop, "Trees.")
    ana.get_by_role("link", name="Trees.").click()
    ana.locator("#say").get_by_label("Against").check()
    ana.get_by_label("What do you think?").fill("Who waters them?")
    ana.locator("#say").get_by_role("button", name="Send").click()
    expect(ana.locator("#thread")).to_contain_text("Who waters them?")
    expect(ana.locator("#thread .side").first).to_have_text("Against")

    ana.get_by_role("link", name="Edit").click()
    ana.get_by_label("Text").fill("Trees that need little water.")
    ana.get_by_role("button", name="Save").click()
    expect(ana.locator("#idea")).to_contain_text("need little water")

    ana.get_by_text("Withdraw…").click()
    ana.get_by_role("button", name="Withdraw the idea").click()
    expect(ana.locator("#mine")).to_contain_text("You took it back")

    ana.get_by_text("Erase my data…").click()
    ana.get_by_label("I understand").check()
    ana.get_by_role("button", name="Erase everything of mine").click()
    expect(ana.locator("#done")).to_contain_text("erased for good")
    ana.goto(f"/w/{workshop.workshop}/record")
    expect(ana.locator("#moment")).not_to_contain_text("little water")


def test_opinions_come_one_statement_at_a_time_and_can_be_reviewed(
    workshop: Facilitator, devices: Devices
) -> None:
    """Agree, pass, disagree; then an answer is changed and another taken back."""
    ana = join(devices(script=False), workshop.code)
    for text in ("Buses at night.", "Cars out of the centre.", "Free bicycles."):
        submit(ana, workshop.workshop, text)
    round_id = workshop.open_round(
        "What do you think?", method="opinion", results="always", growing="yes", listed="yes"
    )
    ana.goto(f"/w/{workshop.workshop}/vote/{round_id}")
    for text, answer in (("Buses", "Agree"), ("Cars", "Pass"), ("bicycles", "Disagree")):
        expect(ana.locator("#statement")).to_contain_text(text)
        ana.get_by_role("button", name=answer, exact=True).click()
    expect(ana.locator("#statement")).to_contain_text("You have answered everything")

    ana.get_by_role("link", name="My answers (3)").click()
    expect(ana.get_by_role("button", name="Pass with statement 2")).to_have_attribute("aria-pressed", "true")
    ana.get_by_role("button", name="Disagree with statement 2").click()
    expect(ana.get_by_role("button", name="Disagree with statement 2")).to_have_attribute(
        "aria-pressed", "true"
    )
    ana.get_by_role("button", name="Take back the answer to statement 1").click()
    expect(ana.locator("#done")).to_contain_text("Your answer is taken back")
    expect(ana.get_by_role("listitem").filter(has_text="Buses")).to_have_count(0)
    ana.get_by_role("link", name="Back to the vote").click()
    expect(ana.locator("#statement")).to_contain_text("Buses")

    ana.get_by_label("Your statement").fill("Trams to the villages.")
    ana.get_by_role("button", name="Send the statement").click()
    expect(ana.locator("#progress")).to_contain_text("2 of 4 answered")
    ana.get_by_role("link", name="See the result so far").click()
    expect(ana.get_by_role("row", name=re.compile("Cars"))).to_contain_text("1")


def test_a_statement_can_be_skipped_and_the_last_answer_undone(
    workshop: Facilitator, devices: Devices
) -> None:
    """Skipped ones come back; an answer undone by its one button is asked for again, as it was."""
    ana = join(devices(script=False), workshop.code)
    texts = ("Buses at night.", "Cars out of the centre.", "Free bicycles.")
    for text in texts:
        submit(ana, workshop.workshop, text)
    round_id = workshop.open_round("What do you think?", method="opinion")
    ana.goto(f"/w/{workshop.workshop}/vote/{round_id}")
    seen = []
    for _ in texts:
        seen.append(ana.locator(".statement-text").inner_text())
        ana.get_by_role("link", name="Skip for now").click()
        expect(ana.locator(".statement-text")).not_to_have_text(seen[-1])
    assert sorted(seen) == sorted(texts)
    expect(ana.locator(".statement-text")).to_have_text(seen[0])

    ana.get_by_role("link", name="Skip for now").click()
    expect(ana.locator(".statement-text")).to_have_text(seen[1])
    ana.get_by_role("button", name="Disagree", exact=True).click()
    expect(ana.locator(".statement-text")).to_have_text(seen[2])
    expect(ana.locator("#undo")).to_contain_text(seen[1])
    ana.get_by_role("button", name="Undo the last answer").click()
    expect(ana.locator(".statement-text")).to_have_text(seen[1])
    expect(ana.locator("#progress")).to_contain_text("0 of 3 answered")
    ana.get_by_text("Why this statement?").click()
    expect(ana.locator("#why")).to_contain_text("informative.v1")


def test_an_older_tab_cannot_undo_a_newer_vote(workshop: Facilitator, devices: Devices) -> None:
    """The newer vote is shown, kindly, and what the older tab had chosen beside it."""
    ana = join(devices(script=False), workshop.code)
    submit(ana, workshop.workshop, "Older choice.")
    submit(ana, workshop.workshop, "Newer choice.")
    round_id = workshop.open_round("Which?", method="support")
    older = ana.context.new_page()
    for tab in (older, ana):
        tab.goto(f"/w/{workshop.workshop}/vote/{round_id}")
    ana.get_by_label(re.compile("Newer choice")).check()
    ana.get_by_role("button", name="Send my vote").click()
    expect(ana.locator("#done")).to_contain_text("Your vote is saved")
    older.get_by_label(re.compile("Older choice")).check()
    older.get_by_role("button", name="Send my vote").click()
    expect(older.locator("#trouble")).to_contain_text("A newer vote of yours is already saved")
    expect(older.locator(".kept")).to_contain_text("Older choice")
    expect(older.get_by_label(re.compile("Newer choice"))).to_be_checked()
    expect(older.get_by_label(re.compile("Older choice"))).not_to_be_checked()


def test_a_refused_text_is_not_lost(workshop: Facilitator, devices: Devices) -> None:
    """Input is paused while somebody writes: their words come back with the reason."""
    ana = join(devices(script=False), workshop.code)
    ana.goto(f"/w/{workshop.workshop}")
    ana.get_by_role("textbox", name="Your idea").fill("Written during the pause.")
    workshop.go()
    workshop.page.get_by_role("button", name="Pause all input").click()
    workshop.said("Input is paused for everybody.")
    ana.get_by_role("button", name="Send the idea").click()
    expect(ana.locator("#trouble")).to_contain_text("paused")
    expect(ana.get_by_label("What you wrote, not sent")).to_have_value("Written during the pause.")
    workshop.page.get_by_role("button", name="Take input again").click()
    workshop.said("Input is open again.")
    expect(workshop.page.get_by_role("button", name="Pause all input")).to_be_visible()


def test_a_double_click_counts_once(workshop: Facilitator, devices: Devices) -> None:
    """The same form twice is one idea; a form changed after going back is another."""
    ana = join(devices(script=False), workshop.code)
    ana.goto(f"/w/{workshop.workshop}")
    key = ana.locator("input[name=key]").first.get_attribute("value") or ""
    form: dict[str, str | float | bool] = {"form": "idea", "key": key, "text": "Said once."}
    headers = {"Sec-Fetch-Site": "same-origin"}
    for said in (form, form, form | {"text": "Said after going back."}):
        answer = ana.request.post(f"/w/{workshop.workshop}/ideas", form=said, headers=headers)
        assert answer.ok
    ana.goto(f"/w/{workshop.workshop}/ideas")
    expect(ana.get_by_role("heading", level=1)).to_have_text("2 ideas")


def test_a_facilitator_is_handed_over_by_a_link_that_works_once(
    workshop: Facilitator, devices: Devices
) -> None:
    """Opening the link uses nothing up; pressing its button does."""
    workshop.go("/people")
    workshop.page.get_by_role("button", name="Add a facilitator").click()
    url = workshop.page.locator(".wayback code").inner_text()
    second, third = devices(script=False), devices(script=False)
    for page in (third, second):
        page.goto(url)
    second.get_by_role("button", name="Go on here").click()
    expect(second.locator("h1")).to_contain_text("Console")
    third.get_by_role("button", name="Go on here").click()
    expect(third.get_by_role("heading", level=1)).to_have_text("The link does not work any more")


def test_a_scribe_writes_for_somebody_without_a_device(workshop: Facilitator, devices: Devices) -> None:
    """The idea stands under the person, and says that a scribe entered it."""
    page = workshop.page
    page.goto(f"/w/{workshop.workshop}/desk")
    page.get_by_label("Name").fill("Rosa")
    page.get_by_role("button", name="Enter the person").click()
    page.get_by_label("Their idea").fill("A warm room in winter.")
    page.get_by_role("button", name="Save in their name").click()
    expect(page.locator("#done")).to_contain_text("Saved in the person's name")
    page.goto(f"/w/{workshop.workshop}/ideas")
    expect(page.locator(".ideas")).to_contain_text("Rosa")
    page.get_by_role("link", name="A warm room").click()
    expect(page.locator("#idea")).to_contain_text("entered by a scribe")
