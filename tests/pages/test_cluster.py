"""The Cluster page and the choice where a run trains, without a browser and without a cluster."""

import pytest
from streamlit.testing.v1 import AppTest

from engine.cluster import nodes, place
from engine.cluster.nodes import Node
from engine.runs import Store
from tests.pages.conftest import button, opened, running

ADDRESS = "tcp://127.0.0.1:8786"


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(place.VARIABLE, ADDRESS)


def texts(page: AppTest) -> str:
    kinds = (page.markdown, page.caption, page.warning, page.info, page.error)
    return " ".join(element.value for kind in kinds for element in kind)


def cluster_page(page: AppTest) -> AppTest:
    page.run()
    page.switch_page("../pages/cluster.py").run()
    assert not page.exception
    return page


def test_without_a_cluster_the_page_says_how_there_comes_to_be_one(page: AppTest, monkeypatch) -> None:
    monkeypatch.delenv(place.VARIABLE, raising=False)
    cluster_page(page)
    assert "No cluster is named, so everything trains on this machine." in texts(page)
    assert [code.value.splitlines()[1].split()[2] for code in page.code] == [
        "engine.cluster.scheduler",
        "engine.cluster.node",
    ]


def test_nodes_and_what_they_train(page: AppTest, store: Store, named, monkeypatch) -> None:
    run = running(store)
    sides = [(run, "torch"), ("20260101-000000-mlp-000000", "torch")]
    found = [Node("kitchen", "tcp://10.0.0.7:40000", {"torch": 2, "tensorflow": 1}, sides, 0.5)]
    monkeypatch.setattr(nodes, "seen", lambda address: found)
    cluster_page(page)
    assert [(metric.label, metric.value) for metric in page.metric] == [
        ("PyTorch slots free", "0 of 2"),
        ("TensorFlow slots free", "1 of 1"),
    ]
    (row,) = page.table[0].value.to_dict("records")
    assert row["Node"] == "kitchen"
    assert f"[PyTorch of {run}](./?run={run})" in row["Trains"]
    assert "(of another store)" in row["Trains"]


def test_a_cluster_that_does_not_answer_is_told_on_its_page_and_in_the_form(
    page: AppTest, store: Store, named, monkeypatch
) -> None:
    def silent(address: str) -> None:
        raise place.ClusterError(f"No scheduler answers at {address}.")

    monkeypatch.setattr(nodes, "seen", silent)
    assert "No scheduler answers at" in texts(cluster_page(page))
    page.switch_page("../pages/train.py").run()
    page.segmented_control(key="train.run_on").set_value("Cluster").run()
    page.button("train.train").click().run()
    assert "No scheduler answers at" in texts(page)
    assert "Not ready to train. See Run on in Where it trains." in texts(page)
    assert not store.runs()


def test_the_form_sends_a_run_there_and_run_again_does_too(page: AppTest, store: Store, named, monkeypatch) -> None:
    monkeypatch.setattr(nodes, "ready", lambda address, config: 1)
    opened(page)
    page.segmented_control(key="train.run_on").set_value("Cluster").run()
    page.button("train.train").click().run()
    (run,) = store.runs()
    assert store.cluster(run) == ADDRESS
    assert any("on the cluster at" in text.value for text in page.markdown)
    button(page, "Run again").click().run()
    assert [store.cluster(each) for each in store.runs()] == [ADDRESS] * 2


def test_without_a_cluster_the_form_does_not_ask(page: AppTest, monkeypatch) -> None:
    monkeypatch.delenv(place.VARIABLE, raising=False)
    opened(page)
    assert not [one for one in page.segmented_control if one.label == "Run on"]
