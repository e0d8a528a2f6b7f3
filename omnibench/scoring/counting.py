"""What metrics count: the rows of clusters into the sums that every figure is a function of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import fsum
from typing import TYPE_CHECKING

import numpy as np

from omnibench.core import Metric, Scored

if TYPE_CHECKING:
    from omnibench.core import Floats

CountedBy = tuple[Callable[[Sequence[Scored]], Sequence[float]], tuple[str, str] | None]
"""Metrics alike in `terms` and `where` count the same."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What a metric counts: its sums by cluster (C, k), its rows, and the clusters they lie in."""

    by_cluster: Floats
    rows: int
    clusters: int

    @property
    def total(self) -> Floats:
        """The sums over all clusters, which do not depend on their order."""
        return np.array([fsum(column) for column in self.by_cluster.T])


def clusters_of(rows: Sequence[Scored]) -> list[list[Scored]]:
    """Rows by group, in an order that is the same however they come."""
    ordered = sorted(rows, key=_order)
    clusters = []
    for name, members in groupby(ordered, key=lambda row: row.group):
        group = list(members)
        clusters.extend([group] if name else [[row] for row in group])
    return clusters


def _order(row: Scored) -> tuple[str, float, str, str, tuple[float, ...]]:
    return row.group, row.score, row.reading.answer or "", repr(row.target), row.grades


def why_missing(rows: Sequence[Scored], metric: Metric) -> str | None:
    """Which rows a figure lacks, or None."""
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


def count(clusters: Sequence[Sequence[Scored]], metric: Metric) -> Counted:
    """The terms of every cluster. At least one row must be there that counts."""
    parts = [[row for row in cluster if _has(row, metric.where)] for cluster in clusters]
    terms = [metric.terms(part) if part else None for part in parts]
    width = next(len(numbers) for numbers in terms if numbers is not None)
    nothing = [0.0] * width
    return Counted(
        by_cluster=np.array([nothing if one is None else one for one in terms], dtype=np.float64),
        rows=sum(map(len, parts)),
        clusters=sum(map(bool, parts)),
    )
