"""What was measured of input pipelines, as plain numbers."""

from typing import Any

from engine.benchmark_results import PairResult
from engine.charts.pipelines import doubts, label
from engine.charts.pipelines_parts import attributed
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
    numbers = {"ratio": pair.ratio, "low": pair.low, "high": pair.high, "n": pair.n}
    return names | numbers | {"word": pair.word, "why": pair.why}
