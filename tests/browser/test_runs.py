"""The Runs page in a real browser: a run is found, named, exported, changed, deleted and put back."""

import re
import zipfile
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import LONG, badges

ROW, HEAD = 35, 38  # pixels
ACTIONS = ".st-key-runs-actions"


def tick(page: Page, place: int) -> None:
    """The table's rows are there once it is drawn; with the first tick buttons come, and it moves down."""
    table = page.get_by_test_id("stDataFrame")
    row = table.locator(f"tr[aria-rowindex='{place + 2}']")
    expect(row).to_be_attached()
    box = table.bounding_box()
    assert box
    page.mouse.click(box["x"] + 16, box["y"] + HEAD + ROW * place + ROW / 2)
    expect(row).to_have_attribute("aria-selected", "true")
    expect(page.locator(ACTIONS)).to_be_visible()


def downloaded(page: Page, folder: Path) -> Path:
    """What the open Export gives."""
    with page.expect_download() as download:
        page.get_by_test_id("stDownloadButton").click()
    file = folder / download.value.suggested_filename
    download.value.save_as(file)
    return file


def delete_and_import(page: Page, file: Path, told: str) -> None:
    """Close Export, delete what is ticked, and give the file to Import."""
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text(told)).to_be_visible()
    page.get_by_role("button", name="Import").click()
    page.locator("input[type=file]").set_input_files(file)


def test_a_run_from_the_list_and_back(page: Page, dashboard: str, tmp_path: Path) -> None:
    page.goto(f"{dashboard}/?epochs=2")
    page.get_by_role("button", name="Train").last.click()
    expect(badges(page, "Finished")).to_have_count(2, timeout=LONG)

    page.get_by_role("link", name="Runs").click()
    expect(page.get_by_text("Tick runs to open")).to_be_visible()
    tick(page, 0)
    page.get_by_role("button", name="Name", exact=True).click()
    page.get_by_role("textbox", name="Name").fill("baseline")
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_text("baseline").first).to_be_attached()

    page.locator(ACTIONS).get_by_role("link", name="Compare").click()
    expect(page).to_have_url(re.compile(r"/compare\?.*runs="))
    expect(page.locator(".stPlotlyChart .main-svg").first).to_be_visible()
    expect(page.locator(".stPlotlyChart .legendtext").first).to_contain_text("PyTorch, baseline")
    page.get_by_role("link", name="Runs").click()
    expect(page.get_by_text("Tick runs to open")).to_be_visible()
    tick(page, 0)

    page.get_by_role("button", name="Export").click()
    file = downloaded(page, tmp_path)
    assert re.fullmatch(r"\d{8}-\d{6}-mlp-[0-9a-f]{6}\.zip", file.name)
    delete_and_import(page, file, "Deleted 1 run.")
    expect(page.get_by_text("Tick runs to open")).to_be_visible()
    page.keyboard.press("Escape")
    tick(page, 0)
    page.get_by_role("link", name="Change and run again").click()
    expect(page).to_have_url(re.compile(r"[?&]epochs=2"))
    assert page.locator("[data-testid=stException]").count() == 0


def test_a_deleted_run_is_put_back(page: Page, dashboard: str) -> None:
    page.goto(f"{dashboard}/?epochs=1&frameworks=torch")
    page.get_by_role("button", name="Train").last.click()
    expect(badges(page, "Finished")).to_have_count(1, timeout=LONG)
    page.get_by_role("link", name="Runs").click()
    expect(page.get_by_text("Tick runs to open")).to_be_visible()
    tick(page, 0)
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Deleted 1 run.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Tick runs to open")).to_be_visible()
    expect(page.get_by_text("Deleted 1 run.")).not_to_be_visible()


def test_several_runs_go_out_in_one_file_and_come_back_and_what_can_be_spared_goes(
    page: Page,
    dashboard: str,
    tmp_path: Path,
) -> None:
    for seed in (1, 2):
        page.goto(f"{dashboard}/?epochs=1&frameworks=torch&seed={seed}")
        page.get_by_role("button", name="Train").last.click()
        expect(badges(page, "Finished")).to_have_count(1, timeout=LONG)
    page.get_by_role("link", name="Runs").click()
    expect(page.get_by_text("Tick runs to open")).to_be_visible()
    tick(page, 0)
    tick(page, 1)
    page.get_by_role("button", name="Export").click()
    expect(page.get_by_text("all that the 2 runs recorded")).to_be_visible()
    file = downloaded(page, tmp_path)
    assert file.name == "2-runs.zip"
    names = {name.split("/")[0] for name in zipfile.ZipFile(file).namelist()}
    assert len(names - {"manifest.json"}) == 2
    delete_and_import(page, file, "Deleted 2 runs.")
    expect(page.get_by_text("Took in 2 runs.")).to_be_visible()
    page.keyboard.press("Escape")

    page.get_by_text("Disk and trash").click()
    page.get_by_role("button", name="What takes it").click()
    board = page.locator(".st-key-runs-kind-tensorboard")
    expect(board).to_contain_text("Without them TensorBoard does not show the run")
    board.get_by_role("button", name="Remove").click()
    expect(page.get_by_text(re.compile(r"TensorBoard files of \d runs removed\."))).to_be_visible()
    expect(board).to_contain_text("TensorBoard files, –")
    expect(board.get_by_role("button")).to_have_count(0)
    assert page.locator("[data-testid=stException]").count() == 0
