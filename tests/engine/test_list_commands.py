"""The commands that list networks and data, look at a table, and download."""

import json
from pathlib import Path

import pytest

from engine.__main__ import main
from engine.datasets.catalogue import DATASETS
from engine.networks.catalogue import NETWORKS
from tests.engine.publisher import Server, published


def told(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main([*words])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


@pytest.mark.parametrize(("command", "catalogue"), [("networks", NETWORKS), ("datasets", DATASETS)])
def test_everything_is_listed_by_name(capsys: pytest.CaptureFixture[str], command: str, catalogue: dict) -> None:
    code, text, _ = told(capsys, command)
    assert code == 0
    assert [line.partition(":")[0] for line in text.splitlines() if not line.startswith(" ")] == list(catalogue)
    for entry in catalogue.values():
        assert entry.title in text
        assert entry.source in text


def test_lists_as_json_say_what_fits_what(capsys: pytest.CaptureFixture[str]) -> None:
    networks = {entry["name"]: entry for entry in json.loads(told(capsys, "networks", "--json")[1])}
    datasets = {entry["name"]: entry for entry in json.loads(told(capsys, "datasets", "--json")[1])}
    assert list(networks) == list(NETWORKS)
    assert list(datasets) == list(DATASETS)
    pairs = {(name, dataset) for name, network in NETWORKS.items() for dataset in network.recipes}
    assert {(name, dataset) for name, entry in networks.items() for dataset in entry["datasets"]} == pairs
    assert {(name, dataset) for dataset, entry in datasets.items() for name in entry["networks"]} == pairs
    assert networks["mlp"]["options"]["depth"] == {
        "default": 1,
        "kind": "number",
        "low": 1,
        "high": 16,
        "allowed": "a whole number, at least 1 and at most 16",
        "help": "Number of hidden layers.",
    }
    assert "relu" in networks["mlp"]["options"]["activation"]["choices"]


def test_what_is_not_downloaded_is_named(capsys: pytest.CaptureFixture[str], monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TANDEM_DATA", str(tmp_path))
    assert "mnist: MNIST digits, 28×28 (not downloaded yet)" in told(capsys, "datasets")[1]
    entries = json.loads(told(capsys, "datasets", "--json")[1])
    assert [entry["name"] for entry in entries if not entry["here"]] == ["mnist", "fashion_mnist", "cifar10"]


def test_a_table_is_inspected(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("[red]size,[bold]y\n" + "".join(f"{n / 3},{'ab'[n % 2]}\n" for n in range(9)))
    code, text, _ = told(capsys, "datasets", "inspect", str(path))
    assert code == 0
    assert "9 rows with a target; 1 column becomes 1 input." in text
    assert "[red]size" in text
    options = json.loads(told(capsys, "datasets", "inspect", str(path), "--json", "--set", "target=[red]size")[1])
    assert (options["target"], options["features"], options["report"]["rows"]) == ("[red]size", ["[bold]y"], 9)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("inspect", "/nowhere.csv"), "dataset: There is no file /nowhere.csv."),
        (("inspect",), "allowed is inspect with a name behind it"),
        (("inspect", "x.csv", "--set", "epochs=3"), "allowed is target, task, features"),
        (("download",), "allowed is download with a name behind it"),
        (("download", "digits"), 'datasets download: "digits" was given; allowed is mnist, fashion_mnist, cifar10.'),
    ],
)
def test_a_bad_request_is_a_sentence(capsys: pytest.CaptureFixture[str], words: tuple[str, ...], sentence: str) -> None:
    code, text, trouble = told(capsys, "datasets", *words)
    assert (code, text) == (2, "")
    assert sentence in trouble


def test_a_download_with_its_progress(monkeypatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from dataclasses import replace
    from functools import partial

    from engine.datasets.download import absent, fetch

    monkeypatch.setenv("TANDEM_DATA", str(tmp_path))
    monkeypatch.setenv("no_proxy", "*")
    server = Server()
    try:
        tiny = published(server, {"a": b"1" * 3_000_000, "b": b"2" * 10})
        assert "The files of tiny (3 MB) are not on this machine" in absent(tiny)
        monkeypatch.setitem(DATASETS, "mnist", replace(DATASETS["mnist"], download=partial(fetch, tiny)))
        code, text, _ = told(capsys, "datasets", "download", "mnist", "--json")
        assert (code, json.loads(text)) == (0, [str(tmp_path / "tiny" / name) for name in "ab"])
        assert absent(tiny) == ""
        (tmp_path / "tiny" / "a").unlink()
        heard: list[tuple[int, int]] = []
        fetch(tiny, lambda done, total: heard.append((done, total)))
        assert heard[0] == (0, 3_000_010)
        assert heard[-1] == (3_000_010, 3_000_010)
        assert [done for done, _ in heard] == sorted(done for done, _ in heard)
        assert len(heard) > 4
    finally:
        server.close()
