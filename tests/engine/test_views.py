"""What is recorded of what a side learns: which arrays, when, how many of them, and what is said of a damaged file."""

import contextlib
import io
import zipfile
from types import SimpleNamespace

import numpy as np
import pytest

from engine import events
from engine.config import RunConfig
from engine.datasets.characters import VOCABULARY
from engine.datasets.split import prepare
from engine.launcher import Launcher
from engine.store import view_files
from engine.store.view_files import KEPT, ViewError
from engine.training import train
from engine.views import GRID, LETTERS, View, Viewer, confusion, probabilities, sample_text
from tests.engine import numpy_worker, real_runs
from tests.view_stories import Session


class Clock:
    def __init__(self):
        self.now, self.looks = 0.0, 0

    def __call__(self):
        self.looks += 1
        return self.now


def taken(**fields):
    config = RunConfig.build(fields)
    split = prepare(config)
    session = Session(split)
    return Viewer(config, split).take(7, session).arrays, split, session


def test_points_have_a_boundary_over_all_of_them():
    arrays, split, session = taken(network="mlp", dataset="gaussians")
    assert arrays["grid"].shape == (GRID, GRID, 3)
    every = np.concatenate([split.inputs, split.validation_inputs])
    left, right, bottom, top = arrays["extent"]
    assert left < every[:, 0].min() < every[:, 0].max() < right
    assert bottom < every[:, 1].min() < every[:, 1].max() < top
    corner = probabilities(np.array([[right, bottom]]) @ session._matrix)[0]
    assert np.allclose(arrays["grid"][0, -1], corner, atol=1e-6)
    assert arrays["confusion"].sum() == len(split.validation_inputs)
    assert len(arrays["points"]) == len(arrays["classes"]) == 500


@pytest.mark.parametrize("network", ["mlp", "lenet"])
def test_pictures_stay_pictures(network):
    arrays, split, _ = taken(network=network, dataset="digits")
    assert arrays["images"].shape == (16, 1, 8, 8)
    rows = np.linspace(0, len(split.validation_inputs) - 1, 16).astype(int)
    assert np.allclose(arrays["images"].ravel(), split.validation_inputs[rows].ravel(), atol=1e-3)
    assert arrays["probabilities"].sum(axis=1) == pytest.approx(1)
    assert (arrays["truth"] == split.validation_targets[rows]).all()
    assert arrays["filters"].shape == (10, 1, 8, 8)


def test_without_validation_rows_training_rows_are_shown():
    arrays, split, session = taken(network="mlp", dataset="digits", train_fraction=1)
    assert arrays["confusion"].sum() == 1000 == len(session.asked[0])
    assert set(map(bytes, session.asked[0])) <= set(map(bytes, split.inputs))


def test_regression_is_told_in_the_target_s_own_units():
    arrays, split, _ = taken(network="mlp", dataset="diabetes")
    assert split.target_deviation != 1
    expected = split.validation_targets * split.target_deviation + split.target_mean
    assert np.allclose(arrays["true"], expected)
    assert arrays["predicted"].shape == arrays["true"].shape


def test_a_confusion_matrix_has_true_classes_down():
    found = confusion(np.array([0, 0, 1, 2]), np.array([0, 1, 1, 0]), 3)
    assert found.tolist() == [[1, 1, 0], [0, 1, 0], [1, 0, 0]]


def test_probabilities_of_wild_logits_are_numbers():
    found = probabilities(np.array([[1e30, 0.0], [np.inf, 0.0], [np.nan, 1.0]], np.float32))
    assert found[0].tolist() == [1, 0]
    assert np.isfinite(found).all()


def test_a_text_is_drawn_by_seed_from_windows_of_the_trained_length():
    lengths = []

    def predict(tokens):
        lengths.append(tokens.shape)
        logits = np.zeros((*tokens.shape, len(VOCABULARY)))
        logits[..., 5:9] = 30
        return logits

    prompt = np.arange(10)
    text = sample_text(predict, prompt, seed=3)
    assert len(text) == LETTERS
    assert set(lengths) == {(1, 10)}
    assert set(text) == {5, 6, 7, 8}
    assert (sample_text(predict, prompt, seed=3) == text).all()
    assert (sample_text(predict, prompt, seed=4) != text).any()


