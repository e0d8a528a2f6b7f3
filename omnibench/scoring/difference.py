"""The difference between two runs' figures on the same samples, which lie in clusters.

Both arms' sums come from the same drawn clusters, so whatever makes a cluster hard for both cancels
out; the whole metric is computed anew for each draw (Miller 2024, arXiv 2411.00640, section 4).
The interval is the difference, give or take Student's t times the spread of the draws: with the
factor sqrt(C / (C - 1)) it holds for few clusters too (Cameron, Gelbach and Miller 2008). Where
rows are independent and right or wrong, the flips are counted instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan, sqrt
from typing import TYPE_CHECKING

import numpy as np

from omnibench.core import Aggregation, Metric, Scored, Value
from omnibench.scoring import mcnemar, student
from omnibench.scoring.counting import Counted, CountedBy, clusters_of, count, why_missing
from omnibench.scoring.precision import Z_975, Z_975_PLUS_Z_80
from omnibench.scoring.resampling import resampled_together
from omnibench.scoring.statistics import missing_figure
from omnibench.scoring.whole import figure_of, standard_error

if TYPE_CHECKING:
    from omnibench.core import Floats

DRAWS = 5_000
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


def differences(
    base: Sequence[Scored],
    candidate: Sequence[Scored],
    metrics: Mapping[str, Metric],
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> dict[str, Difference]:
    """Every metric's difference. The rows of both arms are the same samples, in the same order."""
    base_clusters, candidate_clusters = _aligned(base, candidate)
    found: dict[str, Difference] = {}
    counted: dict[CountedBy, Paired] = {}
    drawn: dict[str, Paired] = {}
    for key, metric in metrics.items():
        reason = why_missing(base, metric)
        if reason:
            found[key] = _missing(metric, 0, reason)
        elif metric.whole is not None:
            found[key] = _of_whole(metric, metric.whole, base_clusters, candidate_clusters, seed)
        else:
            what = (metric.terms, metric.where)
            if what not in counted:
                arms = (count(clusters, metric) for clusters in (base_clusters, candidate_clusters))
                counted[what] = Paired(*arms)
            drawn[key] = counted[what]
    found.update(of_counts(drawn, metrics, draws=draws, seed=seed))
    return {key: found[key] for key in metrics}


def of_counts(
    counted: Mapping[str, Paired],
    metrics: Mapping[str, Metric],
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> dict[str, Difference]:
    """The differences of metrics whose sums have been counted, all from the same draws."""
    found = {key: _independent(pair) for key, pair in counted.items() if metrics[key].binary}
    left = {key: pair for key, pair in counted.items() if found.get(key) is None}
    distinct = {id(pair): pair for pair in left.values()}
    tables = [arm.by_cluster for pair in distinct.values() for arm in (pair.base, pair.candidate)]
    sums = resampled_together(tables, draws=draws, seed=seed) if tables else []
    drawn = dict(zip(distinct, zip(sums[::2], sums[1::2], strict=True), strict=True))
    results = {key: one for key, one in found.items() if one is not None}
    for key, pair in left.items():
        results[key] = _bootstrapped(metrics[key], pair, *drawn[id(pair)], seed)
    return results


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted p-values: all claims together err at most as often as one (Holm 1979)."""
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    adjusted, highest = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = highest
    return adjusted


def _aligned(
    base: Sequence[Scored], candidate: Sequence[Scored]
) -> tuple[list[list[Scored]], list[list[Scored]]]:
    """Both arms by cluster, in the order of `clusters_of`; the base's groups hold for both."""
    places: dict[int, int] = {id(row): place for place, row in enumerate(base)}
    clusters = clusters_of(base)
    return clusters, [[candidate[places[id(row)]] for row in cluster] for cluster in clusters]


def _independent(pair: Paired) -> Difference | None:
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


def _bootstrapped(
    metric: Metric, pair: Paired, base_sums: Floats, candidate_sums: Floats, seed: int
) -> Difference:
    rows, clusters = pair.base.rows, pair.base.clusters
    point = float(metric.value(pair.candidate.total) - metric.value(pair.base.total))
    if isnan(point):
        return _missing(metric, rows, "undefined over these rows: a division by zero")
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


def _of_whole(
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
        return _missing(metric, rows, "its aggregation gives no figure for these rows")
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


def _missing(metric: Metric, rows: int, reason: str) -> Difference:
    missing = missing_figure(metric, rows, reason)
    return Difference(missing, missing)


def _without_interval(metric: Metric, point: float, rows: int, why: str) -> Difference:
    value = Value(
        value=point, unit=metric.unit, provenance="derived", n=rows, method=f"no interval: {why}"
    )
    return Difference(value, missing_figure(metric, rows, why))
