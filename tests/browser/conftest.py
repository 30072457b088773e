"""One dashboard process over the built demo and one Chromium for all browser tests."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # screenshot.py stands beside the tests, outside any package

from screenshot import launch

PROJECT = Path(__file__).resolve().parents[2]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_until_healthy(process: subprocess.Popen, base: str, log: Path) -> None:
    for _ in range(240):
        if process.poll() is not None:
            pytest.fail(f"streamlit ended by itself:\n{log.read_text()}")
        try:
            with urllib.request.urlopen(f"{base}/_stcore/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except urllib.error.URLError:
            time.sleep(0.25)
    pytest.fail(f"streamlit did not answer in 60 seconds:\n{log.read_text()}")


@pytest.fixture(scope="session")
def dashboard_url(built_demo, tmp_path_factory):
    """Address of a dashboard serving the built demo."""
    port = _free_port()
    log = tmp_path_factory.mktemp("dashboard") / "streamlit.log"
    command = [sys.executable, "-m", "streamlit", "run", "dashboards/app.py", "--server.port", str(port)]
    command += ["--server.address", "127.0.0.1"]
    environment = os.environ | {"CCHC_DATA": str(built_demo.root)}
    with log.open("w") as output:
        process = subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=output, stderr=output)
    try:
        _wait_until_healthy(process, f"http://127.0.0.1:{port}", log)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=20)


@pytest.fixture(scope="session")
def chromium():
    """A headless Chromium; skipped only where none is installed, and never in continuous integration."""
    if shutil.which("chromium") is None and not os.environ.get("CI"):
        pytest.skip("no Chromium installed (apt-get install chromium fonts-noto-core)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def open_at(chromium, dashboard_url):
    """``open_at(path, width)`` opens a dashboard page; every page of the test is closed after it."""
    from screenshot import open_page

    opened = []

    def _open(path, width=1440, height=1400):
        page = chromium.new_page(viewport={"width": width, "height": height}, locale="vi-VN")
        opened.append(page)
        page.requested_urls = []
        page.on("request", lambda request: page.requested_urls.append(request.url))
        open_page(page, dashboard_url + path)
        return page

    yield _open
    for page in opened:
        page.close()
