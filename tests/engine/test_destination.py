"""Where a network is to run: what the files that runs were exported to say for either framework."""

import pytest

from engine.claims import destination
from engine.claims.destination import TARGETS
from engine.claims.sheet import Consideration, Needs
from engine.claims.which_one import considered
from engine.exports.catalogue import FORMATS
from engine.runs import Store
from tests import export_stories, stories

EXPORTED = [name for name, target in TARGETS.items() if target.formats]


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path)


def where(store: Store, **needs: object) -> Consideration:
    return next(one for one in considered(store, Needs("mlp", **needs)) if one.title == "Where it runs")


def exported(store: Store, **sides: dict) -> str:
    """A finished run; each side exported to ONNX as told, where it is named."""
    run = stories.finished_run(store, network="mlp")
    for side, fields in sides.items():
        export_stories.exported(store, run, side, **fields)
    return run


def late(seconds: float, half: float = 0.0) -> dict:
    """Times of a file; p50 is half of p95 where it is not told."""
    return {"latency": {batch: {"p50": half or seconds / 2, "p95": seconds, "calls": 9} for batch in ("1", "32")}}


def test_every_format_of_a_target_is_there() -> None:
    assert {name for target in TARGETS.values() for name in target.formats} <= set(FORMATS)


@pytest.mark.parametrize("target", EXPORTED)
def test_where_nothing_was_exported_it_cannot_say_and_leads_to_the_run(store: Store, target: str) -> None:
    assert (where(store, target=target).leans, where(store, target=target).params) == ("unknown", {})
    run = exported(store)
    stories.finished_run(store, network="lenet")
    found = where(store, target=target)
    assert (found.leans, found.page, found.params) == ("unknown", "deploy", {"run": run})
    assert "No run of mlp was exported" in found.sentences[1]
    assert found.files == ()


@pytest.mark.parametrize("target", EXPORTED)
def test_verified_files_of_both_speak_for_either(store: Store, target: str) -> None:
    run = exported(store, torch={}, tensorflow={})
    found = where(store, target=target)
    assert (found.leans, found.params) == ("either", {"run": run})
    assert [(one.side, one.format.name) for one in found.files] == [("torch", "onnx"), ("tensorflow", "onnx")]
    assert "PyTorch: 1 of 1 file verified." in found.sentences
    assert run in found.sentences[-1]


def test_one_side_alone_decides_nothing(store: Store) -> None:
    exported(store, torch={})
    found = where(store, target="browser")
    assert found.leans == "unknown"
    assert "TensorFlow: nothing was exported for that; Deploy does it." in found.sentences


@pytest.mark.parametrize("other", [{"difference": 0.5}, {"message": "ValueError: no such operation"}])
def test_a_side_whose_file_is_not_verified_falls_behind(store: Store, other: dict) -> None:
    exported(store, torch=other, tensorflow={})
    found = where(store, target="phone")
    assert found.leans == "tensorflow"
    assert "PyTorch: 0 of 1 file verified." in found.sentences
    assert ("PyTorch, ONNX: ValueError: no such operation" in found.sentences) == ("message" in other)


@pytest.mark.parametrize(("target", "leans"), [("server", "torch"), ("cpp", "torch"), ("phone", "either")])
def test_the_budget_is_held_only_against_times_that_mean_something_there(store: Store, target: str, leans: str) -> None:
    exported(store, torch=late(5e-4), tensorflow=late(2e-3))
    found = where(store, target=target, budget=1e-3)
    assert found.leans == leans
    told = " ".join(found.sentences)
    assert ("PyTorch, ONNX: 95 % of answers within 500 µs, within 1" in told) == (target != "phone")
    assert ("has to be measured there" in told) == (target == "phone")
    assert "has to be measured there" in " ".join(where(store, target=target, device="cuda", budget=1e-3).sentences)


