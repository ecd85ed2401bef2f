"""Lessons, Claims and Which one? in a real browser, with runs that train."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import LONG, visit


def test_a_lesson_is_predicted_run_and_compared(page: Page, dashboard: str) -> None:
    page.goto(dashboard)
    visit(page, "Understand", "Lessons")
    card = page.locator(".st-key-lesson-descent-small")
    expect(card.get_by_role("button", name="Run it")).to_be_disabled()
    card.get_by_text("It grows").click()
    card.get_by_role("button", name="Run it").click()
    expect(card.get_by_text("You predicted: It grows. It came out: It falls.")).to_be_visible(timeout=LONG)
    card = page.locator(".st-key-lesson-descent-both")
    card.get_by_text("The same but for rounding").click()
    card.get_by_role("button", name="Run it").click()  # the same config: nothing is trained again
    expect(card.get_by_text("finished after 50 steps").first).to_be_visible()


def test_a_claim_is_checked_here(page: Page, dashboard: str) -> None:
    page.goto(dashboard)
    visit(page, "Decide", "Claims")
    card = page.locator(".st-key-claim-one_pass_one_epoch")
    card.get_by_role("button", name="Check it here").click()
    card.get_by_role("button", name=re.compile("count its steps")).click()
    expect(card.get_by_text("finished after 45 steps").first).to_be_visible(timeout=LONG)
    card.get_by_role("link", name=re.compile("All of it on Train")).click()
    expect(page).to_have_url(re.compile("run="))


def test_the_sheet_says_what_it_does_not_know(page: Page, dashboard: str) -> None:
    page.goto(dashboard)
    visit(page, "Decide", "Which one?")
    expect(page.get_by_text("Nothing is known here of training speed")).to_be_visible()
    page.get_by_role("combobox", name=re.compile("^Network")).click()
    page.get_by_role("option", name=re.compile("LeNet")).click()
    expect(page.get_by_text("No training step of lenet was timed here in float32.")).to_be_visible()
