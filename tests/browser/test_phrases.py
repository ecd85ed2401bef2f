"""The phrase book and the debug lab in a real browser: what is searched for and what is made."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import LONG, visit


def test_the_phrase_book_is_searched(page: Page, dashboard: str) -> None:
    page.goto(dashboard)
    visit(page, "Understand", "Phrase book")
    expect(page.get_by_role("heading", name="Make a tensor", exact=True)).to_be_visible()
    page.get_by_role("radio", name="Layers").click()
    expect(page.get_by_text("11 of 60 phrases")).to_be_visible()
    expect(page.get_by_role("heading", name="Take a gradient", exact=True)).not_to_be_visible()
    page.get_by_label("Search").fill("requires_grad_")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 of 60 phrases")).to_be_visible()
    expect(page).to_have_url(re.compile(r"\?search=requires_grad_&topic=layers$"))
    expect(page.get_by_text("network[0].requires_grad_(False)")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


def test_a_mistake_is_made_and_told(page: Page, dashboard: str) -> None:
    page.goto(dashboard)
    visit(page, "Understand", "Debug lab")
    page.get_by_role("radio", name="Wrong dtype").click()
    expect(page).to_have_url(re.compile(r"\?mistake=wrong_dtype$"))
    page.get_by_role("button", name="Make the mistake").first.click()
    expect(page.get_by_role("button", name="End")).to_be_visible()
    expect(page.get_by_text("expected m1 and m2 to have the same dtype")).to_be_visible(timeout=LONG)
    expect(page.get_by_text("was expected to be a double tensor but is a float tensor")).to_be_visible()
    expect(page.get_by_text("sum: 24.0")).to_have_count(2)
    page.get_by_text("All that it printed").first.click()
    expect(page.get_by_text(re.compile(r"Traceback \(most recent call last\)")).first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
