"""The Cluster page in a real browser, and a run that goes from the form to a node and comes back."""

import os
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from engine.cluster import place
from tests.browser.conftest import LONG, badges, visit
from tests.engine.cluster_processes import Cluster


@pytest.fixture(scope="module", autouse=True)
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A node whose workers need no framework, and a setting that names its scheduler for the dashboard."""
    opened = Cluster(tmp_path_factory.mktemp("cluster"))
    os.environ[place.VARIABLE] = opened.address
    try:
        opened.node("kitchen")
        yield opened
    finally:
        del os.environ[place.VARIABLE]
        opened.close()


def test_a_run_goes_to_a_node_and_the_page_shows_it(cluster: Cluster, page: Page, dashboard: str) -> None:
    page.goto(f"{dashboard}/?epochs=1000000")
    page.get_by_role("radio", name="Cluster").click()
    page.get_by_test_id("stSidebar").get_by_role("button", name=re.compile("^Train")).click()
    expect(page.get_by_text(f"on the cluster at {cluster.address}")).to_be_visible()
    expect(badges(page, "Running")).to_have_count(2, timeout=LONG)
    if pictures := os.environ.get("TANDEM_PICTURES"):
        page.screenshot(path=f"{pictures}/cluster_train.png")
    page.set_viewport_size({"width": 2000, "height": 900})  # so that all pages are named above
    visit(page, "Operate", "Cluster")
    expect(page.get_by_text("0 of 1")).to_have_count(2)
    expect(page.get_by_role("cell", name="kitchen")).to_be_visible()
    link = page.get_by_role("link", name="PyTorch of")
    expect(link).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    if pictures:
        page.screenshot(path=f"{pictures}/cluster_page.png")
        page.emulate_media(color_scheme="dark")
        page.set_viewport_size({"width": 390, "height": 844})
        page.wait_for_timeout(1500)
        page.screenshot(path=f"{pictures}/cluster_narrow.png", full_page=True)
        page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"{dashboard}/{link.get_attribute('href')}")
    page.get_by_test_id("stMainBlockContainer").get_by_role("button", name="Stop").click()
    expect(badges(page, "Stopped")).to_have_count(2)
