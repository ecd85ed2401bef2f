"""The form of a person's own table, run by Streamlit's AppTest: uploads, choices, sentences, links."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from engine.datasets import own_table, uploads
from engine.runs import Store
from tests.pages.conftest import MAIN, RUN_SECONDS, address, button, named, only_config, opened, press

HOUSES = "id,size,town,price\n" + "".join(f"{n},{n % 7 + n / 4},{'ABC'[n % 3]},{100 + 3 * n}.5\n" for n in range(40))
TOWNS = "size,town\n" + "".join(f"{n / 3},{'AB'[n % 2]}\n" for n in range(30))


@pytest.fixture
def table(page: AppTest) -> AppTest:
    """The page with the dataset "Your own table" and no file yet."""
    named(opened(page).selectbox, "Dataset").select("table").run()
    assert not page.exception
    return page


def upload(page: AppTest, name: str = "houses.csv", content: str | bytes = HOUSES) -> AppTest:
    page.file_uploader[0].upload(name, content if isinstance(content, bytes) else content.encode()).run()
    assert not page.exception
    return page


def errors(page: AppTest) -> list[str]:
    """The sentences beside fields; the last one, under Train, says where they are."""
    return [error.value for error in page.error if not error.value.startswith("Not ready to train.")]


def path_of(store: Store) -> Path:
    (path,) = (store.root / uploads.FOLDER).iterdir()
    return path


def test_nothing_can_start_before_a_table_is_chosen(table: AppTest, store: Store) -> None:
    assert button(table, "Train").disabled
    assert [info.value for info in table.info if "Upload a table" in info.value]
    assert errors(table) == []
    assert store.runs() == []


def test_an_upload_is_kept_once_and_trained_on(table: AppTest, store: Store) -> None:
    upload(table)
    path = path_of(store)
    assert path.read_text() == HOUSES
    assert path.name == f"{own_table.look(str(path))[0]['sha256']}.csv"
    assert any("houses.csv" in text.value for text in table.markdown)
    assert named(table.selectbox, "Target").value == "price"
    assert any("40 rows with a target; 3 columns become 5 inputs." in caption.value for caption in table.caption)
    press(table, "Train")
    options = only_config(store).dataset_options
    assert (options["target"], options["task"], options["features"]) == ("price", "regression", ["id", "size", "town"])
    upload(table)
    assert path_of(store) == path


def test_target_features_and_task_can_be_chosen(table: AppTest, store: Store) -> None:
    upload(table)
    named(table.selectbox, "Target").select("town").run()
    named(table.multiselect, "Learn from").set_value(["size"]).run()
    assert named(table.selectbox, "Task").options[0] == "Detected: classification"
    press(table, "Train")
    options = only_config(store).dataset_options
    assert (options["target"], options["features"], options["classes"]) == ("town", ["size"], ["A", "B", "C"])


def test_the_task_can_be_overridden(table: AppTest, store: Store) -> None:
    upload(table, content="x,y\n" + "".join(f"{n / 2},{n % 3}\n" for n in range(12)))
    assert named(table.selectbox, "Task").options[0] == "Detected: classification"
    named(table.selectbox, "Task").select("regression").run()
    press(table, "Train")
    assert only_config(store).dataset_options["task"] == "regression"


def test_a_wrong_task_is_a_sentence_beside_it(table: AppTest) -> None:
    upload(table, content=TOWNS)
    named(table.selectbox, "Task").select("regression").run()
    assert errors(table) == ["The target “town” holds texts: regression needs numbers."]
    assert any(error.value == "Not ready to train. See Task in Network and data." for error in table.error)
    assert button(table, "Train").disabled
    named(table.selectbox, "Task").select("").run()
    assert not table.error


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", "", "is empty"),
        ("a.csv", "x\n1\n", "has one column"),
        ("a.csv", "x,y\n1\n2,3\n", "every row needs as many"),
        ("a.parquet", "x,y\n1,2\n", "is no readable Parquet file"),
        ("a.csv", b"\xff\xfe\x00x", "is not text"),
    ],
)
def test_a_bad_file_is_one_sentence_and_nothing_starts(
    table: AppTest, store: Store, name: str, content: str | bytes, words: str
) -> None:
    upload(table, name, content)
    (told,) = errors(table)
    assert words in told
    assert button(table, "Train").disabled
    upload(table)
    assert errors(table) == []
    assert not button(table, "Train").disabled


def test_a_table_without_a_target_offers_all_of_them(table: AppTest) -> None:
    upload(table, content="x,y\n1,1\n1,1\n")
    (told,) = errors(table)
    assert "there is nothing to learn" in told
    assert named(table.selectbox, "Target").options == ["x", "y"]


def test_too_large_an_upload_is_refused(table: AppTest, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "LIMIT", 1)
    upload(table, content="x,y\n" + 100_001 * "1234,5678\n")
    assert errors(table) == ["At most 1 MB are uploaded: give the path of a larger file instead."]
    assert not (store.root / uploads.FOLDER).exists()


def test_a_path_is_read_where_it_is(table: AppTest, store: Store, tmp_path: Path) -> None:
    (tmp_path / "mine.tsv").write_text(TOWNS.replace(",", "\t"))
    named(table.text_input, "Or its path on this machine").set_value(str(tmp_path / "nothing.csv")).run()
    assert errors(table) == [f"There is no file {tmp_path / 'nothing.csv'}."]
    named(table.text_input, "Or its path on this machine").set_value(str(tmp_path / "mine.tsv")).run()
    press(table, "Train")
    assert only_config(store).dataset_options["path"] == str(tmp_path / "mine.tsv")
    assert not (store.root / uploads.FOLDER).exists()
    link = address(table)
    assert link["dataset_options.path"] == str(tmp_path / "mine.tsv")
    assert "dataset_options.sha256" not in link


def test_names_from_a_file_are_no_markdown(table: AppTest) -> None:
    upload(table, "![x](y).csv", "x,![a](https://example.org)\n" + "".join(f"{n},{n / 3}\n" for n in range(9)))
    assert named(table.selectbox, "Target").value == "![a](https://example.org)"
    assert not [caption.value for caption in table.caption if "![" in caption.value]
    assert not [text.value for text in table.markdown if "![" in text.value]


def test_another_network_keeps_the_table(table: AppTest, store: Store) -> None:
    upload(table, content=TOWNS)
    named(table.selectbox, "Network").select("logistic").run()
    press(table, "Train")
    config = only_config(store)
    assert (config.network, config.dataset_options["target"], config.epochs) == ("logistic", "town", 30)


def test_the_columns_one_by_one(table: AppTest) -> None:
    upload(table, content="same,x,y\n" + "".join(f"1,{n},{n / 3}\n" for n in range(9)))
    press(table, "What becomes of each column")
    shown = table.table[0].value
    assert shown["Column"].tolist() == ["same", "x", "y"]
    assert shown["What becomes of it"][0] == "Left out: it has the same value in every row."


# The link


def test_a_link_finds_the_upload_by_its_hash(table: AppTest, store: Store) -> None:
    upload(table)
    named(table.selectbox, "Target").select("size").run()
    named(table.multiselect, "Learn from").set_value(["price"]).run()
    link = address(table)
    assert link == {
        "dataset": "table",
        "network": "mlp",
        "dataset_options.sha256": path_of(store).stem,
        "dataset_options.target": "size",
        "dataset_options.features": "price",
    }
    again = opened(AppTest.from_file(str(MAIN), default_timeout=RUN_SECONDS), **link)
    assert not again.warning
    press(again, "Train")
    options = only_config(store).dataset_options
    assert (options["target"], options["features"]) == ("size", ["price"])
    assert address(again) == link | {"run": store.runs()[0]}


def test_a_link_without_its_upload_says_so_once(table: AppTest, store: Store) -> None:
    link = {"dataset": "table", "dataset_options.sha256": "ab" * 32, "dataset_options.target": "y", "epochs": "3"}
    page = opened(AppTest.from_file(str(MAIN), default_timeout=RUN_SECONDS), **link)
    assert len(page.warning) == 1
    assert "The table with the SHA-256 abababababab… was not uploaded here: upload it again." in page.warning[0].value
    assert named(page.selectbox, "Dataset").value == "table"
    assert named(page.number_input, "Epochs").value == 3
    assert button(page, "Train").disabled
    assert address(page) == link
    upload(page)
    assert not button(page, "Train").disabled


def test_a_link_to_no_table_in_particular(page: AppTest) -> None:
    opened(page, dataset="table", seed="3")
    assert not page.warning
    assert named(page.selectbox, "Dataset").value == "table"
    assert named(page.number_input, "Width").value == 64  # the recipe for tables
    assert named(page.number_input, "Seed").value == 3


def test_a_changed_file_starts_nothing(table: AppTest, store: Store, tmp_path: Path) -> None:
    """Also where it changes between the last look and the press."""
    (tmp_path / "mine.csv").write_text(TOWNS)
    named(table.text_input, "Or its path on this machine").set_value(str(tmp_path / "mine.csv")).run()
    (tmp_path / "mine.csv").unlink()
    press(table, "Train")
    assert any("There is no file" in error for error in errors(table))
    assert store.runs() == []


def test_a_second_look_costs_nothing(table: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    upload(table)

    def read_again(*_: object) -> None:
        raise AssertionError("The table was read again.")

    monkeypatch.setattr(own_table, "inspect", read_again)
    named(table.number_input, "Epochs").set_value(7).run()
    assert not table.exception
    assert not button(table, "Train").disabled
