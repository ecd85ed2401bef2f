"""The script of a config in one framework, at one level."""

from engine.config import NAMES, RunConfig
from engine.datasets.catalogue import DATASETS
from engine.fairness.defaults import matches
from engine.scripts import fits, loops, networks, optimizers, weights
from engine.scripts.data import data
from engine.scripts.raw import loops as raw_loops
from engine.scripts.raw import networks as raw_networks
from engine.scripts.raw import optimizers as raw_optimizers
from engine.scripts.schedules import schedule
from engine.scripts.script import LEVELS, Level, Part, Script
from engine.scripts.settings import is_mixed, settings

POLICIES = {
    "matched": "same initial weights, batches and arithmetic in both frameworks",
    "defaults": "each framework with its own defaults, on the same batches",
}


class LevelError(ValueError):
    """There is no script of a config at a level, for a reason that its message says in one sentence."""


def refusal(config: RunConfig, level: Level) -> str:
    """Why there is no script of a config at a level, in one sentence; "" where there is one."""
    if level == "raw" and config.own_network is not None:
        return f"{config.network} is a network of your own: only our own networks are written in raw tensors."
    if level == "raw" and is_mixed(config):
        return f"Raw tensors are written in float32 and float64, and not in {config.precision}: choose another level."
    return ""


def script(config: RunConfig, side: str, level: Level) -> Script:
    """The script for "torch" or "tensorflow".

    Raises LevelError, and OwnNetworkError where a person's own network is not at hand.
    """
    if why := refusal(config, level):
        raise LevelError(why)
    parts = [settings(config, side), data(config), *_model(config, side, level)]
    parts += [part for part in (schedule(config),) if part]
    loop = {"raw": raw_loops.loop, "layers": loops.loop, "fit": fits.fit}[level]
    return Script(side, _summary(config, side, level), (*parts, *loop(config, side)))


def _model(config: RunConfig, side: str, level: Level) -> list[Part]:
    """The network, its weights, and what changes them."""
    if level == "raw":
        found = raw_networks.weights(config, side)
        return [*found, raw_networks.network(config, side), raw_optimizers.optimizer(config, side)]
    shared = matches(config, "initial_weights")
    found = [weights.weights(config)] if shared else []
    found += [weights.layout(config)] if shared and side == "tensorflow" else []
    replaced = networks.layers(config, side)
    network = networks.network(config, side, shared)
    return [*found, *([replaced] if replaced else []), network, optimizers.optimizer(config, side)]


def _summary(config: RunConfig, side: str, level: Level) -> str:
    network, dataset = config.network_entry.title, DATASETS[config.dataset].title
    lines = (
        f"{network} on {dataset}, in {NAMES[side]}.",
        "",
        f"{LEVELS[level]}. {config.policy.capitalize()}: {POLICIES[config.policy]}.",
    )
    return "\n".join(lines)
