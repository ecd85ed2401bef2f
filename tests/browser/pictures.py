"""Pictures and files that a page gives away: what the buttons are called, and what comes of them."""

from pathlib import Path

from playwright.sync_api import Locator, Page

CAMERA = {"PNG": "Download plot as a PNG", "SVG": "Download plot"}  # as Plotly calls it
SIGNATURES = {"PNG": b"\x89PNG\r\n", "SVG": b"<svg "}


def saved(page: Page, button: Locator) -> bytes:
    """What a press of that button downloads."""
    with page.expect_download() as download:
        button.click()
    return Path(download.value.path()).read_bytes()
