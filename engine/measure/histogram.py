"""A tensor's values as counts in equal bins."""

import numpy as np

BINS = 30


def histogram(values: np.ndarray) -> tuple[float, float, tuple[int, ...]]:
    """Lowest and highest finite value, and the counts of BINS equal bins between them."""
    finite = values[np.isfinite(values)]
    if not finite.size:
        return 0.0, 0.0, ()
    counts, edges = np.histogram(finite, BINS)
    return float(edges[0]), float(edges[-1]), tuple(counts.tolist())
