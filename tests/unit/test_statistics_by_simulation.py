"""Intervals and gates tried on many drawn benchmarks whose truth is known.

A bank of clusters is drawn once and each trial draws a benchmark from it, so that the bank's own
figure is the truth. The arms share how hard a picture and a question are, as two models do: their
scores correlate by about 0.5 a question, and questions about one picture by about 0.3.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from math import exp, fsum, lgamma, log, log1p

import numpy as np
import pytest

from omnibench.core import Metric, Reading, Scored, Value
from omnibench.report.comparison import Comparison, MetricDifference, Side, TaskComparison
from omnibench.report.gates import Gate
from omnibench.report.judging import judge
from omnibench.scoring import statistics
from omnibench.scoring.arms import Difference, Paired
from omnibench.scoring.circular import circular_metrics
from omnibench.scoring.counting import Counted, clusters_of, count
from omnibench.scoring.difference import of_counts
from omnibench.scoring.metrics import accuracy
from omnibench.scoring.paired import PERCEPTION, mme_metrics
from omnibench.scoring.yes_no_metrics import mean_f1

BANK, DRAWS = 1_500, 600
SURE = 0.001
CATEGORIES = ("random", "popular", "adversarial")
# Pictures of MME's ten perception tasks, and the share of each among all of them.
MME_PICTURES = (30, 30, 30, 30, 147, 170, 200, 200, 200, 20)


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A metric and what one of its clusters looks like: (number, right answers) -> rows.

    loss: of the worse candidate, in standard deviations of a question's difficulty; 0.45 is about
    12 points of accuracy.
    """

    metric: Metric
    rows: int
    bar: float
    clusters: int
    cluster: Callable[[int, np.ndarray], list[Scored]]
    loss: float = 0.45


def pope_cluster(number, right):
    rows = []
    for place, good in enumerate(right):
        target = ("no", "yes")[place % 2]
        answer = target if good else ("yes", "no")[place % 2]
        facets = {"category": CATEGORIES[place % 3]}
        rows.append(Scored(f"{number:05}", facets, target, Reading(answer), float(good)))
    return rows


def mme_cluster(number, right):
    shares = np.cumsum(MME_PICTURES) / sum(MME_PICTURES)
    facets = {"category": PERCEPTION[int(np.searchsorted(shares, (number + 0.5) / BANK))]}
    return plain_cluster(number, right, facets)


def circular_cluster(number, right):
    return [
        row
        for place, good in enumerate(right)
        for row in plain_cluster(number, [good], {"rotation": "rotated" if place else "base"})
    ]


def plain_cluster(number, right, facets=None):
    return [Scored(f"{number:05}", facets or {}, "A", Reading("A"), float(good)) for good in right]


BENCHMARKS = {
    "accuracy": Benchmark(accuracy(), 5, -0.5, 240, plain_cluster),
    "accuracy of few clusters": Benchmark(accuracy(), 5, -0.5, 20, plain_cluster, 1.4),
    "F1": Benchmark(mean_f1("category", CATEGORIES), 18, -1.1, 150, pope_cluster),
    "MME's sum": Benchmark(mme_metrics()["perception"], 2, -0.8, 500, mme_cluster),
    "circular accuracy": Benchmark(
        circular_metrics()["circular_accuracy"], 4, -0.9, 200, circular_cluster
    ),
}


@cache
def bank(name: str, loss: float) -> tuple[np.ndarray, np.ndarray]:
    """What each cluster adds to the sums, for the base and for a candidate worse by `loss`."""
    made, draw = BENCHMARKS[name], np.random.default_rng(len(name))
    picture, question = draw.normal(size=(BANK, 1, 1)), draw.normal(size=(BANK, made.rows, 1))
    on_picture, on_question = draw.normal(size=(BANK, 1, 2)), draw.normal(size=(BANK, made.rows, 2))
    ease = 0.45 * picture + 0.55 * question + 0.35 * on_picture + 0.6 * on_question
    right = ease > np.array([made.bar, made.bar + loss])
    arms = []
    for arm in (0, 1):
        rows = [row for k in range(BANK) for row in made.cluster(k, right[k, :, arm])]
        arms.append(count(clusters_of(rows), made.metric).by_cluster)
    return arms[0], arms[1]


def truths(name: str, loss: float) -> tuple[float, float]:
    """The figures of both arms over the whole bank."""
    base, candidate = (float(BENCHMARKS[name].metric.value(arm.sum(0))) for arm in bank(name, loss))
    return base, candidate


