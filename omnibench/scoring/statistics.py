"""Figures with their 95 % intervals, which respect that rows of one cluster are not independent.

Wilson's interval where rows are independent and right or wrong; else a cluster bootstrap of the
whole metric, whatever it is (Miller 2024, arXiv 2411.00640, on clusters; Efron's percentiles).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan, sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from omnibench.core import Metric, Scored, Value
from omnibench.scoring import student
from omnibench.scoring.counting import Counted, CountedBy, clusters_of, count, why_missing
from omnibench.scoring.resampling import resampled_together
from omnibench.scoring.whole import whole_figure

if TYPE_CHECKING:
    from omnibench.core import Floats

_Z_95 = 1.959963984540054
_ROUNDING = 1e-12
FEW_CLUSTERS = 30


def estimate(
    rows: Sequence[Scored], metrics: Mapping[str, Metric], *, draws: int = 5000, seed: int = 0
) -> dict[str, Value]:
    """Every metric's figure over the rows of one task, or why it is missing.

    The same draws of clusters serve all metrics, so their intervals are paired. The order of the
    rows does not matter. An empty group is a cluster of its own.
    """
    clusters = clusters_of(rows)
    values: dict[str, Value] = {}
    counted: dict[CountedBy, Counted] = {}
    of_sums: dict[str, Counted] = {}
    for key, metric in metrics.items():
        reason = why_missing(rows, metric)
        if reason:
            values[key] = missing_figure(metric, 0, reason)
            continue
        if metric.whole is not None:
            values[key] = whole_figure(metric, metric.whole, clusters, seed)
            continue
        what = (metric.terms, metric.where)
        if what not in counted:
            counted[what] = count(clusters, metric)
        of_sums[key] = counted[what]
    values.update(of_counts(of_sums, metrics, draws=draws, seed=seed))
    return {key: values[key] for key in metrics}


def of_counts(
    counted: Mapping[str, Counted], metrics: Mapping[str, Metric], *, draws: int, seed: int
) -> dict[str, Value]:
    """The figures of metrics whose sums have been counted."""
    values = {key: _figure(metrics[key], found) for key, found in counted.items()}
    bootstrapped = {
        key: found
        for key, found in counted.items()
        if values[key].value is not None and values[key].method is None
    }
    return values | _bootstrap(values, metrics, bootstrapped, draws, seed)


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


def _figure(metric: Metric, counted: Counted) -> Value:
    """The figure, with its interval where that takes no bootstrap; else `method` is None."""
    point = float(metric.value(counted.total))
    if isnan(point):
        return missing_figure(metric, counted.rows, "undefined over these rows: a division by zero")
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


def _widened_tail(clusters: int) -> float:
    """What is cut off at either end: 2.5 % of many clusters, less of fewer.

    Percentiles are too narrow by as much as the normal distribution is narrower than Student's t
    (Hesterberg 2015, The American Statistician 69(4), the expanded percentile interval).
    """
    t = student.quantile_975(clusters - 1) * sqrt(clusters / (clusters - 1))
    return NormalDist().cdf(-t)


def _of_few_clusters(value: Value, drawn: Floats, clusters: int) -> tuple[float, float]:
    """Percentiles of few clusters are too narrow: the spread of the draws, times Student's t.

    C - 1 degrees of freedom and the factor sqrt(C / (C - 1)), since a bootstrap of C clusters
    underestimates their variance (Cameron, Gelbach and Miller 2008).
    """
    standard_error = float(drawn.std()) * sqrt(clusters / (clusters - 1))
    half = student.quantile_975(clusters - 1) * standard_error
    low, high = (value.value or 0.0) - half, (value.value or 0.0) + half
    return (max(0.0, low), min(1.0, high)) if value.unit == "fraction" else (low, high)


def missing_figure(metric: Metric, rows: int, reason: str) -> Value:
    """A figure that is not there, and why."""
    return Value(value=None, unit=metric.unit, provenance="missing", n=rows, reason=reason)


def _bootstrap(
    values: Mapping[str, Value],
    metrics: Mapping[str, Metric],
    bootstrapped: Mapping[str, Counted],
    draws: int,
    seed: int,
) -> dict[str, Value]:
    """The values of `bootstrapped` with their intervals, all from the same draws."""
    if not bootstrapped:
        return {}
    distinct = {id(counted): counted for counted in bootstrapped.values()}
    tables = [counted.by_cluster for counted in distinct.values()]
    parts = resampled_together(tables, draws=draws, seed=seed)
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
    value: Value, metric: Metric, drawn: Floats, counted: Counted, method: str
) -> Value:
    defined = drawn[~np.isnan(drawn)]
    if len(defined) < len(drawn):
        method += f", {len(drawn) - len(defined)} of {len(drawn)} draws undefined and left out"
    ci95 = None
    if len(defined) and np.ptp(defined) > _ROUNDING * max(1.0, abs(value.value or 0.0)):
        tail = 100 * _widened_tail(counted.clusters)
        low, high = np.percentile(defined, (tail, 100 - tail))
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
