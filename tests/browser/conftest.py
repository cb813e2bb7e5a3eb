"""Fixtures for browser tests: the Chromium of this package, and a page of its own for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.chromium import LAUNCH_FLAGS, chromium_path

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test in this folder is slow: it waits for a browser."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.slow)


# Playwright's synchronous half keeps an event loop running in this thread, beside which no asynchronous test can
# run. The scope ends it with the package; write browser tests as plain functions.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A headless Chromium, shared by the browser tests."""
    path = chromium_path()
    if path is None:
        pytest.fail("No Chromium: `sh scripts/test` installs one, COCREATE_TEST_CHROMIUM=/path names one.")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=list(LAUNCH_FLAGS))
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page with no cookies or storage from another test."""
    context = browser.new_context()
    yield context.new_page()
    context.close()