def test_a_run_of_both_sides_counts_first_and_files_from_elsewhere_never(store: Store) -> None:
    both = exported(store, torch={}, tensorflow={})
    exported(store, torch={})
    exported(store, torch={"host": "elsewhere"}, tensorflow={"host": "elsewhere"})
    assert where(store).params == {"run": both}


def test_a_damaged_file_is_passed_over(store: Store) -> None:
    run = exported(store, torch={}, tensorflow={})
    (store.folder(run) / "exports/torch-onnx/result.json").write_text("{")
    assert where(store).leans == "unknown"


def test_on_this_machine_counts_what_both_have_trained_here(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    assert where(store, target="here").leans == "unknown"
    stories.finished_run(store, network="lenet")
    stories.finished_run(store, network="mlp", frameworks=["torch"])
    found = where(store, target="here")
    assert (found.leans, found.page, found.params) == ("unknown", "train", {"network": "mlp"})
    run = stories.finished_run(store, network="mlp")
    found = where(store, target="here")
    assert (found.leans, found.params) == ("either", {"run": run})
    monkeypatch.setattr(destination, "HOST", "a.neighbour")
    assert where(store, target="here").leans == "unknown"


# Like files


def test_a_format_that_one_side_alone_has_is_not_weighed(store: Store) -> None:
    """TensorFlow's LiteRT, and its weights of 8 bits, against PyTorch's ONNX in float32."""
    run = exported(store, torch=late(5e-5, 2.6e-5), tensorflow=late(4.8e-5, 2.6e-5))
    for name in ("litert", "litert_int8"):
        export_stories.exported(store, run, "tensorflow", name, **late(1.1e-5))
    found = where(store, target="cpp", budget=2e-5)
    assert found.leans == "unknown"
    assert "Compared are files in float32: PyTorch's ONNX with TensorFlow's ONNX." in found.sentences
    assert "Neither keeps the budget." in found.sentences


def test_files_that_compute_the_same_are_weighed_where_no_format_is_of_both(store: Store) -> None:
    run = exported(store, torch=late(5e-4))
    export_stories.exported(store, run, "tensorflow", "saved_model", **late(2e-3))
    found = where(store, target="server", budget=1e-3)
    assert found.leans == "torch"
    assert "Compared are files in float32: PyTorch's ONNX with TensorFlow's SavedModel." in found.sentences


def test_rounded_files_are_never_weighed_against_whole_ones(store: Store) -> None:
    run = exported(store, torch=late(5e-4))
    export_stories.exported(store, run, "tensorflow", "onnx_int8", **late(1e-4))
    for budget in (None, 3e-4):
        found = where(store, target="server", budget=budget)
        assert found.leans == "unknown"
        assert "no file of one side computes the same" in " ".join(found.sentences)


def test_rounded_files_of_both_count_where_the_whole_ones_miss_the_budget(store: Store) -> None:
    run = exported(store, torch=late(5e-3), tensorflow=late(5e-3))
    for side in ("torch", "tensorflow"):
        export_stories.exported(store, run, side, "onnx_int8", **late(5e-4))
    found = where(store, target="server", budget=1e-3)
    assert found.leans == "either"
    assert sum(sentence.startswith("Compared are files") for sentence in found.sentences) == 2


@pytest.mark.parametrize(
    ("slower", "words"),
    [
        (late(1.2e-3, 4e-4), "From p50 to p95 they take 250 µs to 500 µs and 400 µs to 1"),
        (late(2e-3) | {"others_share": 0.3}, "Other programs had up to 30% of the processor"),
        (late(2e-3) | {"others_share": None}, "How busy the machine was is not known"),
    ],
)
def test_a_difference_that_may_be_chance_is_no_verdict(store: Store, slower: dict, words: str) -> None:
    exported(store, torch=late(5e-4), tensorflow=slower)
    found = where(store, budget=1e-3)
    assert found.leans == "unknown"
    assert words in " ".join(found.sentences)
