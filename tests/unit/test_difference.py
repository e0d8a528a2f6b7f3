"""Paired differences against hand-worked cases and against the same thing done row by row."""

from __future__ import annotations

from itertools import product
from math import atan, comb, exp, log, pi, sqrt
from statistics import fmean, stdev

import numpy as np
import pytest

from omnibench.core import Aggregation, Metric, Reading, Scored, Value
from omnibench.scoring import mcnemar, ratio, student
from omnibench.scoring.circular import circular_metrics
from omnibench.scoring.difference import differences, holm
from omnibench.scoring.metrics import accuracy, mean_score
from omnibench.scoring.paired import mme_metrics
from omnibench.scoring.yes_no_metrics import mean_f1, official_metrics


def row(group, score=0.0, target="yes", answer="yes", **facets):
    return Scored(group, facets, target, Reading(answer), float(score))


def test_mid_p_is_that_of_the_paper():
    # Fagerland, Lydersen and Laake 2013, table 2: 1 and 7 discordant pairs; exact 0.0703
    assert mcnemar.mid_p(1, 7) == mcnemar.mid_p(7, 1) == pytest.approx(0.0391, abs=5e-5)


@pytest.mark.parametrize(("better", "worse"), [*product(range(7), range(7)), (40, 61)])
def test_mid_p_counts_every_way_to_flip_a_coin(better, worse):
    flips = better + worse
    if flips == 0:
        assert mcnemar.mid_p(0, 0) == 1
        return
    uneven = abs(better - worse)
    chances = {k: comb(flips, k) / 2**flips for k in range(flips + 1)}
    more = sum(chance for k, chance in chances.items() if abs(2 * k - flips) > uneven)
    same = sum(chance for k, chance in chances.items() if abs(2 * k - flips) == uneven)
    assert mcnemar.mid_p(better, worse) == pytest.approx(more + same / 2, rel=1e-12)


def test_the_adjusted_interval_of_independent_rows_by_hand():
    ones = [row(str(i), i < 10) for i in range(21)]
    twos = [row(str(i), i == 0 or 4 <= i < 14) for i in range(21)]  # 3 worse, 4 better
    found = differences(ones, twos, {"accuracy": accuracy()})["accuracy"]
    up, down = 5 / 23, 4 / 23
    half = 1.959963984540054 * sqrt((up + down - (up - down) ** 2) / 23)
    assert found.value.value == pytest.approx(1 / 21)
    assert found.value.ci95 == pytest.approx((1 / 23 - half, 1 / 23 + half))
    assert (found.p_method, found.p) == ("McNemar mid-p", pytest.approx(mcnemar.mid_p(4, 3)))


def test_few_clusters_get_students_t_with_one_degree_less_than_clusters():
    """Clusters of one size: the difference of means is a mean of the clusters' differences."""
    draw = np.random.default_rng(0)
    ones = [row(str(i % 8), draw.random()) for i in range(48)]
    twos = [row(str(i % 8), draw.random()) for i in range(48)]
    found = differences(ones, twos, {"mean": mean_score()}, draws=40_000)["mean"]
    by_cluster = [
        fmean(two.score - one.score for one, two in zip(ones, twos, strict=True) if one.group == g)
        for g in map(str, range(8))
    ]
    half = 2.3646 * stdev(by_cluster) / sqrt(8)
    centre = fmean(by_cluster)
    assert found.value.value == pytest.approx(centre)
    assert found.value.ci95 == pytest.approx((centre - half, centre + half), abs=0.02 * half)
    t = centre / (stdev(by_cluster) / sqrt(8))
    assert found.p == pytest.approx(student.two_sided_p(t, 7), abs=0.01)
    assert found.mde.value == pytest.approx(2.8016 * stdev(by_cluster) / sqrt(8), rel=0.02)


def pope_rows(right, draw):
    rows = []
    for image, question in product(range(9), range(6)):
        target = "yes" if question % 2 else "no"
        wrong = "no" if target == "yes" else "yes"
        answer = target if draw.random() < right else wrong
        category = ("random", "popular", "adversarial")[question % 3]
        rows.append(row(str(image), answer == target, target, answer, category=category))
    return rows


