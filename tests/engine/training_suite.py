"""What the training loop promises, for either framework: the same tests run on each in a process of its own."""

import importlib
from itertools import pairwise, product

import numpy as np
import pytest

from engine import events, training
from engine.config import RunConfig
from engine.control import FREE, Command
from engine.datasets.split import prepare
from engine.fairness import evidence, later_witness
from engine.fairness.evidence import Witnessed
from engine.fairness.weights import initial_weights
from engine.sampling import STEPS_PER_GRADIENT
from engine.store import checkpoints
from engine.training import CheckpointState, train
from engine.views import View, probabilities

OPTIMIZERS = ("sgd", "momentum", "nesterov", "adam", "adamw", "rmsprop")
# 48 training rows in batches of 5: ten steps an epoch, the last of them smaller.
TEACHER = {"network": "simple_net", "dataset": "teacher", "dataset_options": {"examples": 64}, "train_fraction": 0.75}
SMALL = TEACHER | {"batch_size": 5, "epochs": 3, "learning_rate": 0.05, "seed": 11}
STEPS = 30
PAUSE, STOP = Command(paused=True), Command(stop=True)


def until(step):
    """The wish to pause after `step` steps."""
    return Command(paused=True, step_target=step)


class Clock:
    """Seconds that pass only when they are told to: `tick` at every look, and whatever is added to `now`."""

    def __init__(self, tick=0.0):
        self.now, self._tick = 0.0, tick

    def __call__(self):
        self.now += self._tick
        return self.now


def losses(told):
    """Every step's loss, None where it was not finite; each step must be told once and in order."""
    found = []
    for event in told:
        if isinstance(event, events.Steps):
            assert event.first_step == len(found)
            found += event.losses
    return found


def only(told, *kinds):
    return [event for event in told if isinstance(event, kinds)]


def without_times(told):
    """What can be compared: the kind of each event and the step it speaks of."""
    return [(type(event).__name__, getattr(event, "step", None)) for event in told]


