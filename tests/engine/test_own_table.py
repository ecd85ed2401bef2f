"""A table of one's own as the command line and a link give it, both ways, and what is kept of uploads."""

import hashlib
import shlex
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import assignments
from engine.__main__ import _fields, _parser
from engine.config import ConfigError, RunConfig
from engine.datasets import own_table, uploads
from engine.datasets.catalogue import DatasetError
from engine.probes import ready
from tests.engine.strategies import patient

HOUSES = 'size,"town, old",good,price\n' + "".join(f'{n}.5,"{"ABC"[n % 3]}",{n % 2},{n * 3}.25\n' for n in range(1, 30))


@pytest.fixture
def houses(tmp_path: Path) -> Path:
    path = tmp_path / "houses.csv"
    path.write_text(HOUSES)
    return path


def config(store: Path, **texts: str) -> RunConfig:
    given = {name.replace("__", "."): text for name, text in texts.items()}
    return RunConfig.build(own_table.completed(assignments.fields(given), store))


def refused(store: Path, **texts: str) -> str:
    with pytest.raises(ConfigError) as caught:
        config(store, **texts)
    (problem,) = caught.value.problems
    return problem.sentence


def test_a_path_is_a_dataset(houses: Path, tmp_path: Path) -> None:
    found = config(tmp_path, dataset=str(houses))
    assert (found.network, found.dataset) == ("mlp", "table")
    assert found.dataset_options["target"] == "price"
    assert found.dataset_options["task"] == "regression"
    assert found.dataset_options["sha256"] == hashlib.sha256(HOUSES.encode()).hexdigest()
    assert found.network_options["width"] == 64  # the recipe for tables


@pytest.mark.parametrize("features", ["size,good", '["size", "good"]', '["good","size"]'])
def test_target_features_and_task_stand_beside_it(houses: Path, tmp_path: Path, features: str) -> None:
    options = config(tmp_path, dataset=str(houses), target="town, old", features=features).dataset_options
    assert (options["target"], options["features"], options["task"]) == (
        "town, old",
        ["size", "good"],
        "classification",
    )


def test_a_name_with_a_comma_is_given_as_json(houses: Path, tmp_path: Path) -> None:
    assert config(tmp_path, dataset=str(houses), features='["town, old"]').dataset_options["features"] == ["town, old"]
    assert "no column “town”" in refused(tmp_path, dataset=str(houses), features="town, old")


@pytest.mark.parametrize("name", ["2019", "true", "none", "1e3", "[x]", "a=b"])
def test_names_that_look_like_something_else(tmp_path: Path, name: str) -> None:
    path = tmp_path / "odd.csv"
    path.write_text(f'"{name}",x\n' + "".join(f"{n}.5,{n / 3}\n" for n in range(9)))
    assert config(tmp_path, dataset=str(path), target=name).dataset_options["target"] == name
    assert config(tmp_path, dataset=str(path), target="x", features=name).dataset_options["features"] == [name]


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ({"dataset": "/nowhere/a.csv"}, "dataset: There is no file /nowhere/a.csv."),
        ({"dataset": "HOUSES", "target": "rent"}, "dataset: There is no column “rent” in the table."),
        ({"dataset": "HOUSES", "task": "clustering"}, "dataset: task: 'clustering' was given; allowed is "),
        ({"dataset": "HOUSES", "sha256": "0" * 64}, "is not the file with the SHA-256 000000000000…"),
        ({"dataset": "HOUSES", "target": "town, old", "task": "regression"}, "regression needs numbers"),
        ({"dataset": "HOUSES", "network": "lenet"}, 'dataset: "table" was given; allowed is digits'),
        ({"dataset": "table"}, "dataset_options: No table is chosen"),
        (
            {"dataset": "table", "sha256": "0" * 64},
            "The table with the SHA-256 000000000000… was not uploaded",
        ),
        ({"dataset": "table", "sha256": "../../../../etc/passwd"}, "dataset: sha256: "),
        ({"dataset": "moons", "target": "x"}, "target: there is no such field"),
    ],
)
def test_what_cannot_be_is_one_sentence(houses: Path, tmp_path: Path, texts: dict[str, str], words: str) -> None:
    given = {name: text.replace("HOUSES", str(houses)) for name, text in texts.items()}
    assert words in refused(tmp_path, **given)


