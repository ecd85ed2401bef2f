"""The Operators tab without a browser: results made by hand, and profiles that never train."""

from pathlib import Path

from engine.config import RunConfig
from engine.operators.request import Request
from engine.runs import Store
from tests import profile_stories
from tests.ui.examination_pages import CONFIG, Never, page, said


def write(store: Store, **fields) -> Path:
    return profile_stories.write(store, Request.build(RunConfig.build(CONFIG | fields), 50))


def test_before_anything_is_known(store):
    shown = page(store, "operators_view")
    assert [button.label for button in shown.button] == ["Profile"]
    assert not shown.get("plotly_chart")


def test_a_result(store):
    write(store)
    shown = page(store, "operators_view")
    assert shown.button[0].label == "Profile again"
    assert "PyTorch spends 40 % of a step in convolution" in said(shown)
    assert "from 8 ms to 10 ms a step, 25 % more" in said(shown)
    assert len(shown.get("plotly_chart")) == 1
    assert not shown.dataframe  # before somebody opens it
    labels = [button.label for button in shown.get("download_button")]
    assert labels == ["PyTorch trace", "TensorFlow trace", "TensorFlow xplane"]


def test_another_execution_is_another_profile(store):
    write(store)
    write(store, execution={"tensorflow": "xla"})
    shown = page(store, "operators_view")
    assert "fuses operators" not in said(shown)
    other = page(store, "operators_view", execution={"tensorflow": "xla"})
    assert "TensorFlow's XLA fuses operators" in said(other)


def test_a_damaged_result_leaves_the_button(store):
    (write(store) / "torch.json").write_bytes(b"half")
    shown = page(store, "operators_view")
    assert "is damaged" in shown.warning[0].value
    assert [button.label for button in shown.button] == ["Profile"]


def test_a_gpu_cannot_be_profiled(store):
    shown = page(store, "operators_view", device={"torch": "cuda:0"})
    assert "recorded on the processor alone" in shown.info[0].value
    assert not shown.button


def test_the_button_begins_one_and_no_examination_beside_it(store, monkeypatch):
    monkeypatch.setattr(Request, "begin", lambda request, store: Never(request))
    shown = page(store, "operators_view")
    shown.button[0].click().run()
    assert [button.label for button in shown.button] == ["End"]
    other = page(store, "parity_view")
    other.button[0].click().run()
    assert "Another examination is under way" in said(other)
    shown.button[0].click().run()
    assert "was stopped" in said(shown)


def test_nothing_begins_while_a_run_trains(store):
    """Such as the one on the page."""
    shown = page(store, "operators_view")
    shown.button[0].click().run()
    assert "trains, and beside it nothing can be measured" in said(shown)
    assert [button.label for button in shown.button] == ["Profile"]
