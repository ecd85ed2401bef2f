"""What tests in a real browser begin with: a dashboard, a page that must not complain, and what is often done on it."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from engine import events, system
from engine.runs import Store

ROOT = Path(__file__).parents[2]
# On a busy machine with two slow cores all takes its time: how long nothing may come before a test fails.
SOON = 60_000  # ms, for what the page does by itself
LONG = 300_000  # ms, for what needs processes that import both frameworks
START_SECONDS = 300


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def runs_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the dashboard keeps its runs."""
    return tmp_path_factory.mktemp("dashboard") / "runs"


@pytest.fixture(scope="module")
def dashboard(runs_folder: Path) -> Iterator[str]:
    """The address of a dashboard with a store of its own, started as the README says."""
    port, log = free_port(), runs_folder.parent / "server.log"
    command = [sys.executable, "-m", "streamlit", "run", "dashboard.py", f"--server.port={port}"]
    environment = os.environ | {"TANDEM_STORE": str(runs_folder)}
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + START_SECONDS
        while f"127.0.0.1:{port}" not in log.read_text():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, "The dashboard did not start."
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()
        end_workers(Store(runs_folder))  # they outlive the server, as they should


def end_workers(store: Store) -> None:
    """Of a run that is only told, the worker is this process, which stays."""
    for run in store.runs():
        for word in store.launcher_words(run).values():
            if not isinstance(word, events.Launched) or word.pid == os.getpid():
                continue
            if system.is_alive(word.pid, word.process_start):
                system.kill(word.pid)


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        expect.set_options(timeout=SOON)
        browser = playwright.chromium.launch(executable_path=chromium_path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def size() -> tuple[int, int]:
    """Width and height of the page."""
    return 1440, 900


@pytest.fixture
def page(browser: Browser, dashboard: str, size: tuple[int, int]) -> Iterator[Page]:
    """A page that must neither complain on the console nor ask another server for anything."""
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    page.set_default_timeout(SOON)
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda request: errors.append(request.url) if is_foreign(request.url, dashboard) else None)
    yield page
    assert errors == []
    page.close()


def is_foreign(url: str, dashboard: str) -> bool:
    return urlsplit(url).scheme in ("http", "https", "ws", "wss") and urlsplit(url).netloc != urlsplit(dashboard).netloc


def visit(page: Page, section: str, title: str) -> None:
    """Open a page by the menu of its section."""
    page.get_by_test_id("stTopNavSection").filter(has_text=section).click()
    page.get_by_role("menuitem", name=title).click()


def train(page: Page) -> str:
    """Press Train and return the run's id from the URL."""
    page.get_by_role("region", name="Sidebar").get_by_role("button", name=re.compile("^Train")).click()
    expect(page).to_have_url(re.compile(r"[?&]run=\d{8}-\d{6}-[a-z_]+-[0-9a-f]{6}"))
    return parse_qs(urlsplit(page.url).query)["run"][0]


def badges(page: Page, word: str) -> Locator:
    """The badges of the sides, each of which says what its side does."""
    return page.locator(".stMarkdownBadge").filter(has_text=word)
