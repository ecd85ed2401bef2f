"""The parts of a script in raw tensors that make its weights and its network."""

from engine.config import RunConfig
from engine.fairness.defaults import matches
from engine.scripts import weights as drawing
from engine.scripts.script import Part
from engine.scripts.sources import take

LIBRARY = {"torch": "torch", "tensorflow": "tf"}
IMPORTS = {"torch": "import torch", "tensorflow": "import tensorflow as tf"}
ACTIVATIONS = {
    "torch": {name: f"torch.{name}" for name in ("relu", "tanh", "sigmoid")}
    | {name: f"functional.{name}" for name in ("gelu", "silu")},
    "tensorflow": {name: f"tf.{name}" for name in ("tanh", "sigmoid")}
    | {name: f"tf.nn.{name}" for name in ("relu", "gelu", "silu")},
}
# Networks whose weights Keras draws by rules of their own, and the functions that do the same.
INITIAL = {"plain_mlp": "initial_plain", "lstm": "initial_lstm", "gru": "initial_gru"}


def drops(config: RunConfig) -> bool:
    """Whether it leaves out numbers in training."""
    return bool(config.network_options.get("dropout"))


def counts_steps(config: RunConfig) -> bool:
    """Whether a step depends on how many there were before it."""
    return config.optimizer in ("adam", "adamw") or (drops(config) and matches(config, "dropout_masks"))


def weights(config: RunConfig, side: str) -> list[Part]:
    """What leaves `weights`, by name; and `done`, the number of steps, where it matters."""
    found, lines = [], ["weights = {}"]
    if matches(config, "initial_weights"):
        found.append(drawing.weights(config))
        more = side == "tensorflow" and drawing.second_bias(config)  # which only PyTorch's LSTM has
        lines.append(f"for name in {'WEIGHTS' if more else 'drawn'}:")
        lines.append(f"    weights[name] = {_shared(config, side)}")
    else:
        found.append(_initial(config, side))
        lines.append("for name, weight in WEIGHTS.items():")
        lines.append(f"    weights[name] = {_own(config, side)}")
    lines = [*_generators(config, side, lines), *_count(config, side)]
    keras = {"import keras"} if any("keras" in line for line in lines) else set()
    return [*found, Part("Weights", lines, {IMPORTS[side], *keras})]


def _shared(config: RunConfig, side: str) -> str:
    if side == "tensorflow":
        return f"tf.Variable(drawn[name], dtype=tf.{config.variable_dtype})"
    device = ", device=DEVICE" if config.device.torch != "cpu" else ""
    return f"torch.tensor(drawn[name], dtype=torch.{config.variable_dtype}{device}, requires_grad=True)"


def _own(config: RunConfig, side: str) -> str:
    if side == "tensorflow":
        return f"tf.Variable({INITIAL.get(config.network, 'initial')}(name, weight))"
    device = ".to(DEVICE)" if config.device.torch != "cpu" else ""
    return f"initial(name, weight){device}.requires_grad_()"


def _initial(config: RunConfig, side: str) -> Part:
    """The framework's own initial weights, and the table that they are made from."""
    module, name = f"engine.scripts.raw.initial_{side}", "initial"
    if side == "tensorflow" and config.network in INITIAL:
        module, name = "engine.scripts.raw.initial_only_tensorflow", INITIAL[config.network]
    taken, table = take([(module, name)]), drawing.table(config)
    if side == "torch" and drawing.second_bias(config):
        place = next(place for place, line in enumerate(table) if "bias_ih" in line)
        table.insert(place + 1, table[place].replace("bias_ih", "bias_hh"))
    return Part("Initial weights", [taken.text, "", *table], taken.imports)


def _generators(config: RunConfig, side: str, lines: list[str]) -> list[str]:
    """With Keras' own random generator for each dropout, made after the weights that are before it."""
    if side == "torch" or not drops(config) or matches(config, "dropout_masks"):
        return lines
    before = 'name.endswith(("position.weight", "projection.bias", "contract.bias"))'
    before = 'name.startswith("hidden") and name.endswith("bias")' if config.network == "mlp" else before
    return [
        "generators = []  # of dropout's masks, each made after the weights before it",
        *lines,
        f"    if {before}:",
        "        generators.append(keras.random.SeedGenerator())",
    ]


