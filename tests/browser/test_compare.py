"""The Compare page in a real browser: a link draws, charts become pictures, raw values and a page that opens alone."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from engine.runs import Store
from tests import stories
from tests.browser.pictures import CAMERA, SIGNATURES, saved


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A store of three seeds, and their ids."""
    store = Store(tmp_path_factory.mktemp("compare") / "runs")
    return store.root, [stories.finished_run(store, shift=seed / 10, seed=seed) for seed in range(3)]


@pytest.fixture(scope="module")
def runs_folder(runs: tuple[Path, list[str]]) -> Path:
    """The dashboard stands over that store."""
    return runs[0]


def legend(page: Page) -> list[str]:
    return page.locator(".stPlotlyChart .legendtext").all_text_contents()


def test_runs_are_chosen_and_a_link_brings_all_of_it_back(
    page: Page, dashboard: str, runs: tuple[Path, list[str]], browser: Browser
) -> None:
    page.goto(dashboard)
    page.get_by_role("link", name="Compare").click()
    picker = page.get_by_role("combobox", name=re.compile("Runs"))
    for seed in (0, 1):
        picker.fill(f"seed {seed}")
        page.get_by_role("option", name=re.compile(f"^seed {seed} .* mlp ")).click()
        expect(page.locator(".stPlotlyChart .legendtext")).to_have_count(2 * (seed + 1))
    page.keyboard.press("Escape")
    expect(page.get_by_role("option")).to_have_count(0)
    page.get_by_role("heading", name="Compare").click()  # away from the picker, which takes the next press otherwise
    page.get_by_text("Logarithmic y").click()
    expect(page).to_have_url(re.compile("logy=true"))
    page.get_by_text("Bands over seeds").click()
    expect(page.locator(".stPlotlyChart .legendtext").first).to_contain_text("PyTorch: n = 2, 0.5")
    again = browser.new_page()
    again.goto(page.url)
    expect(again.locator(".stPlotlyChart .legendtext").first).to_contain_text("PyTorch: n = 2, 0.5")
    expect(again.locator(".stPlotlyChart .legendtext")).to_have_text(legend(page))
    again.close()


def test_a_comparison_is_taken_away_and_opens_without_a_server(
    dashboard: str, runs: tuple[Path, list[str]], browser: Browser, tmp_path: Path
) -> None:
    shown = browser.new_page()
    shown.goto(f"{dashboard}/compare?runs={','.join(runs[1])}&bands=true&smoothing=0.5")
    chart = shown.locator(".stPlotlyChart")
    expect(chart.locator(".legendtext").first).to_contain_text("n = 3")
    for kind in ("SVG", "PNG"):
        shown.get_by_role("radio", name=kind).click()
        expect(chart.get_by_role("button", name=CAMERA[kind], exact=True)).to_be_visible()
        assert saved(shown, chart.get_by_role("button", name=CAMERA[kind], exact=True)).startswith(SIGNATURES[kind])
    table = saved(shown, shown.get_by_role("button", name="Raw values as CSV")).decode().splitlines()
    assert len(table) == 1 + 3 * 2 * 6
    path = tmp_path / "comparison.html"
    path.write_bytes(saved(shown, shown.get_by_role("button", name="As a page")))
    alone = browser.new_page(offline=True)
    errors: list[str] = []
    alone.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    alone.on("pageerror", lambda error: errors.append(str(error)))
    alone.goto(path.as_uri())
    expect(alone.locator("figure .legendtext").first).to_contain_text("n = 3")
    assert b'"tandem comparison"' in saved(alone, alone.get_by_role("button", name="Save as JSON"))
    for kind, signature in SIGNATURES.items():
        assert saved(alone, alone.get_by_role("button", name=kind).first).startswith(signature)
    assert errors == []
    alone.close()
    shown.close()


def test_a_run_that_still_trains_grows_without_a_click(
    dashboard: str, runs: tuple[Path, list[str]], browser: Browser
) -> None:
    store = Store(runs[0])
    run = stories.new_run(store, frameworks=["torch"], seed=7)
    stories.launch(store, run, "torch")
    stories.tell(store, run, "torch", stories.finished_side()[:4])
    shown = browser.new_page()
    shown.goto(f"{dashboard}/compare?runs={run}")
    expect(shown.get_by_text("Still training")).to_be_visible()
    expect(shown.get_by_role("cell", name="1.25")).to_be_visible()
    stories.tell(store, run, "torch", stories.finished_side()[4:])
    expect(shown.get_by_role("cell", name="0.5", exact=True)).to_be_visible()
    expect(shown.get_by_text("Still training")).to_have_count(0)
    shown.close()
