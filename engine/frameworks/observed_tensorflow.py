"""What TensorFlow itself says of a network that trains: a certificate's evidence, and what is disclosed beside it."""

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from engine.fairness.evidence import digest, named

EXCHANGES = 20


def own_evidence(
    variables: Sequence[keras.Variable],
    data: Mapping[str, tf.Tensor],
    execution: str,
    team: tf.distribute.Strategy | None = None,
) -> dict[str, Any]:
    """The fields of events.Evidence that TensorFlow knows by itself: of the weights, of the data and of this process.

    `data` are the examples by name, as they lie with TensorFlow; `team` is who shares the batches, if anybody does.
    """
    threading = tf.config.threading
    return {
        "dtype": named(variable.value.dtype.name for variable in variables),
        "device": named(_short(variable.value.device) for variable in variables),
        "threads": {
            "in one operation": threading.get_intra_op_parallelism_threads(),
            "between operations": threading.get_inter_op_parallelism_threads(),
        },
        "tf32": {"all": tf.config.experimental.tensor_float_32_execution_enabled()},
        "digests": {f"data/{name}": digest(_parts(tensor)) for name, tensor in data.items()},
        "disclosed": {
            "version": f"TensorFlow {tf.__version__}, Keras {keras.__version__}",
            "execution": execution,
            "layout": keras.config.image_data_format().replace("_", " "),
            **({"workers": _told(team, sum(int(np.prod(variable.shape)) for variable in variables))} if team else {}),
        },
    }


def summary(network: keras.Model) -> str:
    """The network as Keras writes it."""
    lines: list[str] = []
    network.summary(print_fn=lambda line, **_: lines.append(line), line_length=80)
    return "\n".join(lines)


def _told(team: tf.distribute.Strategy, parameters: int) -> str:
    """With the median time of summing as many numbers as there are weights, over all workers, several times."""
    numbers = team.run(lambda: tf.zeros(parameters, keras.config.floatx()))
    exchange = tf.function(lambda each: team.reduce(tf.distribute.ReduceOp.SUM, each, axis=None))
    exchange(numbers)
    taken = []
    for _ in range(EXCHANGES):
        begun = time.perf_counter()
        exchange(numbers)
        taken.append(time.perf_counter() - begun)
    exchanging = f"exchanging the gradients takes {np.median(taken) * 1e3:.2g} ms"
    return f"{team.num_replicas_in_sync}, by MirroredStrategy in one process; {exchanging}"


def _parts(tensor: tf.Tensor) -> Iterator[np.ndarray]:
    """At most 4,096 rows at a time, in canonical layout: an image's channels come first."""
    for first in range(0, max(1, len(tensor)), 4096):
        part = tensor[first : first + 4096].numpy()
        yield np.moveaxis(part, -1, 1) if part.ndim == 4 else part


def _short(device: str) -> str:
    """`cpu` or `cuda:0` for TensorFlow's `/job:localhost/replica:0/task:0/device:CPU:0`."""
    kind, number = device.rsplit(":", 2)[-2:]
    return "cpu" if kind == "CPU" else f"{kind.lower().replace('gpu', 'cuda')}:{number}"
