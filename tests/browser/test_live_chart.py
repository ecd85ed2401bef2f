"""The live chart in a real browser: it grows in place, and a person's zoom, hidden curves and hover stay theirs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, WebSocket, expect

from engine import events
from tests.browser.conftest import SOON
from tests.browser.live_server import SIDES, Server, Training

# Of each curve the points that Plotly has drawn; `data` grows with the feed, drawn or not.
DRAWN = """([sides, count]) => {
    const curves = document.querySelector(".tandem-live-plot").calcdata ?? [];
    return sides.every((side) => curves.some((points) => {
        const { uid, visible } = points[0].trace;
        return uid === `${side}.loss` && (visible === "legendonly" || points.length === count);
    }));
}"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("live"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1200, "height": 1000})
    page.set_default_timeout(SOON)
    yield page
    page.close()


@pytest.fixture
def training(server: Server) -> Training:
    return Training(server.store)


def open_chart(page: Page, server: Server, run: str) -> Locator:
    """The chart of a run on a freshly opened page, which collects its errors in `page.errors`."""
    page.errors = []  # type: ignore[attr-defined]
    page.on("console", lambda message: message.type == "error" and page.errors.append(message.text))  # type: ignore
    page.on("pageerror", lambda error: page.errors.append(str(error)))  # type: ignore[attr-defined]
    page.goto(f"{server.address}/?run={run}")
    return page.locator(".tandem-live")


def expect_steps(chart: Locator, count: int) -> None:
    """So many steps are told of both sides, and then drawn too: what is told may be ahead of the drawing."""
    for side in SIDES:
        expect(chart).to_have_attribute(f"data-last-step-{side}", str(count))
    chart.page.wait_for_function(DRAWN, arg=[SIDES, count])


def plot(page: Page, script: str) -> Any:
    return page.evaluate(f"(() => {{ const gd = document.querySelector('.tandem-live-plot'); return {script}; }})()")


def rerun(page: Page, control: Locator) -> None:
    """Use a control and wait until the script has run again."""
    count = int(page.get_by_text("of this script").inner_text().split()[1])
    control.click()
    expect(page.get_by_text(f"Run {count + 1} of this script")).to_be_visible()


def x_range(page: Page) -> list[float]:
    return plot(page, "gd._fullLayout.xaxis.range")


def zoom(page: Page) -> list[float]:
    """Drag over the middle of the upper row; the range that results."""
    area = page.locator(".tandem-live .xy .nsewdrag").first.bounding_box()
    assert area
    y = area["y"] + area["height"] / 2
    page.mouse.move(area["x"] + area["width"] * 0.3, y)
    page.mouse.down()
    page.mouse.move(area["x"] + area["width"] * 0.6, y, steps=5)
    page.mouse.up()
    page.wait_for_function("!document.querySelector('.tandem-live-plot')._fullLayout.xaxis.autorange")
    return x_range(page)


def test_the_curves_grow_in_place(page: Page, server: Server, training: Training) -> None:
    chart = open_chart(page, server, training.run)
    expect(chart.get_by_text("Waiting for the first step…")).to_be_visible()
    training.grow(20)
    expect_steps(chart, 20)
    expect(chart.get_by_text("Waiting for the first step…")).to_be_hidden()
    plot(page, "gd.firstOne = true")
    for _ in range(5):
        training.grow(20)
    expect_steps(chart, 120)
    assert plot(page, "gd.firstOne")
    assert x_range(page)[1] >= 119
    expect(chart).to_have_attribute("data-mounts", "1")
    expect(chart).to_have_attribute("aria-label", "Training curves. PyTorch: 120 steps, loss 0.01667. "
                                    "TensorFlow: 120 steps, loss 0.02667.")  # fmt: skip
    training.finish()
    expect(chart).to_have_attribute("data-status", "ended")
    expect(chart).to_have_attribute("data-connection", "ended")
    assert page.errors == []  # type: ignore[attr-defined]


def test_a_zoom_survives_updates_and_reruns(page: Page, server: Server, training: Training) -> None:
    training.grow(100)
    chart = open_chart(page, server, training.run)
    expect_steps(chart, 100)
    zoomed = zoom(page)
    assert 20 < zoomed[0] < zoomed[1] < 70
    training.grow(50)
    expect_steps(chart, 150)
    assert x_range(page) == zoomed
    rerun(page, page.get_by_role("button", name="Rerun"))
    rerun(page, page.get_by_text("Logarithmic"))
    rerun(page, page.get_by_text("Smooth"))
    page.wait_for_function("document.querySelector('.tandem-live-plot')._fullLayout.yaxis.type === 'log'")
    page.wait_for_function("document.querySelector('.tandem-live-plot').data[0].x.length === 150")
    assert x_range(page) == zoomed
    expect(chart).to_have_attribute("data-mounts", "1")
    assert page.errors == []  # type: ignore[attr-defined]


