"""Headless Chromium on the running dashboard: start it, wait until a page is drawn, take a picture."""

from __future__ import annotations

import shutil
from pathlib import Path

from playwright.sync_api import Browser, Page, Playwright, sync_playwright

# No sandbox: continuous integration runs as root in a container. The others keep Chromium off the network.
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]


def launch(playwright: Playwright) -> Browser:
    """Debian's Chromium, headless. Raises RuntimeError where it is not installed."""
    executable = shutil.which("chromium")
    if executable is None:
        raise RuntimeError("chromium is not installed")
    return playwright.chromium.launch(executable_path=executable, args=CHROMIUM_ARGUMENTS)


def open_page(page: Page, url: str) -> None:
    """Go to ``url`` and wait until the page has its header and Streamlit has stopped running."""
    page.goto(url)
    settle(page)


def settle(page: Page) -> None:
    """Wait until the script run that follows an action has ended and its charts are drawn."""
    page.wait_for_selector("[data-testid='stApp'][data-test-script-state='notRunning']", timeout=60_000)
    page.wait_for_selector(".page-head h1", timeout=60_000)
    page.wait_for_load_state("networkidle")


def take(url: str, path: str | Path, width: int = 1440, height: int = 1000) -> None:
    """Write a PNG of the dashboard page at ``url``. Streamlit scrolls inside, so height is what is seen."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page(viewport={"width": width, "height": height})
        open_page(page, url)
        page.screenshot(path=str(path), animations="disabled")
        browser.close()
