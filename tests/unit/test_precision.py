import math
import random

import pytest

from omnibench.core import Value
from omnibench.scoring.precision import in_finite_population, smallest_difference


def figure(value=0.6, ci95=(0.5, 0.7)):
    return Value(value=value, unit="fraction", provenance="measured", n=96, ci95=ci95, method="m")


def test_a_full_run_keeps_its_interval_and_half_a_run_has_one_of_root_half():
    assert in_finite_population(figure(), 100, 100) == figure()
    low, high = in_finite_population(figure(), 50, 100).ci95
    assert (low, high) == pytest.approx((0.6 - 0.1 * math.sqrt(0.5), 0.6 + 0.1 * math.sqrt(0.5)))


def test_a_figure_without_an_interval_stays_as_it_is():
    assert in_finite_population(figure(ci95=None), 5, 10) == figure(ci95=None)


def test_the_corrected_interval_covers_the_full_packs_figure_as_often_as_it_says():
    draw = random.Random(0)
    rows = [float(draw.random() < 0.3) for _ in range(400)]
    truth, covered, times, n = sum(rows) / len(rows), 0, 2000, 240
    for _ in range(times):
        mean = sum(draw.sample(rows, n)) / n
        half = 1.959963984540054 * math.sqrt(mean * (1 - mean) / n)
        low, high = in_finite_population(figure(mean, (mean - half, mean + half)), n, 400).ci95
        covered += low <= truth <= high
    assert 0.93 < covered / times < 0.97


def test_the_smallest_difference_is_found_four_times_in_five():
    """Two models on the same rows, scores correlated by one half, apart by the MDE."""
    draw, n, shown, times = random.Random(1), 400, 0, 1000
    half = 1.959963984540054 / math.sqrt(n)
    mde = smallest_difference(figure(0.0, (-half, half))).value
    for _ in range(times):
        differences = []
        for _ in range(n):
            shared, a, b = (draw.gauss(0, math.sqrt(0.5)) for _ in range(3))
            differences.append((shared + b + mde) - (shared + a))
        mean = sum(differences) / n
        spread = math.sqrt(sum((d - mean) ** 2 for d in differences) / (n - 1) / n)
        shown += abs(mean) > 1.959963984540054 * spread
    assert 0.76 < shown / times < 0.84


def test_without_an_interval_the_smallest_difference_is_missing():
    missing = smallest_difference(Value(None, "fraction", "missing", reason="no judge"))
    assert (missing.value, missing.provenance, missing.reason) == (None, "missing", "no judge")
