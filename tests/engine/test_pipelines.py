"""Input pipelines: whose turn it is, what a checksum knows, and what is said of stored measurements."""

import json
import os
import threading

import numpy as np
import pytest

from engine.charts import pipelines, pipelines_parts, pipelines_report, pipelines_threads
from engine.config import ConfigError
from engine.pipelines import threads, turns
from engine.pipelines.checksum import checksum
from engine.pipelines.clocks import Clock, Delivery, consumed
from engine.pipelines.results import AUTOTUNE, Case, found, read, up_to
from engine.pipelines.transforms import digits, epoch, scaled, turned
from engine.runs import Store
from engine.tasks.task import TaskError
from tests.pipeline_stories import asked, lines, threaded


def helped(side: str, workers: int) -> float:
    """Seconds of 1,000 examples where processes help and threads do not."""
    return 0.2 / max(1, workers) if side == "torch" else 0.3


class TestTurns:
    def test_a_round_goes_there_and_back_and_the_next_begins_from_the_other_end(self):
        order = turns.schedule(["torch", "tensorflow"], 2)
        assert [(turn.round, turn.case) for turn in order if turn.kind == "block"] == [
            *((0, 0), (0, 1), (0, 1), (0, 0)),
            *((1, 1), (1, 0), (1, 0), (1, 1)),
        ]

    def test_both_sides_take_only_their_own_turns_and_in_order(self, tmp_path):
        order = [turns.Turn("block", "torch"), turns.Turn("block", "torch", 1), turns.Turn("block", "tensorflow", 2)]

        class Doer:
            def block(self, turn: turns.Turn) -> dict:
                return {"did": turn.case}

        first = threading.Thread(target=turns.take, args=("torch", tmp_path, order, Doer()), daemon=True)
        first.start()
        turns.wait_for(2, tmp_path, os.getppid())
        assert [line["did"] for line in turns.lines(tmp_path)] == [0, 1]
        first.join(5 * turns.POLL_SECONDS)
        assert first.is_alive()  # its processor time is asked for until the other side is done
        turns.take("tensorflow", tmp_path, order, Doer())
        assert [(line["side"], line["did"]) for line in turns.lines(tmp_path)][-1] == ("tensorflow", 2)
        first.join(20)
        assert not first.is_alive()

    def test_a_side_ends_when_whoever_started_it_is_gone(self, tmp_path):
        with pytest.raises(SystemExit):
            turns.wait_for(1, tmp_path, parent=os.getppid() + 1)

    def test_half_a_line_is_not_read(self, tmp_path):
        turns.tell(tmp_path, kind="open")
        with (tmp_path / turns.FILE).open("a") as file:
            file.write('{"kind": "bl')
        assert turns.lines(tmp_path) == [{"kind": "open"}]


class TestExamples:
    def test_the_checksum_without_order_is_of_the_same_examples_in_any_batches(self):
        pixels, targets = digits()
        whole = checksum([(pixels[:64], targets[:64])])
        halves = checksum([(pixels[32:64], targets[32:64]), (pixels[:32], targets[:32])])
        assert (whole.unordered, whole.examples) == (halves.unordered, halves.examples)
        assert whole.ordered != halves.ordered

    def test_one_bit_changes_both_checksums(self):
        pixels, targets = digits()
        changed = pixels[:8].copy()
        changed[3, 5] = np.nextafter(changed[3, 5], np.float32(99))
        one, other = checksum([(pixels[:8], targets[:8])]), checksum([(changed, targets[:8])])
        assert one.unordered != other.unordered
        assert one.ordered != other.ordered

    def test_a_picture_that_is_turned_by_nothing_is_only_scaled(self):
        pixels = digits()[0][15]
        assert np.allclose(turned(pixels, 15), pixels / 16)  # row 15 is turned by 0 degrees
        assert not np.allclose(turned(pixels, 16), pixels / 16)

    def test_the_light_epoch_has_enough_batches_and_the_light_transform_its_range(self):
        pixels, targets = epoch("light", 8)
        assert len(pixels) == len(targets) >= 500 * 8
        assert (scaled(pixels).min(), scaled(pixels).max()) == (-1, 1)


