"""Whether a config can be trained here and now: its files, devices and network, asked before anything starts."""

import os
import shutil

from engine import system
from engine.bench.plan import Plan
from engine.cluster import nodes
from engine.config import ConfigError, Problem, RunConfig
from engine.datasets.catalogue import DATASETS
from engine.networks import own
from engine.probes import devices, own_probe


def check(config: RunConfig, cluster: str = "") -> None:
    """Raise ConfigError, one sentence per field, where a file or a device that the config needs is not there.

    Of a config that the `cluster` at that address is to train, its node looks; here it is asked whether there is one.
    Raises StoreError where there is none.
    """
    if cluster:
        nodes.ready(cluster, config)
        return
    record = config.own_network
    missing = {
        "network": own.refusal(config.network, record.model_dump()) if record else "",
        "dataset": DATASETS[config.dataset].absent(config.dataset_options),
        "execution.torch": _no_compiler(config),
    }
    if problems := [Problem(field=name, sentence=f"{name}: {why}") for name, why in missing.items() if why]:
        raise ConfigError(problems)
    devices.check(config)


def _no_compiler(config: RunConfig) -> str:
    """Why PyTorch cannot compile for the CPU here; empty where it can, or need not."""
    compiles = "torch" in config.frameworks and config.execution.torch == "compile" and config.device.torch == "cpu"
    compiler = os.environ.get("CXX", system.COMPILER)
    if not compiles or shutil.which(compiler):
        return ""
    return f"compile needs a C++ compiler, and there is no {compiler} here: install one, or choose eager."


def prepared(config: RunConfig, cluster: str = "") -> tuple[RunConfig, str]:
    """The config as it is to be trained: of a network of one's own it records the weights; and a remark on that, or "".

    Both frameworks build such a network for it, unless they did before. Raises what `check` does.
    """
    check(config, cluster)
    return own_probe.probed(config)


def prepared_plan(plan: Plan) -> tuple[Plan, str]:
    """The benchmark as it can be measured here: as `prepared` has it, each case; and the first remark, or "".

    Raises ConfigError.
    """
    problems: dict[str, Problem] = {}
    for case in plan.cases:
        try:
            check(case.config)
        except ConfigError as error:
            problems |= {problem.sentence: problem for problem in error.problems}
    if problems:
        raise ConfigError(list(problems.values()))
    found = [own_probe.probed(case.config) for case in plan.cases]
    cases = (case.model_copy(update={"config": config}) for case, (config, _) in zip(plan.cases, found, strict=True))
    return plan.model_copy(update={"cases": tuple(cases)}), next((remark for _, remark in found if remark), "")
