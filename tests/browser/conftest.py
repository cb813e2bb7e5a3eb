"""Fixtures for browser tests: the Chromium of this package, a page of its own for each test, a server for all of them."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.people import Facilitator, create, device, host
from tests.browser.served import Served, served
from tests.chromium import LAUNCH_FLAGS, chromium_path

HERE = Path(__file__).parent
PATIENCE_MS = 20_000
"""How long a page may take to show what is expected of it: no test is about time, and the machine may be busy."""


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
    expect.set_options(timeout=PATIENCE_MS)
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


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server for the package; each test has its own workshop on it."""
    with served(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="package")
def host_page(browser: Browser, server: Served) -> Iterator[Page]:
    """The browser of the installation's host."""
    page = host(device(browser, server, desk=True), server)
    yield page
    page.context.close()


Devices = Callable[..., Page]


@pytest.fixture
def devices(browser: Browser, server: Served) -> Iterator[Devices]:
    """Make devices; they are put away after the test."""
    with ExitStack() as away:

        def made(*, script: bool = True, desk: bool = False) -> Page:
            page = device(browser, server, script=script, desk=desk)
            away.callback(page.context.close)
            return page

        yield made


@pytest.fixture
def workshop(host_page: Page) -> Facilitator:
    """An open workshop without an agenda: everything is possible."""
    facilitator = create(host_page, template="none")
    facilitator.open_workshop()
    return facilitator