@cache
def trials(name: str, loss: float, number: int) -> list[tuple[Value, Difference]]:
    """(the base's figure, the difference) of benchmarks drawn from the bank.

    Without a loss the arms change places at random, so that they are alike exactly.
    """
    made, (base, candidate) = BENCHMARKS[name], bank(name, loss)
    draw = np.random.default_rng(7)
    found = []
    for trial in range(number):
        picks = draw.integers(0, BANK, made.clusters)
        while np.isnan(made.metric.value(base[picks].sum(0))):  # it lacks one of MME's tasks
            picks = draw.integers(0, BANK, made.clusters)
        swapped = (draw.random(made.clusters) < 0.5 if loss == 0 else np.zeros(made.clusters)) > 0
        ones, twos = base[picks], candidate[picks]
        ones, twos = (
            np.where(swapped[:, None], twos, ones),
            np.where(swapped[:, None], ones, twos),
        )
        arms = [Counted(arm, made.rows * made.clusters, made.clusters) for arm in (ones, twos)]
        options = {"draws": DRAWS, "seed": trial}
        single = statistics.of_counts({"x": arms[0]}, {"x": made.metric}, **options)["x"]
        pair = of_counts({"x": Paired(*arms)}, {"x": made.metric}, **options)["x"]
        found.append((single, pair))
    return found


def outcome(difference: Difference, margin: float) -> str:
    """What the gate says, by the one function that decides it."""
    figure = Value(value=0.5, unit=difference.value.unit, provenance="measured")
    found = MetricDifference(
        "r", "m", figure, figure, difference.value, None, None, difference.mde, "higher"
    )
    task = TaskComparison("t", "m", 1, 1, 0, 0, 0, {"r": {"m": found}}, ())
    comparison = Comparison(Side((), ()), Side((), ()), (task,), (), (), (), ())
    return judge([Gate("m", "noninferior", margin, task="t")], comparison).outcome


def chance_of_at_most(count: int, number: int, share: float) -> float:
    """Of a binomial; by logarithms, since the coefficients of 2,000 draws outgrow a float."""
    chances = (
        lgamma(number + 1) - lgamma(k + 1) - lgamma(number - k + 1)
        + k * log(share) + (number - k) * log1p(-share)
        for k in range(int(count) + 1)
    )  # fmt: skip
    return fsum(map(exp, chances))


def surely_below(count: int, number: int, share: float) -> bool:
    """Whether so few are hardly chance, if the true share is at least `share`."""
    return chance_of_at_most(count, number, share) < SURE


def surely_above(count: int, number: int, share: float) -> bool:
    return surely_below(number - count, number, 1 - share)


def covered(intervals: list[tuple[float, float] | None], truth: float) -> int:
    return sum(ends is not None and ends[0] <= truth <= ends[1] for ends in intervals)


NUMBER = [200, pytest.param(2_000, marks=pytest.mark.nightly)]


@pytest.mark.parametrize("number", NUMBER)
@pytest.mark.parametrize("name", BENCHMARKS)
def test_intervals_cover_the_truth_95_times_in_100(name, number):
    loss = BENCHMARKS[name].loss
    base, candidate = truths(name, loss)
    found = trials(name, loss, number)
    of_one = covered([single.ci95 for single, _ in found], base)
    of_pair = covered([pair.value.ci95 for _, pair in found], candidate - base)
    for hits in (of_one, of_pair):
        assert not surely_below(hits, number, 0.93), f"{hits} of {number} cover"
        assert not surely_above(hits, number, 0.97), f"{hits} of {number} cover"


@pytest.mark.parametrize("number", NUMBER)
@pytest.mark.parametrize("name", BENCHMARKS)
def test_without_a_difference_a_gate_fails_at_most_one_time_in_twenty(name, number):
    found = [pair for _, pair in trials(name, 0, number)]
    error = float(np.std([pair.value.value for pair in found]))
    for margin in (0, error):
        fails = sum(outcome(pair, margin) == "fail" for pair in found)
        assert not surely_above(fails, number, 0.05), f"{fails} of {number} fail"


@pytest.mark.parametrize("number", NUMBER)
@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_loss_of_the_margin_and_four_standard_errors_is_found(name, number):
    loss = BENCHMARKS[name].loss
    base, candidate = truths(name, loss)
    found = [pair for _, pair in trials(name, loss, number)]
    error = float(np.std([pair.value.value for pair in found]))
    margin = base - candidate - 4 * error
    assert margin > 0
    fails = sum(outcome(pair, margin) == "fail" for pair in found)
    assert not surely_below(fails, number, 0.95), f"{fails} of {number} fail"


def test_the_drawn_benchmarks_are_like_real_ones():
    """Scores of two models, and of questions about one picture, go together."""
    base, candidate = bank("accuracy", 0)
    shares = base[:, 0] / base[:, 1], candidate[:, 0] / candidate[:, 1]
    assert 0.4 < np.corrcoef(*shares)[0, 1] < 0.8
    size = base[0, 1]
    within = np.var(shares[0]) / (np.mean(shares[0]) * (1 - np.mean(shares[0])))
    assert 0.1 < (size * within - 1) / (size - 1) < 0.5
