"""Figures that are no function of sums: made anew from half of the clusters, many times.

Random halves without replacement, rather than a bootstrap: code that groups its rows by their ids
would take a row that is drawn twice for one, or refuse it. The spread of a statistic over random
halves estimates its standard error (McCarthy 1969; Shao and Wu 1989, the delete-d jackknife).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from math import isnan, nan, sqrt

import numpy as np

from omnibench.core import Aggregation, Metric, Scored, Value

MAX_DRAWS, MIN_DRAWS = 1_000, 100
MAX_ITEMS = 1_000_000
"""Rows that are aggregated again for one figure, over all its draws."""
MIN_CLUSTERS = 30

_Z_95 = 1.959963984540054
_MOST_UNDEFINED = 0.1


def whole_figure(
    metric: Metric, aggregation: Aggregation, clusters: Sequence[Sequence[Scored]], seed: int
) -> Value:
    """The figure over all rows, with an interval where it can be made often enough.

    A figure beyond 0..1 is in points, whatever the metric says: another's code does not tell.
    """
    found = [[aggregation.item(row) for row in cluster] for cluster in clusters]
    items = [[item for item in cluster if item is not None] for cluster in found]
    items = [cluster for cluster in items if cluster]
    rows = sum(map(len, items))
    point = figure_of(aggregation, list(chain.from_iterable(items)))
    if isnan(point):
        reason = "its aggregation gives no figure for these rows" if rows else "no rows"
        return Value(value=None, unit=metric.unit, provenance="missing", n=rows, reason=reason)
    error, method = standard_error(aggregation, items, seed)
    unit = metric.unit if 0 <= point <= 1 else "points"
    ci95 = None
    if error is not None:
        low, high = point - _Z_95 * error, point + _Z_95 * error
        ci95 = (max(0.0, low), min(1.0, high)) if unit == "fraction" else (low, high)
    return Value(value=point, unit=unit, provenance="measured", n=rows, ci95=ci95, method=method)


def standard_error(
    aggregation: Aggregation, items: Sequence[Sequence[object]], seed: int
) -> tuple[float | None, str]:
    """(the standard error or None, how it was found or why not). items: the rows of clusters."""
    clusters, rows = len(items), sum(map(len, items))
    draws = min(MAX_DRAWS, 2 * MAX_ITEMS // max(rows, 1))
    if clusters < MIN_CLUSTERS:
        return None, f"no interval: {clusters} clusters are too few for an aggregation of its own"
    if draws < MIN_DRAWS:
        return None, f"no interval: {rows} rows are too many to aggregate {MIN_DRAWS} times"
    half = clusters // 2
    generator = np.random.default_rng([seed, 2])
    figures = []
    for _ in range(draws):
        chosen = generator.permutation(clusters)[:half]
        figures.append(
            figure_of(aggregation, list(chain.from_iterable(items[i] for i in sorted(chosen))))
        )
    defined = [figure for figure in figures if not isnan(figure)]
    undefined = draws - len(defined)
    if undefined > _MOST_UNDEFINED * draws:
        return None, f"no interval: undefined on {undefined} of {draws} halves of the clusters"
    spread = float(np.std(defined)) * sqrt(half / (clusters - half))
    if spread == 0:
        return None, f"no interval: the same on all of {draws} halves of the clusters"
    left_out = f", {undefined} undefined and left out" if undefined else ""
    return spread, f"{draws} random halves of the clusters{left_out}"


def figure_of(aggregation: Aggregation, items: Sequence[object]) -> float:
    """NaN where another's code cannot make a figure of these rows."""
    if not items:
        return nan
    try:
        return aggregation.figure(items)
    except (ArithmeticError, AssertionError, LookupError, TypeError, ValueError):
        return nan