def _count(config: RunConfig, side: str) -> list[str]:
    made = {"torch": "torch.zeros((), dtype=torch.int64)", "tensorflow": "tf.Variable(0, dtype=tf.int64)"}
    return [f"done = {made[side]}  # steps"] if counts_steps(config) else []


def network(config: RunConfig, side: str) -> Part:
    """What leaves `network`, a function of a batch and, where that matters, of whether it is training."""
    taken = take(_wanted(config, side))
    lines = [*_helpers(config, side), f"def network(x{', training=False' if trains(config) else ''}):"]
    if config.network == "resnet":
        lines.append(f"    norm = partial(batch_norm, weights, running, training=training, {_norm(config, side)})")
    lines.append(f"    return forward({', '.join(['weights', 'x', *_options(config, side)])})")
    used = {
        "functional.": "from torch.nn import functional",
        "keras.": "import keras",
        "partial(": "from functools import partial",
    }
    imports = {line for name, line in used.items() if any(name in each for each in lines)}
    return Part("Network", [taken.text, "", *lines], taken.imports | imports | {IMPORTS[side]})


def _wanted(config: RunConfig, side: str) -> list[tuple[str, str]]:
    """Which of our own functions it is made of, by module and name."""
    twin, layers = f"engine.scripts.raw.{config.network}_{side}", f"engine.frameworks.layers_{side}"
    found = [(twin, "forward")]
    if config.network == "resnet":
        found += [(twin, "statistics"), (twin, "batch_norm")]
    if "gelu" in config.network_entry.parts(config.network_options) and _activation(config, side, "gelu") == "_gelu":
        found.append((layers, "_gelu"))
    if drops(config) and matches(config, "dropout_masks"):
        found += [(layers, "dropout"), (layers, "dropout_keys")]
    return found


def _helpers(config: RunConfig, side: str) -> list[str]:
    lines = ["running = statistics(weights)", ""] if config.network == "resnet" else []
    return [*lines, *_drop(config, side), ""] if drops(config) else lines


def _options(config: RunConfig, side: str) -> list[str]:
    """What `forward` is given besides weights and a batch."""
    options = config.network_options
    given = [f"{name}={options[name]}" for name in ("depth", "heads", "blocks") if name in options]
    if config.network == "mlp":
        given.append(f"activation={_activation(config, side, str(options['activation']))}")
    if config.network == "transformer":
        epsilon = 1e-5 if side == "torch" or matches(config, "layer_norm") else 1e-3
        given += [f"epsilon={epsilon}", f"gelu={_activation(config, side, 'gelu')}"]
    given += ["norm=norm"] if config.network == "resnet" else []
    return [*given, "drop=drop if training else None"] if drops(config) else given


def trains(config: RunConfig) -> bool:
    """Whether it does something else in training than in evaluation."""
    return drops(config) or config.network == "resnet"


def _activation(config: RunConfig, side: str, name: str) -> str:
    """Keras' GELU rounds its constants to float32, which is why the matched policy has one of its own."""
    own = side == "tensorflow" and name == "gelu" and matches(config, "gelu")
    return "_gelu" if own else ACTIVATIONS[side][name]


def _norm(config: RunConfig, side: str) -> str:
    usual = side == "torch" or matches(config, "batch_norm")
    epsilon, kept = (1e-5, 0.9) if usual else (1e-3, 0.99)
    return f"epsilon={epsilon}, kept={kept}, unbiased={side == 'torch' or matches(config, 'running_variance')}"


def _drop(config: RunConfig, side: str) -> list[str]:
    rate = config.network_options["dropout"]
    if matches(config, "dropout_masks"):
        count = "done" if side == "torch" else "tf.convert_to_tensor(done)"
        made = f"dropout(x, {rate}, dropout_keys(SEED, layer), {count})"
    else:
        made = f"keras.random.dropout(x, {rate}, seed=generators[layer])"
        made = f"functional.dropout(x, {rate})" if side == "torch" else made
    return ["def drop(x, layer):", f"    return {made}"]