def test_a_drag_across_an_update_still_zooms(page: Page, server: Server, training: Training) -> None:
    training.grow(100)
    feeds: list[WebSocket] = []
    page.on("websocket", lambda socket: training.run in socket.url and feeds.append(socket))
    chart = open_chart(page, server, training.run)
    expect_steps(chart, 100)
    area = page.locator(".tandem-live .xy .nsewdrag").first.bounding_box()
    assert area
    y = area["y"] + area["height"] / 2
    page.mouse.move(area["x"] + area["width"] * 0.3, y)
    page.mouse.down()
    page.mouse.move(area["x"] + area["width"] * 0.5, y, steps=3)
    with feeds[0].expect_event("framereceived"):
        training.grow(100)
    page.wait_for_timeout(500)  # long enough for a redraw that must not happen
    expect_steps(chart, 100)
    page.mouse.move(area["x"] + area["width"] * 0.6, y, steps=3)
    page.mouse.up()
    page.wait_for_function("!document.querySelector('.tandem-live-plot')._fullLayout.xaxis.autorange")
    low, high = x_range(page)
    assert 20 < low < high < 70
    expect_steps(chart, 200)


def test_a_hidden_curve_stays_hidden(page: Page, server: Server, training: Training) -> None:
    training.grow(30)
    chart = open_chart(page, server, training.run)
    expect_steps(chart, 30)
    page.locator(".tandem-live .legendtoggle").first.click()
    hidden = "gd._fullData.filter((trace) => trace.visible === 'legendonly').map((trace) => trace.uid)"
    page.wait_for_function("document.querySelector('.tandem-live-plot')._fullData[1].visible === 'legendonly'")
    before = plot(page, hidden)
    training.grow(30)
    expect_steps(chart, 60)
    rerun(page, page.get_by_role("button", name="Rerun"))
    rerun(page, page.get_by_text("Smooth"))
    page.wait_for_function("document.querySelector('.tandem-live-plot').data[0].x.length === 60")
    assert plot(page, hidden) == before
    assert "torch.loss" in before
    assert "tensorflow.loss" not in before


def test_hover_stays_while_the_curve_grows(page: Page, server: Server, training: Training) -> None:
    training.grow(50)
    chart = open_chart(page, server, training.run)
    expect_steps(chart, 50)
    area = page.locator(".tandem-live .xy .nsewdrag").first.bounding_box()
    assert area
    page.mouse.move(area["x"] + area["width"] * 0.5, area["y"] + area["height"] * 0.5)
    hover = page.locator(".tandem-live .hoverlayer .legend")
    expect(hover).to_be_visible()
    training.grow(10)
    expect_steps(chart, 60)
    expect(hover).to_be_visible()
    expect(hover).to_contain_text("TensorFlow training")


def test_each_axis_shows_the_same_points_elsewhere(page: Page, server: Server, training: Training) -> None:
    training.grow(40)
    chart = open_chart(page, server, training.run)
    expect_steps(chart, 40)
    for axis, last in (("epoch", 3.9), ("seconds", 0.4), ("step", 39)):
        rerun(page, page.get_by_text(axis, exact=True))
        page.wait_for_function(
            "last => Math.abs(document.querySelector('.tandem-live-plot').data[1].x.at(-1) - last) < 1e-6", arg=last
        )
    expect(chart).to_have_attribute("data-mounts", "1")


def test_another_theme_repaints_the_same_chart(page: Page, server: Server, training: Training) -> None:
    training.grow(30)
    page.emulate_media(color_scheme="light")
    chart = open_chart(page, server, training.run)
    expect_steps(chart, 30)
    colours = "[gd._fullLayout.font.color, gd._fullLayout.paper_bgcolor, gd._fullData[1].line.color]"
    light = plot(page, colours)
    page.emulate_media(color_scheme="dark")
    before = ".tandem-live-plot')._fullLayout.paper_bgcolor"
    page.wait_for_function(f"light => document.querySelector('{before} !== light", arg=light[1])
    assert all(dark != bright for dark, bright in zip(plot(page, colours), light, strict=True))
    expect(chart).to_have_attribute("data-mounts", "1")


def test_a_narrow_page_shows_the_whole_chart(page: Page, server: Server, training: Training) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    training.grow(30)
    chart = open_chart(page, server, training.run)
    expect_steps(chart, 30)
    widths = "[gd.scrollWidth, gd.clientWidth, document.documentElement.scrollWidth]"
    inner, outer, whole = plot(page, widths)
    assert inner <= outer
    assert whole <= 390
    texts = page.locator(".tandem-live .legendtext")
    expect(texts).to_have_text(["PyTorch", "TensorFlow"])
    first, second = (texts.nth(index).bounding_box() for index in range(2))
    assert first
    assert second
    assert first["y"] == second["y"]


