"""Each default that differs, to be read: its value in each framework, where it is defined, and why it matters."""

from dataclasses import dataclass

from engine.config import RunConfig
from engine.fairness.defaults import FIRST_LOSS_SCALE, TENSORFLOW, TORCH, matchable


@dataclass(frozen=True)
class Difference:
    """One default: `values` and `where` are PyTorch's and TensorFlow's; `matchable` ones can be flipped, by `name`.

    The others are made equal in every run, in the twins themselves, or there could be no comparison.
    """

    name: str
    title: str
    values: tuple[str, str]
    where: tuple[str, str]
    lesson: str
    matchable: bool = True


CLASSES = {
    "sgd": ("SGD", "SGD"),
    "momentum": ("SGD", "SGD"),
    "nesterov": ("SGD", "SGD"),
    "adam": ("Adam", "Adam"),
    "adamw": ("AdamW", "AdamW"),
    "rmsprop": ("RMSprop", "RMSprop"),
}
ARGUMENTS = {"epsilon": ("eps", "epsilon"), "rho": ("alpha", "rho"), "weight_decay": ("weight_decay", "weight_decay")}
CONSTANTS = {
    "epsilon": (
        "Optimizer epsilon",
        "A larger epsilon shortens the steps of weights whose gradients are small. Keras' is ten times PyTorch's.",
    ),
    "rho": (
        "RMSprop decay",
        "How long squared gradients are remembered: about 1/(1 − rho) steps, 100 in PyTorch and 10 in Keras. With the "
        "same learning rate the two are different optimizers.",
    ),
    "weight_decay": (
        "AdamW weight decay",
        "Both shrink the weights directly, but PyTorch does it two and a half times as strongly.",
    ),
}
EQUATIONS = {
    "sgd": ("w − lr · g", "w − lr · g"),
    "momentum": ("b = μ·b + g; w − lr · b", "v = μ·v − lr · g; w + v"),
    "nesterov": ("b = μ·b + g; w − lr · (g + μ·b)", "v = μ·v − lr · g; w + μ·v − lr · g"),
    "adam": ("m̂ / (√v̂ + ε)", "α · m / (√v + ε), α = lr · √(1 − β₂ᵗ)/(1 − β₁ᵗ)"),
    "adamw": ("m̂ / (√v̂ + ε)", "α · m / (√v + ε), α = lr · √(1 − β₂ᵗ)/(1 − β₁ᵗ)"),
    "rmsprop": ("g / (√v + ε)", "g / √(v + ε)"),
}
ADAM = (
    "Keras corrects the bias outside of the root, so its epsilon acts 1/√(1 − β₂ᵗ) times as strongly: 32 times at the "
    "first step."
)
EQUATION_LESSONS = {
    "sgd": "Both take the learning rate times the gradient away, to the last bit; they part in what comes before.",
    "momentum": "Equal while the learning rate is constant. When it changes, Keras' velocity keeps the old rate.",
    "nesterov": "Equal while the learning rate is constant. When it changes, Keras' velocity keeps the old rate.",
    "adam": ADAM,
    "adamw": ADAM,
    "rmsprop": "Keras adds epsilon under the root: 1e-7 there keeps the denominator above 3.2e-4, and steps along "
    "small gradients stay short.",
}
DUPLICATES = (
    " Where a batch has the same token more than once, Keras also squares each of its gradient's rows by itself, "
    "not their sum, so an embedding's rows move further."
)
DECAY = (
    " With weight decay the two part for good: PyTorch adds it to the gradient, where the optimizer scales it, and "
    "every Keras optimizer shrinks the weights directly."
)


CLIPPING = " Both clip the norm of the whole gradient; PyTorch adds 1e-6 to that norm before it divides."
CLIPPED_ROWS = (
    " Keras takes the norm of an embedding's gradient from its rows one by one, also where a batch has the same token "
    "more than once: that norm is smaller than the true one, so Keras clips less."
)


def differences(config: RunConfig) -> list[Difference]:
    """Every default that differs for this config: first those that can be matched, then those that always are."""
    return [_matchable(name, config) for name in matchable(config)] + _always(config)


def title(name: str, config: RunConfig) -> str:
    """A flip's name in words."""
    return "All of them" if name == "all" else "None" if not name else _matchable(name, config).title


def _matchable(name: str, config: RunConfig) -> Difference:
    if name in CONSTANTS:
        return _constant(name, config)
    if name == "initial_weights":
        return _initial_weights(config)
    if name == "optimizer_equation":
        return _equation(config)
    return PLAIN[name]


def _constant(name: str, config: RunConfig) -> Difference:
    optimizer, words = config.optimizer, CONSTANTS[name]
    values = (f"{TORCH[optimizer][name]:g}", f"{TENSORFLOW[optimizer][name]:g}")
    first, second = CLASSES[optimizer]
    arguments = ARGUMENTS[name]
    where = (f"torch.optim.{first}({arguments[0]})", f"keras.optimizers.{second}({arguments[1]})")
    return Difference(name, words[0], values, where, words[1])


def _equation(config: RunConfig) -> Difference:
    optimizer = config.optimizer
    lesson = EQUATION_LESSONS[optimizer]
    if optimizer in ("adam", "adamw", "rmsprop") and "embedding" in config.network_entry.contains:
        lesson += DUPLICATES
    if optimizer != "adamw" and config.weight_decay:
        lesson += DECAY
    if config.gradient_clip_norm is not None:
        lesson += CLIPPING + (CLIPPED_ROWS if "embedding" in config.network_entry.contains else "")
    first, second = CLASSES[optimizer]
    where = (f"torch.optim.{first}", f"keras.optimizers.{second}.update_step")
    return Difference("optimizer_equation", "Optimizer equation", EQUATIONS[optimizer], where, lesson)


