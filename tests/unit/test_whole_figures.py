from __future__ import annotations

from collections.abc import Sequence
from math import nan, sqrt

import numpy as np
import pytest

from omnibench.core import Aggregation, Metric, Reading, Scored, Value
from omnibench.scoring.statistics import estimate


def rows(count: int, size: int = 1) -> list[Scored]:
    scores = np.random.default_rng(3).random(count // size)
    return [
        Scored(f"g{n // size:04}", {}, None, Reading("x"), float(scores[n // size] > 0.5))
        for n in range(count)
    ]


def nothing(sums: object) -> object:
    raise AssertionError("a whole figure asks for no sums")


def figure(of: object, given: Sequence[Scored]) -> Value:
    aggregation = Aggregation(lambda row: row.score if row.reading.answer else None, of)
    metric = Metric(terms=nothing, value=nothing, whole=aggregation)
    return estimate(given, {"made": metric})["made"]


def mean(items: Sequence[object]) -> float:
    return float(np.mean(items))


@pytest.mark.parametrize("size", [1, 4])
def test_the_spread_over_halves_is_the_standard_error(size: int) -> None:
    made = figure(mean, rows(800, size))
    p, clusters = made.value, 800 // size
    assert p is not None
    assert made.ci95 is not None
    width = (made.ci95[1] - made.ci95[0]) / (2 * 1.96)
    assert width == pytest.approx(sqrt(p * (1 - p) / clusters), rel=0.08)
    assert made.unit == "fraction"


def test_a_figure_beyond_one_is_in_points() -> None:
    assert figure(lambda items: 100 * mean(items), rows(100)).unit == "points"


def test_a_figure_that_refuses_rows_drawn_twice_has_an_interval() -> None:
    # as MME's does, which wants exactly its two questions of every picture
    def distinct(items: Sequence[object]) -> float:
        assert len(set(map(id, items))) == len(items)
        return mean(items)

    given = [Scored(f"{n}", {}, None, Reading("x"), n / 100) for n in range(100)]
    assert figure(distinct, given).ci95 is not None


@pytest.mark.parametrize(
    ("of", "given", "words"),
    [
        (mean, rows(20), "20 clusters are too few"),
        (lambda items: 0.5, rows(100), "the same on all"),
        (lambda items: mean(items) if len(items) == 100 else nan, rows(100), "undefined on 1000"),
    ],
)
def test_without_an_interval_it_says_why(of: object, given: list[Scored], words: str) -> None:
    made = figure(of, given)
    assert (made.value is None, made.ci95) == (False, None)
    assert words in (made.method or "")


def test_too_many_rows_are_aggregated_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("omnibench.scoring.whole.MAX_ITEMS", 4_000)
    assert "100 rows are too many" in (figure(mean, rows(100)).method or "")


@pytest.mark.parametrize("error", [ZeroDivisionError, AssertionError, KeyError])
def test_code_that_fails_gives_no_figure(error: type[Exception]) -> None:
    def fail(items: Sequence[object]) -> float:
        raise error

    made = figure(fail, rows(40))
    assert (made.value, made.provenance) == (None, "missing")


def test_rows_that_bring_nothing_are_not_counted() -> None:
    given = rows(100)
    made = figure(mean, [*given, Scored("h", {}, None, Reading(None), 1.0)])
    assert made.n == 100
