"""The script of a config in one framework, at one level."""

from engine.config import NAMES, RunConfig
from engine.datasets.catalogue import DATASETS
from engine.fairness.defaults import matches
from engine.scripts import fits, loops, networks, weights
from engine.scripts.data import data
from engine.scripts.optimizers import optimizer
from engine.scripts.schedules import schedule
from engine.scripts.script import LEVELS, Level, Part, Script
from engine.scripts.settings import settings

LEVELS_READY: tuple[Level, ...] = ("layers", "fit")
POLICIES = {
    "matched": "same initial weights, batches and arithmetic in both frameworks",
    "defaults": "each framework with its own defaults, on the same batches",
}


def script(config: RunConfig, side: str, level: Level) -> Script:
    """The script for "torch" or "tensorflow". Raises OwnNetworkError where a person's own network is not at hand."""
    parts = [settings(config, side), data(config), *_model(config, side), optimizer(config, side)]
    parts += [part for part in (schedule(config),) if part]
    parts += fits.fit(config, side) if level == "fit" else loops.loop(config, side)
    return Script(side, _summary(config, side, level), tuple(parts))


def _model(config: RunConfig, side: str) -> list[Part]:
    shared = matches(config, "initial_weights")
    found = [weights.weights(config)] if shared else []
    found += [weights.layout()] if shared and side == "tensorflow" else []
    replaced = networks.layers(config, side)
    return [*found, *([replaced] if replaced else []), networks.network(config, side, shared)]


def _summary(config: RunConfig, side: str, level: Level) -> str:
    network, dataset = config.network_entry.title, DATASETS[config.dataset].title
    lines = (
        f"{network} on {dataset}, in {NAMES[side]}.",
        "",
        f"{LEVELS[level]}. {config.policy.capitalize()}: {POLICIES[config.policy]}.",
    )
    return "\n".join(lines)