def mme_rows(right, draw):
    subtasks = [key.partition("/")[2] for key in mme_metrics() if key.startswith("score/")]
    return [
        row(f"{subtask} {image}", draw.random() < right, category=subtask)
        for subtask in subtasks
        for image in range(3)
        for _ in range(2)
    ]


def circular_rows(right, draw):
    return [
        row(str(question), draw.random() < right, rotation="rotated" if turn else "base")
        for question in range(9)
        for turn in range(4)
    ]


def figure_of(metric, arm, groups):
    """The figure over the rows of these groups, one of which may stand there twice."""
    terms = []
    for group in groups:
        members = [one for one in arm if one.group == group and counts(metric, one)]
        if members:
            terms.append(metric.terms(members))
    return float(metric.value(np.sum(terms, axis=0))) if terms else float("nan")


def counts(metric, one):
    return metric.where is None or one.facets.get(metric.where[0]) == metric.where[1]


@pytest.mark.parametrize(
    ("rows_of", "metric"),
    [
        (pope_rows, mean_f1("category", ("random", "popular", "adversarial"))),
        (pope_rows, official_metrics(("category", "popular"))["f1"]),
        (mme_rows, mme_metrics()["perception"]),
        (mme_rows, mme_metrics()["cognition"]),
        (circular_rows, circular_metrics()["circular_accuracy"]),
    ],
)
def test_the_spread_is_that_of_rows_drawn_by_hand(rows_of, metric):
    """The same drawn clusters, but as lists of rows, each with the figure made from scratch."""
    draw, draws = np.random.default_rng(3), 400
    ones, twos = rows_of(0.7, draw), rows_of(0.85, draw)
    found = differences(ones, twos, {"figure": metric}, draws=draws, seed=5)["figure"]
    groups = sorted({one.group for one in ones})
    drawn = []
    for picks in np.random.default_rng(5).integers(0, len(groups), size=(draws, len(groups))):
        chosen = [groups[pick] for pick in picks]
        drawn.append(figure_of(metric, twos, chosen) - figure_of(metric, ones, chosen))
    clusters = len({one.group for one in ones if counts(metric, one)})
    spread = float(np.nanstd(drawn)) * sqrt(clusters / (clusters - 1))
    half = student.quantile_975(clusters - 1) * spread
    centre = found.value.value
    assert centre == pytest.approx(
        figure_of(metric, twos, groups) - figure_of(metric, ones, groups)
    )
    assert found.value.ci95 == pytest.approx((centre - half, centre + half))


def test_the_order_of_the_rows_does_not_matter():
    draw = np.random.default_rng(1)
    ones, twos = pope_rows(0.7, draw), pope_rows(0.8, draw)
    metrics = official_metrics(None)
    turned = draw.permutation(len(ones))
    again = differences([ones[i] for i in turned], [twos[i] for i in turned], metrics)
    assert again == differences(ones, twos, metrics)


def test_one_arm_beside_itself_is_no_difference_but_no_certainty_either():
    draw = np.random.default_rng(2)
    rows = pope_rows(0.8, draw)
    found = differences(rows, list(rows), official_metrics(None))
    for difference in found.values():
        assert (difference.value.value, difference.p) == (0, 1)
        low, high = difference.value.ci95
        assert low == -high < 0


def test_a_change_that_is_alike_in_all_clusters_has_an_interval_still():
    ones = [row(str(i % 40), 1) for i in range(160)]
    twos = [row(str(i % 40), i < 80) for i in range(160)]
    found = differences(ones, twos, {"mean": mean_score()})["mean"]
    half = student.quantile_975(39) * sqrt(2) / 40
    assert found.value.ci95 == pytest.approx((-0.5 - half, -0.5 + half))
    assert found.p < 0.001


def test_a_drop_is_the_mirror_image_of_a_gain():
    draw = np.random.default_rng(4)
    ones, twos = pope_rows(0.6, draw), pope_rows(0.9, draw)
    metric = {"f1": mean_f1("category", ("random", "popular", "adversarial"))}
    gain, drop = differences(ones, twos, metric)["f1"], differences(twos, ones, metric)["f1"]
    assert drop.value.value == pytest.approx(-gain.value.value)
    assert drop.value.ci95 == pytest.approx((-gain.value.ci95[1], -gain.value.ci95[0]))
    assert drop.p == pytest.approx(gain.p)


