"""The certificate's controls on evidence made by hand: no framework, and one thing wrong at a time."""

import json
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from engine import events
from engine.__main__ import main
from engine.config import RunConfig
from engine.datasets.dataset import DatasetError
from engine.datasets.split import prepare
from engine.fairness import case, evidence, first_steps, later_witness, perceptron
from engine.fairness.batches import epoch_order, learning_rates, steps_per_epoch
from engine.fairness.certificate import certificate
from engine.fairness.equations import advance, updates
from engine.fairness.evidence import Witnessed, digest
from engine.fairness.later_witness import later_steps
from engine.fairness.rounding import flat
from engine.fairness.weights import initial_weights
from engine.runs import RunUnreadable, Store
from tests import stories

SIDES = ("torch", "tensorflow")
ASKED = {"network": "simple_net", "dataset": "teacher", "seed": 7, "concurrency": "in_turn", "optimizer": "adam"}
DISCLOSED = {"version": "2", "execution": "eager", "layout": "channels first", "machine": "host", "processor": "CPU"}


def honest(**fields):
    """What a worker that does as it is asked records, computed in NumPy."""
    config = RunConfig.build(ASKED | fields)
    split, kind = prepare(config), np.dtype(config.variable_dtype)
    rows = epoch_order(config.seed, 0, len(split.inputs))
    steps = -(-len(rows) // config.batch_size)
    rates = learning_rates(config, 0, steps, steps)
    weights = [{name: value.astype(kind) for name, value in initial_weights(config).items()}]
    gradients, losses = [], []
    for step in (0, 1):
        batch = rows[step * config.batch_size : (step + 1) * config.batch_size]
        x, y = split.inputs[batch].astype(kind), split.targets[batch].astype(kind)
        loss, found = perceptron.loss_and_gradients(config, weights[-1], x, y)
        gradients.append({name: found[name].astype(kind) for name in weights[0]})
        losses.append(loss)
        flat = [np.concatenate([one[name].ravel().astype(float) for name in one]) for one in (*weights, *gradients)]
        update = updates(config, flat[: step + 1], flat[step + 1 :])[-1] * rates[step]
        ends = np.cumsum([value.size for value in weights[0].values()])
        parts = np.split(update, ends[:-1])
        pairs = zip(weights[-1].items(), parts, strict=True)
        weights.append({name: (value - part.reshape(value.shape)).astype(kind) for (name, value), part in pairs})
    named = {f"weights{step}": part for step, part in enumerate(weights)}
    named |= {f"gradients{step}": part for step, part in enumerate(gradients)}
    named["outputs0"] = {
        "outputs": split.targets[rows[: config.batch_size]].astype(kind)
    }  # of a network that knows all
    arrays = {f"{part}/{name}": value for part, values in named.items() for name, value in values.items()}
    data = {part: getattr(split, part).astype(kind) for part in ("inputs", "targets", "validation_inputs")}
    digests = {f"data/{part}": digest([value]) for part, value in data.items()}
    digests |= {"data/validation_targets": digest([split.validation_targets])}
    digests |= {f"weights/{name}": digest([value]) for name, value in weights[0].items()}
    event = events.Evidence(
        dtype=config.variable_dtype,
        compute_dtype=config.compute_dtype,
        device="cpu",
        threads={"in one operation": config.threads},
        tf32={"matmul": False},
        parameters=25,
        batch_size=config.batch_size,
        rows=tuple(rows[: 3 * config.batch_size].tolist()),
        learning_rates=tuple(rates[:3].tolist()),
        loss=losses[0],
        digests=digests,
        disclosed=DISCLOSED,
        file=evidence.FILE,
    )
    return Witnessed(event, arrays)


@cache
def trained(config):
    """What it records of its later steps, all of them trained in NumPy and rounded as it rounds."""
    config = RunConfig.from_json(config)
    split, kind = prepare(config), np.dtype(config.variable_dtype)
    length = steps_per_epoch(len(split.inputs), config.batch_size)
    weights = {name: value.astype(kind) for name, value in initial_weights(config).items()}
    due, slots, found = later_steps(config.epochs, length), {}, []

    def named(part, vector):
        ends = np.cumsum([weights[name].size for name in sorted(weights)])[:-1]
        pairs = zip(sorted(weights), np.split(vector, ends), strict=True)
        return {f"{part}/{name}": value.reshape(weights[name].shape).astype(kind) for name, value in pairs}

    for step in range(config.epochs * length):
        epoch, batch = divmod(step, length)
        rows = epoch_order(config.seed, epoch, len(split.inputs))[batch * config.batch_size :][: config.batch_size]
        x, y = split.inputs[rows].astype(kind), split.targets[rows].astype(kind)
        loss, gradients = perceptron.loss_and_gradients(config, weights, x, y)
        before, gradient = flat(weights), flat({name: gradients[name].astype(kind) for name in weights})
        arrays = named("weights0", before) | named("gradients0", gradient)
        arrays |= {key: value for slot, values in slots.items() for key, value in named(f"{slot}0", values).items()}
        arrays["norm0/gradients"] = np.linalg.norm(gradient)
        update, slots = advance(config, before, gradient, slots, step, np.linalg.norm(gradient))
        after = named("weights1", before - learning_rates(config, step, 1, length)[0] * update)
        slots = {slot: values.astype(kind).astype(float) for slot, values in slots.items()}
        arrays |= after
        arrays |= {key: value for slot, values in slots.items() for key, value in named(f"{slot}1", values).items()}
        weights = {name: after[f"weights1/{name}"] for name in weights}
        if step in due:
            told = events.StepSeen(step, loss, str(step), str(step), later_witness.FILE.format(step))
            found.append(Witnessed(told, arrays))
    return found


def rest(**fields):
    """What such a worker tells after its first steps: of later epochs and steps, and how it ended."""
    config = RunConfig.build({"epochs": 2} | ASKED | fields)  # as stories.new_run has it
    examples = len(prepare(config).inputs)
    steps = -(-examples // config.batch_size)
    told = [*trained(config.to_json())]
    for epoch in range(config.epochs):
        rates = learning_rates(config, epoch * steps, steps, steps)
        if evidence.looked_at(epoch, config.epochs):
            order = digest([epoch_order(config.seed, epoch, examples)])
            told.append(events.EpochSeen(epoch, order, (rates[0], rates[-1])))
        told.append(events.Epoch(epoch + 1, (epoch + 1) * steps, {"validation_loss": 1 / (epoch + 1)}))
    return [*told, events.Finished(config.epochs * steps, "completed", 0.0)]


@pytest.fixture
def judged(tmp_path):
    """The certificate of a run, and its store and id; `change` is what one or more sides recorded otherwise.

    `later` changes what they told after their first steps.
    """

    def judge(
        sides=(),
        change=lambda witnessed: witnessed,
        times=((100.0, 103.0), (104.0, 107.0)),
        later=lambda told: told,
        **fields,
    ):
        store = Store(tmp_path / "store")
        run = stories.new_run(store, **ASKED | fields)
        for side, (begun, ended) in zip(store.config(run).frameworks, times, strict=False):
            witnessed = change(honest(**fields)) if side in sides else honest(**fields)
            told = [stories.started(side, when=begun), events.Steps(0, (1.0,), 1.0)]
            *epochs, last = later(rest(**fields)) if side in sides else rest(**fields)
            for one in (witnessed, *epochs):
                told.append(evidence.save(store.folder(run) / side, one) if isinstance(one, Witnessed) else one)
            told.append(replace(last, time=ended))
            stories.launch(store, run, side)
            stories.tell(store, run, side, told)
        return certificate(store, run), store, run

    return judge


def failed(found):
    return {one.name for one in found.controls if one.verdict == "fail"}


def event(**fields):
    """A change of some fields of the event."""
    return lambda witnessed: replace(witnessed, event=replace(witnessed.event, **fields))


def digests(key):
    """A change of one digest."""
    return lambda witnessed: event(digests={**witnessed.event.digests, key: "0" * 64})(witnessed)


def array(key, factor):
    """A change of one recorded array."""
    return lambda witnessed: replace(
        witnessed, arrays={**witnessed.arrays, key: (witnessed.arrays[key] * factor).astype(np.float32)}
    )


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "nesterov", "adam", "adamw", "rmsprop"])
@pytest.mark.parametrize(
    "more",
    [
        {},
        {"weight_decay": 0.1, "gradient_clip_norm": 0.01, "warmup_steps": 5},
        {"precision": "float64"},
    ],
)
def test_what_numpy_computes_passes_every_control(judged, optimizer, more):
    found, _, _ = judged(optimizer=optimizer, **more)
    assert {one.verdict for one in found.controls} == {"pass"}, [one for one in found.controls if one.verdict != "pass"]
    assert [found.verdict(claim) for claim in ("curves", "speed")] == ["comparable", "comparable"]
    assert found.doubts == {}


