"""Every dataset keeps to its contract: its form, the same bytes from the same seed, its limits, what it is made of."""

import hashlib
import math
import subprocess
import sys

import numpy as np
import pytest

from engine.datasets.catalogue import DATASETS, Option
from engine.datasets.characters import NAMES, VOCABULARY, decode, encode
from engine.datasets.dataset import DatasetError

DRAWN = ["moons", "circles", "spirals", "xor", "gaussians", "normal", "teacher", "sine", "adding", "characters"]
BUNDLED = ["digits", "breast_cancer", "wine", "iris", "diabetes"]
POINTS = DRAWN[:5]
ODD = {
    "moons": {"examples": 5, "noise": 0.0},
    "circles": {"examples": 4, "noise": 1.0},
    "spirals": {"examples": 77},
    "xor": {"examples": 4},
    "gaussians": {"examples": 6},
    "normal": {"examples": 17},
    "teacher": {"examples": 2, "noise": 0.0},
    "sine": {"examples": 4, "length": 16, "noise": 0.0},
    "adding": {"examples": 3, "length": 2},
    "characters": {"examples": 2, "length": 1},
}


def complete(name: str, **options: object) -> dict:
    return {key: option.default for key, option in DATASETS[name].options.items()} | options


@pytest.mark.parametrize("odd", [False, True], ids=["default", "odd"])
@pytest.mark.parametrize("name", [*BUNDLED, *DRAWN])
def test_rows_are_what_the_form_says(name, odd):
    options = complete(name, **(ODD.get(name, {}) if odd else {}))
    form = DATASETS[name].form(options)
    inputs, targets = DATASETS[name].make(3, **options)
    assert inputs.shape == (form.examples, *form.shape)
    assert len(form.shape) == {"vector": 1, "image": 3, "sequence": 2, "characters": 1}[form.kind]
    assert inputs.dtype == (np.int64 if form.kind == "characters" else np.float64)
    assert np.isfinite(inputs).all()
    if form.task == "regression":
        assert (targets.shape, targets.dtype) == ((form.examples, form.outputs), np.float64)
        assert np.isfinite(targets).all()
    else:
        expected = inputs.shape if form.kind == "characters" else (form.examples,)
        assert (targets.shape, targets.dtype) == (expected, np.int64)
        assert targets.min() >= 0
        assert targets.max() < form.outputs


@pytest.mark.parametrize("name", [*BUNDLED, *DRAWN])
def test_a_seed_gives_the_same_bytes(name):
    first, again, other = (DATASETS[name].make(seed, **complete(name)) for seed in (3, 3, 4))
    assert [rows.tobytes() for rows in first] == [rows.tobytes() for rows in again]
    assert (first[0].tobytes() == other[0].tobytes()) == (name in BUNDLED)


@pytest.mark.parametrize(
    ("name", "digest"),
    [
        ("moons", "80bfc8d558c820cc"),
        ("circles", "e546b3502f0a9fcc"),
        ("spirals", "e460301343f5dbcb"),
        ("xor", "4c51facd548bded9"),
        ("gaussians", "d670ed68401dcfb5"),
        ("sine", "101ba33cbe6380f4"),
        ("adding", "e8b828fe993413bc"),
        ("characters", "7a5180ade9fe91ed"),
    ],
)
def test_drawn_rows_never_change(name, digest):
    """They are the same on any machine, and runs of earlier versions go on only when they stay as they are."""
    inputs, targets = DATASETS[name].make(7, **complete(name))
    assert hashlib.sha256(inputs.tobytes() + targets.tobytes()).hexdigest()[:16] == digest


@pytest.mark.parametrize("name", DATASETS)
def test_an_entry_names_itself_its_source_and_its_classes(name):
    dataset = DATASETS[name]
    assert dataset.name == name
    assert dataset.title
    assert dataset.source[0].isupper() or dataset.source[0].isdigit()
    assert dataset.source.endswith(".")
    if name == "table":
        return  # its form is the file's: test_datasets_table.py
    form = dataset.form(complete(name))
    labels = dataset.labels(complete(name))
    assert len(labels) == len(set(labels)) == (form.outputs if form.task == "classification" else 0)
    features = dataset.features(complete(name))
    assert len(features) in (0, form.shape[-1])
    assert len(set(features)) == len(features)


