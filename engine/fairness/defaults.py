"""What each framework would use if nobody said anything: optimizer parameters, their place, and initial weights."""

from collections.abc import Mapping

from engine.config import FRAMEWORKS, TAKES, RunConfig

# Sources: torch.optim's signatures (2.13); keras.optimizers' (3.15). `momentum` has no default that learns
# with momentum in either: 0.9 is what both documentations' examples use.
TORCH: dict[str, dict[str, float]] = {
    "sgd": {"weight_decay": 0.0},
    "momentum": {"momentum": 0.9, "weight_decay": 0.0},
    "nesterov": {"momentum": 0.9, "weight_decay": 0.0},
    "adam": {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-8, "weight_decay": 0.0},
    "adamw": {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-8, "weight_decay": 0.01},
    "rmsprop": {"rho": 0.99, "epsilon": 1e-8, "weight_decay": 0.0},
}
TENSORFLOW: dict[str, dict[str, float]] = {
    **{name: TORCH[name] for name in ("sgd", "momentum", "nesterov")},
    "adam": {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7, "weight_decay": 0.0},
    "adamw": {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7, "weight_decay": 0.004},
    "rmsprop": {"rho": 0.9, "epsilon": 1e-7, "weight_decay": 0.0},
}
# What the same argument does. Sources: the update methods of torch.optim and of keras.optimizers.
PLACES: dict[str, dict[str, str]] = {
    "adam_epsilon": {"torch": "after bias correction", "tensorflow": "before bias correction"},
    "rmsprop_epsilon": {"torch": "outside the root", "tensorflow": "inside the root"},
    "weight_decay": {"torch": "in the gradient", "tensorflow": "on the weights"},
    "momentum": {"torch": "gradients", "tensorflow": "gradients times their learning rate"},
}
# Of a linear layer. Sources: torch.nn.Linear.reset_parameters; keras.layers.Dense.
INITIAL: dict[str, dict[str, str]] = {
    "initial_weights": {"torch": "uniform, ±1/√inputs", "tensorflow": "uniform, ±√(6/(inputs + outputs))"},
    "initial_biases": {"torch": "uniform, ±1/√inputs", "tensorflow": "0"},
}


def optimizer_parameters(config: RunConfig, framework: str) -> dict[str, float]:
    """The optimizer's parameters by our names: what the config says, else the default.

    In the matched policy the default is torch.optim's on both sides; in `defaults` it is the framework's own.
    """
    own = TENSORFLOW if framework == "tensorflow" and config.policy == "defaults" else TORCH
    chosen = {name: getattr(config, name) for name in (*TAKES, "weight_decay")}
    return own[config.optimizer] | {name: value for name, value in chosen.items() if value is not None}


def differing_defaults(config: RunConfig) -> dict[str, Mapping[str, float | str]]:
    """What the two frameworks do differently in the `defaults` policy, by name and framework; empty in `matched`."""
    if config.policy == "matched":
        return {}
    chosen = {framework: optimizer_parameters(config, framework) for framework in FRAMEWORKS}
    parameters: dict[str, Mapping[str, float | str]] = {
        name: {side: values[name] for side, values in chosen.items()} for name in chosen["torch"]
    }
    found: dict[str, Mapping[str, float | str]] = dict(INITIAL)
    found |= {name: sides for name, sides in parameters.items() if sides["torch"] != sides["tensorflow"]}
    return found | {name: PLACES[place] for name, place in _places(config, chosen["torch"]).items()}


def _places(config: RunConfig, parameters: dict[str, float]) -> dict[str, str]:
    """Which of the PLACES matter for this config, by what to call them."""
    found = {}
    if "epsilon" in parameters:
        found["epsilon_is_added"] = "rmsprop_epsilon" if config.optimizer == "rmsprop" else "adam_epsilon"
    if parameters["weight_decay"] and config.optimizer != "adamw":
        found["weight_decay_acts"] = "weight_decay"
    if parameters.get("momentum") and (config.schedule != "constant" or config.warmup_steps):
        found["momentum_adds_up"] = "momentum"
    return found
