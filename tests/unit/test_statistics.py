"""Intervals against oracles: known Wilson values, a naive bootstrap in a loop, and coverage."""

from __future__ import annotations

import random
from collections.abc import Sequence
from statistics import quantiles

import numpy as np
import pytest

from omnibench.core import Metric, Reading, Scored, Value
from omnibench.scoring.judged import deviation_of_runs, mean_of_runs
from omnibench.scoring.metrics import accuracy
from omnibench.scoring.resampling import resampled_sums
from omnibench.scoring.statistics import estimate, wilson
from omnibench.scoring.yes_no_metrics import mean_f1, official_metrics


def row(score: float, group: str, *, target: str = "yes", category: str = "popular") -> Scored:
    answer = target if score else {"yes": "no", "no": "yes"}[target]
    return Scored(group, {"category": category}, target, Reading(answer), score)


def interval(value: Value) -> tuple[float, float]:
    assert value.ci95 is not None, value
    return value.ci95


@pytest.mark.parametrize(
    ("right", "rows", "low", "high"),
    # Brown, Cai and DasGupta 2001; Newcombe 1998, table I
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_gives_the_published_intervals(
    right: int, rows: int, low: float, high: float
) -> None:
    assert wilson(right, rows) == pytest.approx((low, high), abs=6e-5)


def test_independent_right_or_wrong_rows_have_wilsons_interval() -> None:
    rows = [row(float(i < 81), f"item {i}") for i in range(263)]
    value = estimate(rows, {"accuracy": accuracy()})["accuracy"]
    assert value.method == "Wilson"
    assert value.n == 263
    assert value.provenance == "measured"
    assert interval(value) == pytest.approx(wilson(81, 263))


def clustered(clusters: int, size: int, seed: int) -> list[Scored]:
    """Rows whose chance of being right is shared by their cluster."""
    generator = random.Random(seed)
    rows = []
    for cluster in range(clusters):
        chance = generator.choice((0.5, 0.95))
        for place in range(size):
            target = "yes" if place % 2 else "no"
            category = ("adversarial", "popular", "random")[place % 3]
            score = float(generator.random() < chance)
            rows.append(row(score, f"image {cluster:04}", target=target, category=category))
    return rows


def naive(rows: Sequence[Scored], metric: Metric, draws: int) -> tuple[float, float]:
    """The cluster bootstrap as one would first write it."""
    generator = random.Random(1)
    groups: dict[str, list[Scored]] = {}
    for one in rows:
        groups.setdefault(one.group, []).append(one)
    names = sorted(groups)
    figures = []
    for _ in range(draws):
        drawn = [one for name in generator.choices(names, k=len(names)) for one in groups[name]]
        if metric.where:
            drawn = [one for one in drawn if one.facets[metric.where[0]] == metric.where[1]]
        figures.append(float(metric.value(np.array(metric.terms(drawn)))))
    cuts = quantiles(figures, n=40, method="inclusive")
    return cuts[0], cuts[-1]


@pytest.mark.parametrize(
    "metric",
    [
        accuracy(),
        mean_f1("category", ("adversarial", "popular", "random")),
        official_metrics(("category", "random"))["precision"],
        official_metrics(None)["f1"],
    ],
    ids=["accuracy", "mean_f1", "precision/random", "f1/pooled"],
)
def test_the_cluster_bootstrap_agrees_with_a_loop(metric: Metric) -> None:
    rows = clustered(clusters=60, size=12, seed=3)
    value = estimate(rows, {"it": metric})["it"]
    assert value.method == "cluster bootstrap"
    counted = [one for one in rows if metric.where is None or one.facets["category"] == "random"]
    point = float(metric.value(np.array(metric.terms(counted))))
    assert value.value == pytest.approx(point, abs=1e-15)
    low, high = naive(rows, metric, draws=1500)
    width = high - low
    assert interval(value) == pytest.approx((low, high), abs=0.12 * width)


def test_a_clustered_mean_has_the_sandwich_width() -> None:
    rows = clustered(clusters=200, size=10, seed=4)
    low, high = interval(estimate(rows, {"it": accuracy()})["it"])
    means = np.array([one.score for one in rows]).reshape(200, 10).mean(axis=1)
    assert (high - low) / 2 == pytest.approx(1.96 * means.std() / np.sqrt(200), rel=0.05)
    independent = wilson(sum(one.score for one in rows), 2000)
    assert high - low > 1.3 * (independent[1] - independent[0])


def test_an_interval_covers_the_truth_about_95_times_in_100() -> None:
    covered = 0
    for seed in range(200):
        rows = clustered(clusters=80, size=6, seed=seed)
        low, high = interval(estimate(rows, {"it": accuracy()}, draws=400)["it"])
        covered += low <= 0.725 <= high
    assert 180 <= covered <= 199


def test_metrics_share_their_draws() -> None:
    rows = clustered(clusters=40, size=4, seed=5)
    metrics = {"alone": accuracy(), "twice": accuracy()}
    both = estimate(rows, metrics | {"other": mean_f1("category", ("popular",))})
    assert both["alone"] == both["twice"] == estimate(rows, {"alone": accuracy()})["alone"]


def test_the_same_seed_gives_the_same_interval_and_another_another() -> None:
    rows = clustered(clusters=97, size=7, seed=5)
    first, again = (estimate(rows, {"it": accuracy()}, seed=1)["it"] for _ in range(2))
    assert first == again
    assert first != estimate(rows, {"it": accuracy()}, seed=2)["it"]


@pytest.mark.parametrize("score", [0.0, 1.0])
def test_rows_that_are_all_alike_have_wilsons_interval_over_clusters(score: float) -> None:
    rows = [row(score, f"image {i % 30}") for i in range(300)]
    value = estimate(rows, {"it": accuracy()})["it"]
    assert interval(value) == wilson(score * 30, 30)
    assert value.method == "Wilson on 30 clusters, which are all alike"


def test_one_cluster_has_no_interval_and_says_why() -> None:
    value = estimate([row(1, "a"), row(0, "a")], {"it": accuracy()})["it"]
    assert value.ci95 is None
    assert value.method == "no interval: all rows lie in one cluster"


def test_rows_without_a_group_are_clusters_of_their_own() -> None:
    value = estimate([row(1, ""), row(0, "")], {"it": accuracy()})["it"]
    assert value.method == "Wilson"


def test_what_is_not_there_is_missing_with_its_reason() -> None:
    rows = [row(1, "a"), row(1, "b")]
    metrics = {
        "none": accuracy(("category", "random")),
        "needs": mean_f1("category", ("popular", "random")),
        "there": accuracy(("category", "popular")),
    }
    values = estimate(rows, metrics)
    for key in ("none", "needs"):
        assert values[key].provenance == "missing"
        assert values[key].value is None
        assert values[key].reason == "no rows with category 'random'"
    assert values["there"].value == 1.0
    assert list(values) == list(metrics)


def test_a_division_by_zero_is_missing_not_nought() -> None:
    rows = [row(0, f"image {i % 5}") for i in range(20)]  # all should be yes, all say no
    values = estimate(rows, official_metrics(None))
    assert values["precision"].provenance == "missing"
    assert values["precision"].reason == "undefined over these rows: a division by zero"
    assert values["f1"].value == 0.0  # 2 TP / (2 TP + FP + FN) is defined
    assert values["recall"].value == 0.0
    assert values["accuracy"].value == 0.0


def test_undefined_draws_are_left_out_and_counted() -> None:
    rows = [row(1, f"image {i}", target="yes" if i < 2 else "no") for i in range(6)]
    rows += [row(0, f"image {i}", target="no") for i in range(6)]
    value = estimate(rows, {"it": official_metrics(None)["recall"]})["it"]
    assert value.value == 1.0
    assert value.method == "Wilson on 2 clusters, which are all alike"  # the two with positives
    rare = [row(i % 2, f"image {i % 3}", category="random") for i in range(6)]
    value = estimate(rows + rare, {"it": accuracy(("category", "random"))})["it"]
    assert "draws undefined and left out" in (value.method or "")


def test_a_sample_that_failed_is_wrong_in_every_figure() -> None:
    rows = [row(1, "a"), row(1, "b", target="no")]
    failed = [
        Scored(name, {}, target, Reading(None), 0.0) for name, target in (("c", "yes"), ("d", "no"))
    ]
    values = estimate(rows + failed, official_metrics(None))
    found = {key: value.value for key, value in values.items()}
    assert found == {"accuracy": 0.5, "precision": 0.5, "recall": 0.5, "f1": 0.5, "yes_ratio": 0.25}


def test_sums_of_drawn_clusters_are_those_of_counting() -> None:
    identity = np.eye(7)
    counts = resampled_sums(identity, draws=300, seed=0)
    assert (counts.sum(axis=1) == 7).all()
    assert (counts == counts.astype(int)).all()
    assert counts.mean() == pytest.approx(1.0)
    assert counts.var() == pytest.approx(6 / 7, abs=0.1)


def graded(grades: Sequence[tuple[float, ...]]) -> list[Scored]:
    return [
        Scored(f"image {place}", {"capability": ("ocr",)}, "x", Reading("x"), 0.0, given)
        for place, given in enumerate(grades)
    ]


def test_a_total_is_the_mean_over_the_runs_and_std_their_population_deviation() -> None:
    rows = graded([(1.0, 0.5), (0.5, 0.0), (0.0, 0.7)])
    values = estimate(rows, {"total": mean_of_runs(), "std": deviation_of_runs()})
    assert values["total"].value == pytest.approx(45.0)
    assert values["std"].value == pytest.approx(5.0)
    assert values["total"].unit == "points"


def test_the_judges_repeats_widen_the_interval() -> None:
    steady = graded([(0.2 + 0.1 * (i % 5),) * 4 for i in range(50)])
    shaky = [
        Scored(
            one.group,
            one.facets,
            "x",
            one.reading,
            0.0,
            (one.grades[0] - 0.2, one.grades[0] + 0.2) * 2,
        )
        for one in steady
    ]
    narrow, wide = (estimate(rows, {"t": mean_of_runs()})["t"] for rows in (steady, shaky))
    assert narrow.value == pytest.approx(wide.value or 0)
    width = [value[1] - value[0] for value in (interval(narrow), interval(wide))]
    assert width[1] > 2 * width[0]
    assert wide.method == "cluster bootstrap with the judge's repeats redrawn"
    once = estimate(
        graded([(0.1,), (0.5,), (0.9,)]), {"t": mean_of_runs(), "s": deviation_of_runs()}
    )
    assert once["t"].method == "cluster bootstrap, Student's t for 3 clusters"
    assert (once["s"].value, once["s"].ci95) == (0.0, None)
    assert once["s"].method == "no interval: cluster bootstrap has no spread"


def test_a_failed_sample_counts_as_nought_in_every_run() -> None:
    rows = [*graded([(1.0, 0.5)]), Scored("failed", {}, "x", Reading(None), 0.0)]
    values = estimate(rows, {"total": mean_of_runs(), "std": deviation_of_runs()})
    assert values["total"].value == pytest.approx(37.5)
    assert values["std"].value == pytest.approx(12.5)
    assert estimate(rows[1:], {"total": mean_of_runs()})["total"].value == 0.0


@pytest.mark.parametrize("clusters", [4, 12])
def test_intervals_of_few_clusters_cover_about_as_often_as_they_say(clusters: int) -> None:
    rng = np.random.default_rng(clusters)
    covered, times = 0, 600
    for _ in range(times):
        rows = []
        for group in range(clusters):
            share = rng.beta(3, 3)  # rows of a cluster are alike: rho = 1 / 7
            for _ in range(18):
                right = float(rng.random() < share)
                rows.append(Scored(f"g{group}", {}, "yes", Reading("yes"), right))
        low, high = interval(estimate(rows, {"a": accuracy()}, draws=500)["a"])
        covered += low <= 0.5 <= high
    assert 0.91 < covered / times <= 0.99
