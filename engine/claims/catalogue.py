"""The claims: what people say of the two frameworks, a verdict on each, and what the verdict rests on."""

from dataclasses import dataclass

from engine.bench import benchmark
from engine.bench.plan import Plan
from engine.claims.evidence import Branched, Counted, Exported, Fact, Measurement, Placed, Planted, Ran, Timed, Trained
from engine.config import RunConfig

VERDICTS = {"holds": "Holds", "depends": "Depends", "no_longer": "No longer true"}
TOPICS = {
    "writing": "Writing it",
    "debugging": "Debugging and graphs",
    "speed": "Speed and parallel work",
    "deployment": "Deployment",
    "community": "People and history",
}
MOBILE = (
    Fact("2024-09-04", "TensorFlow Lite was renamed LiteRT; it runs models of PyTorch, JAX and Keras too.",
         "https://developers.googleblog.com/en/tensorflow-lite-is-now-litert/"),
    Fact("2024-10", "ExecuTorch, PyTorch's own runtime for phones and microcontrollers, reached its beta.",
         "https://pytorch.org/blog/executorch-beta/"),
    Fact("2024-10", "TensorFlow.js 4.22.0 is the last release; by November 2026 only a candidate has followed.",
         "https://github.com/tensorflow/tfjs/releases"),
)  # fmt: skip
COMPILE = Fact(
    "2023-03-15",
    "PyTorch 2.0 brought `torch.compile`, which makes graphs of ordinary functions.",
    "https://pytorch.org/blog/pytorch-2.0-release/",
)
TRANSFORMERS = Fact(
    "2025-06-11",
    "Hugging Face's Transformers deprecated TensorFlow and Flax, to be removed in its version 5.",
    "https://github.com/huggingface/transformers/pull/38758",
)
SURVEY = Fact(
    "2022-06-22",
    "Of the professional developers in Stack Overflow's survey, 11.5 % used TensorFlow and 7.6 % PyTorch.",
    "https://survey.stackoverflow.co/2022/",
)
PAPERS = Fact(
    "2019-10",
    "Of the papers at large conferences in 2019 that named one of the two, most named PyTorch: 69 % at CVPR.",
    "https://thegradient.pub/state-of-ml-frameworks-2019-pytorch-dominates-research-tensorflow-dominates-industry/",
)
TORCHSERVE = Fact(
    "2025-08-07",
    "TorchServe's repository was archived; its last release, 0.12.0, is of September 2024.",
    "https://github.com/pytorch/serve",
)


@dataclass(frozen=True)
class Claim:
    """One claim in our words, what became of it and why; at least one measurement or fact."""

    name: str
    topic: str
    said: str
    verdict: str
    why: str
    measurements: tuple[Measurement, ...] = ()
    facts: tuple[Fact, ...] = ()
    see: tuple[str, ...] = ()  # pages of this dashboard, by their addresses


def _defaults(**fields: object) -> RunConfig:
    return RunConfig.build({"network": "mlp", "policy": "defaults"} | fields)


def _ladder() -> Plan:
    return benchmark.ladder(_defaults())


def _inference() -> Plan:
    return benchmark.comparison(_defaults(), quantity="inference")


def _mixed() -> Plan:
    return benchmark.comparison(_defaults(precision="mixed_bfloat16"))


def _workers() -> Plan:
    return benchmark.scaling(_defaults(), "workers", [1, 2])


