"""The Sweeps page in a real browser: a sweep is started, paused and resumed, answers, and its trial opens as a run."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import LONG

QUESTION = "Does the best learning rate or batch size differ between the frameworks?"


def typed(page: Page, label: str, text: str) -> None:
    field = page.locator(f"input[aria-label='{label}']")
    field.fill(text)
    field.press("Enter")


def test_a_sweep_from_the_form_to_its_answer(page: Page, dashboard: str) -> None:
    page.goto(dashboard)
    page.get_by_role("link", name="Sweeps").click()
    expect(page.get_by_role("heading", name="Sweeps")).to_be_visible()
    page.get_by_role("radio", name="Grid").click()
    typed(page, "Epochs", "2")
    typed(page, "Learning rate", "0.001, 0.01")
    page.get_by_role("combobox", name="What varies").click()
    page.get_by_role("option", name="Batch size").click()
    page.keyboard.press("Escape")
    expect(page.get_by_text(re.compile("trials over learning rate 0.001 or 0.01; batch size 16"))).to_be_visible()
    typed(page, "Batch size", "32, 64")
    typed(page, "Seeds for the best", "2")
    planned = (
        "4 trials over learning rate 0.001 or 0.01; batch size 32 or 64. Grid, then the best of each side with 2 more"
    )
    expect(page.get_by_text(planned)).to_be_visible()
    page.get_by_role("button", name="Start sweep").first.click()
    expect(page.get_by_role("heading", name="mlp on digits")).to_be_visible()
    expect(page).to_have_url(re.compile(r"[?&]sweep=\d{8}-\d{6}-mlp-[0-9a-f]{6}"))

    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("trials · Paused")).to_be_visible()
    page.get_by_role("link", name="Speed").click()
    expect(page.get_by_role("heading", name="Speed")).to_be_visible()
    page.get_by_role("link", name="Sweeps").click()
    page.get_by_role("button", name="Show it").click()
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text(re.compile("[123] of 4 trials · now"))).to_be_visible(timeout=LONG)
    expect(page.locator(".stPlotlyChart .main-svg").first).to_be_visible()  # live
    expect(page.get_by_role("heading", name=QUESTION)).to_be_visible()
    expect(page.get_by_text("seeds that the search had not seen")).to_be_visible(timeout=LONG)
    expect(page.get_by_role("button", name="Forget it")).to_be_visible(timeout=LONG)

    for tab in ("One field", "Two fields"):
        page.get_by_role("tab", name=tab).click()
        expect(page.get_by_role("tabpanel").locator(".stPlotlyChart .main-svg").first).to_be_visible()
    page.get_by_role("tab", name="Trials").click()
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()
    page.get_by_role("link", name=re.compile(r"Open trial \d as a run")).first.click()
    expect(page).to_have_url(re.compile(r"[?&]run=\d{8}-\d{6}-mlp-[0-9a-f]{6}"))
    expect(page.get_by_role("heading", name="Multilayer perceptron")).to_be_visible()
    assert page.locator("[data-testid=stException]").count() == 0
