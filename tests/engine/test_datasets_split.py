"""How rows are split and scaled: every one once, classes in their shares, nothing of the validation in the training."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.datasets import split as split_module
from engine.datasets.catalogue import DATASETS, Dataset, Form, Scaling, training_examples
from engine.datasets.dataset import always
from engine.datasets.split import load, rows_at_a_time
from tests.engine.strategies import patient


def complete(name: str, **options: object) -> dict:
    return {key: option.default for key, option in DATASETS[name].options.items()} | options


def split_of(inputs, targets, fraction=0.75, seed=0, columns=(), scaled_targets=False, outputs=None):
    """A split of rows that the test gives."""
    inputs, targets = np.array(inputs, dtype=np.float64), np.array(targets)
    task = "classification" if targets.dtype == np.int64 else "regression"
    outputs = outputs or (targets.max() + 1 if task == "classification" else targets.shape[1])
    form = Form("vector", inputs.shape[1:], task, int(outputs), len(inputs))
    scaling = Scaling(tuple(columns), scaled_targets)
    made = Dataset("made", "Made", "By a test.", always(form), lambda seed: (inputs, targets), scaling=always(scaling))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(split_module, "DATASETS", {"made": made})
        return load("made", {}, seed, fraction)


def classes_split(sizes, fraction, seed=0):
    """The split of so many examples of each class, each with its number as its only input."""
    targets = np.repeat(np.arange(len(sizes)), sizes)
    return split_of(np.arange(len(targets))[:, np.newaxis], targets, fraction, seed, outputs=len(sizes))


@pytest.mark.parametrize("name", ["digits", "iris", "diabetes", "gaussians", "teacher", "sine", "adding", "characters"])
@pytest.mark.parametrize("fraction", [1e-9, 0.3, 0.8, 1.0])
def test_sizes_and_shapes(name, fraction):
    options = complete(name)
    split = load(name, options, 5, fraction)
    form = DATASETS[name].form(options)
    assert split.form == form
    assert (split.form.task, split.form.outputs) == (form.task, form.outputs)
    assert len(split.inputs) == len(split.targets) == training_examples(form.examples, fraction)
    assert len(split.validation_inputs) == len(split.validation_targets) == form.examples - len(split.inputs)
    assert split.inputs.shape[1:] == split.validation_inputs.shape[1:] == form.shape
    assert split.stratified == (form.task == "classification" and name != "characters" and 0.1 < fraction < 1)


@pytest.mark.parametrize("name", ["digits", "wine", "diabetes", "spirals", "teacher", "characters"])
def test_a_seed_gives_the_same_bytes(name):
    first, again, other = (load(name, complete(name), seed, 0.7) for seed in (3, 3, 4))
    for part in ("inputs", "targets", "validation_inputs", "validation_targets"):
        assert getattr(first, part).tobytes() == getattr(again, part).tobytes()
        assert getattr(first, part).tobytes() != getattr(other, part).tobytes()


def test_splits_never_change():
    """Runs of earlier versions go on from their checkpoints only when these stay as they are."""
    split = classes_split([4, 6], 0.5, seed=7)
    assert split.inputs[:, 0].tolist() == [3, 5, 4, 7, 0]
    assert split.validation_inputs[:, 0].tolist() == [8, 9, 2, 1, 6]


@patient
@given(
    sizes=st.lists(st.integers(0, 30), min_size=1, max_size=8).filter(lambda sizes: sum(sizes) > 0),
    fraction=st.floats(0.001, 1),
    seed=st.integers(0, 2**32 - 1),
)
def test_classes_keep_their_shares(sizes, fraction, seed):
    split = classes_split(sizes, fraction, seed)
    both = np.concatenate([split.inputs, split.validation_inputs])[:, 0]
    assert sorted(both) == list(range(sum(sizes)))
    training = training_examples(sum(sizes), fraction)
    assert len(split.inputs) == training
    present = [size for size in sizes if size]
    assert split.stratified == (min(present) > 1 and len(present) <= training <= sum(sizes) - len(present))
    if split.stratified:
        counts = np.bincount(split.targets, minlength=len(sizes))
        ideal = np.array(sizes) * training / sum(sizes)
        assert all(0 < count < size for count, size in zip(counts, sizes, strict=True) if size)
        # Only a class that would be absent from one side may be further from its share, and what pays for it.
        forced = sum(share < 1 or share > size - 1 for share, size in zip(ideal, sizes, strict=True) if size)
        assert np.abs(counts - ideal).max() < 1 + forced


def test_shares_are_as_near_as_whole_numbers_can_be():
    split = classes_split([500, 300, 200], 0.8)
    assert np.bincount(split.targets).tolist() == [400, 240, 160]
    assert np.bincount(classes_split([7, 7, 7], 0.5).targets).tolist() == [4, 3, 3]


def test_training_rows_are_shuffled_and_not_in_blocks_of_classes():
    split = classes_split([500, 500], 0.8)
    assert np.abs(np.diff(split.targets)).sum() > 300


def test_a_class_of_one_example_leaves_the_split_to_chance():
    assert not classes_split([50, 1], 0.5).stratified
    assert classes_split([50, 2], 0.5).stratified


def test_only_training_rows_decide_the_scaling():
    generator = np.random.default_rng(0)
    inputs = generator.normal(50, 3, (200, 3))
    split = split_of(inputs, np.arange(200) % 2, columns=(0, 2))
    assert split.inputs[:, [0, 2]].mean(axis=0) == pytest.approx([0, 0], abs=1e-12)
    assert split.inputs[:, [0, 2]].std(axis=0) == pytest.approx([1, 1])
    assert 40 < split.inputs[:, 1].mean() < 60
    assert np.abs(split.validation_inputs[:, [0, 2]].mean(axis=0)).max() > 1e-3
    wild = inputs.copy()
    validation = np.isin(inputs[:, 1], split.validation_inputs[:, 1])
    wild[validation] = 1e6
    again = split_of(wild, np.arange(200) % 2, columns=(0, 2))
    assert again.inputs.tobytes() == split.inputs.tobytes()


def test_a_gap_becomes_the_median_of_the_training_rows():
    raw = np.arange(40.0) ** 2
    raw[[3, 11, 30, 31]] = np.nan
    split = split_of(np.stack([raw, np.arange(40)], axis=1), np.arange(40) % 2, columns=(0,))
    training, validation = (rows[:, 1].astype(int) for rows in (split.inputs, split.validation_inputs))
    filled = np.where(np.isnan(raw), np.nanmedian(raw[training]), raw)
    mean, deviation = filled[training].mean(), filled[training].std()
    assert split.inputs[:, 0] == pytest.approx((filled[training] - mean) / deviation)
    assert split.validation_inputs[:, 0] == pytest.approx((filled[validation] - mean) / deviation)


def test_a_column_without_a_value_in_training_rows_is_zero():
    split = split_of(np.full((10, 1), np.nan), np.arange(10) % 2, columns=(0,))
    assert (split.inputs == 0).all()
    assert (split.validation_inputs == 0).all()


@pytest.mark.parametrize("value", [0.0, 0.1, -7.3, 1e300, 1e-300])
def test_a_constant_column_is_only_centred(value):
    split = split_of(np.full((10, 1), value), np.arange(10) % 2, columns=(0,))
    assert np.abs(split.inputs).max() <= 1e-12 * max(1.0, abs(value))
    assert np.isfinite(split.validation_inputs).all()


@pytest.mark.parametrize("unit", [1e-300, 1e-9, 1.0, 1e9, 1e200, 1e307])
def test_any_unit_is_scaled_alike(unit):
    inputs = np.random.default_rng(1).uniform(-1, 1, (50, 1))
    split = split_of(inputs * unit, np.arange(50) % 2, columns=(0,))
    assert split.inputs == pytest.approx(split_of(inputs, np.arange(50) % 2, columns=(0,)).inputs, rel=1e-9)


def test_targets_come_back_to_their_own_units():
    targets = np.random.default_rng(2).normal(150, 40, (300, 1))
    split = split_of(np.zeros((300, 1)), targets, scaled_targets=True)
    assert split.targets.mean() == pytest.approx(0, abs=1e-12)
    assert split.targets.std() == pytest.approx(1)
    both = np.concatenate([split.targets, split.validation_targets]) * split.target_deviation + split.target_mean
    assert sorted(both[:, 0]) == pytest.approx(sorted(targets[:, 0]))


def test_targets_stay_as_they_are_unless_the_dataset_says_so():
    split = load("teacher", complete("teacher"), 0, 0.8)
    assert (split.target_mean, split.target_deviation) == (0.0, 1.0)
    assert load("diabetes", {}, 0, 0.8).target_mean == pytest.approx(152, abs=8)


@pytest.mark.parametrize("name", ["breast_cancer", "wine", "iris", "diabetes"])
def test_bundled_features_are_standardised(name):
    split = load(name, {}, 1, 0.8)
    assert split.inputs.mean(axis=0) == pytest.approx(np.zeros(split.inputs.shape[1]), abs=1e-9)
    assert split.inputs.std(axis=0) == pytest.approx(np.ones(split.inputs.shape[1]))
    assert np.abs(split.validation_inputs).max() < 20


def test_normal_and_teacher_are_split_as_before():
    """Regression needs no shares: the first of the shuffled rows train."""
    inputs, targets = DATASETS["teacher"].make(5, examples=100, noise=0.1)
    order = np.random.default_rng([5, 3]).permutation(100)
    split = load("teacher", {"examples": 100, "noise": 0.1}, 5, 0.8)
    assert split.inputs.tobytes() == inputs[order[:80]].tobytes()
    assert split.validation_targets.tobytes() == targets[order[80:]].tobytes()


@pytest.mark.parametrize(
    ("shape", "kind", "rows"),
    [
        ((10_000, 30), float, 4096),
        ((10_000, 3, 32, 32), float, 85),
        ((400, 64), int, 64),  # tokens
        ((1, 10**6), float, 1),
        ((0, 5), float, 4096),
    ],
)
def test_large_examples_are_given_to_a_network_in_small_parts(shape, kind, rows):
    assert rows_at_a_time(np.empty(shape, kind)) == rows
