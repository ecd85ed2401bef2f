"""Whether a config can be trained on this machine now: its files and its devices, asked before anything starts."""

from engine import devices
from engine.config import ConfigError, Problem, RunConfig
from engine.datasets.catalogue import DATASETS


def check(config: RunConfig) -> None:
    """Raise ConfigError, one sentence per field, where a file or a device that the config needs is not there."""
    if sentence := DATASETS[config.dataset].absent(config.dataset_options):
        raise ConfigError([Problem(field="dataset", sentence=f"dataset: {sentence}")])
    devices.check(config)
