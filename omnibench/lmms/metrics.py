"""The figures of an lmms-eval task: means where it takes means, else its own aggregation."""

from __future__ import annotations

import contextlib
import inspect
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import fsum, nan
from typing import TYPE_CHECKING, Any

from omnibench.core import Aggregation, Metric, Scored
from omnibench.scoring.metrics import mean_of

if TYPE_CHECKING:
    from omnibench.core import Floats

Values = Callable[[Scored], Mapping[str, Mapping[str, Any]]]
"""What scoring one document gave: filter -> metric -> its number, or whatever it aggregates."""

_OF_ONE = re.compile(r"match|acc|anls|relaxed|f1|correct|recall|precision|iou", re.IGNORECASE)
"""Names of scores between 0 and 1; of the others lmms-eval does not say out of how much they are.
"""


def metrics(
    filters: Sequence[str], entries: Sequence[Mapping[str, Any]], of: Values
) -> dict[str, Metric]:
    """Key -> metric, in the task's order: `metric`, or `metric/filter` where filters are named.

    Left out are those that write a file for a benchmark's server.
    """
    found: dict[str, Metric] = {}
    for name in filters:
        for entry in entries:
            metric, aggregation = entry["metric"], entry.get("aggregation", "mean")
            key = str(metric) if name == "none" else f"{metric}/{name}"
            if aggregation == "mean":
                mean = mean_of(_sum_and_number(of, name, metric))
                found[key] = mean if _OF_ONE.search(str(metric)) else replace(mean, unit="points")
            elif callable(aggregation) and "args" not in inspect.signature(aggregation).parameters:
                found[key] = _whole(of, name, metric, aggregation)
    return found


def number(value: object) -> float | None:
    """The score of one document under one metric: the number, or its entry `score`."""
    if isinstance(value, Mapping):
        value = value.get("score")
    return float(value) if isinstance(value, (int, float)) else None


def _sum_and_number(
    of: Values, name: str, metric: str
) -> Callable[[Sequence[Scored]], tuple[float, float]]:
    def terms(rows: Sequence[Scored]) -> tuple[float, float]:
        found = [of(row).get(name, {}).get(metric) for row in rows]
        numbers = [float(value) for value in found if isinstance(value, (int, float))]
        return fsum(numbers), float(len(numbers))

    return terms


def _whole(of: Values, name: str, metric: str, aggregation: Callable[..., Any]) -> Metric:
    def figure(items: Sequence[object]) -> float:
        # Aggregations print tables; a command's output is its own.
        with contextlib.redirect_stdout(io.StringIO()):
            made = aggregation(list(items))
        return float(made) if isinstance(made, (int, float)) else nan

    item = Aggregation(lambda row: of(row).get(name, {}).get(metric), figure)
    return Metric(terms=_nothing, value=_undefined, whole=item)


def _nothing(rows: Sequence[Scored]) -> Sequence[float]:
    return [0.0] * min(len(rows), 1)


def _undefined(sums: Floats) -> Floats:
    return sums[..., 0] * nan
