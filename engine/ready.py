"""Whether a config can be trained here and now: its files, devices and network, asked before anything starts."""

from engine import devices, own_probe
from engine.config import ConfigError, Problem, RunConfig
from engine.datasets.catalogue import DATASETS
from engine.networks import own


def check(config: RunConfig) -> None:
    """Raise ConfigError, one sentence per field, where a file or a device that the config needs is not there."""
    record = config.own_network
    missing = {
        "network": own.refusal(config.network, record.model_dump()) if record else "",
        "dataset": DATASETS[config.dataset].absent(config.dataset_options),
    }
    if problems := [Problem(field=name, sentence=f"{name}: {why}") for name, why in missing.items() if why]:
        raise ConfigError(problems)
    devices.check(config)


def prepared(config: RunConfig) -> tuple[RunConfig, str]:
    """The config as it is to be trained: of a network of one's own it records the weights; and a remark on that, or "".

    Both frameworks build such a network for it, unless they did before. Raises ConfigError, as `check` does.
    """
    check(config)
    return own_probe.probed(config)
