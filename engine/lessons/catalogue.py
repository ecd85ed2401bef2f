"""The lessons: ten minutes each, every question with options to predict from and an experiment that answers it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from engine.bench import benchmark
from engine.bench.plan import Plan
from engine.claims.evidence import Exported, Timed, Trained
from engine.config import NAMES, RunConfig
from engine.lessons import outcome
from engine.lessons.outcome import FALLS, GROWS, ROUNDING, SAME, STAYS, VISIBLE
from engine.runs import Store

LOSS = {FALLS: "It falls", STAYS: "It hardly moves", GROWS: "It grows"}
PARITY = {SAME: "The same in ten digits", ROUNDING: "The same but for rounding", VISIBLE: "Visibly apart"}
VALIDATION = {FALLS: "It ends near its least", GROWS: "It falls, then rises again"}


@dataclass(frozen=True)
class Question:
    """One prediction; `came` is the option that came true, empty while nothing has ended or none did."""

    name: str
    asks: str
    options: Mapping[str, str]
    measurement: Timed | Trained | Exported
    came: Callable[[Store], str]
    why: str


@dataclass(frozen=True)
class Lesson:
    """A guided experiment: what it is about, its questions in order, and where to go on."""

    name: str
    title: str
    about: str
    questions: tuple[Question, ...]
    further: str


def _trained(
    name: str, asks: str, options: Mapping[str, str], judge: Callable[..., str], why: str, **fields: object
) -> Question:
    asked = Trained("Run it", lambda: RunConfig.build(fields))
    return Question(name, asks, options, asked, lambda store: outcome.of_run(store, asked, judge), why)


def _timed(
    name: str,
    asks: str,
    options: Mapping[str, str],
    judge: Callable[..., str],
    why: str,
    plan: Callable[[], Plan],
) -> Question:
    asked = Timed("Measure it", plan)
    return Question(name, asks, options, asked, lambda store: outcome.of_benchmark(store, asked, judge), why)


def _exported(name: str, asks: str, options: Mapping[str, str], judge: Callable[..., str], why: str) -> Question:
    asked = Exported("Export both sides", _served, "onnx")
    return Question(name, asks, options, asked, lambda store: outcome.of_export(store, asked, judge), why)


def _served() -> RunConfig:
    return RunConfig.build({"network": "mlp", "epochs": 10})


def _usual() -> RunConfig:
    return RunConfig.build({"network": "mlp", "policy": "defaults"})


def _descent(rate: float) -> dict[str, object]:
    return {"network": "simple_net", "epochs": 50, "learning_rate": rate}


def _spirals(examples: int) -> dict[str, object]:
    return {
        "network": "mlp", "dataset": "spirals", "epochs": 200, "optimizer": "adam", "learning_rate": 0.01,
        "network_options": {"width": 64}, "dataset_options": {"examples": examples, "noise": 0.15},
    }  # fmt: skip


LESSONS = (
    Lesson(
        "descent", "Gradient descent by hand",
        "One row of data, six inputs, three hidden neurons, one output. Each step moves every weight against its "
        "gradient: `w = w - learning_rate * gradient`. Nothing else happens.",
        (
            _trained("small", "The learning rate is 0.01. What does the loss do in 50 steps?", LOSS, outcome.of_losses,
                     "Each step goes a little downhill, and the next gradient is a little smaller.", **_descent(0.01)),
            _trained("large", "The learning rate is 2. What does the loss do now?", LOSS, outcome.of_losses,
                     "The step is longer than the valley is wide, so it lands higher on the other side, or beyond "
                     "where any neuron answers.", **_descent(2.0)),
            _trained("both", "Both start from the same weights. How far do their 50 losses lie apart?", PARITY,
                     outcome.of_parity, "The arithmetic is the same; the order in which numbers are added need not "
                     "be, and float32 keeps seven digits.", **_descent(0.01)),
        ),
        "On the run's page, the microscope shows each layer's gradients and the first step at which they differ.",
    ),
    Lesson(
        "defaults", "Why the defaults differ",
        "The same network, the same data, the same hyperparameters. Nobody made a mistake, and yet the curves of two "
        "frameworks do not agree.",
        (
            _trained("apart", "Each as it comes out of the box. How far do the losses lie apart?", PARITY,
                     outcome.of_parity, "Initial weights, the order of batches and small numbers in the optimizer "
                     "differ. None of them is in the code that people compare.", network="mlp", policy="defaults"),
            _trained("matched", "Now weights, batches and the optimizer's arithmetic are matched. And now?", PARITY,
                     outcome.of_parity, "What was left is rounding.", network="mlp", policy="matched"),
        ),
        "The defaults panel of a run flips one default at a time, and shows how much of the distance is due to it.",
    ),
    Lesson(
        "execution", "Eager or compiled",
        "Running a step line by line in Python costs time of its own. For a small network that is most of the time.",
        (
            _timed("pair", "A training step of a small network: PyTorch eager against TensorFlow's graph. Which is "
                   "faster here?", {**NAMES, "same": "Equally fast", "unknown": "It cannot be told"}, outcome.of_pair,
                   "Eager PyTorch pays for every operation in Python, the graph pays once for each call. What that "
                   "amounts to is this machine's answer, not a law.", lambda: benchmark.comparison(_usual())),
            _timed("many", "TensorFlow can also run many steps in one call. How many times as fast is its fastest way?",
                   {"under_2": "Less than twice", "to_5": "Two to five times", "over_5": "More than five times"},
                   outcome.of_many_steps, "The call was most of the step. Larger networks gain less: try one on the "
                   "page Speed.", lambda: benchmark.ladder(_usual())),
        ),
        "The page Speed times every network in every way to run, with intervals.",
    ),
    Lesson(
        "overfitting", "Overfitting on spirals",
        "Two noisy spirals, to be told apart from their two coordinates. A network with 64 neurons has room to learn "
        "each point by heart.",
        (
            _trained("few", "It sees 64 points, 200 times each. What does the validation loss do?", VALIDATION,
                     outcome.of_validation, "The network learns the noise of those points, and the more certain it "
                     "becomes, the more a wrong answer costs.", **_spirals(80)),
            _trained("more", "Now 1,600 points. And now?", VALIDATION, outcome.of_validation,
                     "With enough points, what fits them fits others too.", **_spirals(2000)),
        ),
        "The picture of a run shows the border that each side has drawn between the spirals.",
    ),
    Lesson(
        "precision", "Precision",
        "Numbers have 7 digits in float32, 16 in float64, and 3 in bfloat16. Everything else is matched.",
        (
            _trained("float32", "In float32: how far do the losses of the two frameworks lie apart?", PARITY,
                     outcome.of_parity, "A difference in the seventh digit grows a little with every step.",
                     network="mlp", precision="float32"),
            _trained("float64", "In float64?", PARITY, outcome.of_parity,
                     "The same difference begins nine digits later. This is how the two can be shown to compute the "
                     "same thing.", network="mlp", precision="float64"),
            _trained("mixed", "In mixed precision, with bfloat16 inside?", PARITY, outcome.of_parity,
                     "With three digits, the order of additions shows after a few steps. Compare the accuracies, not "
                     "the losses.", network="mlp", precision="mixed_bfloat16"),
        ),
        "The action Certify parity of a run trains both sides in float64 and judges the difference step by step.",
    ),
    Lesson(
        "serving", "From training to a served model",
        "A trained network is of use where neither framework is installed: as a file, in a small runtime, behind an "
        "address.",
        (
            _trained("train", "Ten epochs on handwritten digits. What share of unseen ones does it get right?",
                     {"under_90": "Less than 90 %", "to_99": "90 to 99 %", "over_99": "More than 99 %"},
                     outcome.of_accuracy, "A small network goes a long way on small pictures.",
                     network="mlp", epochs=10),
            _exported("files", "Both sides become ONNX files, which one runtime runs. How far do their outputs lie "
                      "apart?", PARITY, outcome.of_files, "The runtime does not know who trained a file. It has the "
                      "same weights but for rounding, and so the same answers."),
            _exported("sooner", "What answers one row sooner: the file in ONNX Runtime, or its framework?",
                      {"file": "The file", "framework": "The framework", "mixed": "It differs by framework"},
                      outcome.of_answering, "For one row, calling is most of the work, and a small runtime has less "
                      "of it to do. A framework's own compiled call comes nearer."),
        ),
        "Serve the file on the page Deploy, and ask it with the line that is shown there.",
    ),
)  # fmt: skip
BY_NAME = {lesson.name: lesson for lesson in LESSONS}
