"""The devices that each framework sees, asked once per process of ours, and the check of a config against them."""

import json
import subprocess
import sys
from functools import cache

from engine.config import NAMES, ConfigError, Framework, Problem, RunConfig, refused
from engine.measure.device import Device
from engine.workers import with_home

PROBE_SECONDS = 120


@cache
def seen(framework: Framework) -> list[Device]:
    """The devices of one framework, from a process of its own; takes as long as importing it, the first time.

    Raises ConfigError where the framework cannot be asked.
    """
    command = [sys.executable, "-m", "engine.probes.probe_devices", framework]
    quiet = with_home({"TF_CPP_MIN_LOG_LEVEL": "3"})
    try:
        answer = subprocess.run(command, env=quiet, capture_output=True, text=True, timeout=PROBE_SECONDS, check=True)
        return [Device(**fields) for fields in json.loads(answer.stdout.splitlines()[-1])]
    except subprocess.CalledProcessError as error:
        why = next((line for line in reversed(error.stderr.splitlines()) if line.strip()), "it said nothing")
    except subprocess.TimeoutExpired:
        why = f"it gave no answer within {PROBE_SECONDS} seconds"
    except (OSError, ValueError, IndexError) as error:
        why = str(error)
    sentence = f"device.{framework}: {NAMES[framework]} could not be asked for its devices: {why.rstrip('.')}."
    raise ConfigError([Problem(field=f"device.{framework}", sentence=sentence)])


def check(config: RunConfig) -> None:
    """Raise ConfigError when a side's device is not there. The CPU always is, so asking for it asks no framework."""
    problems = []
    for framework in config.frameworks:
        name = getattr(config.device, framework)
        if name == "cpu":
            continue
        names = [device.name for device in seen(framework)]
        if name not in names:
            problems += refused(f"device.{framework}", name, f"{', '.join(names)} on this machine").problems
    if problems:
        raise ConfigError(problems)