class TestClocks:
    def test_a_batch_made_elsewhere_is_waited_for_and_handed_over(self):
        def batches():
            yield "made long ago"

        parts = consumed(batches(), lambda batch: Delivery(0.2, 0.1, 0.05, done=0.0), busy=0.0)
        assert parts["waiting"] == 0.0
        assert 0 < parts["hand_over"] <= parts["wall"]
        assert (parts["transform"], parts["processor"], parts["batching"]) == (0.2, 0.1, 0.05)

    def test_a_batch_of_the_consumers_own_is_neither(self):
        parts = consumed(iter("ab"), lambda batch: Delivery(0.0, 0.0, 0.0, done=None), busy=0.0)
        assert parts["waiting"] == parts["hand_over"] == 0.0

    def test_a_clock_gives_what_its_transform_gives_and_forgets_what_was_read(self):
        clock = Clock(lambda value: value + 1)
        assert clock(1) == 2
        assert clock.read()[0] > 0
        assert clock.read() == (0, 0)


class TestRequest:
    def test_the_numbers_of_workers_double(self):
        assert up_to(1) == (0, 1)
        assert up_to(2) == (0, 1, 2)
        assert up_to(6) == (0, 1, 2, 4, 6)

    @pytest.mark.parametrize(
        "fields", [{"transform": "heavy"}, {"batch_size": 0}, {"prefetch": 65}, {"busy": -1.0}, {"workers": (17,)}]
    )
    def test_what_cannot_be_measured_is_refused(self, fields):
        with pytest.raises(ConfigError):
            asked(**fields)

    def test_both_sides_stand_beside_each_other_and_autotune_is_the_last(self):
        assert asked(workers=(1, 0)).cases == (
            *(Case("torch", 0), Case("tensorflow", 0), Case("torch", 1), Case("tensorflow", 1)),
            Case("tensorflow", AUTOTUNE),
        )


class TestFound:
    def test_workers_that_help_and_calls_that_do_not_are_told_with_the_reason(self):
        told = found(asked(), lines(asked(), helped))
        words = " ".join(pipelines.why(told))
        assert "DataLoader, 2 workers: 2.00 [2.00, 2.00] times as fast as no workers" in words
        assert "tf.data, 2 calls at once: 1.00 [1.00, 1.00] times" in words
        assert "(the GIL)" in words
        assert "do not show that clearly" not in words

    def test_where_workers_do_not_help_either_the_reason_is_not_claimed_to_be_shown(self):
        told = found(asked(), lines(asked(), lambda side, workers: 0.3))
        assert "do not show that clearly" in " ".join(pipelines.why(told))

    def test_the_light_transform_has_no_word_of_the_lock(self):
        request = asked(transform="light")
        assert "GIL" not in " ".join(pipelines.why(found(request, lines(request, helped))))

    def test_the_verdicts_are_across_the_sides_at_equal_workers(self):
        told = found(asked(), lines(asked(), helped))
        assert [pipelines.verdict(told, pair) for pair in pipelines.across(told)] == [
            "DataLoader, no workers is 1.50 [1.50, 1.50] times as fast as tf.data, one by one (n = 5).",
            "DataLoader, 1 worker is 1.50 [1.50, 1.50] times as fast as tf.data, 1 call at once (n = 5).",
            "DataLoader, 2 workers is 3.00 [3.00, 3.00] times as fast as tf.data, 2 calls at once (n = 5).",
        ]

    def test_too_few_rounds_give_no_verdict(self):
        request = asked(rounds=2)
        told = found(request, lines(request, helped))
        assert "No verdict" in pipelines.verdict(told, told.pairs[0])

    def test_a_disturbed_machine_is_said_and_makes_intervals_wider(self):
        uneven = lines(asked(), helped)
        for place, line in enumerate(line for line in uneven if line["kind"] == "block"):
            line["seconds"] *= 1 + 0.05 * (place % 3)
        quiet = found(asked(), uneven)
        noisy = found(asked(), [line | ({"others_share": 0.8} if line["kind"] == "state" else {}) for line in uneven])
        width = [told.pairs[0].high - told.pairs[0].low for told in (quiet, noisy)]
        assert width[1] > 1.5 * width[0] > 0
        assert "80%" in pipelines.doubts(noisy)[0]
        assert "80%" not in " ".join(pipelines.doubts(quiet))

    def test_other_examples_are_said_and_another_order_too(self):
        same = found(asked(), lines(asked(), helped))
        assert "in the same order" in pipelines.same_words(same)
        order = found(asked(), lines(asked(), helped, checksums=lambda side, workers: side))
        assert "not in the same order" in pipelines.same_words(order)
        assert order.same_examples
        other = lines(asked(), helped)
        next(line for line in other if line["kind"] == "check")["unordered"] = "else"
        assert "did not deliver the same" in pipelines.same_words(found(asked(), other))

    def test_the_consumers_time_is_attributed_and_the_rest_is_not(self):
        told = found(asked(), lines(asked(), helped))
        alone, together = told.loaders[0], told.loaders[2]
        assert pipelines_parts.attributed(alone)["transform"] == pytest.approx(40e-6)
        assert pipelines_parts.attributed(alone)["other"] == pytest.approx(18e-6)
        assert pipelines_parts.attributed(together)["transform"] == 0
        assert pipelines_parts.attributed(together)["other"] == pytest.approx(20e-6)
        assert "Not attributed" in pipelines_parts.table(told).columns

    def test_every_figure_is_drawn_and_the_report_is_json(self):
        measured = lines(asked(), helped)
        told = found(asked(), measured)
        assert len(pipelines.rates(told).data) == 2
        assert len(pipelines.live(told.request.cases, measured).data) == len(told.request.cases)
        assert pipelines.live(told.request.cases, []).data == ()
        assert {bar.name for bar in pipelines_parts.figure(told).data} >= {"Waits for a batch", "Not attributed"}
        report = json.loads(json.dumps(pipelines_report.as_json(told)))
        assert [one["workers"] for one in report["pipelines"]] == [0, 0, 1, 1, 2, 2, "autotune"]
        assert report["same_examples"]
        assert report["pairs"][0]["word"] == "faster"


