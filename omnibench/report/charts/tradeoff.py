"""Accuracy against what an answer takes: the models on one chart, with their uncertainty."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from omnibench.report.cells import Cell
from omnibench.report.charts import style
from omnibench.report.speed import Tradeoff

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LOG_FROM = 5.0


_Panel = tuple[str, str, Callable[[Tradeoff], tuple[Cell, ...]]]
_PANELS: tuple[_Panel, ...] = (
    ("time to first token, s", "TTFT", lambda point: point.ttft),
    ("energy of an answer, J", "joules", lambda point: point.joules),
)


def tradeoff_chart(points: Sequence[Tradeoff], name: str) -> str | None:
    """Score against TTFT and, where there are joules, against those. None: nothing to draw."""
    drawn = [(axis, short, _marks(points, x)) for axis, short, x in _PANELS]
    drawn = [(axis, short, marks) for axis, short, marks in drawn if marks]
    if not drawn:
        return None
    models = list(dict.fromkeys(point.model for point in points))
    with style.canvas(520, 300 * len(drawn)) as figure:
        axes = figure.subplots(len(drawn), 1, squeeze=False)[:, 0]
        for panel, (axis, _, marks) in zip(axes, drawn, strict=True):
            _panel(panel, marks, models, axis)
        kinds = [mark.across.provenance for _, _, marks in drawn for mark in marks]
        style.legend_below(figure, style.provenance_handles(kinds), 4)
        against = " and ".join(short for _, short, _ in drawn)
        return style.svg(
            figure,
            name,
            f"{points[0].task}: score against {against}",
            "One mark a figure of a model, with a box of both intervals; up and to the left is"
            " better. The table beside it holds the same figures.",
        )


@dataclass(frozen=True, slots=True)
class _Mark:
    model: str
    across: Cell
    up: Cell
    named: bool


def _marks(points: Sequence[Tradeoff], x: Callable[[Tradeoff], tuple[Cell, ...]]) -> list[_Mark]:
    """Each figure once; a model's name stands at the first of its figures."""
    marks = []
    for point in points:
        there = [each for each in x(point) if each.sort is not None]
        if point.score.sort is not None:
            marks += [_Mark(point.model, each, point.score, each is there[0]) for each in there]
    return marks


def _panel(axes: Axes, marks: Sequence[_Mark], models: Sequence[str], words: str) -> None:
    from matplotlib.patches import Rectangle

    factor = 100.0 if marks[0].up.text.endswith("%") else 1.0
    for mark in marks:
        colour = style.SERIES[models.index(mark.model) % len(style.SERIES)]
        across, up = _ends(mark.across, 1.0), _ends(mark.up, factor)
        axes.add_patch(
            Rectangle(
                (across[0], up[0]), across[2] - across[0], up[2] - up[0],
                facecolor=colour, edgecolor=colour, alpha=0.16, linewidth=1,
            )
        )  # fmt: skip
        axes.plot(
            across[1], up[1], marker=style.MARKERS[mark.across.provenance], markersize=8,
            color=colour, markerfacecolor=style.filled(mark.across.provenance, colour),
            linestyle="none",
        )  # fmt: skip
        if mark.named:
            axes.annotate(
                style.label(mark.model, 22), (across[1], up[1]), xytext=(9, 7),
                textcoords="offset points", fontsize=11, color=style.INK,
            )  # fmt: skip
    _front(axes, marks, factor)
    reached = [mark.across.sort or 0 for mark in marks]
    if min(reached) > 0 and max(reached) / min(reached) > _LOG_FROM:
        axes.set_xscale("log")
        _plain_decades(axes)
    else:
        axes.set_xlim(left=0)
    axes.margins(x=0.28, y=0.2)
    axes.set_xlabel(words)
    axes.set_ylabel("score, %" if factor == 100 else "score, points")
    axes.grid(True)


def _front(axes: Axes, marks: Sequence[_Mark], factor: float) -> None:
    """A line through the measured figures that no other measured one beats in both."""
    best: list[tuple[float, float]] = []
    measured = [mark for mark in marks if mark.across.provenance in ("measured", "derived")]
    for mark in sorted(measured, key=lambda each: (each.across.sort or 0, -(each.up.sort or 0))):
        up = (mark.up.sort or 0) * factor
        if not best or up > best[-1][1]:
            best.append((mark.across.sort or 0, up))
    if len(best) > 1:
        axes.step(
            [a for a, _ in best], [b for _, b in best], where="post", color=style.MUTED,
            linewidth=1, linestyle=(0, (3, 3)), zorder=1,
        )  # fmt: skip


def _ends(each: Cell, factor: float) -> tuple[float, float, float]:
    """Lower end, figure and upper end; without an interval all three are the figure."""
    middle = each.sort or 0.0
    low = middle if each.low is None else each.low
    high = middle if each.high is None else each.high
    return low * factor, middle * factor, high * factor


def _plain_decades(axes: Axes) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
