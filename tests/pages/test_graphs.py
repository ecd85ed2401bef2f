"""The page of graphs without a browser: results made by hand, and processes that never run."""

import pytest
from streamlit.testing.v1 import AppTest

from engine.config import RunConfig
from engine.graphs import retracing
from engine.graphs.request import Request
from engine.graphs.ways import WAYS, code
from engine.networks.catalogue import NETWORKS
from engine.runs import Store
from tests import graph_stories as told
from tests.pages.conftest import MAIN, RUN_SECONDS, address, opened
from tests.ui.examination_pages import Never
from ui import examinations


@pytest.fixture
def page(store: Store) -> AppTest:
    examinations._under_way.clear()
    page = AppTest.from_file(str(MAIN), default_timeout=RUN_SECONDS)
    page.run()  # a test begins on the first page
    page.switch_page("../pages/graphs.py")
    return page


def texts(page: AppTest) -> str:
    kinds = (page.title, page.subheader, page.markdown, page.caption, page.warning, page.info)
    return " ".join(element.value for kind in kinds for element in kind)


def drawn(store: Store, training: bool = True, **fields) -> None:
    told.write(store, Request.build(RunConfig.build(fields), training))


def test_nothing_is_drawn_before_it_is_asked_for(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Request, "begin", lambda request, store: Never(request))
    opened(page)
    assert page.button[0].label == "Draw the graphs"
    assert not page.table
    page.button[0].click().run()
    assert page.button[0].label == "End"


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_can_be_asked_for(page: AppTest, name: str) -> None:
    opened(page, network=name)
    assert page.selectbox[0].value == name
    assert address(page)["network"] == name
    assert not page.warning


def test_the_batch_size_is_the_same_field_with_another_network(page: AppTest) -> None:
    opened(page)
    before = page.number_input[0]
    page.selectbox[0].set_value("lenet").run()
    assert page.number_input[0].id == before.id  # so that what is being typed is not lost
    page.number_input[0].set_value(7).run()
    page.selectbox[1].set_value("mnist").run()
    assert page.number_input[0].value == 7
    assert address(page)["batch_size"] == "7"


def test_both_are_matched_layer_by_layer(page: AppTest, store: Store) -> None:
    drawn(store)
    opened(page)
    assert "2 of 3 layers do the same operations on both sides" in texts(page)
    table = page.table[0].value
    assert list(table.index) == ["(outside of layers)", "hidden", "norm"]
    assert table["Only in TensorFlow"].tolist() == ["", "", "transpose"]
    page.toggle[0].set_value(True).run()
    assert list(page.table[0].value.index) == ["norm"]


def test_one_graph_is_searched(page: AppTest, store: Store) -> None:
    drawn(store)
    opened(page, look="graphs", graph="tensorflow.graph")
    assert "7 nodes and 6 edges." in texts(page)
    assert page.dataframe[0].value["Operation"].tolist() == ["input", "MatMul", "BiasAdd", "Transpose", "Relu"]
    assert 'label="MatMul' in page.get("graphviz_chart")[0].proto.spec
    page.text_input[0].set_value("bias").run()
    assert "1 node found." in texts(page)
    assert page.dataframe[0].value["Operation"].tolist() == ["BiasAdd"]
    page.text_input[0].set_value("").run()
    page.toggle[0].set_value(True).run()
    assert len(page.dataframe[0].value) == 7


def test_a_graph_without_nodes_says_why(page: AppTest, store: Store) -> None:
    request = Request.build(RunConfig.build({}), True)
    seen = dict(told.SEEN)
    empty = told.Graph((), notes=("Dynamo captures nothing.",))
    graphs = told.TORCH.graphs | {"graph": empty}
    seen["torch"] = told.replace(seen["torch"], graphs=seen["torch"].graphs | {"captured": graphs["graph"]})
    told.write(store, request, seen)
    opened(page, look="graphs", graph="torch.captured")
    assert page.info[0].value == "Dynamo captures nothing."
    assert not page.dataframe


def test_the_other_pass_has_graphs_of_its_own(page: AppTest, store: Store) -> None:
    drawn(store, training=False)
    opened(page)
    assert not page.table
    opened(page, **{"pass": "inference"})
    page.get("button_group")[1].set_value("inference").run()
    assert page.table


