"""A person's own table in a real browser: uploaded, looked at, trained on, and found again by its link."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import LONG, badges, train


def test_an_upload_is_trained_on(page: Page, dashboard: str, tmp_path: Path) -> None:
    path = tmp_path / "houses.csv"
    rows = "".join(f"{n / 4},{'ABC'[n % 3]},{n * 2.5 + 0.25}\n" for n in range(60))
    path.write_text(f"size,town,price\n{rows}")
    page.goto(f"{dashboard}/?dataset=table&epochs=3")
    expect(page.get_by_text("Upload a table, or give its path.")).to_be_visible()
    expect(page.locator(".st-key-train-train button")).to_be_disabled()
    page.locator("input[type=file]").set_input_files(path)
    expect(page.get_by_text("60 rows with a target; 2 columns become 4 inputs.")).to_be_visible()
    expect(page.get_by_text("houses.csv").first).to_be_visible()
    expect(page).to_have_url(re.compile("dataset_options.sha256=[0-9a-f]{64}"))
    page.get_by_role("button", name="What becomes of each column").click()
    expect(page.get_by_role("cell", name="One input for each of 3 categories.")).to_be_visible()
    page.keyboard.press("Escape")
    run = train(page)
    expect(badges(page, "Finished")).to_have_count(2, timeout=LONG)
    page.goto(page.url)
    expect(page.get_by_text(f"run {run}")).to_be_visible()
    expect(page.get_by_text("60 rows with a target")).to_be_visible()