def view(step):
    return View(step, {"confusion": np.array([[step]])})


def test_views_are_thinned_out_evenly_and_the_newest_stays(tmp_path):
    for step in range(1, 1001):
        event = view_files.save(tmp_path, view(step))
        kept = view_files.steps(tmp_path)
        assert kept[-1] == step
        assert len(kept) <= KEPT
    assert event == events.Viewed(1000, "views/000000001000.npz")
    assert kept[0] == 1
    assert np.diff(kept).max() <= 4 * 1000 / KEPT
    assert view_files.load(tmp_path, kept[3])["confusion"] == [[kept[3]]]


def test_a_training_that_went_back_takes_its_later_views_back(tmp_path):
    for step in (10, 20, 30, 15):
        view_files.save(tmp_path, view(step))
    assert view_files.steps(tmp_path) == [10, 15]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 nothing", b"\x80\x04K\x01."])
def test_a_damaged_view_is_a_sentence(tmp_path, content):
    view_files.save(tmp_path, view(5))
    (tmp_path / "views/000000000005.npz").write_bytes(content)
    with pytest.raises(ViewError, match="step 5 cannot be read: its file is damaged"):
        view_files.load(tmp_path, 5)
    with pytest.raises(ViewError, match="step 6 is not kept"):
        view_files.load(tmp_path, 6)


@pytest.mark.parametrize(
    ("network", "dataset"),
    [("mlp", "digits"), ("lenet", "digits"), ("mlp", "wine"), ("mlp", "moons"), ("mlp", "teacher"),
     ("mlp", "iris"), ("lstm", "sine"), ("gru", "adding"), ("transformer", "characters")],
)  # fmt: skip
def test_a_view_comes_back_as_the_engine_took_it(tmp_path, network, dataset):
    config = RunConfig.build({"network": network, "dataset": dataset})
    comes_back(tmp_path, config, taken(network=network, dataset=dataset)[0])


def test_a_view_of_reconstructions_comes_back(tmp_path):
    config = RunConfig.build({"network": "autoencoder", "dataset": "digits"})
    split = prepare(config)
    session = Session(split)
    session.predict = lambda inputs: inputs.reshape(len(inputs), -1)
    comes_back(tmp_path, config, Viewer(config, split).take(7, session).arrays)


def comes_back(tmp_path, config, arrays):
    view_files.save(tmp_path, View(7, arrays))
    again = view_files.load_together({"torch": tmp_path}, {"torch": 7}, config)
    assert again["torch"].keys() == arrays.keys()
    assert all((again["torch"][name] == array).all() for name, array in arrays.items())


DIGITS = {"network": "mlp", "dataset": "digits"}


@pytest.mark.parametrize(
    "change",
    [
        lambda arrays: arrays | {"images": np.zeros(7, np.float16)},
        lambda arrays: arrays | {"images": np.zeros((16, 1, 9, 8), np.float16)},
        lambda arrays: arrays | {"images": np.zeros((16, 1, 8, 8), np.int64)},
        lambda arrays: arrays | {"images": np.zeros((0, 1, 8, 8), np.float16)},
        lambda arrays: arrays | {name: array[[0] * 17] for name, array in arrays.items() if len(array) == 16},
        lambda arrays: arrays | {"foo": np.zeros(3)},
        lambda arrays: {"foo": np.zeros(3)},
        lambda arrays: {},
        lambda arrays: {"images": arrays["images"]},
        lambda arrays: {name: array for name, array in arrays.items() if name != "truth"},
        lambda arrays: arrays | {"truth": arrays["truth"] + 10},
        lambda arrays: arrays | {"truth": arrays["truth"] - 10},
        lambda arrays: arrays | {"confusion": np.zeros((11, 11), np.int64)},
        lambda arrays: arrays | {"probabilities": arrays["probabilities"] * np.float32(np.nan)},
        lambda arrays: arrays | {"truth": np.array([object()] * 16)},
    ],
)
def test_a_view_that_the_engine_would_not_write_is_damaged(tmp_path, change):
    arrays, *_ = taken(**DIGITS)
    view_files.save(tmp_path, View(7, arrays))
    np.savez(tmp_path / "views/000000000007.npz", **change(arrays))
    with pytest.raises(ViewError, match="step 7 cannot be read: its file is damaged"):
        view_files.load(tmp_path, 7, RunConfig.build(DIGITS))


