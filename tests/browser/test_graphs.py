"""The page of graphs in a real browser: a network is drawn, and sizes are called."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import LONG, visit

WIDE = pytest.mark.parametrize("size", [(1920, 1080)])  # beside the sidebar there is room for the names of few pages


@WIDE
def test_a_network_is_drawn_and_matched(page: Page, dashboard: str) -> None:
    page.goto(dashboard)
    visit(page, "Understand", "Graphs")
    page.get_by_role("button", name="Draw the graphs").click()
    expect(page.get_by_text(re.compile("3 of 3 layers do the same operations"))).to_be_visible(timeout=LONG)
    expect(page.get_by_role("cell", name="MatMul, BiasAdd").first).to_be_visible()
    page.get_by_role("radio", name="One graph").click()
    drawing = page.get_by_test_id("stGraphVizChart")
    expect(drawing.locator("svg text", has_text="aten.linear").first).to_be_visible()
    page.get_by_role("radio", name="TensorFlow: Optimised HLO").click()
    expect(drawing.locator("svg text", has_text="fusion").first).to_be_visible()
    expect(page).to_have_url(re.compile("graph=tensorflow.lowered"))
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


@WIDE
def test_sizes_are_called(page: Page, dashboard: str) -> None:
    page.goto(dashboard)
    visit(page, "Understand", "Graphs")
    page.get_by_role("radio", name="Compiling again").click()
    page.get_by_label("Batch sizes").fill("32, 64, 33")
    page.get_by_role("button", name="Call", exact=True).click()
    row = page.get_by_role("row", name=re.compile("^3: 33"))
    expect(row).to_contain_text(re.compile(r"3: 33\s*2\s*3\s*1\s*2\s*3\s*1"), timeout=LONG)
    page.get_by_role("button", name="Begin again").click()
    expect(row).not_to_be_visible()
