"""Profiles told by hand: a result folder as the process entries would have written it."""

import json
from pathlib import Path
from typing import Any

from engine.operators.request import KEPT, SCHEMA, Request
from engine.runs import Store

STEPS = 10


def operator(name: str, milliseconds: float, *parts: str, optimizer: bool = False, calls: int = STEPS) -> dict:
    """An operator whose self time is so many milliseconds per step."""
    told: dict[str, Any] = {"name": name, "parts": list(parts or (name,)), "optimizer": optimizer, "calls": calls}
    return told | {"seconds": milliseconds / 1e3 * STEPS}


SIDES: dict[str, list[dict]] = {
    "torch": [
        operator("aten::convolution_backward", 4.0, calls=2 * STEPS),
        operator("aten::mm", 2.0),
        operator("aten::_fused_adam_", 0.5, optimizer=True),
        operator("aten::a_new_one", 0.25),
    ],
    "tensorflow": [
        operator("_MklNativeFusedConv2D", 3.0, "_MklNativeFusedConv2D", "Relu"),
        operator("MatMul", 1.0),
        operator("Mul", 0.5, optimizer=True),
    ],
}


def write(store: Store, request: Request, sides: dict[str, list[dict]] | None = None, **fields: Any) -> Path:
    """A result: under the profiler a step takes 10 ms, without it 8 ms."""
    folder = request.folder(store)
    folder.mkdir(parents=True)
    asked = {"schema": SCHEMA, "steps": STEPS, "time": 0.0}
    (folder / "request.json").write_text(json.dumps(asked))
    for side, operators in (sides or SIDES).items():
        told = {"operators": operators, "profiled": [0.012, 0.010, 0.011], "bare": [0.008, 0.009, 0.0085]}
        told |= {"version": "2.0", "execution": getattr(request.config.execution, side), "threads": 1, "steps": STEPS}
        (folder / f"{side}.json").write_text(json.dumps(told | fields))
        for name in KEPT[side]:
            (folder / name).write_bytes(name.encode())
    return folder