@pytest.mark.parametrize("sides", [("torch",), ("tensorflow",), SIDES])
@pytest.mark.parametrize(
    ("change", "name", "claims", "word"),
    [
        (digests("weights/hidden.bias"), "Initial weights", {"curves"}, "seed 7"),
        (digests("data/inputs"), "Data bytes", {"curves", "speed"}, "training inputs"),
        (digests("data/validation_targets"), "Data bytes", {"curves", "speed"}, "validation targets"),
        (event(rows=(1, 2, 3)), "Batch order", {"curves"}, "row 1"),
        (event(loss=0.5), "Loss at step 0", {"curves"}, "0.5"),
        (event(loss=1e300), "Loss at step 0", {"curves"}, "1e+300"),
        (event(learning_rates=(0.02, 0.02, 0.02)), "Learning rate", {"curves"}, "0.02"),
        (array("gradients0/hidden.weight", 1.1), "Gradients at step 0", {"curves"}, "hidden.weight"),
        (event(device="cuda:0"), "Device", {"speed"}, "cuda:0"),
        (event(dtype="float64"), "Precision", {"speed"}, "float64"),
        (event(dtype="bfloat16"), "Precision", {"speed"}, "bfloat16"),
        (event(compute_dtype="bfloat16"), "Precision", {"speed"}, "products in bfloat16"),
        (event(tf32={"all": True}), "TF32", {"speed"}, "on"),
        (event(threads={"in one operation": 1, "between operations": 4}), "Threads", {"speed"}, "4 threads between"),
        (event(batch_size=31), "Batch size", {"speed"}, "31"),
        (event(parameters=28), "Parameter count", {"speed"}, "28"),
    ],
)
def test_each_control_finds_what_it_looks_for(judged, sides, change, name, claims, word):
    found, _, _ = judged(sides, change)
    control = next(one for one in found.controls if one.name == name)
    assert control.verdict == "fail"
    assert word in control.evidence
    assert set(control.claims) == claims
    assert set(found.doubts) - claims <= ({"curves"} if name == "Precision" else set())  # its digests fail as well
    for claim in claims:
        assert found.verdict(claim).startswith("not comparable, because ")
        assert control.evidence in found.verdict(claim) or "more failed" in found.verdict(claim)


