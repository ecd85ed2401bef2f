"""The Deploy page in a real browser: a run is trained, exported from both frameworks, compared, served and measured."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import LONG, badges


def test_a_run_is_exported_served_and_measured(page: Page, dashboard: str) -> None:
    page.goto(f"{dashboard}/?network=mlp&dataset=iris&epochs=2")
    page.get_by_role("button", name="Train", exact=True).click()
    expect(badges(page, "Finished")).to_have_count(2, timeout=LONG)
    page.get_by_role("link", name="Deploy it").click()
    expect(page).to_have_url(re.compile(r"/deploy\?run="))
    for side in ("torch", "tensorflow"):
        card = page.locator(f".st-key-deploy-{side}-onnx")
        expect(card.get_by_role("button", name="Export")).to_be_enabled()
        card.get_by_role("button", name="Export").click()
        expect(card.get_by_text("verified", exact=True)).to_be_visible(timeout=LONG)
    expect(page.get_by_text("the largest difference of an output is")).to_be_visible()
    page.get_by_role("button", name="Start the server").click()
    expect(page.get_by_text("/predict -H")).to_be_visible()
    page.get_by_role("button", name="Measure").click()
    expect(page.get_by_text("requests a second")).to_be_visible()
    page.get_by_role("button", name="Stop the server").click()
    expect(page.get_by_role("button", name="Start the server")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
