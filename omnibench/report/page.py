"""Everything that a page shows, made from opened runs; templates only arrange it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from omnibench.quantities import QuantityWords, words_of
from omnibench.report import speed
from omnibench.report.browser import KINDS, Browser, browse
from omnibench.report.caveats import caveats
from omnibench.report.cells import Cell
from omnibench.report.changes import Changes, changes
from omnibench.report.frames import perf_frame, runs_frame, scores_frame
from omnibench.report.glance import ModelGlance, glances
from omnibench.report.radar import Radar, radar
from omnibench.report.roofline import Attained, Ceiling, attained, ceilings
from omnibench.report.scores import FacetTable, ScoreRow, facet_tables, score_rows

if TYPE_CHECKING:
    import pandas as pd
    from markupsafe import Markup

    from omnibench.report.comparison import Comparison
    from omnibench.report.history import Entry
    from omnibench.report.opened import Opened
    from omnibench.report.verdict import Verdict


@dataclass(frozen=True, slots=True)
class TradeoffPart:
    """One task's models beside what an answer takes."""

    task: str
    chart: Markup | None
    rows: tuple[speed.Tradeoff, ...]


@dataclass(frozen=True, slots=True)
class SpeedPart:
    """All that was timed. columns: what the figures of a row are about, in order."""

    columns: tuple[speed.Subject, ...]
    rows: tuple[speed.PerfRow, ...]
    stacks: tuple[speed.Stack, ...]
    stage_chart: Markup | None
    rates: tuple[tuple[speed.Subject, tuple[Cell, ...]], ...]
    rate_chart: Markup | None


@dataclass(frozen=True, slots=True)
class RoofPart:
    """The roofline."""

    points: tuple[Attained, ...]
    ceilings: tuple[Ceiling, ...]
    chart: Markup | None


@dataclass(frozen=True, slots=True)
class Page:
    """What the report says, part by part; a part without data is empty."""

    title: str
    verdict: Verdict | None
    changes: Changes | None
    glances: tuple[ModelGlance, ...]
    scores: tuple[ScoreRow, ...]
    facets: tuple[FacetTable, ...]
    tradeoffs: tuple[TradeoffPart, ...]
    speed: SpeedPart
    roof: RoofPart
    radar: Radar | None
    radar_chart: Markup | None
    browser: Browser
    kinds: dict[str, str]
    runs: tuple[dict[Any, Any], ...]
    definitions: tuple[QuantityWords, ...]
    caveats: tuple[str, ...]
    trend: Markup | None


def page_of(
    opened: Opened,
    verdict: Verdict | None = None,
    comparison: Comparison | None = None,
    history: Sequence[Entry] = (),
) -> Page:
    """The page of some runs. Raises OmnibenchError where their records are damaged."""
    scores, perf, runs = scores_frame(opened.evals), perf_frame(opened.perfs), runs_frame(opened)
    timings, found = speed.timings(perf), radar(scores)
    doubts = () if comparison is None else comparison.doubts
    return Page(
        title=_title(runs),
        verdict=verdict,
        changes=None if comparison is None else changes(comparison),
        glances=tuple(glances(scores, perf, runs)),
        scores=tuple(score_rows(scores)),
        facets=tuple(facet_tables(scores)),
        tradeoffs=tuple(_tradeoff_parts(scores, timings, runs)),
        speed=_speed_part(timings),
        roof=_roof_part(opened, timings),
        radar=found,
        radar_chart=None if found is None else _radar_chart(found),
        browser=browse(opened.evals),
        kinds=dict(KINDS),
        runs=tuple(runs.to_dict("records")),
        definitions=tuple(words_of(name) for name in timings.quantities),
        caveats=(*doubts, *caveats(opened)),
        trend=_trend(history),
    )


def _title(runs: pd.DataFrame) -> str:
    models = list(dict.fromkeys(runs["model"]))
    named = ", ".join(models[:3])
    return named if len(models) <= 3 else f"{named} and {len(models) - 3} more"


def _tradeoff_parts(
    scores: pd.DataFrame, timings: speed.Timings, runs: pd.DataFrame
) -> Iterator[TradeoffPart]:
    from omnibench.report.charts.tradeoff import tradeoff_chart

    by_task: dict[str, list[speed.Tradeoff]] = {}
    for row in speed.tradeoffs(scores, timings, runs):
        by_task.setdefault(row.task, []).append(row)
    for number, (task, rows) in enumerate(by_task.items()):
        chart = tradeoff_chart(rows, f"tradeoff-{number}")
        yield TradeoffPart(task, _markup(chart), tuple(rows))


def _speed_part(timings: speed.Timings) -> SpeedPart:
    from omnibench.report.charts.rates import rate_chart
    from omnibench.report.charts.stages import stage_chart

    stacks = speed.stacks(timings)
    rates = [
        (subject, cells)
        for subject in timings.subjects
        if (cells := timings.figures(subject, "decode_tok_per_s"))
    ]
    drawn = [each for each in rates if speed.has_figures(each[1])]
    return SpeedPart(
        columns=timings.subjects,
        rows=tuple(speed.perf_rows(timings)),
        stacks=tuple(stacks),
        stage_chart=_markup(stage_chart(stacks, "stages") if stacks else None),
        rates=tuple(rates),
        rate_chart=_markup(rate_chart(drawn, "rates") if drawn else None),
    )


def _roof_part(opened: Opened, timings: speed.Timings) -> RoofPart:
    from omnibench.report.charts.roof import roof_chart

    points = attained(timings)
    limits = ceilings(opened.perfs, timings)
    chart = roof_chart(points, limits, "roofline") if points else None
    return RoofPart(tuple(points), tuple(limits), _markup(chart))


def _radar_chart(found: Radar) -> Markup | None:
    from omnibench.report.charts.radar import radar_chart

    return _markup(radar_chart(found, "radar"))


def _trend(history: Sequence[Entry]) -> Markup | None:
    from omnibench.report.trend import series_of, trend_chart

    return _markup(trend_chart(series_of(history), "trend")) if history else None


def _markup(svg: str | None) -> Markup | None:
    from markupsafe import Markup

    return None if svg is None else Markup(svg)