@pytest.mark.parametrize("side", SIDES)
def test_predictions_that_differ_before_the_first_step_are_found(judged, side):
    """A side that leaves dropout on while it predicts trains as the other one does; only its validation is another."""
    found, _, _ = judged((side,), array("outputs0/outputs", 1.001))
    assert failed(found) == {"Predictions at step 0"}
    assert found.holds("curves") is False


def test_files_without_predictions_are_not_checked_there(judged):
    def older(witnessed):
        kept = {key: value for key, value in witnessed.arrays.items() if not key.startswith("outputs0/")}
        return replace(witnessed, arrays=kept)

    found, _, _ = judged(SIDES, older)
    assert [one.name for one in found.controls if one.verdict != "pass"] == ["Predictions at step 0"]


@pytest.mark.parametrize(
    ("torch", "tensorflow", "verdict"),
    [
        ((2.0, 1.9, 1.8), (2.0, 1.9, 1.8005), "pass"),
        ((2.0, 1.9, 1.8), (2.0, 1.9, 1.7), "fail"),
        ((2.0, 1.9, 1.8), (2.0, 1.9), "pass"),
        ((2.0, 50.0, 1.8), (2.0, 90.0, 1.7), "pass"),  # grown tenfold: nothing is asked of what follows
        ((2.0, None), (2.0, 1.0), "pass"),
        ((2.0, 1e-6), (2.0, 2e-6), "pass"),  # both are nothing beside the first
        ((2.0,) * 12, (2.0,) * 11 + (9.0,), "pass"),  # later than the first steps
    ],
)
def test_the_first_losses_are_held_against_each_other(tmp_path, torch, tensorflow, verdict):
    store = Store(tmp_path / "store")
    run = stories.new_run(store, **ASKED)
    for side, values in (("torch", torch), ("tensorflow", tensorflow)):
        told = [stories.started(side), events.Steps(0, values, 1.0), evidence.save(store.folder(run) / side, honest())]
        stories.launch(store, run, side)
        stories.tell(store, run, side, told)
    (found,) = [one for one in certificate(store, run).controls if one.name == "Losses of the first steps"]
    assert found.verdict == verdict, found


