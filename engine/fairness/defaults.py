"""What each framework does if nobody says anything, which of it differs for a config, and what of it is matched."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the config checks its names here
    from engine.config import RunConfig

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
CONSTANTS = ("epsilon", "rho", "weight_decay")  # the optimizers' defaults that differ
# What is matched by other layers than the framework's own, and the part of a network that it belongs to.
LAYERS = {
    "batch_norm": "batch_norm",
    "running_variance": "batch_norm",
    "layer_norm": "layer_norm",
    "gelu": "gelu",
    "lstm_bias": "lstm",
    "dropout_masks": "dropout",
}
NAMES = ("initial_weights", *CONSTANTS, "optimizer_equation", "loss_scale", *LAYERS, "tf32", "determinism")
# In float16 the loss is scaled, in both by the same rule but for the factor that it begins with. Sources: the signature
# of torch.amp.GradScaler (2.13); that of keras.optimizers.LossScaleOptimizer (3.15), and its code.
FIRST_LOSS_SCALE = {"torch": 2.0**16, "tensorflow": 2.0**15}
LOSS_SCALE_FACTORS = (0.5, 2.0)  # at a gradient that is not finite, and after so many steps without one
LOSS_SCALE_STEPS = 2000


def matchable(config: "RunConfig") -> tuple[str, ...]:
    """The defaults that differ between the frameworks for this config, by name; each can be matched alone.

    The config's own `policy` and `matched_defaults` do not matter.
    """
    parts = config.network_entry.parts(config.network_options)
    devices = {getattr(config.device, framework).partition(":")[0] for framework in config.frameworks}
    differs = {
        "initial_weights": True,
        **{name: _constant_differs(config, name) for name in CONSTANTS},
        "optimizer_equation": _equation_differs(config),
        "loss_scale": config.scales_loss,
        **{name: part in parts for name, part in LAYERS.items()},
        "tf32": "cuda" in devices,
        "determinism": devices != {"cpu"},
    }
    return tuple(name for name in NAMES if differs[name])


def _constant_differs(config: "RunConfig", name: str) -> bool:
    values = (TORCH[config.optimizer].get(name), TENSORFLOW[config.optimizer].get(name))
    return getattr(config, name) is None and values[0] != values[1]


def _equation_differs(config: "RunConfig") -> bool:
    """Plain SGD is the same to the last bit in both, until weights decay or gradients are clipped."""
    return config.optimizer != "sgd" or bool(config.weight_decay) or config.gradient_clip_norm is not None


def matches(config: "RunConfig", name: str) -> bool:
    """Whether both sides are to do the same where their defaults differ; `name` is one of NAMES."""
    return config.policy == "matched" or name in config.matched_defaults


def first_loss_scale(config: "RunConfig", framework: str) -> float:
    """What the loss is multiplied by at first: matched, it is GradScaler's factor on both sides."""
    return FIRST_LOSS_SCALE["torch" if matches(config, "loss_scale") else framework]


def matched_layers_of(config: "RunConfig") -> tuple[str, ...]:
    """Which of LAYERS are matched."""
    return tuple(name for name in LAYERS if matches(config, name))


def optimizer_parameters(config: "RunConfig", framework: str) -> dict[str, float]:
    """The optimizer's parameters by our names: what the config says, else the default.

    A matched default is torch.optim's on both sides; any other one is the framework's own.
    """
    usual = dict(TORCH[config.optimizer])
    if framework == "tensorflow":
        own = TENSORFLOW[config.optimizer]
        usual |= {name: value for name, value in own.items() if not matches(config, name)}
    chosen = {name: getattr(config, name) for name in usual}
    return usual | {name: value for name, value in chosen.items() if value is not None}
