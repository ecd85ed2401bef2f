"""Data pipelines in a real browser: tensors are placed, and a measurement begins and is ended."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import LONG, visit


def test_tensors_are_placed_and_a_measurement_is_ended(page: Page, dashboard: str) -> None:
    page.goto(dashboard)
    visit(page, "Understand", "Data pipelines")
    page.get_by_role("button", name="Measure").click()
    expect(page.get_by_text("the curve begins after that")).to_be_visible()
    page.get_by_role("button", name="End").click()
    expect(page.get_by_text("The measurement was stopped.")).to_be_visible()
    page.get_by_role("radio", name="Devices").click()
    expect(page).to_have_url(re.compile(r"\?topic=devices$"))
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_text("Could not satisfy device specification")).to_be_visible(timeout=LONG)
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
