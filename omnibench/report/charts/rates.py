"""Tokens a second: one line a model and request, a point a figure with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from omnibench.report.cells import Cell
from omnibench.report.charts import style
from omnibench.report.speed import Subject


def rate_chart(rates: Sequence[tuple[Subject, Sequence[Cell]]], name: str) -> str:
    """rates: what was timed, with its figures; at least one of them holds a number."""
    found = [each for _, cells in rates for each in cells if each.sort is not None]
    reached = max(max(each.sort or 0, each.high or 0) for each in found)
    with style.canvas(520, 84 + 46 * len(rates)) as figure:
        axes = figure.subplots()
        for row, (subject, cells) in enumerate(rates):
            words = style.label(f"{subject.model}, {subject.case}", 58)
            axes.text(0, row - 0.3, words, va="bottom", fontsize=11, color=style.MUTED)
            axes.axhline(row, color=style.LINE, linewidth=0.8, zorder=0)
            for each in cells:
                if each.sort is not None:
                    _point(axes, row, each, reached)
        axes.set_ylim(len(rates) - 0.5, -0.85)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.set_xlim(0, reached * 1.1)
        axes.set_xlabel("tokens a second; further right is better")
        kinds = [each.provenance for each in found]
        style.legend_below(figure, style.provenance_handles(kinds, style.SERIES[0]), 4)
        return style.svg(
            figure,
            name,
            "Tokens a second while decoding",
            "One line a model and request, a mark a figure, a bar for its interval. The table"
            " beside it holds the same figures.",
        )


def _point(axes: Any, row: int, each: Cell, reached: float) -> None:
    measured = each.provenance in ("measured", "derived")
    if each.low is not None and each.high is not None:
        axes.plot(
            [each.low, each.high], [row, row], color=style.SERIES[0], alpha=0.35,
            linewidth=5 if measured else 3, solid_capstyle="round",
        )  # fmt: skip
    axes.plot(
        each.sort, row, marker=style.MARKERS[each.provenance], markersize=8, linestyle="none",
        color=style.SERIES[0], markerfacecolor=style.filled(each.provenance, style.SERIES[0]),
    )  # fmt: skip
    axes.annotate(
        (each.text.partition(" ")[0]), (each.sort, row), xytext=(0, -17),
        textcoords="offset points", ha="center", fontsize=10.5,
    )  # fmt: skip
