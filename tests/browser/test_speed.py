"""The Speed page in a real browser: a published file opens, charts become pictures, the page opens alone."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from engine.bench import benchmark, published
from engine.config import RunConfig
from engine.runs import Store
from tests import benchmark_stories as stories
from tests.browser.conftest import LONG
from tests.browser.pictures import CAMERA, SIGNATURES, saved

PLAN = benchmark.comparison(RunConfig.build({"policy": "defaults"}))
ANSWER = re.compile(r"PyTorch eager is 2\.00 times \[1\.97, 2\.03; n = \d+\] as fast as TensorFlow graph")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """What somebody published on another machine."""
    store = Store(tmp_path / "theirs")
    path = tmp_path / "theirs.json"
    path.write_text(published.of_store(store, stories.finished(store, PLAN, (2e-4, 4e-4))).to_json(), encoding="utf-8")
    return path


def opened(page: Page, dashboard: str, file: Path) -> None:
    """On the Speed page, with the file opened."""
    page.goto(dashboard)
    page.get_by_role("link", name="Speed").click()
    page.get_by_role("button", name="Open a file").click()
    page.locator("input[type=file]").set_input_files(file)
    expect(page.get_by_role("heading", name=ANSWER)).to_be_visible()
    expect(page).to_have_url(re.compile(r"[?&]benchmark=file-[0-9a-f]{16}"))
    page.keyboard.press("Escape")


def test_a_chart_becomes_a_picture(page: Page, dashboard: str, file: Path) -> None:
    opened(page, dashboard, file)
    for kind in ("SVG", "PNG"):
        page.get_by_role("radio", name=kind).click()
        chart = page.locator(".stPlotlyChart").first
        expect(chart.locator(".main-svg").first).to_be_visible()
        content = saved(page, chart.get_by_role("button", name=CAMERA[kind], exact=True))
        assert content.startswith(SIGNATURES[kind])


def test_the_page_opens_without_a_server(
    page: Page, dashboard: str, file: Path, browser: Browser, tmp_path: Path
) -> None:
    opened(page, dashboard, file)
    path = tmp_path / "benchmark.html"
    path.write_bytes(saved(page, page.get_by_role("button", name="As a page")))
    alone = browser.new_page(offline=True)
    errors: list[str] = []
    alone.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    alone.on("pageerror", lambda error: errors.append(str(error)))
    alone.goto(path.as_uri())
    expect(alone.get_by_text(ANSWER)).to_be_visible()
    expect(alone.locator("figure .main-svg").first).to_be_visible()
    for kind, signature in SIGNATURES.items():
        assert saved(alone, alone.get_by_role("button", name=kind).first).startswith(signature)
    raw = saved(alone, alone.get_by_role("button", name="Save as JSON"))
    name = published.keep(Store(tmp_path / "again"), raw)
    assert published.of_file(Store(tmp_path / "again"), name).plan == PLAN
    assert errors == []
    alone.close()


def test_a_benchmark_is_measured_from_the_page(page: Page, dashboard: str) -> None:
    page.goto(dashboard)
    page.get_by_role("link", name="Speed").click()
    page.get_by_role("button", name="Measure").last.click()
    expect(page.get_by_role("heading", name=re.compile(r"times \[.*; n = \d+\] as fast"))).to_be_visible(timeout=LONG)
    expect(page.get_by_text("Finished")).to_be_visible()
    expect(page.get_by_role("heading", name="Every block")).to_be_visible()
