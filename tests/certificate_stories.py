"""Certificates told by hand: what honest workers record, as NumPy computes it, and what one recorded otherwise."""

from dataclasses import replace
from functools import cache

import numpy as np

from engine import events
from engine.config import RunConfig
from engine.datasets.split import prepare
from engine.fairness import evidence, later_witness, perceptron
from engine.fairness.batches import epoch_order, learning_rates, steps_per_epoch
from engine.fairness.certificate import certificate
from engine.fairness.equations import advance, updates
from engine.fairness.evidence import Witnessed, digest
from engine.fairness.later_witness import later_steps
from engine.fairness.rounding import flat
from engine.fairness.weights import initial_weights
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


def judged(
    store,
    sides=(),
    change=lambda witnessed: witnessed,
    times=((100.0, 103.0), (104.0, 107.0)),
    later=lambda told: told,
    **fields,
):
    """The certificate of a run, and its store and id; `change` is what one or more sides recorded otherwise.

    `later` changes what they told after their first steps.
    """
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