def test_the_command_line_trains_the_same(houses: Path, tmp_path: Path) -> None:
    asked = config(tmp_path, dataset=str(houses), target="size", epochs="3")
    command = assignments.command_line(asked)
    assert f"--dataset {houses} " in command
    chosen = _parser().parse_args([*shlex.split(command)[3:], "--store", str(tmp_path)])
    assert RunConfig.build(_fields(chosen)) == asked
    houses.write_text(HOUSES + "1,A,0,2\n")
    with pytest.raises(ConfigError, match="it has changed"):
        _fields(chosen)


def test_a_link_has_all_that_is_chosen(houses: Path, tmp_path: Path) -> None:
    asked = config(tmp_path, dataset=str(houses), features="size", seed="3")
    link = assignments.changes(asked)
    assert {name.rpartition(".")[2] for name in link if "." in name} == set(own_table.CHOSEN)
    assert assignments.build(link, tmp_path) == (asked, [])


def test_a_link_to_a_lost_table_keeps_the_rest(tmp_path: Path) -> None:
    link = {"dataset": "table", "dataset_options.sha256": "0" * 64, "dataset_options.target": "x", "seed": "3"}
    found, sentences = assignments.build(link, tmp_path)
    assert found == RunConfig.build({"seed": 3})
    assert len(sentences) == 1


@patient
@given(st.lists(st.text(min_size=1, max_size=8), max_size=4))
def test_lists_of_names_both_ways(names: list[str]) -> None:
    text = assignments._text(names)
    assert list(assignments.fields({"features": text})["features"]) == [
        name.encode(errors="replace").decode() for name in names
    ]


def test_a_file_that_changes_is_not_ready(houses: Path, tmp_path: Path) -> None:
    asked = config(tmp_path, dataset=str(houses))
    ready.check(asked)
    houses.write_text(HOUSES.replace("A", "D"))
    with pytest.raises(ConfigError, match="has changed since it was chosen"):
        ready.check(asked)
    houses.unlink()
    with pytest.raises(ConfigError, match="There is no file"):
        ready.check(asked)


# Uploads


def test_an_upload_is_written_once_under_its_hash(tmp_path: Path) -> None:
    path = uploads.keep(tmp_path, "../../My Houses.CSV", HOUSES.encode())
    assert path == tmp_path / "uploads" / f"{hashlib.sha256(HOUSES.encode()).hexdigest()}.csv"
    before = path.stat()
    assert uploads.keep(tmp_path, "again.csv", memoryview(HOUSES.encode())) == path
    assert path.stat().st_ino == before.st_ino
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert uploads.find(tmp_path, path.stem) == str(path)
    assert uploads.is_upload(tmp_path, str(path))
    assert not uploads.is_upload(tmp_path, str(tmp_path / "other.csv"))


def test_half_an_upload_is_written_again(tmp_path: Path) -> None:
    path = uploads.keep(tmp_path, "a.csv", HOUSES.encode())
    path.write_text(HOUSES[:20])
    uploads.keep(tmp_path, "a.csv", HOUSES.encode())
    assert path.read_text() == HOUSES


@pytest.mark.parametrize("name", ["a.exe", "csv", "a.csv/../b.py", ""])
def test_only_tables_are_uploaded(tmp_path: Path, name: str) -> None:
    with pytest.raises(DatasetError, match="A table is a file that ends with"):
        uploads.keep(tmp_path, name, b"x,y\n1,2\n")
    assert list(tmp_path.iterdir()) == []


def test_an_upload_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "uploads").write_text("")
    with pytest.raises(DatasetError, match="could not be written to"):
        uploads.keep(tmp_path, "a.csv", b"x,y\n1,2\n")
