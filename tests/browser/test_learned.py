"""Both boundaries in a real browser while both frameworks train: they move at least twice a second, in both themes."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import LONG, train

FACES = ("torch", "tensorflow")
WATCH = """
window.paintings = {};
new MutationObserver((changes) => changes.forEach(({ target }) => {
  (window.paintings[target.dataset.face] ??= []).push(performance.now());
})).observe(document.querySelector(".tandem-boundary"), {
  attributes: true, attributeFilter: ["data-paintings"], subtree: true,
});
"""
TWICE_A_SECOND = """(faces) => faces.every((face) => {
  const times = window.paintings[face] ?? [];
  return times.some((time, index) => times[index + 4] - time <= 2000);
})"""
CORNER = """(face) => {
  const canvas = document.querySelector(`canvas[data-face=${face}]`);
  return [...canvas.getContext("2d").getImageData(0, 0, 1, 1).data];
}"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_both_boundaries_move_while_both_sides_train(page: Page, dashboard: str, theme: str) -> None:
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    page.goto(f"{dashboard}/?network=mlp&dataset=moons&epochs=1000000")
    train(page)
    page.locator(".st-key-learned summary").click()
    for face in FACES:
        expect(page.locator(f"canvas[data-face={face}]")).to_be_visible(timeout=LONG)
    page.evaluate(WATCH)
    page.wait_for_function(TWICE_A_SECOND, arg=list(FACES), timeout=LONG)
    expect(page.locator("canvas[data-face=difference]")).to_be_visible()
    for face in FACES:
        brightness = sum(page.evaluate(CORNER, face)[:3]) / 3
        assert brightness > 128 if theme == "light" else brightness < 128
    page.get_by_test_id("stMain").get_by_role("button", name="Stop").click()
    expect(page.get_by_role("slider", name="After step")).to_be_visible()