def test_a_log_with_a_line_of_something_else_has_no_certificate(judged):
    _, store, run = judged()
    with store.log(run, "torch").open("ab") as log:
        log.write(b"\xff\xfe x\n")
    with pytest.raises(RunUnreadable, match="damaged: it holds the line"):
        certificate(store, run)


@pytest.mark.parametrize(("apart", "verdict"), [(3e-6, "pass"), (2e-4, "fail")])
def test_a_biased_running_variance_is_found(apart, verdict):
    """In resnet on digits it makes 2e-4 of a difference after the first step; 2e-6 is the most that rounding made."""
    config = RunConfig.build({"network": "resnet"})
    kept = {"norm.running_var": np.full(64, 0.95, np.float32)}
    arrays = {
        "torch": {"running1": kept, "outputs0": {}},
        "tensorflow": {"running1": {name: value * np.float32(1 + apart) for name, value in kept.items()}},
    }
    assert first_steps.statistics(config, arrays)[0] == verdict


@pytest.mark.parametrize("sides", [("torch",), ("tensorflow",), SIDES])
def test_an_update_of_another_size_or_direction_is_found(judged, sides):
    found, _, _ = judged(sides, array("weights1/hidden.weight", 1.0001))
    assert {"First weight update", "Optimizer equation"} <= failed(found)
    found, _, _ = judged(sides, array("weights2/output.bias", 1.001))
    assert failed(found) == {"Optimizer equation"}


def stepped(config):
    """Two steps of a config in NumPy, from gradients of noise: what both sides would have recorded."""
    noise, rate = np.random.default_rng(1), config.learning_rate
    weights = {name: value.astype(np.float32) for name, value in initial_weights(config).items()}
    names, parts = sorted(weights), {"weights0": weights}
    for step in (0, 1):
        gradients = {name: noise.normal(0, 0.01, weights[name].shape).astype(np.float32) for name in names}
        parts[f"gradients{step}"] = gradients
        before, known = ([flat(parts[f"{what}{one}"]) for one in range(step + 1)] for what in ("weights", "gradients"))
        after = before[-1] - rate * updates(config, before, known)[-1]
        pieces = np.split(after, np.cumsum([weights[name].size for name in names])[:-1])
        parts[f"weights{step + 1}"] = {
            name: piece.reshape(weights[name].shape).astype(np.float32)
            for name, piece in zip(names, pieces, strict=True)
        }
    return dict.fromkeys(SIDES, parts)