def _initial_weights(config: RunConfig) -> Difference:
    torch, tensorflow = "uniform in ±1/√(inputs), biases too", "Glorot uniform, biases 0"
    where = ("torch.nn.Linear, Conv2d (reset_parameters)", "keras.layers.Dense, Conv2D (kernel_initializer)")
    match config.network:
        case "lstm" | "gru":
            torch, tensorflow = "uniform in ±1/√(width), all", "Glorot and orthogonal, biases 0"
            tensorflow += ", the forget gate's 1" if config.network == "lstm" else ""
            kind = config.network.upper()
            where = (f"torch.nn.{kind} (reset_parameters)", f"keras.layers.{kind} (kernel_initializer, …)")
        case "transformer":
            torch += "; embeddings normal, deviation 1"
            tensorflow += "; embeddings uniform in ±0.05"
            where = ("torch.nn.Linear, Embedding", "keras.layers.Dense, Embedding")
        case "plain_mlp":
            where = ("as torch.nn.Linear", "as keras.layers.Dense")
    lesson = (
        "Training starts elsewhere, and at another speed: in a square layer Glorot's weights are √3 times as large. "
        "Matched, both begin with the same numbers, distributed as PyTorch has them."
    )
    return Difference("initial_weights", "Initial weights", (torch, tensorflow), where, lesson)


PLAIN = {
    difference.name: difference
    for difference in (
        Difference(
            "loss_scale",
            "First loss scale",
            (f"{FIRST_LOSS_SCALE['torch']:,.0f}", f"{FIRST_LOSS_SCALE['tensorflow']:,.0f}"),
            ("torch.amp.GradScaler(init_scale)", "keras.optimizers.LossScaleOptimizer(initial_scale)"),
            "In float16 the loss is multiplied, so that small gradients are not 0. A step whose gradient overflows is "
            "skipped and the factor halved: PyTorch, which begins at twice Keras' factor, may skip one step more.",
        ),
        Difference(
            "batch_norm",
            "Batch norm constants",
            ("epsilon 1e-5, the new statistics count 0.1", "epsilon 1e-3, the new statistics count 0.01"),
            ("torch.nn.BatchNorm2d(eps, momentum=0.1)", "keras.layers.BatchNormalization(epsilon, momentum=0.99)"),
            "Keras' running statistics follow ten times as slowly. In a short run validation still sees those of the "
            "start, and looks worse than training.",
        ),
        Difference(
            "running_variance",
            "Batch norm's running variance",
            ("unbiased, n/(n − 1)", "biased, n/n"),
            ("torch.nn.BatchNorm2d", "keras.layers.BatchNormalization"),
            "Both normalise a batch by its biased variance, but PyTorch remembers the unbiased one. The fewer values a "
            "channel has in a batch, the more the two part in validation.",
        ),
        Difference(
            "layer_norm",
            "Layer norm epsilon",
            ("1e-5", "1e-3"),
            ("torch.nn.LayerNorm(eps)", "keras.layers.LayerNormalization(epsilon)"),
            "It is added to a variance: where activations are small, Keras' norm makes them smaller.",
        ),
        Difference(
            "gelu",
            "GELU rounding",
            ("exact", "exact, constants rounded to float32"),
            ("torch.nn.GELU", "keras.activations.gelu"),
            "The same function, in another order of operations: only rounding differs, but in float64 it differs at "
            "the eighth digit.",
        ),
        Difference(
            "lstm_bias",
            "The LSTM's second bias",
            ("two biases", "one bias"),
            ("torch.nn.LSTM (bias_ih, bias_hh)", "keras.layers.LSTM (bias)"),
            "PyTorch adds two biases and trains both, so their sum learns at twice the rate. Matched, the second one "
            "is zero and stays.",
        ),
        Difference(
            "dropout_masks",
            "Dropout masks",
            ("PyTorch's generator", "Keras' generator"),
            ("torch.nn.Dropout", "keras.layers.Dropout (seed)"),
            "Each framework draws other units to leave out, also from the same seed. It is noise of the same kind.",
        ),
        Difference(
            "tf32",
            "TensorFloat-32",
            ("convolutions yes, matrix products no", "both"),
            (
                "torch.backends.cudnn.allow_tf32, cuda.matmul.allow_tf32",
                "tf.config.experimental.enable_tensor_float_32_execution",
            ),
            "On NVIDIA GPUs since Ampere, float32 products keep 10 bits of the fraction where it is on.",
        ),
        Difference(
            "determinism",
            "Deterministic operations",
            ("off", "off"),
            ("torch.use_deterministic_algorithms", "tf.config.experimental.enable_op_determinism"),
            "Off in both, but each adds up in an order of its own, which may change from run to run.",
        ),
    )
}


def _always(config: RunConfig) -> list[Difference]:
    found = []
    if config.form.task == "classification":
        found.append(
            Difference(
                "logits",
                "Losses on logits",
                ("logits", "probabilities"),
                ("torch.nn.CrossEntropyLoss", "keras.losses.SparseCategoricalCrossentropy(from_logits=False)"),
                "Keras' default takes what comes in for probabilities: given logits it trains on a wrong loss, without "
                "a word. In every run here both sides are given logits and told so.",
                matchable=False,
            )
        )
    if "strided_padding" in config.network_entry.contains:
        found.append(
            Difference(
                "strided_padding",
                "Same padding with stride 2",
                ("padding=1: all around", '"same": below and on the right, for even sizes'),
                ("torch.nn.Conv2d(padding)", "keras.layers.Conv2D(padding)"),
                "The kernels look at other pixels, shifted by one. The network's Keras twin pads all around by itself, "
                "so that both see the same in every run.",
                matchable=False,
            )
        )
    return found
