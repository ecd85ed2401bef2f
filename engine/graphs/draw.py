"""The process that makes one side's graphs: `python -m engine.graphs.draw FRAMEWORK FOLDER`.

FOLDER holds request.json. The graphs go to <framework>.json there, how many are made to <framework>.steps.
"""

import importlib
import json
import os
import sys
from pathlib import Path

import numpy as np

from engine import system
from engine.config import RunConfig
from engine.examinations.examine import Teller
from engine.graphs.graph import VIEWS, Graph, Layer, Seen, as_fields
from engine.twins import network_twin


def main(framework: str, folder: Path) -> None:
    """Every view of the request's network."""
    tell = Teller(folder / f"{framework}.steps", os.getppid())
    request = json.loads((folder / "request.json").read_text(encoding="utf-8"))
    seen = drawn(RunConfig.build(request["config"]), request["training"], framework, tell)
    system.write_whole(folder / f"{framework}.json", json.dumps(as_fields(seen)))


def drawn(config: RunConfig, training: bool, framework: str, tell=lambda step: None) -> Seen:
    """The network of a config as one framework sees it, one graph after the other."""
    views = importlib.import_module(f"engine.graphs.views_{framework}")
    importlib.import_module(f"engine.frameworks.train_{framework}").configure(config)
    network = views.Network(config, network_twin(config, framework).build, batch(config), training)
    graphs: dict[str, Graph] = {}
    for number, view in enumerate(VIEWS[framework], 1):
        graphs[view] = getattr(network, view)()
        tell(number)
    return Seen(views.VERSION, tuple(Layer(*layer) for layer in network.layers()), graphs)


def batch(config: RunConfig) -> np.ndarray:
    """Inputs (batch, …) of the form that the network is given; a graph does not depend on their values."""
    generator, shape = np.random.default_rng(0), (config.batch_size, *config.form.shape)
    if config.form.kind == "characters":
        return generator.integers(0, config.form.outputs, shape)
    return generator.standard_normal(shape)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