@pytest.mark.parametrize("rate", [1e-2, 1e-3, 1e-4, 3e-5, 1e-5])
def test_a_step_that_is_small_beside_the_weights_is_still_told_from_another(rate):
    """Adam's first step has one size, so that all weights of one exponent round the same way, and shift the rate."""

    def config(optimizer, **fields):
        asked = {"network": "mlp", "dataset": "digits", "learning_rate": rate, "optimizer": optimizer}
        return RunConfig.build(asked | fields)

    for optimizer in ("adam", "adamw", "rmsprop"):
        assert first_steps.equation(config(optimizer), stepped(config(optimizer)))[0] == "pass", optimizer
    adam = stepped(config("adam"))
    for other in (config("sgd"), config("rmsprop"), config("adam", beta_2=0.9), config("adam", weight_decay=0.1)):
        assert first_steps.equation(other, adam)[0] == "fail", other.optimizer


def swapped(kind, change):
    """A change of all events of one kind; where it gives None they are left out."""
    return lambda told: [
        new for event in told if (new := change(event) if isinstance(event, kind) else event) is not None
    ]


def seen(change):
    """A change of what was seen in every epoch but the first."""
    return swapped(events.EpochSeen, lambda event: change(event) if event.epoch else event)


@pytest.mark.parametrize("sides", [("torch",), ("tensorflow",), SIDES])
@pytest.mark.parametrize(
    ("later", "name", "words"),
    [
        (seen(lambda event: replace(event, order="0" * 64)), "Later epochs", "in epoch 2 the rows of"),
        (
            seen(lambda event: replace(event, rates=(event.rates[0], event.rates[1] * 1.001))),
            *("Later epochs", "in epoch 2 the learning rates of"),
        ),
        (swapped(events.Finished, lambda event: replace(event, step=event.step - 1)), "Number of steps", "2,600 are"),
    ],
)
def test_what_happens_after_the_first_steps_is_found(judged, sides, later, name, words):
    found, _, _ = judged(sides, later=later, schedule="cosine", epochs=100)
    assert failed(found) == {name}
    assert words in found.verdict("curves")
    assert found.holds("speed") is True


def later_step(change):
    """A change of what was witnessed of step 26, the first one of the second epoch."""
    return swapped(Witnessed, lambda witnessed: change(witnessed) if witnessed.event.step == 26 else witnessed)


@pytest.mark.parametrize("sides", [("torch",), ("tensorflow",), SIDES])
@pytest.mark.parametrize(
    ("change", "name", "words"),
    [
        (event(found="other"), "Between the steps", "were changed between steps 25 and 26 of"),
        (event(loss=3.0), "Later steps", "at step 26 the loss of"),
        (array("gradients0/hidden.weight", 1.1), "Later steps", "at step 26 the gradient of"),
        (array("weights0/hidden.weight", 1.01), "Later steps", "at step 26 the loss of"),
        (array("weights1/hidden.weight", 1.0001), "Later steps", "is not the one of adam: a weight is"),
        (array("exp_avg1/output.bias", 2.0), "Later steps", "is not the one of adam: its exp_avg is"),
        (array("exp_avg_sq1/hidden.weight", 1.01), "Later steps", "is not the one of adam: its exp_avg_sq is"),
        (array("exp_avg0/hidden.weight", 0.99), "Later steps", "is not the one of adam: a weight is"),
        (array("norm0/gradients", 2.0), "Later steps", "is not the one of adam: a weight is"),
    ],
)
def test_what_is_wrong_with_a_later_step_is_found(judged, sides, change, name, words):
    found, _, _ = judged(sides, later=later_step(change), gradient_clip_norm=1e-3)
    assert failed(found) == {name}
    assert words in found.verdict("curves")
    assert found.holds("speed") is True


def test_later_steps_that_were_not_told_of_are_not_checked(judged):
    def unchecked(sides, later, **fields):
        found, _, _ = judged(sides, later=later, **fields)
        assert failed(found) == set()
        return {one.name: one.evidence for one in found.controls if one.verdict == "not checked"}

    older = unchecked(SIDES, swapped(Witnessed, lambda _: None))
    assert older.keys() == {"Later steps", "Between the steps"}
    assert older["Later steps"] == "PyTorch told nothing of step 26"
    assert set(unchecked(("tensorflow",), later_step(lambda _: None)).values()) == {
        "TensorFlow told nothing of step 26"
    }

    def begun(told):
        return [event for event in told if not isinstance(event, Witnessed | events.Finished)] + [
            events.Failed("", 0.0)
        ]

    assert unchecked(SIDES, begun)["Later steps"] == "PyTorch has come to no later step that is looked at"


