"""Moderation on the console, and what others and the author see of it."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import Devices
from tests.browser.people import create, join, submit


def test_an_idea_waits_is_approved_hidden_with_a_reason_and_restored(
    host_page: Page, devices: Devices
) -> None:
    """Others see it only while it may be seen; its author always knows where it stands and why."""
    workshop = create(host_page, template="none", approval_first="yes")
    workshop.open_workshop()
    author, other = join(devices(), workshop.code), join(devices(), workshop.code)
    submit(author, workshop.workshop, "The secret words of the author.")
    board = f"/w/{workshop.workshop}/ideas"
    other.goto(board)
    assert "secret words" not in other.content()

    workshop.go()
    workshop.page.get_by_role("button", name="Approve idea 1").click()
    workshop.said("Done.")
    other.goto(board)
    expect(other.locator(".ideas")).to_contain_text("secret words")

    workshop.go("/ideas")
    workshop.page.get_by_label("Hide idea 1").click()
    workshop.page.get_by_role("combobox", name="Reason").first.select_option("personal_content")
    workshop.page.get_by_role("button", name="Hide it").first.click()
    workshop.said("Done.")
    other.goto(board)
    assert "secret words" not in other.content()
    author.goto(f"/w/{workshop.workshop}/mine")
    expect(author.locator("#mine")).to_contain_text("tells personal things about somebody")

    workshop.go("/ideas")
    workshop.page.get_by_role("button", name="Show idea 1 again").click()
    workshop.said("Done.")
    other.goto(board)
    expect(other.locator(".ideas")).to_contain_text("secret words")


def test_user_text_is_text(host_page: Page, devices: Devices) -> None:
    """Markup that somebody types shows as they typed it, and links are not made."""
    workshop = create(host_page, template="none")
    workshop.open_workshop()
    typed = "<b id=planted>bold</b> <script>planted()</script> https://example.org"
    ana = join(devices(), workshop.code, "<i id=planted>Ana</i>")
    submit(ana, workshop.workshop, typed, "<u id=planted>title</u>")
    for path in ("", "/ideas", "/mine", "/record", "/screen"):
        ana.goto(f"/w/{workshop.workshop}{path}")
        expect(ana.locator("main")).to_contain_text("<u id=planted>")
        assert ana.locator("#planted").count() == 0
    assert ana.locator("a[href*='example.org']").count() == 0
