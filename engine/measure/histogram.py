"""A tensor's values as counts in equal bins."""

import numpy as np

BINS = 30


def histogram(values: np.ndarray) -> tuple[float, float, tuple[int, ...]]:
    """Lowest and highest finite value, and the counts of BINS equal bins between them."""
    finite = values[np.isfinite(values)].astype(np.float64)  # float32 has no room for 30 edges between close values
    if not finite.size:
        return 0.0, 0.0, ()
    low, high = float(finite.min()), float(finite.max())
    try:
        counts, edges = np.histogram(finite, BINS)
    except ValueError:  # nor has float64, now and then
        return low, high, (finite.size,)
    return float(edges[0]), float(edges[-1]), tuple(counts.tolist())