def test_a_later_step_whose_numbers_are_not_finite_is_not_checked(judged):
    found, _, _ = judged(SIDES, later=later_step(array("weights1/output.bias", np.inf)))
    assert {one.name: one.verdict for one in found.controls}["Later steps"] == "not checked"


def test_a_run_that_told_of_no_epoch_or_did_not_end_is_not_checked_there(judged):
    def unchecked(**changes):
        found, _, _ = judged(SIDES, **changes)
        assert failed(found) == set()
        return {one.name for one in found.controls if one.verdict == "not checked"}

    assert unchecked(later=swapped(events.EpochSeen, lambda event: None)) == {"Later epochs"}
    stopped = swapped(events.Finished, lambda event: events.Stopped(event.step, event.time))
    assert unchecked(later=stopped) == {"Number of steps"}


@pytest.mark.parametrize(("after", "verdict"), [(10, "pass"), (9, "fail"), (11, "fail")])
def test_early_stopping_is_held_against_the_validation_losses(judged, after, verdict):
    """The best loss is that of epoch 7, so with a patience of 3 epoch 10 is the last."""

    def later(told):
        steps = told[-1].step // 100
        kept = [
            event for event in told if getattr(event, "epoch", 0) <= after and not isinstance(event, events.Finished)
        ]
        worse = swapped(events.Epoch, lambda event: replace(event, metrics={"validation_loss": abs(event.epoch - 7)}))
        return [*worse(kept), events.Finished(after * steps, "early stopping", 0.0)]

    found, _, _ = judged(SIDES, later=later, early_stopping_patience=3, epochs=100)
    assert {one.name: one.verdict for one in found.controls}["Number of steps"] == verdict


def test_a_network_of_another_shape_is_found(judged):
    def wider(witnessed):
        arrays = {key: np.concatenate([value, value]) for key, value in witnessed.arrays.items()}
        return event(parameters=50)(replace(witnessed, arrays=arrays))

    for sides in (("torch",), ("tensorflow",), SIDES):
        found, _, _ = judged(sides, wider)
        assert {"Gradients at step 0", "Parameter count"} <= failed(found)


def test_two_machines_and_two_sides_at_once_have_no_verdict_on_speed(judged):
    found, _, _ = judged(("torch",), event(disclosed={**DISCLOSED, "machine": "other", "processor": "fast"}))
    assert failed(found) == {"Machine"}
    found, _, _ = judged(concurrency="race")
    assert found.verdict("speed") == "not comparable, because both sides trained at the same time"
    assert found.holds("curves") is True
    found, _, _ = judged(times=((100.0, 103.0), (102.0, 105.0)))
    assert failed(found) == {"One at a time"}


def test_an_update_below_rounding_says_nothing(judged):
    found, _, _ = judged(learning_rate=1e-12)
    assert {one.name: one.verdict for one in found.controls}["First weight update"] == "not checked"
    assert found.verdict("curves") == (
        "comparable as far as it was checked; not checked: First weight update, Optimizer equation, Later steps"
    )


@pytest.mark.parametrize("left_out", [True, False])
def test_a_step_that_overflows_float16_is_to_change_nothing(judged, left_out):
    def overflowed(witnessed):
        arrays = dict(witnessed.arrays)
        arrays["gradients0/output.bias"] = np.full_like(arrays["gradients0/output.bias"], np.inf)
        kept = {name.replace("weights0", "weights1"): value for name, value in arrays.items() if "weights0/" in name}
        return replace(witnessed, arrays=arrays | kept if left_out else arrays)

    found, _, _ = judged(("torch",), overflowed, precision="mixed_float16")
    concerned = {"Gradients at step 0", "First weight update", "Optimizer equation"}
    wanted = "not checked" if left_out else "fail"
    named = {one.name for one in found.controls if one.verdict == wanted}
    assert named == concerned | ({"Later steps"} if left_out else set())  # of which it is not known which they are
    (evidence, *_) = (one.evidence for one in found.controls if one.verdict == wanted)
    assert evidence.startswith("a gradient of step 0 of PyTorch is too large for float16")
    assert failed(judged(precision="mixed_float16")[0]) == set()


