"""Code in a real browser: a network and a level are chosen, and both scripts are seen."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import visit


def test_a_network_and_a_level_are_chosen(page: Page, dashboard: str) -> None:
    page.goto(dashboard)
    visit(page, "Understand", "Code")
    both = page.get_by_role("region", name="The scripts of both frameworks, line against line")
    expect(both).to_be_visible()
    page.get_by_role("combobox", name=re.compile("Code of$")).click()
    page.get_by_role("option", name=re.compile("^LeNet.*its recipe$")).click()
    expect(page).to_have_url(re.compile(r"\?network=lenet$"))
    expect(both).to_contain_text("nn.Conv2d(")
    expect(both).to_contain_text("layers.Conv2D(")
    page.get_by_role("radio", name="Raw tensors").click()
    expect(both).to_contain_text("functional.conv2d(")
    expect(both).to_contain_text("tf.nn.conv2d(")
    page.get_by_role("radio", name="PyTorch", exact=True).click()
    expect(both).not_to_be_visible()
    expect(page.get_by_test_id("stCode")).to_contain_text("functional.conv2d(")
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