def test_missing_and_undefined_figures_have_no_difference():
    rows = [row(str(i), 1, "no", "no", category="random") for i in range(12)]
    found = differences(rows, rows, official_metrics(("category", "popular")))
    assert {one.value.provenance for one in found.values()} == {"missing"}
    assert "popular" in found["f1"].value.reason
    found = differences(rows, rows, {"f1": official_metrics(None)["f1"]})
    assert "division by zero" in found["f1"].value.reason


def test_one_cluster_has_a_difference_without_an_interval():
    ones, twos = [row("a", 1), row("a", 0)], [row("a", 1), row("a", 1)]
    found = differences(ones, twos, {"mean": mean_score()})["mean"]
    assert (found.value.value, found.value.ci95, found.p) == (0.5, None, None)
    assert found.mde.provenance == "missing"


def test_figures_that_are_no_function_of_sums_are_paired_too():
    draw = np.random.default_rng(6)
    ones = [row(str(i), draw.random() < 0.5) for i in range(400)]
    twos = [row(one.group, one.score or draw.random() < 0.3) for one in ones]
    whole = Aggregation(item=lambda one: one.score, figure=lambda scores: fmean(scores))
    metric = Metric(lambda rows: (), lambda sums: sums[..., 0], whole=whole)
    found = differences(ones, twos, {"whole": metric, "mean": mean_score()})
    assert found["whole"].value.value == pytest.approx(found["mean"].value.value)
    assert found["whole"].value.ci95 == pytest.approx(found["mean"].value.ci95, abs=0.01)


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


@pytest.mark.parametrize("t", [0.1, 1.0, 2.5, 12.0])
def test_students_t_has_closed_forms_for_few_degrees(t):
    assert student.two_sided_p(t, 1) == pytest.approx(1 - 2 / pi * atan(t), rel=1e-10)
    assert student.two_sided_p(t, 2) == pytest.approx(1 - t / sqrt(2 + t * t), rel=1e-10)
    sine = t / sqrt(4 + t * t)
    assert student.two_sided_p(-t, 4) == pytest.approx(1 - sine * (3 - sine**2) / 2, rel=1e-10)


@pytest.mark.parametrize(
    ("degrees", "quantile"), [(1, 12.7062), (2, 4.3027), (9, 2.2622), (28, 2.0484), (120, 1.9799)]
)
def test_students_t_has_the_printed_quantiles(degrees, quantile):
    assert student.quantile_975(degrees) == pytest.approx(quantile, abs=5e-5)


def seconds(value, ci95=None, n=None):
    return Value(value=value, unit="s", provenance="measured", ci95=ci95, n=n)


def test_the_ratio_of_runs_by_hand():
    ones, twos = (1.00, 1.02, 0.98), (1.10, 1.16, 1.13)
    found = ratio.of_runs([*map(seconds, ones)], [*map(seconds, twos)])
    logs = [[log(x) for x in side] for side in (ones, twos)]
    centre = fmean(logs[1]) - fmean(logs[0])
    parts = [stdev(side) ** 2 / 3 for side in logs]
    degrees = sum(parts) ** 2 / sum(part**2 / 2 for part in parts)
    half = student.quantile_975(degrees) * sqrt(sum(parts))
    assert found.value.value == pytest.approx(exp(centre))
    assert found.value.ci95 == pytest.approx((exp(centre - half), exp(centre + half)))
    assert found.p < 0.01


def test_one_run_a_side_rests_on_its_trials_and_says_so():
    one, two = seconds(2.0, (1.9, 2.1), 5), seconds(2.2, (2.1, 2.3), 5)
    found = ratio.of_runs([one], [two])
    assert found.value.value == pytest.approx(1.1)
    assert found.value.ci95[0] < 1.1 < found.value.ci95[1]
    assert "from run to run is not in it" in found.value.method
    assert ratio.of_runs([seconds(2.0)], [two]).value.ci95 is None


def test_what_is_computed_has_a_ratio_without_uncertainty():
    assert ratio.exactly(100, 150).value.ci95 == (1.5, 1.5)
    assert ratio.exactly(0, 1).value.provenance == "missing"


def test_several_runs_are_one_figure_with_their_spread():
    found = ratio.mean_of_runs([seconds(1.0), seconds(4.0)])
    assert found.value == pytest.approx(2.0)
    assert found.ci95[0] < 1 < 4 < found.ci95[1]