def test_a_network_too_large_to_record_is_not_checked_there(judged):
    found, _, _ = judged(SIDES, lambda witnessed: event(file=None)(replace(witnessed, arrays={})))
    unchecked = {one.name for one in found.controls if one.verdict == "not checked"}
    assert unchecked == {"Predictions at step 0", "Gradients at step 0", "First weight update", "Optimizer equation"}
    assert failed(found) == set()


def test_one_framework_or_no_step_yet_is_not_checked(judged, tmp_path):
    found, _, _ = judged(frameworks=["torch"])
    assert {one.verdict for one in found.controls} == {"not checked"}
    assert found.verdict("speed") == "not checked, because only one framework trained, so there is nothing to compare"
    store = Store(tmp_path / "store")
    run = stories.new_run(store)
    words = "not checked, because PyTorch and TensorFlow recorded no evidence of a first step"
    assert certificate(store, run).verdict("curves") == words
    assert certificate(store, run).holds("curves") is None


def test_data_that_cannot_be_made_again_is_not_checked(judged, monkeypatch):
    def gone(config):
        raise DatasetError("table.csv is not there.")

    monkeypatch.setattr(case, "prepare", gone)
    found, _, _ = judged()
    verdicts = {one.name: one for one in found.controls}
    assert verdicts["Data bytes"].sentence == "The data cannot be made again here: table.csv is not there."
    assert verdicts["Initial weights"].verdict == verdicts["Threads"].verdict == "pass"
    assert failed(found) == set()


def test_a_damaged_file_of_evidence_is_a_sentence(judged, capsys):
    _, store, run = judged(seed=8)
    (store.folder(run) / "torch" / evidence.FILE).write_bytes(b"{}")
    (store.folder(run) / "torch" / "events.jsonl").open("a").write('{"type":"stopped","step":1,"time":1.0}\n')
    with pytest.raises(RunUnreadable, match=r"evidence\.safetensors is damaged"):
        certificate(store, run)
    assert main(["certificate", run, "--store", str(store.root)]) == 2
    assert "damaged" in capsys.readouterr().err


def test_the_command_says_by_its_exit_code_whether_a_control_failed(judged, capsys):
    _, store, run = judged()
    assert main(["certificate", run, "--store", str(store.root), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["claims"]["curves"] == {"comparable": True, "verdict": "comparable"}
    assert {one["verdict"] for one in told["controls"]} == {"pass"}
    _, store, run = judged(concurrency="race")
    assert main(["certificate", run, "--store", str(store.root)]) == 1
    assert "Speed: not comparable, because both sides trained at the same time." in capsys.readouterr().out
    assert main(["certificate", "20200101-000000-mlp-000000", "--store", str(store.root)]) == 2


@pytest.mark.parametrize("activation", list(perceptron.ACTIVATIONS))
@pytest.mark.parametrize("dataset", ["teacher", "iris"])
def test_the_gradients_of_a_perceptron_are_the_slopes_of_its_loss(activation, dataset):
    """By central differences in the direction of the gradient itself."""
    options = {"depth": 2, "width": 5, "activation": activation, "dropout": 0.3}
    config = RunConfig.build({"network": "mlp", "dataset": dataset, "network_options": options})
    split, weights = prepare(config), initial_weights(config)
    batch = split.inputs[:20], split.targets[:20]
    _, gradients = perceptron.loss_and_gradients(config, weights, *batch)
    for name, gradient in gradients.items():
        step = 1e-6 * gradient / np.linalg.norm(gradient)
        ends = [
            perceptron.loss_and_gradients(config, weights | {name: weights[name] + sign * step}, *batch)[0]
            for sign in (1, -1)
        ]
        assert (ends[0] - ends[1]) / 2e-6 == pytest.approx(np.linalg.norm(gradient), rel=1e-6)
