"""Finds the Chromium that browser tests drive; as a program it prints the path, or fails if there is none."""

import os
import shutil
import sys
from pathlib import Path

# As root in a container Chromium needs --no-sandbox, and /dev/shm may be too small for it. The others keep it
# from asking the network for updates and accounts while a test runs.
LAUNCH_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium_path() -> str | None:
    """The named, else the installed, else Playwright's own Chromium; None if there is none."""
    if named := os.environ.get("COCREATE_TEST_CHROMIUM"):
        return named
    installed = next((path for name in _NAMES if (path := shutil.which(name))), None)
    return installed or _playwright_chromium()


def _playwright_chromium() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


if __name__ == "__main__":
    path = chromium_path()
    if path is None:
        sys.exit("No Chromium was found.")
    print(path)
