"""Kernels timed in passes: every pass runs each of them, so that a disturbance hits all alike."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from omnibench.engine.calibration.kernels import Kernel

Clock = Callable[[], float]
"""Seconds of a clock that never steps."""

LEAST_S = 0.002
"""A kernel is run again and again until so much time has gone by, well above the clock's cost."""

LONG_S = 0.05
"""What warming up costs is nothing beside so much time."""

LEAST_PASSES, MOST_PASSES = 2, 15


class Runner(Protocol):
    """What runs kernels."""

    def prepared(self, kernel: Kernel) -> Callable[[], object]:
        """The work of one run, its inputs made."""


def timed(
    kernels: Sequence[Kernel], runner: Runner, clock: Clock, budget_s: float
) -> dict[Kernel, list[float]]:
    """Seconds of one run of each kernel, a figure a pass.

    At least LEAST_PASSES; further ones while the budget will probably last for them.
    """
    began = clock()
    runs = {kernel: _runs(runner.prepared(kernel), clock) for kernel in kernels}
    times: dict[Kernel, list[float]] = {kernel: [] for kernel in kernels}
    for done in _passes(began, clock, budget_s):
        # Every other pass goes backwards: no kernel always follows the same neighbour.
        for kernel in kernels if done % 2 == 0 else reversed(kernels):
            times[kernel].append(_seconds(runner.prepared(kernel), runs[kernel], clock))
    return times


def median_and_spread(times_s: Sequence[float]) -> tuple[float, float]:
    """The median, and half the distance of the quartiles as a share of it."""
    low, middle, high = statistics.quantiles(times_s, n=4, method="inclusive")
    return middle, (high - low) / 2 / middle


def _passes(began: float, clock: Clock, budget_s: float) -> Iterator[int]:
    for done in range(MOST_PASSES):
        start = clock()
        yield done
        now = clock()
        if done + 1 >= LEAST_PASSES and now - began + (now - start) > budget_s:
            return


def _runs(work: Callable[[], object], clock: Clock) -> int:
    """How often to run a kernel at a time. The first run warms up; of a long one it tells."""
    runs = 1
    if _seconds(work, runs, clock) >= LONG_S:
        return runs
    while _seconds(work, runs, clock) * runs < LEAST_S:
        runs *= 2
    return runs


def _seconds(work: Callable[[], object], runs: int, clock: Clock) -> float:
    start = clock()
    for _ in range(runs):
        work()
    return (clock() - start) / runs
