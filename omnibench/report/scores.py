"""The scores of the page: headlines with their uncertainty, and the facets behind them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from omnibench.report.cells import Cell, cell, number, scale, words

if TYPE_CHECKING:
    import pandas as pd

_DATA = {
    "full": "the benchmark",
    "sample": "bundled sample",
    "custom": "your own pack",
}


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """The headline of one task of one run. span: the ends of the axis that its interval lies on."""

    task: str
    run: str
    metric: str
    rule: str
    score: Cell
    span: tuple[float, float]
    n: str
    clusters: int
    unread: int
    errors: int
    mde: str
    data: str
    pack: str
    control: str


@dataclass(frozen=True, slots=True)
class FacetRow:
    """One metric of one rule: a cell a run, None where a run has no such metric."""

    metric: str
    headline: bool
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True, slots=True)
class FacetTable:
    """All metrics of one task under one rule."""

    task: str
    rule: str
    runs: tuple[str, ...]
    rows: tuple[FacetRow, ...]


def score_rows(scores: pd.DataFrame) -> list[ScoreRow]:
    """The headlines, task by task."""
    headlines = scores[scores["headline"].astype(bool)]
    tasks = list(dict.fromkeys(headlines["task"]))
    ordered = sorted(headlines.to_dict("records"), key=lambda row: tasks.index(row["task"]))
    return [_score_row(row, _span(row, ordered)) for row in ordered]


def facet_tables(scores: pd.DataFrame) -> Iterator[FacetTable]:
    """Every metric of every task, a table a rule, a column a run."""
    for (task, rule), group in scores.groupby(["task", "rule"], sort=False):
        runs = tuple(dict.fromkeys(group["run"]))
        by_metric: dict[str, dict[str, dict[Any, Any]]] = {}
        for row in group.to_dict("records"):
            by_metric.setdefault(row["metric"], {})[row["run"]] = row
        rows = tuple(_facet_row(metric, found, runs) for metric, found in by_metric.items())
        yield FacetTable(str(task), str(rule), runs, rows)


def _facet_row(metric: str, found: dict[str, dict[Any, Any]], runs: Sequence[str]) -> FacetRow:
    headline = any(bool(row["headline"]) for row in found.values())
    cells = tuple(cell(found[run]) if run in found else None for run in runs)
    return FacetRow(metric, headline, cells)


def _score_row(row: dict[Any, Any], span: tuple[float, float]) -> ScoreRow:
    n, population = int(number(row["n"]) or row["samples"]), int(row["population"])
    mde = number(row["mde"])
    factor, _ = scale(1.0, row["unit"])
    return ScoreRow(
        task=row["task"],
        run=row["run"],
        metric=row["metric"],
        rule=row["rule"],
        score=cell(row),
        span=span,
        n=f"{n:,}" if row["samples"] == population else f"{n:,} of {population:,}",
        clusters=int(row["clusters"]),
        unread=int(row["unread"]),
        errors=int(row["errors"]),
        mde="" if mde is None else f"{mde * factor:.1f} pt",
        data=_DATA.get(row["data"], row["data"]),
        pack=row["pack"],
        control=words(row["control"]),
    )


def _span(row: dict[Any, Any], rows: Sequence[dict[Any, Any]]) -> tuple[float, float]:
    """Fractions lie on 0 to 1; points on 0 to 100, or to the highest end among the task's rows."""
    if row["unit"] == "fraction":
        return 0.0, 1.0
    alike = [each for each in rows if each["task"] == row["task"]]
    ends = [number(each[name]) for each in alike for name in ("value", "high")]
    return 0.0, max([100.0, *(end for end in ends if end is not None)])