def header(shape):
    """A file of an array that says to be of that shape, and has no values."""
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"shape": shape, "fortran_order": False, "descr": "<f4"})
    return file.getvalue()


@pytest.mark.parametrize("shape", [(2**40, 2**20), (-1, 4), (True, 1), ("2", 2)])
def test_no_memory_is_taken_for_what_a_view_only_says(tmp_path, shape):
    view_files.save(tmp_path, view(7))
    with zipfile.ZipFile(tmp_path / "views/000000000007.npz", "w") as archive:
        archive.writestr("predicted.npy", header(shape))
        archive.writestr("true.npy", header(shape))
    with pytest.raises(ViewError, match="its file is damaged"):
        view_files.load(tmp_path, 7)


def test_a_view_that_is_packed_is_not_unpacked(tmp_path, monkeypatch):
    view_files.save(tmp_path, view(7))
    np.savez_compressed(tmp_path / "views/000000000007.npz", predicted=np.zeros((500, 1)), true=np.zeros((500, 1)))
    monkeypatch.setattr(view_files.np, "load", None)
    with pytest.raises(ViewError, match="its file is damaged"):
        view_files.load(tmp_path, 7)


@pytest.mark.parametrize(
    "change",
    [
        lambda arrays: {name: array[:9] if len(array) == 16 else array for name, array in arrays.items()},
        lambda arrays: {name: array for name, array in arrays.items() if name != "filters"},
    ],
)
def test_both_sides_are_shown_where_they_show_the_same_alone(tmp_path, change):
    arrays, *_ = taken(**DIGITS)
    folders = {"torch": tmp_path / "torch", "tensorflow": tmp_path / "tensorflow"}
    for folder, kept in zip(folders.values(), (arrays, change(arrays)), strict=True):
        folder.mkdir()
        view_files.save(folder, View(7, kept))
        assert view_files.load(folder, 7, RunConfig.build(DIGITS))
    with pytest.raises(ViewError, match="not of the same kind"):
        view_files.load_together(folders, dict.fromkeys(folders, 7), RunConfig.build(DIGITS))


class Counted(numpy_worker.Session):
    """The stand-in, counting how often it is asked to predict."""

    asked = 0

    def predict(self, inputs):
        Counted.asked += 1
        return super().predict(inputs)


@pytest.mark.parametrize("snapshots", [True, False])
def test_a_worker_takes_views_unless_they_are_off(snapshots):
    """With snapshots off nothing is asked for but validation and certificate, and the clock is looked at less often."""
    twin = SimpleNamespace(__name__="train_torch", VERSION="0", Session=Counted, configure=lambda config: None)
    config = RunConfig.build(real_runs.TEACHER | {"epochs": 3, "frameworks": ["torch"], "snapshots": snapshots})
    Counted.asked, clock = 0, Clock()
    told = list(train(config, prepare(config), twin, SimpleNamespace(build=None), clock=clock))
    views = [one for one in told if isinstance(one, View)]
    # Once an epoch; for the certificate at the first step of the first three epochs, and not for a smaller last batch.
    assert Counted.asked == 3 + 3 + len(views)
    assert bool(views) == snapshots
    if snapshots:
        assert views[-1].step == told[-1].step


@pytest.mark.parametrize("snapshots", ["true", "false"])
def test_files_are_written_by_a_real_process_or_not_at_all(store, stand_in, snapshots):
    with contextlib.closing(Launcher(store)) as launcher:
        launcher.open()
        run = launcher.submit(real_runs.short(snapshots=snapshots == "true"))
        real_runs.until_words(store, run, "finished", "finished")
        for side in ("torch", "tensorflow"):
            told = real_runs.said(store, run, side, events.Viewed)
            folder = store.log(run, side).parent
            assert [event.step for event in told][-1:] == ([told[-1].step] if snapshots == "true" else [])
            assert bool(told) == (folder / "views").exists() == (snapshots == "true")
            assert all((folder / event.file).exists() for event in told)
