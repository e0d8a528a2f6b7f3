"""Differences and ratios in words, with their sign, unit and interval."""

from __future__ import annotations

from omnibench.core import Value
from omnibench.report.cells import DASH


def delta(value: Value) -> str:
    """`+1.80 pt`, `−12.0 points`, `×1.120`; a dash for what is missing."""
    if value.value is None:
        return DASH
    number = _number(value.value, value.unit)
    return f"×{number}" if value.unit == "ratio" else f"{number} {_unit(value.unit)}"


def interval(value: Value) -> str:
    """`[−3.10, −0.50]` in the unit of `delta`; a dash where there is none."""
    if value.ci95 is None:
        return DASH
    low, high = (_number(end, value.unit) for end in value.ci95)
    return f"[{low}, {high}]"


def p_value(p: float | None) -> str:
    """Three digits, or a bound."""
    if p is None:
        return DASH
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def margin(number: float, unit: str) -> str:
    """What a gate bears, in the unit of the difference: `1.00 pt`, `5.0 %` of a timing."""
    if unit == "ratio":
        return f"{number * 100:g} %"
    return f"{number * 100:g} pt" if unit == "fraction" else f"{number:g} {unit}".rstrip()


def _number(number: float, unit: str) -> str:
    if unit == "ratio":
        return f"{number:.3f}"
    signed = f"{number * 100:+.2f}" if unit == "fraction" else f"{number:+.1f}"
    return signed.replace("-", "−")


def _unit(unit: str) -> str:
    return "pt" if unit == "fraction" else unit
