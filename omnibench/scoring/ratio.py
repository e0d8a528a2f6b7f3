"""How many times as much the candidate takes, from the logarithms of both sides' figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log, sqrt
from statistics import fmean, variance

from omnibench.core import Value
from omnibench.scoring import student
from omnibench.scoring.precision import Z_975


@dataclass(frozen=True, slots=True)
class Ratio:
    """candidate / base with its interval, or missing; p of no difference."""

    value: Value
    p: float | None = None
    p_method: str | None = None


def of_runs(base: Sequence[float], candidate: Sequence[float]) -> Ratio:
    """From one figure a run, at least two runs a side: Welch's t on the logarithms.

    The unit is the run (a process of its own): what differs from run to run, such as the placing of
    memory, differs between the two sides too. Figures must be above 0.
    """
    logs = [[log(figure) for figure in side] for side in (base, candidate)]
    squares = [variance(side) / len(side) for side in logs]
    degrees = _welch_degrees(squares, [len(side) - 1 for side in logs])
    method = f"Welch's t on the logarithms of {len(base)} and {len(candidate)} runs"
    return _ratio(fmean(logs[1]) - fmean(logs[0]), sum(squares), degrees, method)


def of_intervals(base: Value, candidate: Value) -> Ratio:
    """From one run a side, by the intervals that their trials gave.

    What differs from run to run is not in it, which the method says.
    """
    if not base.value or not candidate.value or base.value < 0 or candidate.value < 0:
        return missing("a figure that is not above 0 has no ratio")
    point = log(candidate.value / base.value)
    errors = [_log_error(value) for value in (base, candidate)]
    trials = [value.n for value in (base, candidate)]
    if None in errors or None in trials:
        value = Value(
            value=exp(point),
            unit="ratio",
            provenance="derived",
            method="no interval: a side is one run without one",
        )
        return Ratio(value)
    squares = [error**2 for error in errors if error is not None]
    degrees = _welch_degrees(squares, [max(1, n - 1) for n in trials if n is not None])
    method = "the intervals of one run a side: what differs from run to run is not in it"
    return _ratio(point, sum(squares), degrees, method)


def exactly(base: float, candidate: float) -> Ratio:
    """Of figures that are the same whenever they are computed."""
    if base == 0:
        return missing("a figure that is not above 0 has no ratio")
    point = candidate / base
    method = "computed, not measured: without uncertainty"
    value = Value(
        value=point, unit="ratio", provenance="derived", ci95=(point, point), method=method
    )
    return Ratio(value)


def missing(reason: str) -> Ratio:
    """No ratio, and why."""
    return Ratio(Value(value=None, unit="ratio", provenance="missing", reason=reason))


def _log_error(value: Value) -> float | None:
    """The standard error of the figure's logarithm, from its interval."""
    if value.ci95 is None or value.ci95[0] <= 0:
        return None
    return log(value.ci95[1] / value.ci95[0]) / (2 * Z_975)


def _welch_degrees(squares: Sequence[float], degrees: Sequence[int]) -> float:
    """Welch and Satterthwaite's degrees of freedom of a sum of squared errors."""
    parts = sum(square**2 / each for square, each in zip(squares, degrees, strict=True))
    return sum(squares) ** 2 / parts if parts > 0 else float(sum(degrees))


def _ratio(point: float, square: float, degrees: float, method: str) -> Ratio:
    error = sqrt(square)
    if error == 0:
        value = Value(value=exp(point), unit="ratio", provenance="derived")
        return Ratio(_without_spread(value))
    half = student.quantile_975(degrees) * error
    value = Value(
        value=exp(point),
        unit="ratio",
        provenance="derived",
        ci95=(exp(point - half), exp(point + half)),
        method=method,
    )
    return Ratio(value, student.two_sided_p(point / error, degrees), "Student's t")


def _without_spread(value: Value) -> Value:
    return Value(
        value=value.value,
        unit=value.unit,
        provenance=value.provenance,
        method="no interval: the figures of each side are all the same",
    )
