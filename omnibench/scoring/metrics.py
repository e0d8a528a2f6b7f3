"""Metrics that are a mean of scores, and the quotient that all metrics are made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import fsum
from typing import TYPE_CHECKING

import numpy as np

from omnibench.core import Metric, Scored

if TYPE_CHECKING:
    from omnibench.core import Floats


def accuracy(where: tuple[str, str] | None = None) -> Metric:
    """The share of right rows, where a row is right or wrong."""
    return Metric(score_and_count, _mean, where=where, binary=True)


def mean_score(where: tuple[str, str] | None = None) -> Metric:
    """The mean of scores that may lie between 0 and 1."""
    return Metric(score_and_count, _mean, where=where)


def mean_of(
    sum_and_number: Callable[[Sequence[Scored]], Sequence[float]],
    *,
    where: tuple[str, str] | None = None,
    needs: tuple[tuple[str, str], ...] = (),
    lacking: str | None = None,
) -> Metric:
    """The mean of something else than rows' own scores: a cluster's rows -> (sum, number)."""
    return Metric(sum_and_number, _mean, where=where, needs=needs, lacking=lacking)


def quotient(numerator: Floats, denominator: Floats, undefined: float = np.nan) -> Floats:
    """Divide element by element; `undefined` where the denominator is 0."""
    divisor = np.where(denominator == 0, np.nan, denominator)
    result: Floats = np.where(denominator == 0, undefined, numerator / divisor)
    return result


def score_and_count(rows: Sequence[Scored]) -> tuple[float, float]:
    """The terms of a mean score."""
    return fsum(row.score for row in rows), float(len(rows))


def _mean(sums: Floats) -> Floats:
    return quotient(sums[..., 0], sums[..., 1])
