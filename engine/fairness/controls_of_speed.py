"""The controls that guard the speed: what each side computed on, in which type, how much, and whether it was alone."""

from collections.abc import Mapping

from engine.config import NAMES
from engine.fairness.case import Case, Found
from engine.fairness.weights import shapes
from engine.networks.catalogue import parameters


def device(case: Case) -> Found:
    """Where the weights lie."""
    expected = case.config.device.model_dump()
    return case.each("the device", expected, {name: seen.device for name, seen in case.seen.items()})


def precision(case: Case) -> Found:
    """The type of the weights, and that of what the network computes where it is another one."""
    expected = dict.fromkeys(case.seen, _types(case.config.variable_dtype, case.config.compute_dtype))
    observed = {name: _types(seen.dtype, seen.compute_dtype or seen.dtype) for name, seen in case.seen.items()}
    return case.each("the type of the weights", expected, observed)


def _types(weights: str, computed: str) -> str:
    return weights if computed == weights else f"{weights}, with products in {computed},"


def tf32(case: Case) -> Found:
    """Whether a GPU may shorten float32 in its products."""
    found = {name: set(seen.tf32.values()) for name, seen in case.seen.items()}
    if case.matched:
        observed = {name: "on" if True in values else "off" for name, values in found.items()}
        return case.each("TF32", dict.fromkeys(case.seen, "off"), observed)
    if all(seen.device == "cpu" for seen in case.seen.values()):
        return "pass", "both sides compute on a CPU, which has no TF32"
    if len(set(map(frozenset, found.values()))) > 1:
        told = ", ".join(f"{NAMES[name]} {_switches(seen.tf32)}" for name, seen in case.seen.items())
        return "fail", f"the defaults policy leaves TF32 to each framework: {told}"
    return "pass", "TF32 is the same on both sides"


def _switches(tf32: Mapping[str, bool]) -> str:
    return " and ".join(f"{'on' if on else 'off'} for {name}" for name, on in tf32.items())


def threads(case: Case) -> Found:
    """The threads that the framework says it computes with."""
    wrong = [
        f"{NAMES[name]} computes with {count} {'thread' if count == 1 else 'threads'} {where}"
        for name, seen in case.seen.items()
        for where, count in seen.threads.items()
        if count != case.config.threads
    ]
    if wrong:
        return "fail", f"{' and '.join(wrong)} where {case.config.threads} should be"
    return "pass", f"the number of threads is {case.config.threads} on both sides, as expected"


def machine(case: Case) -> Found:
    """Whether it was one machine."""
    machines = {
        name: (seen.disclosed.get("machine", ""), seen.disclosed.get("processor", ""))
        for name, seen in case.seen.items()
    }
    if len(set(machines.values())) > 1:
        told = (f"{NAMES[name]} on {processor} ({host[:8]})" for name, (host, processor) in machines.items())
        return "fail", f"the sides trained on two machines: {', '.join(told)}"
    return "pass", f"both sides trained on the same machine ({next(iter(machines.values()))[1]})"


def batch_size(case: Case) -> Found:
    """The size of a whole batch."""
    expected = dict.fromkeys(case.seen, case.config.batch_size)
    return case.each("the batch size", expected, {name: seen.batch_size for name, seen in case.seen.items()})


def parameter_count(case: Case) -> Found:
    """The number of trainable parameters."""
    expected = dict.fromkeys(case.seen, f"{parameters(shapes(case.config)):,}")
    return case.each("the number of parameters", expected, {n: f"{seen.parameters:,}" for n, seen in case.seen.items()})


def alone(case: Case) -> Found:
    """Whether either side had the machine to itself, as far as the other side goes."""
    first, second = case.spans.values()
    if case.config.concurrency == "race":
        return "fail", "both sides trained at the same time"
    if any(begin < other_end and other_begin < end for begin, end in first for other_begin, other_end in second):
        return "fail", "both sides trained at the same time, although the config asks for one after the other"
    if not (first and second):
        return "not checked", "a side has not ended yet"
    return "pass", "the sides trained one after the other"
