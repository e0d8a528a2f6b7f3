"""Student's t: its tail and its 97.5 % point, for any degrees of freedom."""

from __future__ import annotations

from math import exp, lgamma, log, log1p

_MOST_TERMS = 10_000
_TINY = 1e-300
_PRECISION = 1e-14


def two_sided_p(t: float, degrees: float) -> float:
    """P(|T| >= |t|), which is the incomplete beta function I_x(degrees / 2, 1 / 2).

    x = degrees / (degrees + t^2) (Abramowitz and Stegun 26.7.1).
    """
    return _incomplete_beta(degrees / (degrees + t * t), degrees / 2, 0.5)


def quantile_975(degrees: float) -> float:
    """The t that 95 % of the distribution lies within, found by halving."""
    low, high = 1.0, 13.0
    while two_sided_p(high, degrees) > 0.05:
        high *= 2
    while high - low > 1e-10:
        middle = (low + high) / 2
        if two_sided_p(middle, degrees) > 0.05:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _incomplete_beta(x: float, a: float, b: float) -> float:
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):  # where the fraction converges slowly
        return 1 - _incomplete_beta(1 - x, b, a)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)) / a
    return front * _continued_fraction(x, a, b)


def _continued_fraction(x: float, a: float, b: float) -> float:
    """Lentz's method on Abramowitz and Stegun 26.5.8."""
    c, d = 1.0, 1 / _away_from_zero(1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, _MOST_TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        change = 1.0
        for numerator in (even, odd):
            d = 1 / _away_from_zero(1 + numerator * d)
            c = _away_from_zero(1 + numerator / c)
            change = c * d
            value *= change
        if abs(change - 1) < _PRECISION:
            break
    return value


def _away_from_zero(number: float) -> float:
    return number if abs(number) > _TINY else _TINY