def test_a_run_of_one_step_is_visible(page: Page, server: Server, training: Training) -> None:
    training.grow(1)
    training.finish()
    chart = open_chart(page, server, training.run)
    expect_steps(chart, 1)
    points = page.locator(".tandem-live .xy .point")
    expect(points.first).to_be_visible()
    whole = chart.bounding_box()
    assert whole
    for box in (points.nth(index).bounding_box() for index in range(points.count())):
        assert box
        assert box["width"] >= 4
        assert whole["x"] < box["x"] < whole["x"] + whole["width"]
        assert whole["y"] < box["y"] < whole["y"] + whole["height"]


def test_equal_losses_are_said_to_be_identical(page: Page, server: Server, training: Training) -> None:
    training.say(lambda side: events.Steps(0, (1.0, 0.5, 0.25), 0.1))
    chart = open_chart(page, server, training.run)
    expect_steps(chart, 3)
    expect(chart.get_by_text("Difference of the losses: none so far")).to_be_visible()
    training.finish()
    expect(chart.get_by_text("Difference of the losses: none", exact=True)).to_be_visible()


def test_an_empty_chart_waits_for_a_run_and_follows_another_in_place(
    page: Page, server: Server, training: Training
) -> None:
    chart = open_chart(page, server, "")
    expect(chart.get_by_text("The curves appear here.")).to_be_visible()
    page.wait_for_function("window.Plotly !== undefined")
    other = Training(server.store)
    for each, steps in ((training, 15), (other, 5)):
        each.grow(steps)
        page.get_by_label("Run id").fill(each.run)
        page.get_by_label("Run id").press("Enter")
        expect(chart).to_have_attribute("data-run", each.run)
        expect_steps(chart, steps)
    expect(chart).to_have_attribute("data-mounts", "1")
    assert page.errors == []  # type: ignore[attr-defined]


def test_an_empty_chart_follows_theme_and_width(page: Page, server: Server) -> None:
    page.emulate_media(color_scheme="light")
    open_chart(page, server, "")
    page.wait_for_function("document.querySelector('.tandem-live-plot')?._fullLayout?.paper_bgcolor")
    bright, width = plot(page, "[gd._fullLayout.paper_bgcolor, gd._fullLayout.width]")
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 600, "height": 900})
    page.wait_for_function(
        """([bright, width]) => {
            const layout = document.querySelector(".tandem-live-plot")._fullLayout;
            return layout.paper_bgcolor !== bright && layout.width < width;
        }""",
        arg=[bright, width],
    )


def test_an_empty_chart_takes_its_place_before_it_is_drawn(page: Page, server: Server) -> None:
    page.route("**/plotly*", lambda route: route.abort())
    chart = open_chart(page, server, "")
    expect(chart.get_by_text("The chart could not be loaded")).to_be_visible()
    reserved = chart.bounding_box()
    page.unroute_all()
    page.reload()
    page.wait_for_function("document.querySelector('.tandem-live-plot')?._fullLayout?.height")
    assert reserved
    assert reserved["height"] == plot(page, "gd._fullLayout.height")


def test_an_unknown_run_says_so(page: Page, server: Server) -> None:
    chart = open_chart(page, server, "20260101-000000-mlp-abcdef")
    expect(chart.get_by_text("There is no such run.").first).to_be_visible()
    expect(chart).to_have_attribute("data-connection", "refused")


def test_a_run_that_could_not_be_read_is_shown_once_it_can(page: Page, server: Server, training: Training) -> None:
    training.grow(20)
    log = server.store.log(training.run, "torch")
    whole = log.read_bytes()
    log.write_bytes(whole + b'{"type": "nonsense"}\n')
    chart = open_chart(page, server, training.run)
    expect(chart.get_by_text("The events of this run cannot be read.").first).to_be_visible()
    log.write_bytes(whole)
    for side in SIDES:
        expect(chart).to_have_attribute(f"data-last-step-{side}", "20")


def test_the_feed_comes_back_after_a_restart_of_the_server(
    page: Page, server: Server, tmp_path: Path, training: Training
) -> None:
    own = Server(tmp_path)
    own.store = server.store
    own.start()
    try:
        training.grow(100)
        chart = open_chart(page, own, training.run)
        expect_steps(chart, 100)
        zoomed = zoom(page)
        own.stop()
        expect(chart).to_have_attribute("data-connection", "retrying")
        expect(chart.get_by_text("The connection is lost. Trying again…")).to_be_visible()
        training.grow(20)
        own.start()
        expect(chart).to_have_attribute("data-connection", "open")
        expect_steps(chart, 120)
        assert x_range(page) == zoomed
        expect(chart).to_have_attribute("data-mounts", "1")
    finally:
        own.stop()
