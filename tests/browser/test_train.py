"""The whole of it in a real browser: the dashboard trains both frameworks, and a person watches, steers and returns."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, TimeoutError, expect

from tests.browser.conftest import LONG, SOON, badges, train

SIDES = ("torch", "tensorflow")
ENDLESS = "epochs=100000&batch_size=16"
PHONE = pytest.mark.parametrize("size", [(390, 844)])


def chart(page: Page) -> Locator:
    return page.locator(".tandem-live")


def steps(page: Page) -> list[int]:
    return [int(chart(page).get_attribute(f"data-last-step-{side}") or 0) for side in SIDES]


def wait_for_more(page: Page, known: list[int], timeout: int = SOON) -> list[int]:
    """Wait until both curves have more steps than `known`."""
    attributes = ["lastStepTorch", "lastStepTensorflow"]
    try:
        page.wait_for_function(
            """([names, known]) => {
                const told = document.querySelector(".tandem-live")?.dataset;
                return told && names.every((name, side) => Number(told[name] ?? 0) > known[side]);
            }""",
            arg=[attributes, known],
            timeout=timeout,
        )
    except TimeoutError:  # which says nothing of what there is instead
        told = page.evaluate("JSON.stringify({...document.querySelector('.tandem-live')?.dataset})")
        raise AssertionError(f"After {known} no more: {told} in {page.locator('body').inner_text()}") from None
    return steps(page)


def x_range(page: Page) -> list[float]:
    return page.evaluate("document.querySelector('.tandem-live-plot')._fullLayout.xaxis.range")


def zoom(page: Page) -> list[float]:
    """Drag over the middle of the upper row; the range that results."""
    chart(page).scroll_into_view_if_needed()
    area = chart(page).locator(".xy .nsewdrag").first.bounding_box()
    assert area
    y = area["y"] + area["height"] / 2
    page.mouse.move(area["x"] + area["width"] * 0.3, y)
    page.mouse.down()
    page.mouse.move(area["x"] + area["width"] * 0.6, y, steps=5)
    page.mouse.up()
    page.wait_for_function("!document.querySelector('.tandem-live-plot')._fullLayout.xaxis.autorange")
    return x_range(page)


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_a_run_from_train_to_tensorboard(page: Page, dashboard: str) -> None:
    page.goto(f"{dashboard}/?{ENDLESS}")
    expect(page.get_by_text("Press Train")).to_be_visible()
    run = train(page)
    moved = wait_for_more(page, wait_for_more(page, [0, 0], LONG))

    zoomed = zoom(page)
    wait_for_more(page, moved)
    page.get_by_text("Log scale").click()
    page.wait_for_function("document.querySelector('.tandem-live-plot')._fullLayout.yaxis.type === 'log'")
    expect(page).to_have_url(re.compile("log=true"))
    assert x_range(page) == zoomed
    expect(chart(page)).to_have_attribute("data-mounts", "1")

    page.reload()
    expect(page.get_by_text(f"run {run}")).to_be_visible()
    expect(page.get_by_role("spinbutton", name="Batch size")).to_have_value("16")
    wait_for_more(page, moved)

    press(page, "Stop")
    expect(page.get_by_role("heading", name="Result")).to_be_visible()
    expect(page.get_by_text(re.compile("TensorFlow was stopped after"))).to_be_visible()
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Open in TensorBoard").click()
    board = opened.value
    for side in SIDES:
        expect(board.get_by_text(f"{run}/{side}").first).to_be_visible()
    board.close()


def test_pause_step_resume(page: Page, dashboard: str) -> None:
    page.goto(f"{dashboard}/?{ENDLESS}")
    train(page)
    wait_for_more(page, [0, 0], LONG)
    press(page, "Pause")
    expect(badges(page, "Paused")).to_have_count(2)
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_disabled()
    paused = max(steps(page))
    press(page, "Step")  # to the first step that neither has done
    page.wait_for_function(
        """(paused) => {
            const told = document.querySelector(".tandem-live").dataset;
            return Number(told.lastStepTorch) > paused && told.lastStepTorch === told.lastStepTensorflow;
        }""",
        arg=paused,
    )
    done = steps(page)[0]
    press(page, "Step")
    for side in SIDES:
        expect(chart(page)).to_have_attribute(f"data-last-step-{side}", str(done + 1))
    press(page, "Resume")
    expect(badges(page, "Running")).to_have_count(2)
    wait_for_more(page, [done + 1, done + 1])
    press(page, "Stop")
    expect(badges(page, "Stopped")).to_have_count(2)


def test_one_step_as_in_every_tutorial(page: Page, dashboard: str) -> None:
    page.goto(dashboard)
    press(page, "One step, as in every tutorial")
    expect(page).to_have_url(re.compile("network=simple_net"))
    run = train(page)
    expect(page.get_by_text("This was one step")).to_be_visible(timeout=LONG)
    expect(badges(page, "Finished")).to_have_count(2)
    with page.expect_download() as download:
        press(page, "Run as JSON")
    told = json.loads(Path(download.value.path()).read_text())
    assert told["run"] == run
    assert {name: len(side[1]["losses"]) for name, side in told["sides"].items()} == {"torch": 1, "tensorflow": 1}


def test_a_bad_value_starts_nothing(page: Page, dashboard: str) -> None:
    page.goto(dashboard)
    rate = page.get_by_role("spinbutton", name="Learning rate")
    rate.fill("-1")
    rate.press("Enter")
    expect(page.get_by_text("learning_rate: -1.0 was given")).to_be_visible()
    buttons = page.get_by_role("button", name=re.compile("^Train"))
    expect(buttons.first).to_be_disabled()
    for button in buttons.all():
        expect(button).to_be_disabled()
    rate.fill("0.01")
    rate.press("Enter")
    expect(page.get_by_text("learning_rate: -1.0 was given")).to_be_hidden()
    expect(page).to_have_url(re.compile(r"\?learning_rate=0.01$"))


def test_the_back_button_undoes_a_change(page: Page, dashboard: str) -> None:
    page.goto(dashboard)
    epochs = page.get_by_role("spinbutton", name="Epochs").first  # the form is drawn anew, and the old one still goes
    epochs.fill("7")
    epochs.press("Enter")
    expect(page).to_have_url(re.compile("epochs=7"))
    page.go_back()
    expect(epochs).to_have_value("40")
    expect(page).not_to_have_url(re.compile("epochs"))


def top(page: Page, selector: str) -> float:
    """How far down the page it begins, scrolled or not."""
    script = "([s]) => document.querySelector(s).getBoundingClientRect().top"
    offset = "document.querySelector('[data-testid=stMain]').scrollTop"
    return page.evaluate(script, [selector]) + page.evaluate(offset)


def test_the_chart_stays_where_it_is_when_a_run_begins_and_ends(page: Page, dashboard: str) -> None:
    page.goto(f"{dashboard}/?epochs=3")
    page.wait_for_selector(".tandem-live .main-svg")
    expect(page.get_by_text("Not started")).to_have_count(2)  # the last of what stands above the chart
    before = top(page, ".tandem-live")
    page.evaluate(
        """() => {
            window.tops = new Set();
            const look = () => {
                const main = document.querySelector("[data-testid=stMain]");
                const chart = document.querySelector(".tandem-live");
                window.tops.add(Math.round(chart.getBoundingClientRect().top + main.scrollTop));
                requestAnimationFrame(look);
            };
            look();
        }"""
    )
    train(page)
    expect(page.get_by_role("heading", name="Result")).to_be_visible(timeout=LONG)
    assert page.evaluate("[...window.tops]") == [round(before)]


@PHONE
def test_on_a_phone_the_run_is_in_sight_after_the_press(page: Page, dashboard: str) -> None:
    page.goto(f"{dashboard}/?epochs=3")
    page.wait_for_selector(".tandem-live .main-svg")
    sidebar = page.get_by_test_id("stSidebar")
    page.get_by_test_id("stExpandSidebarButton").click()
    expect(sidebar).to_have_attribute("data-collapsed", "false")
    run = train(page)
    expect(sidebar).to_have_attribute("data-collapsed", "true")
    expect(page.get_by_text(f"run {run}")).to_be_in_viewport()
    expect(page.get_by_role("heading", name="Result")).to_be_visible(timeout=LONG)
    tables = page.locator("table")
    expect(tables.nth(1)).to_be_attached()  # of the result and of the difference
    for table in tables.all():
        width, room = table.evaluate("table => [table.scrollWidth, table.parentElement.clientWidth]")
        assert width <= room


@PHONE
def test_on_a_phone_the_first_page_trains_too(page: Page, dashboard: str) -> None:
    page.goto(f"{dashboard}/?network=simple_net&dataset=normal")
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.get_by_text("This was one step")).to_be_visible(timeout=LONG)


def test_on_a_large_screen_the_sidebar_stays(page: Page, dashboard: str) -> None:
    page.goto(f"{dashboard}/?network=simple_net&dataset=normal")
    page.wait_for_selector(".tandem-live .main-svg")
    train(page)
    expect(page.get_by_text("This was one step")).to_be_visible(timeout=LONG)
    expect(page.get_by_test_id("stSidebar")).to_have_attribute("data-collapsed", "false")


def test_the_configuration_opens_live_and_after_the_end(page: Page, dashboard: str) -> None:
    page.goto(f"{dashboard}/?{ENDLESS}")
    train(page)
    known = wait_for_more(page, [0, 0], LONG)
    command = page.get_by_text(re.compile("python -m engine train"))
    assert command.count() == 0
    page.get_by_text("Configuration", exact=True).click()
    expect(command).to_be_visible()
    known = wait_for_more(page, known)
    press(page, "Stop")
    expect(page.get_by_role("heading", name="Result")).to_be_visible()
    expect(command).to_be_visible()
    page.get_by_text("Configuration", exact=True).click()
    expect(command).to_be_hidden()


def test_a_recent_run_is_opened_from_a_live_one(page: Page, dashboard: str) -> None:
    page.goto(f"{dashboard}/?network=simple_net&dataset=normal")
    first = train(page)
    expect(page.get_by_text("This was one step")).to_be_visible(timeout=LONG)
    page.goto(f"{dashboard}/?{ENDLESS}")
    train(page)
    known = wait_for_more(page, [0, 0], LONG)
    running = page.url
    page.get_by_role("button", name="Recent runs").click()
    page.get_by_role("menuitem", name=re.compile("^simple_net · normal · Finished")).first.click()
    expect(page).to_have_url(re.compile(f"run={first}"))
    expect(page.get_by_text("This was one step")).to_be_visible()
    page.go_back()
    expect(page).to_have_url(running)
    wait_for_more(page, known)
    press(page, "Stop")
    expect(badges(page, "Stopped")).to_have_count(2)
