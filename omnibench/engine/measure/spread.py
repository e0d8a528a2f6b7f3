"""How far repeated readings lie apart: pure functions over the figures of trials, one a trial.

Trials are the units: tokens of one answer follow from one another, so that an interval over tokens
would be too narrow.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

import numpy as np

from omnibench.core import Value

RESTLESS_CV = 0.03
"""A spread above this asks for twice the trials."""
DRIFT = 0.03
"""A change from the first half to the second above this is drift: throttling, or a neighbour."""
STEADY = 0.02
"""How far from their median the last readings of a steady state may lie."""
STEADY_N = 5
LEAST_N_OF_PERCENTILE = {50: 1, 90: 10, 99: 100}
"""How many readings a percentile takes: ten in its upper tail (1 / (1 - p), for p90 and above)."""


def coefficient_of_variation(readings: Sequence[float]) -> float:
    """Standard deviation (n - 1) over mean; 0 for fewer than two readings."""
    if len(readings) < 2:
        return 0.0
    mean = statistics.fmean(readings)
    return statistics.stdev(readings) / mean if mean else 0.0


def median_absolute_deviation(readings: Sequence[float]) -> float:
    """The median of the distances from the median, in the readings' unit."""
    middle = statistics.median(readings)
    return statistics.median(abs(reading - middle) for reading in readings)


def drift(readings: Sequence[float]) -> float | None:
    """The second half's median over the first half's, minus 1; readings in the order of time.

    None for fewer than four readings. Of an odd number the one in the middle is in neither half.
    """
    half = len(readings) // 2
    if half < 2:
        return None
    first, second = statistics.median(readings[:half]), statistics.median(readings[-half:])
    return second / first - 1 if first else None


def drifted(readings: Sequence[float]) -> bool:
    """Whether the halves differ by more than DRIFT, and by more than readings do at random.

    The latter: more than three times the standard error of a difference of two medians, which the
    median absolute deviation within the halves gives (1.4826 of it is a standard deviation, a
    median's error is 1.2533 times a mean's).
    """
    change = drift(readings)
    if change is None or abs(change) <= DRIFT:
        return False
    half = len(readings) // 2
    halves = (readings[:half], readings[-half:])
    deviations = [1.4826 * median_absolute_deviation(part) for part in halves]
    error = 1.2533 * math.sqrt(sum(deviation**2 for deviation in deviations) / half)
    medians = [statistics.median(part) for part in halves]
    return abs(medians[1] - medians[0]) > 3 * error


def steady(readings: Sequence[float]) -> bool:
    """Whether the last STEADY_N readings all lie within STEADY of their median."""
    if len(readings) < STEADY_N:
        return False
    last = readings[-STEADY_N:]
    middle = statistics.median(last)
    return all(abs(reading - middle) <= STEADY * abs(middle) for reading in last)


def percentile(readings: Sequence[float], percent: int) -> float | None:
    """A percentile (linear between neighbours), None where there are too few readings for it."""
    least = LEAST_N_OF_PERCENTILE.get(percent, round(1 / (1 - percent / 100)))
    if len(readings) < least:
        return None
    return float(np.percentile(np.asarray(readings, dtype=np.float64), percent))


def median_interval(
    readings: Sequence[float], *, draws: int = 5000, seed: int = 0
) -> tuple[float, float] | None:
    """The 95 % bootstrap interval of the median over trials; None for fewer than three."""
    if len(readings) < 3:
        return None
    values = np.asarray(readings, dtype=np.float64)
    generator = np.random.default_rng(seed)
    picks = generator.integers(0, len(values), size=(draws, len(values)))
    low, high = np.percentile(np.median(values[picks], axis=1), [2.5, 97.5])
    return float(low), float(high)


def median_value(readings: Sequence[float], unit: str) -> Value:
    """The median over trials with its interval, as measured; missing where there are none."""
    if not readings:
        return Value(None, unit, "missing", n=0, reason="no trial gave a reading")
    return Value(
        value=statistics.median(readings),
        unit=unit,
        provenance="measured",
        n=len(readings),
        ci95=median_interval(readings),
        method="median of trials; interval: bootstrap over trials",
    )


def restless(readings: Sequence[float]) -> bool:
    """Whether readings lie so far apart that twice as many trials are due."""
    return coefficient_of_variation(readings) > RESTLESS_CV