@pytest.mark.parametrize("name", DATASETS)
def test_defaults_are_within_their_limits(name):
    for key, option in DATASETS[name].options.items():
        assert option.help
        assert option.accepts(option.default) or (name == "table" and not option.default), key


@pytest.mark.parametrize("name", [name for name in DRAWN if name != "characters"])
def test_the_least_options_make_rows_too(name):
    options = {key: option.low for key, option in DATASETS[name].options.items()}
    inputs, targets = DATASETS[name].make(0, **options)
    assert len(inputs) == len(targets) == options["examples"]


@pytest.mark.parametrize(
    ("option", "good", "bad"),
    [
        (Option(3, 1, 5), [1, 5], [0, 6, 10**400, 1.5, "3", True, None, math.nan, [3]]),
        (Option(0.5, 0.0, 1.0), [0, 1, 0.25], [-0.1, 1.1, 10**400, math.inf, math.nan, "0.5", True]),
        (Option("a", choices=("a", "b"), kind="choice"), ["a", "b"], ["c", "", 1, None, ["a"]]),
        (Option("", 1, 3, kind="text"), ["x", "xyz"], ["", "wxyz", 5, None]),
        (Option((), 1, 2, kind="texts"), [["x"], ("x", "y")], [[], ["x", "y", "z"], [1], "x", None]),
        (Option((), 1, 2, kind="numbers"), [[1], (1, 2)], [[], [1, 2, 3], [1.5], ["1"], [True], 1]),
    ],
    ids=lambda value: value.kind if isinstance(value, Option) else "",
)
def test_an_option_knows_what_it_accepts(option, good, bad):
    assert all(option.accepts(value) for value in good)
    assert not any(option.accepts(value) for value in bad)
    assert option.allowed()


def test_what_is_allowed_in_words():
    assert Option(3, 1, 5000).allowed() == "a whole number, at least 1 and at most 5,000"
    assert Option(0.5, 0.0, 1.0).allowed() == "a number, at least 0.0 and at most 1.0"
    assert Option("a", choices=("a", "b"), kind="choice").allowed() == "a, b"
    assert Option("", 1, 3, kind="text").allowed() == "a text of at least 1 and at most 3 characters"
    assert Option((), 1, 3, kind="texts").allowed() == "a list of at least 1 and at most 3 texts"
    assert Option((), 1, 3, kind="numbers").allowed() == "a list of at least 1 and at most 3 whole numbers"


def test_the_catalogue_is_light():
    code = "import sys, engine.datasets.catalogue; print(sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60).stdout
    for heavy in ("pandas", "sklearn", "pyarrow", "scipy", "psutil", "urllib.request", "pydantic"):
        assert f"'{heavy}'" not in loaded
    assert "'numpy'" in loaded


@pytest.mark.parametrize("name", ["breast_cancer", "wine", "iris", "diabetes"])
def test_names_are_those_of_scikit_learn(name):
    from sklearn import datasets

    bundle = getattr(datasets, f"load_{name}")()
    assert DATASETS[name].features({}) == tuple(bundle.feature_names)
    if name != "diabetes":
        assert DATASETS[name].labels({}) == tuple(bundle.target_names)


def test_digits_are_pictures_between_0_and_1():
    inputs, targets = DATASETS["digits"].make(0)
    assert (inputs.min(), inputs.max()) == (0, 1)
    zeros = inputs[targets == 0].mean(axis=0)[0]
    assert zeros[3:5, 3:5].mean() < 0.1 < zeros[3:5, 1:3].mean()  # a nought is hollow


def test_diabetes_comes_in_its_own_units():
    inputs, targets = DATASETS["diabetes"].make(0)
    assert inputs[0, 0] == 59  # years
    assert targets[0, 0] == 151


@pytest.mark.parametrize("name", POINTS)
@pytest.mark.parametrize("examples", [6, 100, 101])
def test_classes_of_points_are_as_equal_as_can_be(name, examples):
    _, targets = DATASETS[name].make(1, **complete(name, examples=examples))
    counts = np.bincount(targets, minlength=DATASETS[name].form(complete(name)).outputs)
    assert counts.max() - counts.min() <= (2 if name == "xor" else 1)


