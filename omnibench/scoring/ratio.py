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


def of_runs(base: Sequence[Value], candidate: Sequence[Value]) -> Ratio:
    """From one figure a run, all above 0: Welch's t on the logarithms.

    The unit is the run (a process of its own): what differs from run to run, such as the placing of
    memory, differs between the two sides too. A side of one run is as sure as the interval that its
    trials gave, and `method` says that what differs from run to run is not in it.
    """
    sides = [_log_side(values) for values in (base, candidate)]
    point = sides[1].mean - sides[0].mean
    squares = [side.square for side in sides if side.square is not None]
    if len(squares) < len(sides) or not any(squares):
        why = "the figures do not vary" if len(squares) == len(sides) else "one run without one"
        value = Value(
            value=exp(point), unit="ratio", provenance="derived", method=f"no interval: {why}"
        )
        return Ratio(value)
    degrees = _welch_degrees(squares, [side.degrees for side in sides])
    error = sqrt(sum(squares))
    half = student.quantile_975(degrees) * error
    method = f"Welch's t on the logarithms of {len(base)} and {len(candidate)} runs"
    if min(len(base), len(candidate)) == 1:
        method += "; of one run its trials, so what differs from run to run is not in it"
    value = Value(
        value=exp(point),
        unit="ratio",
        provenance="derived",
        ci95=(exp(point - half), exp(point + half)),
        method=method,
    )
    return Ratio(value, student.two_sided_p(point / error, degrees), "Welch's t")


def mean_of_runs(values: Sequence[Value]) -> Value:
    """One figure for several runs, all above 0: their geometric mean, with Student's t."""
    side = _log_side(values)
    half = student.quantile_975(side.degrees) * sqrt(side.square or 0.0)
    return Value(
        value=exp(side.mean),
        unit=values[0].unit,
        provenance="derived",
        n=len(values),
        ci95=(exp(side.mean - half), exp(side.mean + half)) if half else None,
        method=f"geometric mean of {len(values)} runs",
    )


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


@dataclass(frozen=True, slots=True)
class _LogSide:
    """A side's mean logarithm, its squared standard error, its degrees of freedom."""

    mean: float
    square: float | None
    degrees: int


def _log_side(values: Sequence[Value]) -> _LogSide:
    logs = [log(value.value) for value in values if value.value is not None]
    if len(logs) > 1:
        return _LogSide(fmean(logs), variance(logs) / len(logs), len(logs) - 1)
    (value,) = values
    if value.ci95 is None or value.ci95[0] <= 0:
        return _LogSide(logs[0], None, 1)
    error = log(value.ci95[1] / value.ci95[0]) / (2 * Z_975)
    return _LogSide(logs[0], error**2, max(1, (value.n or 1) - 1))


def _welch_degrees(squares: Sequence[float], degrees: Sequence[int]) -> float:
    """Welch and Satterthwaite's degrees of freedom of a sum of squared errors."""
    parts = sum(square**2 / each for square, each in zip(squares, degrees, strict=True))
    return sum(squares) ** 2 / parts
