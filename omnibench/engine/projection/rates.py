"""Rates between the shapes that were measured: at a measured shape it is the measured one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

NEAREST = 3
"""An unmeasured shape is given the mean of so many measured ones."""


@dataclass(frozen=True, slots=True)
class Rate:
    """Work a second, and half the distance of its quartiles as a share of it."""

    value: float
    spread: float


@dataclass(frozen=True, slots=True)
class Point:
    """A shape with its rate. at: its sizes, all above 0."""

    at: tuple[float, ...]
    rate: Rate


def near(points: Iterable[Point], at: Sequence[float]) -> Rate:
    """The rate of a shape: the geometric mean of the nearest, weighted by 1 / distance squared.

    Distances are between the logarithms of the sizes: twice as large is as far as half as large.
    """
    far = sorted(
        ((_distance(point.at, at), point.rate) for point in points), key=lambda pair: pair[0]
    )
    same = [(1.0, rate) for distance, rate in far if distance == 0]
    return _mean(same or [(1 / distance**2, rate) for distance, rate in far[:NEAREST]])


def along(points: Iterable[Point], size: float) -> Rate:
    """The rate along the first size: a straight line between neighbours, both axes logarithmic.

    Beyond the ends it stays what it is there.
    """
    ordered = sorted(points, key=lambda point: point.at[0])
    below = [point for point in ordered if point.at[0] <= size]
    above = [point for point in ordered if point.at[0] >= size]
    if not below or not above:
        return (above or below)[0 if above else -1].rate
    low, high = below[-1], above[0]
    if low.at[0] == high.at[0]:
        return low.rate
    share = math.log(size / low.at[0]) / math.log(high.at[0] / low.at[0])
    return _mean([(1 - share, low.rate), (share, high.rate)])


def _mean(weighted: Sequence[tuple[float, Rate]]) -> Rate:
    whole = math.fsum(weight for weight, _ in weighted)
    logarithm = math.fsum(weight * math.log(rate.value) for weight, rate in weighted) / whole
    spread = math.fsum(weight * rate.spread for weight, rate in weighted) / whole
    return Rate(math.exp(logarithm), spread)


def _distance(left: Sequence[float], right: Sequence[float]) -> float:
    return math.dist([math.log2(size) for size in left], [math.log2(size) for size in right])
