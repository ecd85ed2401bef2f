"""The part of a script that draws the initial weights that both frameworks share, and the lines that set them."""

from engine.config import RunConfig
from engine.fairness.defaults import matches
from engine.fairness.weights import shapes
from engine.networks.shapes import Weight
from engine.scripts.script import Part
from engine.scripts.sources import take

DRAWN = ("engine.fairness.weights", "_drawn")
OWN = ("engine.frameworks.weights_tensorflow", "own")
PLAIN = ("engine.scripts.layout", "own")


def weights(config: RunConfig) -> Part:
    """What leaves WEIGHTS, the shapes by name, and `drawn`, the arrays in canonical layout, which is PyTorch's."""
    taken = take([DRAWN])
    lines = [taken.text, "", *table(config)]
    lines.append("drawn = {name: _drawn(SEED, name, weight) for name, weight in WEIGHTS.items()}")
    if second_bias(config):
        lines.append('drawn["lstm.bias_hh_l0"] = np.zeros_like(drawn["lstm.bias_ih_l0"])')
    return Part("Initial weights, the same in both frameworks", lines, taken.imports)


def second_bias(config: RunConfig) -> bool:
    """Whether PyTorch's LSTM keeps its second bias."""
    return "lstm" in config.network_entry.contains and not matches(config, "lstm_bias")


def table(config: RunConfig) -> list[str]:
    """The shapes of all weights as Python."""
    return ["WEIGHTS = {", *(f'    "{name}": {_shown(weight)},' for name, weight in shapes(config).items()), "}"]


def _shown(weight: Weight) -> str:
    usual = Weight(weight.shape)
    named = (name for name in ("fan_in", "begin", "flattens") if getattr(weight, name) != getattr(usual, name))
    more = "".join(f", {name}={getattr(weight, name)!r}".replace("'", '"') for name in named)
    return f"Weight({weight.shape}{more})"


TORCH = [
    "with torch.no_grad():",
    "    for name, weight in network.named_parameters():",
    "        if weight.requires_grad:",
    "            weight.copy_(torch.from_numpy(drawn[name]))",
]
TENSORFLOW = [
    "for variable in network.trainable_variables:",
    '    name = variable.path.removeprefix(f"{network.name}/").replace("/", ".")',
    "    variable.assign(own(name, drawn, WEIGHTS))",
]


def layout(config: RunConfig) -> Part:
    """Keras' names and layouts from the canonical ones. PyTorch needs nothing of the kind."""
    recurrent = any("_hh_" in name for name in shapes(config))
    taken = take([OWN if recurrent else PLAIN], known=("Weight",))
    return Part("Weights in Keras' layout", [taken.text], taken.imports)
