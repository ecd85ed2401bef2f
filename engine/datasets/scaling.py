"""Bringing columns to mean 0 and standard deviation 1, and filling their gaps, by the training rows alone."""

from collections.abc import Iterable

import numpy as np

SAME = 1e-12  # a spread below this part of the largest value is rounding, not information


def standardise(table: np.ndarray, columns: Iterable[int], training: np.ndarray) -> tuple[float, float]:
    """Scale `columns` of `table` (rows, columns) in place; `training` are the indices of the rows that decide how.

    NaN becomes the median of the training rows first, or 0 where none of them has a value. A column that is the same
    in all training rows is only centred. Returns the last column's mean and standard deviation before, or 0 and 1.
    """
    mean, deviation = 0.0, 1.0
    for place in columns:
        column = table[:, place]
        gaps = np.isnan(column)
        if gaps.any():
            known = column[training][~gaps[training]]
            column[gaps] = np.median(known) if len(known) else 0.0
        mean, deviation = _mean_and_deviation(column[training])
        column -= mean
        column /= deviation
    return mean, deviation


def _mean_and_deviation(values: np.ndarray) -> tuple[float, float]:
    """In units of the largest value meanwhile, for the square of 1e200 is no number."""
    largest = float(np.abs(values).max()) or 1.0
    scaled = values / largest
    deviation = float(scaled.std())
    return float(scaled.mean()) * largest, deviation * largest if deviation > SAME else 1.0
