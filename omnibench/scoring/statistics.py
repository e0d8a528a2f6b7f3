"""Figures with their 95 % intervals, which respect that rows of one cluster are not independent.

Wilson's interval where rows are independent and right or wrong; else a cluster bootstrap of the
whole metric, whatever it is (Miller 2024, arXiv 2411.00640, on clusters; Efron's percentiles).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import fsum, isnan, sqrt
from typing import TYPE_CHECKING

import numpy as np

from omnibench.core import Metric, Scored, Value
from omnibench.scoring.resampling import resampled_sums
from omnibench.scoring.whole import whole_figure

if TYPE_CHECKING:
    from omnibench.core import Floats

_Z_95 = 1.959963984540054
_ROUNDING = 1e-12
FEW_CLUSTERS = 30
# The 97.5 % points of Student's t for 1 to 28 degrees of freedom.
_STUDENT_975 = (
    12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281,
    2.2010, 2.1788, 2.1604, 2.1448, 2.1314, 2.1199, 2.1098, 2.1009, 2.0930, 2.0860,
    2.0796, 2.0739, 2.0687, 2.0639, 2.0595, 2.0555, 2.0518, 2.0484,
)  # fmt: skip
_Key = tuple[Callable[[Sequence[Scored]], Sequence[float]], tuple[str, str] | None]


@dataclass(frozen=True, slots=True)
class _Counted:
    """What a metric counts: its sums by cluster (C, k), its rows, and the clusters they lie in."""

    by_cluster: Floats
    rows: int
    clusters: int

    @property
    def total(self) -> Floats:
        return np.array([fsum(column) for column in self.by_cluster.T])


def estimate(
    rows: Sequence[Scored], metrics: Mapping[str, Metric], *, draws: int = 5000, seed: int = 0
) -> dict[str, Value]:
    """Every metric's figure over the rows of one task, or why it is missing.

    The same draws of clusters serve all metrics, so their intervals are paired. The order of the
    rows does not matter. An empty group is a cluster of its own.
    """
    clusters = _clusters(rows)
    values: dict[str, Value] = {}
    counted: dict[_Key, _Counted] = {}
    bootstrapped: dict[str, _Counted] = {}
    for key, metric in metrics.items():
        reason = _why_missing(rows, metric)
        if reason:
            values[key] = _missing(metric, 0, reason)
            continue
        if metric.whole is not None:
            values[key] = whole_figure(metric, metric.whole, clusters, seed)
            continue
        what = (metric.terms, metric.where)
        if what not in counted:
            counted[what] = _count(clusters, metric)
        values[key] = _figure(metric, counted[what])
        if values[key].value is not None and values[key].method is None:
            bootstrapped[key] = counted[what]
    values.update(_bootstrap(values, metrics, bootstrapped, draws, seed))
    return values


def wilson(successes: float, trials: float) -> tuple[float, float]:
    """The 95 % score interval of a proportion (Wilson 1927)."""
    share = successes / trials
    square = _Z_95 * _Z_95
    centre = (share + square / (2 * trials)) / (1 + square / trials)
    half = _Z_95 * sqrt(share * (1 - share) / trials + square / (4 * trials * trials))
    half /= 1 + square / trials
    low = 0.0 if successes <= 0 else centre - half
    high = 1.0 if successes >= trials else centre + half
    return low, high


def _clusters(rows: Sequence[Scored]) -> list[list[Scored]]:
    """Rows by group, in an order that is the same however they come."""
    ordered = sorted(rows, key=_order)
    clusters = []
    for name, members in groupby(ordered, key=lambda row: row.group):
        group = list(members)
        clusters.extend([group] if name else [[row] for row in group])
    return clusters


def _order(row: Scored) -> tuple[str, float, str, str, tuple[float, ...]]:
    return row.group, row.score, row.reading.answer or "", repr(row.target), row.grades


def _why_missing(rows: Sequence[Scored], metric: Metric) -> str | None:
    if not rows:
        return "no rows"
    wanted = [(metric.where, None)] if metric.where else []
    for pair, reason in [*wanted, *((needed, metric.lacking) for needed in metric.needs)]:
        if not any(_has(row, pair) for row in rows):
            return reason or f"no rows with {pair[0]} {pair[1]!r}"
    return None


def _has(row: Scored, pair: tuple[str, str] | None) -> bool:
    if pair is None:
        return True
    facet, value = pair
    found = row.facets.get(facet, ())
    return value == found if isinstance(found, str) else value in found


def _count(clusters: Sequence[Sequence[Scored]], metric: Metric) -> _Counted:
    parts = [[row for row in cluster if _has(row, metric.where)] for cluster in clusters]
    terms = [metric.terms(part) if part else None for part in parts]
    width = next(len(numbers) for numbers in terms if numbers is not None)
    nothing = [0.0] * width
    return _Counted(
        by_cluster=np.array([nothing if one is None else one for one in terms], dtype=np.float64),
        rows=sum(map(len, parts)),
        clusters=sum(map(bool, parts)),
    )


def _figure(metric: Metric, counted: _Counted) -> Value:
    """The figure, with its interval where that takes no bootstrap; else `method` is None."""
    point = float(metric.value(counted.total))
    if isnan(point):
        return _missing(metric, counted.rows, "undefined over these rows: a division by zero")
    ci95, method = None, None
    if metric.binary and counted.rows == counted.clusters:
        ci95, method = wilson(round(point * counted.rows), counted.rows), "Wilson"
    elif counted.clusters == 1:
        method = "no interval: all rows lie in one cluster"
    return Value(
        value=point,
        unit=metric.unit,
        provenance="measured",
        n=counted.rows,
        ci95=ci95,
        method=method,
    )


def _of_few_clusters(value: Value, drawn: Floats, clusters: int) -> tuple[float, float]:
    """Percentiles of few clusters are too narrow: the spread of the draws, times Student's t.

    C - 1 degrees of freedom and the factor sqrt(C / (C - 1)), since a bootstrap of C clusters
    underestimates their variance (Cameron, Gelbach and Miller 2008).
    """
    standard_error = float(drawn.std()) * sqrt(clusters / (clusters - 1))
    half = _STUDENT_975[clusters - 2] * standard_error
    low, high = (value.value or 0.0) - half, (value.value or 0.0) + half
    return (max(0.0, low), min(1.0, high)) if value.unit == "fraction" else (low, high)


def _missing(metric: Metric, rows: int, reason: str) -> Value:
    return Value(value=None, unit=metric.unit, provenance="missing", n=rows, reason=reason)


def _bootstrap(
    values: Mapping[str, Value],
    metrics: Mapping[str, Metric],
    bootstrapped: Mapping[str, _Counted],
    draws: int,
    seed: int,
) -> dict[str, Value]:
    """The values of `bootstrapped` with their intervals, all from the same draws."""
    if not bootstrapped:
        return {}
    distinct = {id(counted): counted for counted in bootstrapped.values()}
    edges = np.cumsum([counted.by_cluster.shape[1] for counted in distinct.values()])[:-1]
    stacked = np.hstack([counted.by_cluster for counted in distinct.values()])
    parts = np.split(resampled_sums(stacked, draws=draws, seed=seed), edges, axis=1)
    sums_of = dict(zip(distinct, parts, strict=True))
    results = {}
    for key, counted in bootstrapped.items():
        metric, sums = metrics[key], sums_of[id(counted)]
        method = "cluster bootstrap"
        if metric.resample:
            # a generator of its own, seeded alike: a judge's repeats are paired across metrics
            redrawn = metric.resample(sums, np.random.default_rng([seed, 1]))
            if not np.array_equal(redrawn, sums):
                sums, method = redrawn, "cluster bootstrap with the judge's repeats redrawn"
        drawn = metric.value(sums)
        results[key] = _with_interval(values[key], metric, drawn, counted, method)
    return results


def _with_interval(
    value: Value, metric: Metric, drawn: Floats, counted: _Counted, method: str
) -> Value:
    defined = drawn[~np.isnan(drawn)]
    if len(defined) < len(drawn):
        method += f", {len(drawn) - len(defined)} of {len(drawn)} draws undefined and left out"
    ci95 = None
    if len(defined) and np.ptp(defined) > _ROUNDING * max(1.0, abs(value.value or 0.0)):
        low, high = np.percentile(defined, (2.5, 97.5))
        ci95 = (float(low), float(high))
        if counted.clusters < FEW_CLUSTERS:
            ci95 = _of_few_clusters(value, defined, counted.clusters)
            method += f", Student's t for {counted.clusters} clusters"
    elif metric.unit == "fraction" and value.value in (0.0, 1.0):
        # a bootstrap of rows that are all right (or all wrong) has no spread, which would be a lie;
        # a cluster without the rows that a figure is about (positives, for recall) says nothing
        telling = int(np.sum(~np.isnan(metric.value(counted.by_cluster))))
        clusters = telling or counted.clusters
        ci95 = wilson(value.value * clusters, clusters)
        method = f"Wilson on {clusters} clusters, which are all alike"
    else:
        method = f"no interval: {method} has no spread"
    return Value(
        value=value.value,
        unit=value.unit,
        provenance=value.provenance,
        n=value.n,
        ci95=ci95,
        method=method,
    )