BRANCHES = Branched("Run a branch on a tensor in every way in both")
LADDER = Timed("Time every way to run one training step", _ladder)
CLAIMS = (
    Claim(
        "ease_of_use", "writing", "PyTorch is intuitive to write, TensorFlow is complex.", "depends",
        "On what is written. For the same network and the same training, the scripts can be counted: lines, names to "
        "know, concepts. With a loop of one's own the two are alike, with `keras.fit` TensorFlow's is a bit shorter.",
        (Counted("Count both scripts of one job", "mlp"),), see=("code", "phrases"),
    ),
    Claim(
        "api_level", "writing", "PyTorch is a low-level library, TensorFlow has high and low levels.", "depends",
        "Both have raw tensors, layers, and loops of one's own. Only Keras brings `fit` with it; for PyTorch that is "
        "a separate package, such as Lightning. And Keras 3 is no longer TensorFlow's alone.",
        (Trained("Train a network of raw tensors in both", lambda: RunConfig.build({"network": "plain_mlp"})),),
        (Fact("2023-11", "Keras 3 runs on TensorFlow, JAX and PyTorch.", "https://keras.io/keras_3/"),), ("code",),
    ),
    Claim(
        "similar_features", "writing", "Both offer similar features.", "holds",
        "In Python, yes: every task of the phrase book has a short answer in both. Where their answers differ, the "
        "phrase says so.",
        (Ran("Run every phrase in both"),), see=("phrases",),
    ),
    Claim(
        "integrations", "writing", "Both offer similar integrations and language support.", "depends",
        "On the language. In Python both are whole, and both write for TensorBoard and ONNX; ONNX Runtime takes the "
        "files of both to C++, C#, Java and JavaScript. Of their own, both have C++; TensorFlow's for Swift has "
        "ended, and that for JavaScript stands still.",
        (Exported("Both sides of a run of the MLP as ONNX, by Deploy", lambda: RunConfig.build({}), "onnx"),),
        (Fact("2021-02", "Swift for TensorFlow was archived.", "https://www.tensorflow.org/swift/guide/overview"),
         MOBILE[2]), ("deploy", "logs"),
    ),
    Claim(
        "one_pass_one_epoch", "writing", "One forward and one backward pass make one epoch.", "depends",
        "Only where the batch is the whole data set. Otherwise an epoch is as many steps as there are batches, and "
        "each step is one forward and one backward pass.",
        (Trained("Train one epoch and count its steps", lambda: RunConfig.build({"network": "mlp", "epochs": 1})),),
    ),
    Claim(
        "debugging", "debugging", "PyTorch is easier to debug, because its graphs are dynamic.", "depends",
        "On whether it runs eagerly. Eager TensorFlow stops at the same line of Python as PyTorch; compiled, both "
        "say less. Their messages differ more than their graphs: compare them for the same mistake.",
        (Planted("Make a shape mismatch in both, eager", "shape_mismatch", "eager"),
         Planted("The same, compiled", "shape_mismatch", "compiled")), see=("debug",),
    ),
    Claim(
        "eager_debugging", "debugging", "Eager execution lets people debug as in any Python.", "holds",
        "Values can be printed and stepped through in both. What neither says by itself, such as a logarithm of "
        "zero, each has a tool for.",
        (Planted("Take the logarithm of zero in both, eager", "nan_from_log", "eager"),), see=("debug",),
    ),
    Claim(
        "dynamic_or_eager", "debugging", "PyTorch's graphs are dynamic, TensorFlow runs eagerly.", "no_longer",
        "Both run eagerly as they come, and both make graphs when asked: `torch.compile` and `tf.function`. What "
        "differs is when they trace again, and what stops them: a branch that depends on a tensor shows both.",
        (BRANCHES,), (COMPILE,), ("graphs",),
    ),
    Claim(
        "static_to_eager", "debugging",
        "TensorFlow 1 built static graphs; TensorFlow 2 is eager, and has graphs through `tf.function`.", "holds",
        "Keras's `fit` still makes a graph of its step unless it is told not to, so most TensorFlow programs run as "
        "graphs without saying so.",
        (BRANCHES,),
        (Fact("2019-09-30", "TensorFlow 2.0 made eager execution the default.",
              "https://blog.tensorflow.org/2019/09/tensorflow-20-is-now-available.html"),), ("graphs",),
    ),
    Claim(
        "performance", "speed", "PyTorch is made for research, TensorFlow is optimised for production speed.",
        "depends",
        "On how it is run, more than on the framework: for small networks, going from one way to run to another "
        "changes the speed several times over, in both. Only a measurement of your network on your machine tells.",
        (LADDER, Timed("Time one prediction at batch 32", _inference)), see=("speed",),
    ),
    Claim(
        "xla_and_amp", "speed",
        "TensorFlow has the XLA compiler and mixed precision, PyTorch is eager and has `torch.cuda.amp`.",
        "no_longer",
        "Both have a compiler (`jit_compile=True`, `torch.compile`), and both have mixed precision "
        "(`keras.mixed_precision`, `torch.amp`). Whether either helps depends on the processor.",
        (Timed("Time a step in mixed precision", _mixed),),
        (Fact("2024-07-24", "PyTorch 2.4 deprecated `torch.cuda.amp`; its name is `torch.amp` now.",
              "https://github.com/pytorch/pytorch/releases/tag/v2.4.0"), COMPILE), ("pipelines", "speed"),
    ),
    Claim(
        "gpu_ease", "speed", "TensorFlow finds a GPU by itself, PyTorch is told with `.cuda()`.", "holds",
        "TensorFlow places on a GPU what it can and copies without a word, which can be slow; PyTorch moves nothing "
        "by itself and stops where two devices meet. `.to(device)` is how it is written today.",
        (Planted("Let two devices meet in both", "wrong_device", "eager"),), see=("debug", "pipelines"),
    ),
    Claim(
        "device_control", "speed", "PyTorch gives explicit control of devices, TensorFlow has `tf.device()`.", "holds",
        "Both can say where: `.to(device)` and `torch.device` in PyTorch, `with tf.device()` in TensorFlow, which "
        "places operations too. They differ where a device is not there: PyTorch raises, TensorFlow computes elsewhere "
        "without a word until soft placement is switched off.",
        (Placed("Place tensors in every way in both"),), see=("pipelines", "phrases"),
    ),
    Claim(
        "tpu", "speed", "TensorFlow runs on TPUs, PyTorch does not.", "no_longer",
        "PyTorch runs on them by PyTorch/XLA, a package beside it. Neither is measured here: that needs a TPU.",
        facts=(Fact("2025-11", "PyTorch/XLA 2.9 was published; PyTorch runs by it on Google's Cloud TPUs.",
                    "https://docs.pytorch.org/xla/release/r2.9/learn/xla-overview.html"),),
    ),
    Claim(
        "gpu_setup", "speed", "Both need CUDA and cuDNN to be set up.", "depends",
        "On Linux both install them as packages: PyTorch with itself, TensorFlow when asked for "
        "`tensorflow[and-cuda]`. On Windows, its own package uses a GPU only through WSL2.",
        facts=(Fact("2023-03", "TensorFlow 2.11.1's notes: 2.10 was the last with GPU support on native Windows.",
                    "https://github.com/tensorflow/tensorflow/releases/tag/v2.11.1"),),
    ),
    Claim(
        "parallel", "speed",
        "`tf.data` and `tf.distribute` make TensorFlow parallel; PyTorch has DataLoader and dynamic graphs.",
        "depends",
        "Both load data in parallel, in different ways: processes in PyTorch, threads in TensorFlow. Both share a "
        "batch among workers. On one small machine, sharing costs more than it gives; measure it.",
        (Timed("Time one worker against two", _workers),),
        (Fact("2024-12",
              "Keras 3 `fit` fails under MultiWorkerMirroredStrategy: reported then, and still so here with 3.15.1.",
              "https://github.com/keras-team/keras/issues/20585"),), ("pipelines", "speed"),
    ),
    Claim(
        "serving", "deployment", "PyTorch is served by TorchServe; TensorFlow by TensorFlow Serving, Lite and JS.",
        "no_longer",
        "TorchServe has ended, and TensorFlow.js stands still. ONNX Runtime runs files of both: Deploy serves them.",
        facts=(TORCHSERVE, *MOBILE[2:]), see=("deploy",),
    ),
    Claim(
        "mobile", "deployment", "On phones PyTorch is limited; TensorFlow has Lite and JS.", "no_longer",
        "PyTorch has ExecuTorch, and LiteRT takes models of both frameworks.", facts=MOBILE,
        see=("deploy",),
    ),
    Claim(
        "visualisation", "deployment", "TensorFlow has TensorBoard, and PyTorch writes for it too.", "holds",
        "Every run here writes TensorBoard's files for both sides; the page Logs shows them.",
        (Trained("Train both and open their logs", lambda: RunConfig.build({"network": "mlp", "epochs": 2})),),
        see=("logs",),
    ),
    Claim(
        "best_for", "deployment", "TensorFlow is best for production and scale, PyTorch for research and prototypes.",
        "depends",
        "Both are used for both. What speaks for one is its speed with your network, where it has to run, and what "
        "your team knows.",
        (LADDER,), (TRANSFORMERS,), ("which",),
    ),
    Claim(
        "community_size", "community", "PyTorch's community grows and is academic, TensorFlow's is larger and "
        "industrial.", "depends",
        "On what is counted, and when. Papers at conferences had gone to PyTorch in 2019, while among developers "
        "TensorFlow was ahead in 2022. Neither count says who is ahead today.",
        facts=(PAPERS, SURVEY),
    ),
    Claim(
        "bigger_because_first", "community",
        "Researchers tend to PyTorch, production to TensorFlow, whose community is bigger because it came first.",
        "depends",
        "TensorFlow did come first, by fourteen months. Researchers had gone over to PyTorch by 2019 all the same; "
        "among developers TensorFlow was ahead in 2022. Why, no count says.",
        facts=(Fact("2015-11-09", "TensorFlow was published.",
                    "https://blog.google/technology/ai/tensorflow-smarter-machine-learning-for/"),
               Fact("2017-01-19", "PyTorch was published.", "https://pytorch.org/blog/a-year-in/"), PAPERS, SURVEY),
    ),
    Claim(
        "origins", "community", "PyTorch came from Facebook's research laboratory, TensorFlow from Google Brain.",
        "holds",
        "That is where they began. PyTorch no longer belongs to one company.",
        facts=(Fact("2022-09-12", "PyTorch moved to a foundation under the Linux Foundation.",
                    "https://pytorch.org/blog/PyTorchfoundation/"),),
    ),
    Claim(
        "same_network", "community",
        "The same small network, written in both, shows how alike they are.", "holds",
        "More than alike: from the same weights and batches, both give the same losses but for rounding. As each "
        "comes out of the box they do not, because their defaults differ.",
        (Trained("Train it with everything matched", lambda: RunConfig.build({"network": "simple_net"})),),
        see=("train",),
    ),
)  # fmt: skip
BY_NAME = {claim.name: claim for claim in CLAIMS}
