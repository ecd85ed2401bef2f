"""The optimizer parameters that each framework would use if nobody said anything, and those that a config uses."""

from engine.config import TAKES, RunConfig

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


def optimizer_parameters(config: RunConfig, framework: str) -> dict[str, float]:
    """The optimizer's parameters by our names: what the config says, else the default.

    In the matched policy the default is torch.optim's on both sides; in `defaults` it is the framework's own.
    """
    own = TENSORFLOW if framework == "tensorflow" and config.policy == "defaults" else TORCH
    chosen = {name: getattr(config, name) for name in (*TAKES, "weight_decay")}
    return own[config.optimizer] | {name: value for name, value in chosen.items() if value is not None}