@pytest.mark.parametrize("name", POINTS)
def test_points_lie_around_the_origin(name):
    inputs, _ = DATASETS[name].make(1, **complete(name))
    assert 0.7 < np.abs(inputs).max() < 2.2
    assert np.quantile(np.abs(inputs), 0.95) < 1.6
    assert np.abs(inputs.mean(axis=0)).max() < 0.15


@pytest.mark.parametrize("name", [name for name in POINTS if name != "gaussians"])
def test_points_without_noise_never_meet_the_other_class(name):
    inputs, targets = DATASETS[name].make(1, **complete(name, examples=400, noise=0.0))
    gaps = np.linalg.norm(inputs[targets == 0][:, np.newaxis] - inputs[targets == 1], axis=2)
    assert gaps.min() > 0.09


@pytest.mark.parametrize("name", POINTS)
def test_noise_is_a_standard_deviation(name):
    quiet, noisy = (DATASETS[name].make(1, **complete(name, examples=10_000, noise=noise))[0] for noise in (0.0, 0.2))
    assert math.isclose((noisy - quiet).std(), 0.2, rel_tol=0.05)


def test_xor_is_what_it_is_called():
    inputs, targets = DATASETS["xor"].make(0, examples=500, noise=0.0)
    assert (targets == ((inputs[:, 0] > 0) ^ (inputs[:, 1] > 0))).all()


@pytest.mark.parametrize("noise", [0.0, 0.5, 3.0])
def test_a_sine_and_noise_have_the_same_variance(noise):
    inputs, targets = DATASETS["sine"].make(0, examples=4000, length=64, noise=noise)
    assert np.bincount(targets).tolist() == [2000, 2000]
    for label in (0, 1):
        assert math.isclose(inputs[targets == label].var(), 0.5 + noise**2, rel_tol=0.03)


def test_only_order_tells_a_sine_from_noise():
    inputs, targets = DATASETS["sine"].make(0, examples=2000, length=64, noise=0.5)
    neighbours = (inputs[:, 1:, 0] * inputs[:, :-1, 0]).mean(axis=1)
    assert np.mean((neighbours > 0.15) == (targets == 1)) > 0.95


@pytest.mark.parametrize("length", [2, 3, 50])
def test_adding_marks_one_value_in_each_half(length):
    inputs, targets = DATASETS["adding"].make(0, examples=500, length=length)
    values, marks = inputs[:, :, 0], inputs[:, :, 1]
    assert set(marks.ravel()) <= {0, 1}
    assert (marks[:, : length // 2].sum(axis=1) == 1).all()
    assert (marks[:, length // 2 :].sum(axis=1) == 1).all()
    assert (values.min() >= 0) & (values.max() < 1)
    assert targets[:, 0].tolist() == [row[mark == 1].sum() for row, mark in zip(values, marks, strict=True)]


def test_a_constant_answer_to_adding_is_a_sixth_off():
    _, targets = DATASETS["adding"].make(0, examples=20_000, length=50)
    assert math.isclose(np.mean((targets - 1) ** 2), 1 / 6, rel_tol=0.05)


def test_characters_are_windows_of_one_text():
    inputs, targets = DATASETS["characters"].make(0, examples=50, length=40)
    assert (targets[:, :-1] == inputs[:, 1:]).all()
    assert (targets[:-1, -1] == inputs[1:, 0]).all()
    longer, _ = DATASETS["characters"].make(0, examples=20, length=100)
    assert longer.ravel().tolist() == inputs.ravel().tolist()


def test_the_text_is_sentences_of_every_character():
    inputs, _ = DATASETS["characters"].make(0, **complete("characters"))
    text = decode(inputs.ravel())
    assert set(text) == set(VOCABULARY)
    sentences = text.replace("\n", " ").split(". ")[:-1]
    assert all(sentence.startswith("the ") for sentence in sentences)
    assert len(set(sentences)) > 0.95 * len(sentences)


def test_text_and_tokens_are_the_same_thing():
    assert decode(encode(VOCABULARY)) == VOCABULARY
    assert encode(VOCABULARY).tolist() == list(range(len(VOCABULARY)))
    assert encode("").shape == (0,)
    assert len(NAMES) == len(VOCABULARY) == 30


@pytest.mark.parametrize("text", ["the Dog", "café", "a\tb", "1", "\U0001f600"])
def test_a_character_outside_the_vocabulary_is_refused(text):
    with pytest.raises(DatasetError, match="is not among the characters"):
        encode(text)
