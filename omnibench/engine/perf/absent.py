"""Figures that could not be had."""

from omnibench.core import Value


def missing(unit: str, reason: str) -> Value:
    """A figure that could not be had, which is never 0."""
    return Value(None, unit, "missing", reason=reason)
