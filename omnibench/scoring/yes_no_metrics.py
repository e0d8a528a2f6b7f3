"""POPE's figures: accuracy, precision, recall, F1 and yes ratio of yes/no answers; yes is positive.

Sources: RUCAIBox/POPE evaluate.py, whose unguarded divisions make a precision undefined here;
lmms-eval 0.7.3 tasks/pope/utils.py, which gives 0 for them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from omnibench.core import Metric, Scored
from omnibench.scoring.metrics import accuracy, quotient

if TYPE_CHECKING:
    from omnibench.core import Floats


def official_metrics(where: tuple[str, str] | None) -> dict[str, Metric]:
    """The five figures of evaluate.py over the rows of one category, or over all."""
    figures: dict[str, Callable[[Floats], Floats]] = {
        "precision": _precision,
        "recall": _recall,
        "f1": f1,
        "yes_ratio": _yes_ratio,
    }
    metrics = {name: Metric(cells, value, where=where) for name, value in figures.items()}
    return {"accuracy": accuracy(where), **metrics}


def mean_f1(facet: str, values: Sequence[str]) -> Metric:
    """The mean of the F1s of the facet's values: LLaVA's headline. Missing where one of them is."""

    def terms(rows: Sequence[Scored]) -> tuple[float, ...]:
        split = [[row for row in rows if row.facets.get(facet) == value] for value in values]
        return tuple(term for part in split for term in cells(part))

    def value(sums: Floats) -> Floats:
        width = sums.shape[-1] // len(values)
        parts = [f1(sums[..., at : at + width]) for at in range(0, sums.shape[-1], width)]
        mean: Floats = np.mean(parts, axis=0)
        return mean

    return Metric(terms, value, needs=tuple((facet, value) for value in values))


def lmms_metrics() -> Mapping[str, Metric]:
    """lmms-eval's five figures over all rows.

    Its recall leaves out replies that are neither yes nor no, and its yes ratio is that of the
    right answers, whatever the model says.
    """
    return {
        "accuracy": accuracy(),
        "precision": Metric(_strict_cells, _strict_precision),
        "recall": Metric(_strict_cells, _strict_recall),
        "f1": Metric(_strict_cells, _strict_f1),
        "yes_ratio": Metric(_strict_cells, _yes_ratio),
    }


def cells(rows: Sequence[Scored]) -> tuple[float, ...]:
    """True positives, false positives, false negatives, rows answered yes, all rows.

    A sample that failed has no answer: it is a false negative or a false positive.
    """
    positives = [row for row in rows if row.target == "yes"]
    hits = sum(row.reading.answer == "yes" for row in positives)
    rejections = sum(row.target != "yes" and row.reading.answer == "no" for row in rows)
    said_yes = sum(row.reading.answer == "yes" for row in rows)
    counts = (
        hits,
        len(rows) - len(positives) - rejections,
        len(positives) - hits,
        said_yes,
        len(rows),
    )
    return tuple(map(float, counts))


def f1(sums: Floats) -> Floats:
    """2 TP / (2 TP + FP + FN): the script's 2 P R / (P + R) wherever its divisions are defined.

    A model that never says yes thus has the F1 0, where evaluate.py divides by zero.
    """
    true, false, missed = sums[..., 0], sums[..., 1], sums[..., 2]
    return quotient(2 * true, 2 * true + false + missed)


def _precision(sums: Floats) -> Floats:
    return quotient(sums[..., 0], sums[..., 0] + sums[..., 1])


def _recall(sums: Floats) -> Floats:
    return quotient(sums[..., 0], sums[..., 0] + sums[..., 2])


def _yes_ratio(sums: Floats) -> Floats:
    return quotient(sums[..., 3], sums[..., 4])


def _strict_cells(rows: Sequence[Scored]) -> tuple[float, ...]:
    """As `cells`, of literal answers alone; then the rows whose target is yes, and all rows."""
    counts = (
        sum(row.target == "yes" and row.reading.answer == "yes" for row in rows),
        sum(row.target == "no" and row.reading.answer == "yes" for row in rows),
        sum(row.target == "yes" and row.reading.answer == "no" for row in rows),
        sum(row.target == "yes" for row in rows),
        len(rows),
    )
    return tuple(map(float, counts))


def _strict_precision(sums: Floats) -> Floats:
    return quotient(sums[..., 0], sums[..., 0] + sums[..., 1], undefined=0.0)


def _strict_recall(sums: Floats) -> Floats:
    return quotient(sums[..., 0], sums[..., 0] + sums[..., 2], undefined=0.0)


def _strict_f1(sums: Floats) -> Floats:
    precision, recall = _strict_precision(sums), _strict_recall(sums)
    return quotient(2 * precision * recall, precision + recall, undefined=0.0)
