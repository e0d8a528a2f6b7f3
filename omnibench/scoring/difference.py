"""The difference between two runs' figures on the same samples, which lie in clusters.

Both arms' sums come from the same drawn clusters, so whatever makes a cluster hard for both cancels
out; the whole metric is computed anew for each draw (Miller 2024, arXiv 2411.00640, section 4).
The interval is the difference, give or take Student's t times the spread of the draws: with the
factor sqrt(C / (C - 1)) it holds for few clusters too (Cameron, Gelbach and Miller 2008). Where
rows are independent and right or wrong, the flips are counted instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from omnibench.core import Metric, Scored
from omnibench.scoring.arms import Difference, Paired, bootstrapped, independent, missing, of_whole
from omnibench.scoring.counting import CountedBy, clusters_of, count, why_missing
from omnibench.scoring.resampling import resampled_together

DRAWS = 5_000


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
            found[key] = missing(metric, 0, reason)
        elif metric.whole is not None:
            found[key] = of_whole(metric, metric.whole, base_clusters, candidate_clusters, seed)
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
    found = {key: independent(pair) for key, pair in counted.items() if metrics[key].binary}
    left = {key: pair for key, pair in counted.items() if found.get(key) is None}
    distinct = {id(pair): pair for pair in left.values()}
    tables = [arm.by_cluster for pair in distinct.values() for arm in (pair.base, pair.candidate)]
    sums = resampled_together(tables, draws=draws, seed=seed) if tables else []
    drawn = dict(zip(distinct, zip(sums[::2], sums[1::2], strict=True), strict=True))
    results = {key: one for key, one in found.items() if one is not None}
    for key, pair in left.items():
        results[key] = bootstrapped(metrics[key], pair, *drawn[id(pair)], seed)
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
