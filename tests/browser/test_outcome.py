"""From the vote to what came of it: decisions, answers, and the author who finds them."""

import re

from playwright.sync_api import Browser, Page, expect

from tests.browser.people import create, device, join, submit
from tests.browser.served import Served


def test_an_author_learns_what_became_of_an_idea(browser: Browser, server: Served, host_page: Page) -> None:
    """Vote, certificate, decision, answer: everybody reads it on the outcome page, the author on their own."""
    workshop = create(host_page, title="Benches or trees")
    workshop.open_workshop()
    ana = join(device(browser, server), workshop.code, "Ana")
    workshop.next()
    workshop.next()
    for words in ("Benches at every stop", "Trees in every street"):
        submit(ana, workshop.workshop, words, words)
    vote = workshop.open_round("Which first?", grace_s="0", seats="1")
    ana.goto(f"/w/{workshop.workshop}/vote/{vote}")
    ana.get_by_label(re.compile("Benches")).check()
    ana.get_by_role("button", name="Send my vote").click()
    expect(ana.locator("#done")).to_contain_text("Your vote is saved")
    workshop.close_round(vote)
    expect(workshop.page.locator(f"section[data-key='{vote}'] .badge").first).to_have_text("certified")

    anybody = device(browser, server, script=False)
    outcome = f"/w/{workshop.workshop}/outcome"
    anybody.goto(outcome)
    expect(anybody.locator("#outcome")).to_contain_text("Nothing has been decided yet.")
    ana.goto(outcome)
    workshop.answer("Benches", "accepted", "The council pays for twelve.", cost="14 400.50")
    workshop.decide("Twelve benches", "Most people want them.", ideas=("Benches",), votes=1)
    expect(ana.locator("article.decision")).to_contain_text("Twelve benches")

    anybody.goto(outcome)
    decision = anybody.locator("article.decision")
    expect(decision).to_contain_text("Most people want them.")
    expect(decision.get_by_role("link", name=re.compile("Which first"))).to_have_attribute(
        "href", f"/w/{workshop.workshop}/results/{vote}"
    )
    fates = anybody.locator(".fates")
    expect(fates.nth(0)).to_contain_text("14\u202f400.50\u00a0EUR")
    expect(fates.nth(0)).to_contain_text("Chosen in Which first?")
    expect(fates.nth(1)).to_contain_text("Not chosen in Which first?")

    ana.goto(f"/w/{workshop.workshop}/mine")
    mine = ana.locator("#mine li.card").filter(has_text="Benches")
    expect(mine).to_contain_text("The council pays for twelve.")
    expect(mine).to_contain_text("Led to decision 1: Twelve benches")

    workshop.decide("A tree for each bench", "The second most wanted.", amended="Two trees for each bench")
    anybody.goto(outcome)
    amended = anybody.locator("article.decision").nth(1)
    expect(amended).to_contain_text("2. Two trees for each bench")
    expect(amended).to_contain_text("So that it is understood")
    amended.locator("summary").click()
    expect(amended.locator("blockquote")).to_contain_text("A tree for each bench")


def test_a_refused_form_keeps_what_was_typed(browser: Browser, server: Served, host_page: Page) -> None:
    """Without a reason there is no decision; what was said about it stays in the form."""
    workshop = create(host_page, title="Half a decision")
    workshop.open_workshop()
    workshop.go("/decisions")
    form = workshop.page.locator("form#record")
    form.get_by_label("What is decided").fill("Something")
    workshop.page.locator("form#record textarea[name=why]").evaluate("one => one.removeAttribute('required')")
    form.get_by_role("button", name="Record the decision").click()
    expect(workshop.page.locator("#trouble")).to_contain_text("Why is missing")
    expect(form.get_by_label("What is decided")).to_have_value("Something")
