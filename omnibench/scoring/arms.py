"""Two arms' answers to the same questions into one difference, by whichever way fits the metric."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan, sqrt
from typing import TYPE_CHECKING

import numpy as np

from omnibench.core import Aggregation, Metric, Scored, Value
from omnibench.scoring import mcnemar, student
from omnibench.scoring.counting import Counted
from omnibench.scoring.precision import Z_975, Z_975_PLUS_Z_80
from omnibench.scoring.statistics import missing_figure
from omnibench.scoring.whole import figure_of, standard_error

if TYPE_CHECKING:
    from omnibench.core import Floats

_ROUNDING = 1e-12
_FEW_CHANGED = 3
"""Clusters that differ between the arms, below which their spread tells nothing."""


@dataclass(frozen=True, slots=True)
class Paired:
    """Two arms' counts of the same clusters, in the same order."""

    base: Counted
    candidate: Counted


@dataclass(frozen=True, slots=True)
class Difference:
    """candidate - base, with its interval, or missing; p of no difference; the MDE of the pair."""

    value: Value
    mde: Value
    p: float | None = None
    p_method: str | None = None


def independent(pair: Paired) -> Difference | None:
    """By the flips of rows that are right or wrong; None where rows share clusters.

    by_cluster: (rows, 2), the score of a row and 1 (`metrics.accuracy`); 0 for rows left out.
    """
    rows = pair.base.rows
    if rows != pair.base.clusters or rows == 1:
        return None
    change = pair.candidate.by_cluster[:, 0] - pair.base.by_cluster[:, 0]
    better, worse = int((change > 0).sum()), int((change < 0).sum())
    centre, error = mcnemar.difference(better, worse, rows)
    value = Value(
        value=(better - worse) / rows,
        unit="fraction",
        provenance="derived",
        n=rows,
        ci95=(max(-1.0, centre - Z_975 * error), min(1.0, centre + Z_975 * error)),
        method=f"paired, adjusted Wald: {better} better, {worse} worse",
    )
    p = mcnemar.mid_p(better, worse)
    return Difference(value, _smallest(value, error), p, "McNemar mid-p")


def bootstrapped(
    metric: Metric, pair: Paired, base_sums: Floats, candidate_sums: Floats, seed: int
) -> Difference:
    """By the spread of the figure over drawn clusters. sums: (draws, k), of the same draws."""
    rows, clusters = pair.base.rows, pair.base.clusters
    point = float(metric.value(pair.candidate.total) - metric.value(pair.base.total))
    if isnan(point):
        return missing(metric, rows, "undefined over these rows: a division by zero")
    if clusters == 1:
        return _without_interval(metric, point, rows, "all rows lie in one cluster")
    method = f"paired cluster bootstrap, Student's t for {clusters} clusters"
    if metric.resample:
        # a generator an arm: the judge graded each of them on its own
        base_sums = metric.resample(base_sums, np.random.default_rng([seed, 1]))
        candidate_sums = metric.resample(candidate_sums, np.random.default_rng([seed, 2]))
        method += ", the judge's repeats redrawn"
    drawn = metric.value(candidate_sums) - metric.value(base_sums)
    defined = drawn[~np.isnan(drawn)]
    if len(defined) < len(drawn):
        method += f", {len(drawn) - len(defined)} of {len(drawn)} draws undefined and left out"
    spread = float(defined.std()) * sqrt(clusters / (clusters - 1)) if len(defined) else 0.0
    changed = int((pair.base.by_cluster != pair.candidate.by_cluster).any(axis=1).sum())
    if changed < _FEW_CHANGED or spread < _ROUNDING:
        spread = max(spread, sqrt(2) * _one_flip(metric, pair))
        how = "differ" if changed < _FEW_CHANGED else "differ, all alike"
        method = f"paired, as if a cluster flipped either way: {changed} of {clusters} {how}"
    if spread < _ROUNDING:
        return _without_interval(metric, point, rows, "nothing varies from cluster to cluster")
    return _by_t(metric, point, spread, rows, clusters, method)


def _one_flip(metric: Metric, pair: Paired) -> float:
    """What the metric changes by where one cluster goes from its worst to its best.

    Leaving one cluster out moves a mean by (figure - cluster) / (C - 1); from the lowest such move
    to the highest is one cluster's flip. Where all clusters are alike, 1 / C stands for it.
    """
    moves: list[float] = []
    for arm in (pair.base, pair.candidate):
        without = metric.value(arm.total - arm.by_cluster) - metric.value(arm.total)
        moves.extend(without[~np.isnan(without)])
    reach = float(np.ptp(moves)) if moves else 0.0
    if reach < _ROUNDING:
        return 1 / pair.base.clusters if metric.unit == "fraction" else 0.0
    return reach


def of_whole(
    metric: Metric,
    aggregation: Aggregation,
    base: Sequence[Sequence[Scored]],
    candidate: Sequence[Sequence[Scored]],
    seed: int,
) -> Difference:
    """Of a figure that is no function of sums: both arms on the same random halves."""

    def figure(items: Sequence[object]) -> float:
        pairs: Sequence[tuple[object, object]] = items  # type: ignore[assignment]
        return aggregation.figure([two for _, two in pairs]) - aggregation.figure(
            [one for one, _ in pairs]
        )

    paired = Aggregation(item=lambda row: row, figure=figure)
    clusters: list[list[object]] = []
    for ones, twos in zip(base, candidate, strict=True):
        pairs = [
            (aggregation.item(a), aggregation.item(b)) for a, b in zip(ones, twos, strict=True)
        ]
        kept: list[object] = [pair for pair in pairs if None not in pair]
        if kept:
            clusters.append(kept)
    everything = [pair for cluster in clusters for pair in cluster]
    rows = len(everything)
    point = figure_of(paired, everything)
    if isnan(point):
        return missing(metric, rows, "its aggregation gives no figure for these rows")
    error, method = standard_error(paired, clusters, seed)
    if error is None:
        return _without_interval(metric, point, rows, method.removeprefix("no interval: "))
    return _by_t(metric, point, error, rows, len(clusters), f"paired, {method}")


def _by_t(
    metric: Metric, point: float, error: float, rows: int, clusters: int, method: str
) -> Difference:
    half = student.quantile_975(clusters - 1) * error
    value = Value(
        value=point,
        unit=metric.unit,
        provenance="derived",
        n=rows,
        ci95=(point - half, point + half),
        method=method,
    )
    p = student.two_sided_p(point / error, clusters - 1)
    return Difference(value, _smallest(value, error), p, "cluster bootstrap, Student's t")


def _smallest(value: Value, error: float) -> Value:
    return Value(
        value=Z_975_PLUS_Z_80 * error,
        unit=value.unit,
        provenance="derived",
        n=value.n,
        method="80 % power at the 5 % level, from the spread of this pair's differences",
    )


def missing(metric: Metric, rows: int, reason: str) -> Difference:
    """No difference, and why."""
    figure = missing_figure(metric, rows, reason)
    return Difference(figure, figure)


def _without_interval(metric: Metric, point: float, rows: int, why: str) -> Difference:
    value = Value(
        value=point, unit=metric.unit, provenance="derived", n=rows, method=f"no interval: {why}"
    )
    return Difference(value, missing_figure(metric, rows, why))