class TestStored:
    def test_a_result_is_read_again_and_a_damaged_one_is_said_to_be(self, tmp_path):
        request, store = asked(), Store(tmp_path)
        assert read(request, store) is None
        folder = request.folder(store)
        folder.mkdir(parents=True)
        (folder / "request.json").write_text("{}")
        (folder / turns.FILE).write_text('{"kind": "check", "case": 0}\n')
        with pytest.raises(TaskError, match="damaged"):
            read(request, store)
        (folder / turns.FILE).write_text("".join(json.dumps(line) + "\n" for line in lines(request, helped)))
        told = read(request, store)
        assert told
        assert told.loaders[0].rate == pytest.approx(5000, rel=0.01)


class TestThreads:
    def test_counts_double_up_to_all_cores(self):
        assert threads.Request(1).counts == [1]
        assert threads.Request(2).counts == [1, 2]
        assert threads.Request(6).counts == [1, 2, 4, 6]

    def test_each_kind_of_thread_has_its_own_verdict(self):
        request = threads.Request(2)

        def seconds(case: threads.Case) -> float:
            return 0.01 / case.inside if case.side == "torch" else 0.01

        told = threads.found(request, threaded(request, seconds))
        assert pipelines_threads.answers(told, "matrix") == [
            "PyTorch, 2 threads inside of an operation: faster, 2.00 [2.00, 2.00] times as fast as with one (n = 5).",
            "PyTorch, 2 threads between operations: the same within 3 %, 1.00 [1.00, 1.00] times as fast as with one "
            "(n = 5).",
            "TensorFlow, 2 threads inside of an operation: the same within 3 %, 1.00 [1.00, 1.00] times as fast as "
            "with one (n = 5).",
            "TensorFlow, 2 threads between operations: the same within 3 %, 1.00 [1.00, 1.00] times as fast as with "
            "one (n = 5).",
        ]
        assert len(pipelines_threads.figure(told, "step").data) == 4
        assert (
            list(pipelines_threads.table(told, "step")["It says"])
            == ["1 and 1"] * 2 + ["2 and 1"] * 2 + ["1 and 2"] * 2
        )