def test_the_network_of_a_run(page: AppTest, store: Store) -> None:
    run = store.create(RunConfig.build({"network": "lenet", "batch_size": 16}))
    drawn(store, network="lenet", batch_size=16)
    opened(page, run=run)
    assert "lenet on digits" in texts(page)
    assert page.table
    next(button for button in page.button if button.label == "Choose another network").click().run()
    assert "run" not in address(page)
    assert page.selectbox[0].value == "mlp"


def test_a_link_that_leads_nowhere_is_a_sentence(page: AppTest) -> None:
    opened(page, run="20200101-000000-aaaaaa")
    assert "20200101-000000-aaaaaa" in page.warning[0].value
    opened(page, run="", network="no such", batch_size="-3", part="none", look="?", graph="torch.none")
    assert page.selectbox[0].value == "mlp"


def test_a_damaged_result_leaves_the_button(page: AppTest, store: Store) -> None:
    drawn(store)
    (Request.build(RunConfig.build({}), True).folder(store) / "torch.json").write_text("half")
    opened(page)
    assert "is damaged" in page.warning[0].value
    assert page.button[0].label == "Draw the graphs"


def test_every_way_shows_the_code_that_runs(page: AppTest, store: Store) -> None:
    opened(page, part="branches")
    shown = [element.value for element in page.code]
    assert [code(way.name, side) for way in WAYS for side in ("torch", "tensorflow")] == shown[2:]
    assert [heading.value for heading in page.subheader] == [way.title for way in WAYS]


def test_what_the_ways_printed(page: AppTest, store: Store) -> None:
    raised = {"printed": "Traceback, and more", "kind": "Broken", "message": "no branch"}
    printed = {"printed": "it gives 3", "kind": "", "message": ""}
    told.write_branches(store, ways={way.name: raised if way.name == "exported" else printed for way in WAYS})
    opened(page, part="branches")
    assert "It raised Broken" in texts(page)
    shown = [element.value for element in page.code]
    assert shown.count("no branch") == 2
    assert shown.count("it gives 3") == 2 * len(WAYS) - 2
    assert "Traceback, and more" not in shown
    page.toggle[0].set_value(True).run()
    assert "Traceback, and more" in [element.value for element in page.code]


def test_a_damaged_look_at_branches_is_a_sentence(page: AppTest, store: Store) -> None:
    told.write_branches(store, ways={})
    opened(page, part="branches")
    assert "is damaged; run the branches again" in page.warning[0].value


class Answered:
    """Two processes that have answered all but the last call in one framework."""

    ended, waiting = False, False

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.over = False

    def call(self, size: int) -> None:
        self.sizes.append(size)

    def answers(self, side: str) -> list[dict[str, int]]:
        counts = [dict.fromkeys(retracing.WAYS, number) for number in range(1, len(self.sizes) + 1)]
        return counts if side == "torch" else [dict.fromkeys(retracing.WAYS, 1)] * (len(self.sizes) - 1)

    def end(self) -> None:
        self.over = True


def test_sizes_are_called_and_counted(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    held = Answered()
    monkeypatch.setattr(retracing, "begin", lambda: held)
    opened(page, part="shapes")
    assert "Press a size" in page.info[0].value
    next(button for button in page.button if button.label == "32").click().run()
    page.text_input[0].set_value("5, 6").run()
    next(button for button in page.button if button.label == "Call").click().run()
    assert held.sizes == [32, 5, 6]
    table = page.table[0].value
    assert list(table.index) == ["1: 32", "2: 5", "3: 6"]
    assert table["PyTorch: torch.compile"].tolist() == ["1", "2", "3"]
    assert table["TensorFlow: tf.function"].tolist() == ["1", "1", "…"]
    next(button for button in page.button if button.label == "Begin again").click().run()
    assert held.over
    assert not page.table


@pytest.mark.parametrize("given", ["5, many", "", "0", "5000"])
def test_what_is_no_size_is_refused(page: AppTest, given: str) -> None:
    opened(page, part="shapes")
    page.text_input[0].set_value(given).run()
    next(button for button in page.button if button.label == "Call").click().run()
    assert "whole numbers from 1 to 4,096 are possible" in page.warning[0].value
    assert not page.table