class TrainingSuite:
    """`framework` is the twin's; `executions` are its ways to run a step that are quick to build."""

    framework: str
    executions: tuple[str, ...]

    def train(self, command=FREE, answer=lambda event: None, clock=None, resume=None, again=False, **fields):
        """All that a run tells. `answer` is a person who sees each event and may change the wish."""
        config = RunConfig.build(SMALL | {"frameworks": [self.framework]} | fields)
        twin = importlib.import_module(f"engine.frameworks.train_{self.framework}")
        network = importlib.import_module(f"engine.networks.{config.network}_{self.framework}")
        split = prepare(config)
        twin.forget()
        wishes, told = [command], []
        read, clock = lambda: wishes[-1], clock or Clock()
        for event in train(config, split, twin, network, resume, again, read, clock=clock):
            told.append(event)
            wishes.append(answer(event) or wishes[-1])
        return told

    def session(self):
        return importlib.import_module(f"engine.frameworks.train_{self.framework}").Session

    # The order of events

    def test_a_run_from_its_first_word_to_its_last(self):
        told = self.train()
        started = told[0]
        assert isinstance(started, events.Started)
        assert (started.framework, started.device, started.parameters) == (self.framework, "cpu", 25)
        assert (started.training_examples, started.validation_examples) == (48, 16)
        assert (started.steps_per_epoch, started.total_steps) == (10, STEPS)
        assert "hidden" in started.network
        assert isinstance(told[-2], CheckpointState)
        assert told[-2].step == STEPS
        assert (told[-1].step, told[-1].reason) == (STEPS, "completed")
        assert len(only(told, *events.LAST_WORDS)) == 1

    def test_every_step_s_loss_and_every_epoch_is_told_once(self):
        told = self.train()
        found = losses(told)
        assert len(found) == STEPS
        assert len(set(found)) > STEPS / 2
        assert np.mean(found[-10:]) < np.mean(found[:10])
        epochs = only(told, events.Epoch)
        assert [(event.epoch, event.step) for event in epochs] == [(1, 10), (2, 20), (3, 30)]
        for event in epochs:
            assert set(event.metrics) == {"validation_loss", "validation_mae", "validation_r2"}
            before = losses(told[: told.index(event)])
            assert len(before) >= event.step

    def test_a_run_without_validation_rows(self):
        told = self.train(dataset="normal", dataset_options={"examples": 1}, epochs=2, batch_size=1)
        assert [dict(event.metrics) for event in only(told, events.Epoch)] == [{}, {}]
        assert len(losses(told)) == 2

    def test_classification(self):
        told = self.train(network="mlp", dataset="digits", dataset_options={}, epochs=2, batch_size=64)
        last = only(told, events.Epoch)[-1]
        assert set(last.metrics) == {"validation_loss", "validation_accuracy"}
        assert last.metrics["validation_accuracy"] > 0.8

    def test_histograms_name_weights_and_gradients_and_can_be_off(self):
        names = {
            f"{part}/{name}" for part in ("weights", "gradients") for name in initial_weights(RunConfig.build(SMALL))
        }
        found = only(self.train(), events.Histograms)
        assert set(found[-1].tensors) == names
        assert found[-1].step == STEPS
        assert sum(found[-1].tensors["weights/hidden.weight"][2]) == 18
        assert only(self.train(histograms=False), events.Histograms) == []

    # Runs that are the same

    @pytest.mark.parametrize("policy", ["matched", "defaults"])
    def test_a_run_again_is_the_same_run(self, policy):
        """Also after a run of another precision in the same process, as in a warm worker."""
        first = losses(self.train(policy=policy))
        double = losses(self.train(policy=policy, precision="float64"))
        assert losses(self.train(policy=policy)) == first
        assert losses(self.train(policy=policy, precision="float64")) == double
        assert double != first
        assert double == pytest.approx(first, rel=0.1) or policy == "defaults"
        assert losses(self.train(policy=policy, seed=12)) != first

    def test_matched_weights_are_those_that_both_share(self):
        told = self.train(PAUSE, lambda event: STOP if isinstance(event, events.Paused) else None)
        arrays = only(told, CheckpointState)[0].arrays
        shared = initial_weights(RunConfig.build(SMALL))
        assert {name for name in arrays if name.startswith("weights/")} == {f"weights/{name}" for name in shared}
        for name, value in shared.items():
            assert np.array_equal(arrays[f"weights/{name}"], value.astype(np.float32))

    def test_chunks_change_nothing(self):
        """A clock that stands still lets chunks grow to whole epochs, a quick one keeps them at one step.

        A batch of five rows of six numbers does not fill whole lines of memory, which larger products feel.
        """
        for execution, network in product(self.executions, ("simple_net", "mlp")):
            own = {"execution": {self.framework: execution}, "network": network}
            whole, single = (self.train(clock=Clock(tick), **own) for tick in (0.0, 1.0))
            assert max(len(event.losses) for event in only(whole, events.Steps)) > 3
            assert {len(event.losses) for event in only(single, events.Steps)} == {1}
            assert losses(whole) == losses(single)
            assert [event.metrics for event in only(whole, events.Epoch)] == [
                event.metrics for event in only(single, events.Epoch)
            ]

    @pytest.mark.parametrize(
        "fields",
        [
            {},
            {"batch_size": 48},  # one step an epoch
            {"optimizer": "momentum", "gradient_clip_norm": 0.1, "warmup_steps": 3, "policy": "defaults"},
            {"network": "mlp", "network_options": {"dropout": 0.3}, "optimizer": "adam"},
            {"network": "mlp", "network_options": {"dropout": 0.3}, "optimizer": "adam", "policy": "defaults"},
            {
                "network": "resnet",
                "dataset": "digits",
                "dataset_options": {},
                "batch_size": 400,
                "optimizer": "rmsprop",
            },
        ],
    )
    def test_being_witnessed_changes_no_bit(self, fields, monkeypatch):
        """Neither losses nor weights, running statistics, optimizer and random numbers at the end."""
        for execution in self.executions:
            own = fields | {"execution": {self.framework: execution}}
            with monkeypatch.context() as patch:
                patch.setattr(training, "Witness", lambda *_: None)
                patch.setattr(later_witness, "later_steps", lambda *_: [])
                blind = self.train(**own)
            seen = self.train(**own)
            assert only(blind, Witnessed) == []
            first, second = (seen.index(event) for event in only(seen, events.Steps)[:2])
            assert first < seen.index(only(seen, Witnessed)[0]) < second
            assert losses(seen) == losses(blind)
            before, after = (only(told, CheckpointState)[-1].arrays for told in (blind, seen))
            assert before.keys() == after.keys()
            for name, value in before.items():
                assert np.array_equal(value, after[name]), name

    def test_a_witness_of_a_large_network_keeps_digests_alone(self, monkeypatch):
        monkeypatch.setattr(evidence, "LIMIT", 24)
        large = only(self.train(), Witnessed)[0]
        monkeypatch.setattr(evidence, "LIMIT", 25)
        small = only(self.train(), Witnessed)[0]
        assert (large.event.file, large.arrays) == (None, {})
        assert small.event.file == evidence.FILE
        assert large.event.digests == small.event.digests
        assert {key.split("/")[0] for key in small.arrays} == {
            *("weights0", "gradients0", "weights1", "gradients1", "weights2", "outputs0")
        }

    def test_later_steps_are_witnessed_alone_and_find_what_was_left(self):
        """The first step of each epoch, for these are few, and the last one."""
        told = self.train()
        seen = [one.event for one in only(told, Witnessed)[1:]]
        assert [(one.step, one.loss) for one in seen] == [(step, losses(told)[step]) for step in (10, 20, 29)]
        assert [one.left for one in seen] == [one.found for one in seen]
        assert len({one.found for one in seen}) == 3
        arrays = only(told, Witnessed)[1].arrays
        assert {key.split("/")[0] for key in arrays} == {"weights0", "gradients0", "norm0", "outputs0", "weights1"}
        ended = only(told, CheckpointState)[-1].arrays
        for name in initial_weights(RunConfig.build(SMALL)):
            assert np.array_equal(only(told, Witnessed)[-1].arrays[f"weights1/{name}"], ended[f"weights/{name}"])

    @pytest.mark.parametrize("step", [9, 10])
    def test_a_resumed_run_finds_what_its_checkpoint_had(self, step, tmp_path):
        told = self.train(until(step), lambda event: STOP if isinstance(event, events.Paused) else None)
        checkpoints.save(tmp_path, told[-2])
        again = self.train(resume=checkpoints.latest(tmp_path), again=True)
        seen = [one.event for one in only(again, Witnessed)]
        assert [one.step for one in seen] == [10, 20, 29]
        assert [one.left for one in seen] == [one.found for one in seen]
        whole = [one.event for one in only(self.train(), Witnessed)[1:]]
        assert [one.found for one in seen] == [one.found for one in whole]

    def test_of_large_tensors_some_numbers_are_kept(self, monkeypatch):
        monkeypatch.setattr(later_witness, "MOST", 5)
        arrays = only(self.train(), Witnessed)[1].arrays
        assert arrays["weights0/hidden.weight"].shape == (5,)  # every fourth of 18
        assert arrays["weights0/output.bias"].shape == (1,)

    def test_executions_agree_nearly(self):
        first, *others = (losses(self.train(execution={self.framework: name})) for name in self.executions)
        for other in others:
            assert other == pytest.approx(first, rel=1e-4)

    # Commands

    def test_pause_step_and_resume_change_no_loss(self):
        wishes = iter([until(1), until(2), until(7), until(10), FREE])
        told = self.train(PAUSE, lambda event: next(wishes) if isinstance(event, events.Paused) else None)
        said = without_times(only(told, events.Paused, events.Continued))
        assert said == [
            *(("Paused", 0), ("Continued", 0), ("Paused", 1), ("Continued", 1), ("Paused", 2), ("Continued", 2)),
            *(("Paused", 7), ("Continued", 7), ("Paused", 10), ("Continued", 10)),
        ]
        plain = self.train()
        assert losses(told) == losses(plain)
        assert [event.metrics for event in only(told, events.Epoch)] == [
            event.metrics for event in only(plain, events.Epoch)
        ]

    def test_everything_is_told_and_kept_before_the_pause(self):
        told = self.train(until(7), lambda event: FREE if isinstance(event, events.Paused) else None)
        place = told.index(only(told, events.Paused)[0])
        assert len(losses(told[:place])) == 7
        assert isinstance(told[place - 1], CheckpointState)
        assert told[place - 1].step == 7

    @pytest.mark.parametrize("step", [0, 4, 10])
    def test_stop_keeps_what_was_done(self, step):
        told = self.train(until(step), lambda event: STOP if isinstance(event, events.Paused) else None)
        assert without_times(told[-2:]) == [("CheckpointState", step), ("Stopped", step)]
        assert losses(told) == losses(self.train())[:step]

    def test_stop_comes_before_the_next_chunk(self):
        told = self.train(answer=lambda event: STOP if isinstance(event, events.Steps) else None)
        assert len(only(told, events.Steps)) == 1
        assert told[-1].step == len(losses(told)) == 1

    # Going on from a checkpoint

    @pytest.mark.parametrize("policy", ["matched", "defaults"])
    @pytest.mark.parametrize("optimizer", OPTIMIZERS)
    def test_a_resumed_run_goes_on_as_if_nothing_had_been(self, optimizer, policy, tmp_path):
        """In the middle of an epoch, through the file, with everything on that a step may depend on."""
        fields = {"optimizer": optimizer, "policy": policy, "schedule": "cosine", "warmup_steps": 9}
        fields |= {"weight_decay": 0.01, "gradient_clip_norm": 1.0}
        told = self.train(until(14), lambda event: FREE if isinstance(event, events.Paused) else None, **fields)
        checkpoints.save(tmp_path, only(told, CheckpointState)[0])
        again = self.train(resume=checkpoints.latest(tmp_path), again=True, **fields)
        assert without_times(again[:2]) == [("Started", None), ("Resumed", None)]
        assert again[1].from_step == 14
        resumed = [loss for event in only(again, events.Steps) for loss in event.losses]
        assert resumed == losses(told)[14:]
        assert only(again, events.Epoch)[-1].metrics == only(told, events.Epoch)[-1].metrics

    def test_a_run_that_was_resumed_without_a_checkpoint_begins_again(self):
        told = self.train(again=True)
        assert only(told, events.Resumed)[0].from_step == 0
        assert losses(told) == losses(self.train())

    # Ends

    @pytest.mark.parametrize("tick", [0.0, 1.0])
    def test_a_loss_that_is_not_finite_ends_the_run_there(self, tick):
        told = self.train(learning_rate=1e5, epochs=20, clock=Clock(tick))
        *finite, last = losses(told)
        assert last is None
        assert None not in finite
        assert len(finite) > 2
        assert without_times(told[-1:]) == [("Diverged", len(finite))]
        assert isinstance(told[-2], events.Steps | events.Epoch)
        assert finite == losses(self.train(learning_rate=1e5, epochs=20, clock=Clock(1.0)))[:-1]

    def test_early_stopping(self):
        """With a learning rate that moves nothing, the first epoch is the best, and each that follows gains nothing."""
        fields = {"learning_rate": 1e-30, "epochs": 50, "early_stopping_patience": 2}
        told = self.train(until(25), lambda event: FREE if isinstance(event, events.Paused) else None, **fields)
        assert (told[-1].step, told[-1].reason) == (30, "early stopping")
        middle = only(told, CheckpointState)[0]
        assert middle.best_loss == only(told, events.Epoch)[0].metrics["validation_loss"]
        assert middle.epochs_without_gain == 1
        again = self.train(resume=middle, again=True, **fields)
        assert (again[-1].step, again[-1].reason) == (30, "early stopping")

    # Time

    def test_what_is_told_when(self, monkeypatch):
        """At 10.1 ms a step: chunks of 9, a checkpoint every two seconds after an epoch, the rest now and then."""
        clock, really = Clock(), self.session().run

        def run(session, first, count):
            clock.now += 0.0101 * count
            return really(session, first, count)

        monkeypatch.setattr(self.session(), "run", run)
        fields = {"dataset_options": {"examples": 512}, "batch_size": 4, "epochs": 7, "learning_rate": 0.001}
        told = self.train(clock=clock, **fields)
        assert told[0].steps_per_epoch == 96
        sizes = [len(event.losses) for event in only(told, events.Steps)]
        assert sizes[:5] == [1, 2 + 4, 8, 9, 9]
        assert max(sizes) < 2 * 9
        assert sum(sizes) == 7 * 96
        for event in only(told, events.Steps):
            assert event.seconds == pytest.approx(0.0101 * len(event.losses))
        first, second, last = (event.step for event in only(told, CheckpointState))
        assert 0 <= first - 3 * 96 < 10
        assert 0 <= second - 6 * 96 < 10
        assert last == 7 * 96
        binned = [event.step for event in only(told, events.Histograms)]
        assert set(binned) < {event.step for event in only(told, events.Gradient)}  # one pass gives both
        for kind, every, early in ((events.Gradient, STEPS_PER_GRADIENT, binned), (events.Resources, 99, [])):
            *sampled, last = (event.step for event in only(told, kind))
            assert len(sampled) >= 672 // (every + 13)
            assert sampled[0] < 112
            assert all(after - before < every + 13 for before, after in pairwise(sampled))
            assert all(every <= after - before or after in early for before, after in pairwise(sampled))
            assert last == 672

    def test_histograms_come_beside_gradients_that_take_long(self, monkeypatch):
        """Norms come whenever they may, and still leave time for histograms, for which an epoch has to end."""
        clock, really, look = Clock(), self.session().run, self.session().gradients

        def run(session, first, count):
            clock.now += 0.0101 * count
            return really(session, first, count)

        def gradients(session, batch):
            clock.now += 0.025
            return look(session, batch)

        monkeypatch.setattr(self.session(), "run", run)
        monkeypatch.setattr(self.session(), "gradients", gradients)
        fields = {"dataset_options": {"examples": 512}, "batch_size": 4, "epochs": 25, "learning_rate": 0.001}
        told = self.train(clock=clock, **fields)
        *binned, last = (event.step for event in only(told, events.Histograms))
        assert last == 25 * 96
        assert len(binned) >= 3  # in 24 s: after 2 s, 2 s later, and then every 10 s
        assert len(only(told, events.Gradient)) * 0.025 < 0.015 * clock.now

    # Views

    def test_views_change_no_loss_and_are_what_is_predicted(self, monkeypatch):
        """Bit for bit, with dropout and a view after every step; and the grid is what the session predicts there."""
        fields = {"network": "mlp", "dataset": "moons", "dataset_options": {"examples": 60}, "policy": "defaults"}
        fields |= {"network_options": {"dropout": 0.3}, "epochs": 2, "clock": Clock(1.0)}
        monkeypatch.setattr("engine.sampling.VIEWS_SHARE", np.inf)
        sessions = []
        made = self.session().__init__
        monkeypatch.setattr(self.session(), "__init__", lambda one, *given: sessions.append(one) or made(one, *given))
        told = self.train(**fields)
        taken = only(told, View)
        without = self.train(**fields | {"snapshots": False})
        assert only(without, View) == []
        assert len(taken) > 3
        assert losses(told) == losses(without)
        last = taken[-1].arrays
        x, y = np.meshgrid(np.linspace(*last["extent"][:2], 64), np.linspace(*last["extent"][2:], 64))
        logits = sessions[0].predict(np.stack([x.ravel(), y.ravel()], axis=1))
        assert np.array_equal(last["grid"].reshape(-1, 2), probabilities(logits))
