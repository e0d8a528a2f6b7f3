"""What an interval is about and what it can show: finite populations, smallest differences."""

from __future__ import annotations

from math import sqrt

import msgspec

from omnibench.core import Value

Z_975 = 1.959963984540054
Z_975_PLUS_Z_80 = 2.801585218112969
ASSUMED_CORRELATION = 0.5
"""Between two models' scores of the same sample; what lmms-eval's `power` assumes too."""


def in_finite_population(value: Value, asked: int, population: int) -> Value:
    """The figure of `asked` rows drawn from `population`, as an estimate of that of all of them.

    The interval shrinks about the figure by sqrt(1 - asked / population), the correction for
    drawing without replacement (Cochran, Sampling Techniques, section 2.6).
    """
    if value.value is None or value.ci95 is None or asked >= population:
        return value
    shrink = sqrt(1 - asked / population)
    low, high = (value.value + (end - value.value) * shrink for end in value.ci95)
    return msgspec.structs.replace(
        value, ci95=(low, high), method=f"{value.method}, for all {population} rows of the pack"
    )


def smallest_difference(value: Value) -> Value:
    """The smallest true difference that a second run on the same samples would probably show.

    MDE = (z_.975 + z_.80) SE sqrt(2 (1 - correlation)): 80 % power at the 5 % level, paired
    (Miller 2024, arXiv 2411.00640, section 5). SE is that of the figure's interval.
    """
    if value.ci95 is None:
        reason = value.reason or value.method or "the figure has no interval"
        return Value(value=None, unit=value.unit, provenance="missing", reason=reason)
    standard_error = (value.ci95[1] - value.ci95[0]) / (2 * Z_975)
    return Value(
        value=Z_975_PLUS_Z_80 * standard_error * sqrt(2 * (1 - ASSUMED_CORRELATION)),
        unit=value.unit,
        provenance="derived",
        n=value.n,
        method="80 % power at the 5 % level, paired on the same samples, their scores correlated"
        f" by {ASSUMED_CORRELATION:g}",
    )
