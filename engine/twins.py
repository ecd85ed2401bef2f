"""The twin that builds a config's network, loaded by name: for processes that have one framework, and for no other."""

import importlib
import sys
from types import ModuleType

from engine.config import RunConfig
from engine.networks import own


def network_twin(config: RunConfig, framework: str) -> ModuleType:
    """The module with the `build` of the config's network in this framework.

    Raises OwnNetworkError where a network from elsewhere is not the one that the config was made for, and whatever its
    code raises.
    """
    if config.own_network is None:
        return importlib.import_module(f"engine.networks.{config.network}_{framework}")
    path, source = own.source_of(config.network, config.own_network.model_dump(), framework)
    module = ModuleType(f"{config.network}_{framework}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module
    exec(compile(source, str(path), "exec"), module.__dict__)  # the bytes that were hashed, and no others
    return module
