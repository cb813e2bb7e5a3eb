"""The browser of the browser tests works, and can be asked about accessibility."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect


def test_a_page_renders_runs_its_script_and_can_be_clicked(page: Page) -> None:
    """A real browser stands behind the fixture, not a parser."""
    page.set_content("<button onclick=\"this.textContent = 'Thank you'\">Vote</button>")
    page.get_by_role("button").click()
    expect(page.get_by_role("button")).to_have_text("Thank you")


def test_each_test_has_a_browser_without_memories(page: Page) -> None:
    """Cookies of one test cannot make another pass."""
    assert page.context.cookies() == []


def test_axe_finds_what_a_person_without_sight_would_miss(page: Page) -> None:
    """The accessibility check can fail: a picture without words is reported."""
    page.set_content(
        "<html lang=en><title>A workshop</title><main><h1>Ideas</h1><img src='data:,'></main></html>"
    )
    violations = {violation["id"] for violation in Axe().run(page).response["violations"]}
    assert violations == {"image-alt"}
