"""MM-Vet's figures from a judge's grades, which may be repeated.

Source: yuweihao/MM-Vet mm-vet_evaluator.py: a run's score is 100 times the mean grade; the total
is the mean over the runs (the judge's repeats), std their population deviation. The script rounds
both to one decimal; here they are kept as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum
from typing import TYPE_CHECKING

import numpy as np

from omnibench.core import Metric, Scored
from omnibench.errors import OmnibenchError
from omnibench.scoring.metrics import quotient

if TYPE_CHECKING:
    from omnibench.core import Floats

MAX_RUNS = 32
"""The most repeats of a judge that are counted; the paper has 5."""


def mean_of_runs(where: tuple[str, str] | None = None) -> Metric:
    """100 times the mean grade. Its interval carries the judge's repeats: runs are redrawn too."""
    return Metric(_terms, _mean, unit="points", where=where, resample=_redraw_runs)


def deviation_of_runs() -> Metric:
    """The population standard deviation of the runs' totals; 0 for a single run, as officially."""
    return Metric(_terms, _deviation, unit="points")


def _terms(rows: Sequence[Scored]) -> list[float]:
    """The rows without grades, then for each run the sum of its grades, then their numbers.

    A sample that failed has no grade and counts as 0 in every run.
    """
    graded = [row.grades for row in rows if row.grades]
    if any(len(grades) > MAX_RUNS for grades in graded):
        raise OmnibenchError(f"a reply has more than {MAX_RUNS} grades; give at most {MAX_RUNS}")
    runs = [[grades[run] for grades in graded if run < len(grades)] for run in range(MAX_RUNS)]
    return [float(len(rows) - len(graded)), *map(fsum, runs), *(float(len(run)) for run in runs)]


def _runs(sums: Floats) -> tuple[Floats, Floats]:
    """(100 x mean grade, counted) of each run; a run without grades has NaN."""
    points, counts = sums[..., 1 : 1 + MAX_RUNS], sums[..., 1 + MAX_RUNS :]
    counted = np.where(counts > 0, counts + sums[..., :1], 0.0)
    return quotient(100 * points, counted), counted


def _mean(sums: Floats) -> Floats:
    scores, counted = _runs(sums)
    # where every sample failed there is no run, and the total is 0
    none = np.where(sums[..., 0] > 0, 0.0, np.nan)
    mean: Floats = np.where(
        (counted > 0).any(axis=-1),
        quotient(np.nansum(scores, axis=-1), (counted > 0).sum(axis=-1)),
        none,
    )
    return mean


def _deviation(sums: Floats) -> Floats:
    scores, counted = _runs(sums)
    squares = np.square(scores - _mean(sums)[..., None])
    deviation: Floats = np.sqrt(quotient(np.nansum(squares, axis=-1), (counted > 0).sum(axis=-1)))
    return deviation


def _redraw_runs(sums: Floats, generator: np.random.Generator) -> Floats:
    """Each draw's runs, drawn with replacement from those that there are."""
    points, counts = sums[:, 1 : 1 + MAX_RUNS], sums[:, 1 + MAX_RUNS :]
    runs = int((counts > 0).any(axis=0).sum())
    redrawn = sums.copy()
    if runs:
        picks = generator.integers(0, runs, size=(len(sums), runs))
        redrawn[:, 1 : 1 + runs] = np.take_along_axis(points, picks, axis=1)
        redrawn[:, 1 + MAX_RUNS : 1 + MAX_RUNS + runs] = np.take_along_axis(counts, picks, axis=1)
    return redrawn
