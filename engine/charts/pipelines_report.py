"""What was measured of input pipelines, threads, devices and precision, as plain numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from engine.bench.pairs import PairResult
from engine.charts import pipelines_threads
from engine.charts.pipelines import doubts, label
from engine.charts.pipelines_parts import attributed
from engine.config import FRAMEWORKS
from engine.pipelines import placement, threads
from engine.pipelines.results import AUTOTUNE, Found, Loader


def as_json(found: Found) -> dict[str, Any]:
    """All of it as plain numbers; seconds are per example."""
    return {
        "transform": found.request.transform,
        "batch_size": found.request.batch_size,
        "prefetch": found.request.prefetch,
        "consumer_busy_ms": found.request.busy,
        "rounds": found.request.rounds,
        "versions": found.versions,
        "machine": found.machine,
        "others_share": found.others_share,
        "same_examples": found.same_examples,
        "same_order": found.same_order,
        "pipelines": [_loader_json(loader) for loader in found.loaders],
        "pairs": [_pair_json(found, pair) for pair in found.pairs],
        "doubts": doubts(found),
    }


def _loader_json(loader: Loader) -> dict[str, Any]:
    return {
        "framework": loader.case.side,
        "workers": "autotune" if loader.case.workers == AUTOTUNE else loader.case.workers,
        "examples_per_second": loader.rate,
        "blocks": [{"round": block.round, "seconds": block.seconds} for block in loader.result.blocks],
        "cores": loader.cores,
        "first_batch_seconds": loader.result.first_seconds,
        "settled": loader.result.settled,
        "checksum": dict(zip(("examples", "unordered", "ordered"), loader.checksum or (), strict=False)),
        "work": loader.parts,
        "consumer": attributed(loader) if loader.parts else None,
    }


def _pair_json(found: Found, pair: PairResult) -> dict[str, Any]:
    names = {"first": label(found.loaders[pair.first].case), "second": label(found.loaders[pair.second].case)}
    return names | _numbers(pair)


def _numbers(pair: PairResult) -> dict[str, Any]:
    numbers = {"ratio": pair.ratio, "low": pair.low, "high": pair.high, "n": pair.n}
    return numbers | {"word": pair.word, "why": pair.why}


def threads_json(found: threads.Found) -> dict[str, Any]:
    """Seconds per step of each case, and how many times as fast it is as one thread."""
    pairs = {pair.first: _numbers(pair) for pair in found.pairs}
    return {
        "versions": found.versions,
        "others_share": found.others_share,
        "cases": [
            asdict(one.case) | {"says": one.said, "seconds": one.result.median, "against_one_thread": pairs.get(place)}
            for place, one in enumerate(found.cases)
        ],
        "doubts": pipelines_threads.doubts(found),
    }


def devices_json(found: placement.Placement) -> dict[str, Any]:
    """Where each way put its tensors on each side, or what it raised."""
    ways = {way.name: {side: asdict(told[way.name]) for side, told in found.sides.items()} for way in placement.WAYS}
    return {"versions": found.versions, "ways": ways}


def precision_json(
    network: str, runs: Mapping[str, str], apart: Mapping[str, np.ndarray], benchmark: str, pairs: Sequence[PairResult]
) -> dict[str, Any]:
    """The median share by which the losses are apart, and how many times as fast mixed precision is as float32."""
    return {
        "network": network,
        "runs": dict(runs),
        "loss_apart": {side: {"median": _median(values), "steps": len(values)} for side, values in apart.items()},
        "benchmark": benchmark,
        "speeds": {side: _numbers(pair) for side, pair in zip(FRAMEWORKS, pairs, strict=True)},
    }


def _median(values: np.ndarray) -> float | None:
    return float(np.nanmedian(values)) if np.isfinite(values).any() else None
