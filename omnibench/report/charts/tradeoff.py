"""Accuracy against what an answer takes: the models on one chart, with their uncertainty."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from omnibench.report.cells import Cell
from omnibench.report.charts import style
from omnibench.report.speed import Tradeoff

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LOG_FROM = 5.0


def tradeoff_chart(points: Sequence[Tradeoff], name: str) -> str | None:
    """Score against TTFT and, where there are joules, against those. None: nothing to draw."""
    panels: list[tuple[str, str, Callable[[Tradeoff], Cell]]] = [
        ("time to first token, s", "TTFT", lambda point: point.ttft),
        ("energy of an answer, J", "joules", lambda point: point.joules),
    ]
    drawn = [
        (axis, short, x) for axis, short, x in panels if any(_there(point, x) for point in points)
    ]
    if not drawn:
        return None
    with style.canvas(520, 300 * len(drawn)) as figure:
        axes = figure.subplots(len(drawn), 1, squeeze=False)[:, 0]
        for panel, (axis, _, x) in zip(axes, drawn, strict=True):
            _panel(panel, [point for point in points if _there(point, x)], x, axis)
        style.legend_below(figure, _legend(points), 4)
        task = points[0].task
        against = " and ".join(short for _, short, _ in drawn)
        return style.svg(
            figure,
            name,
            f"{task}: score against {against}",
            "One point a model, with a box of its 95 % intervals; up and to the left is better."
            " The table beside it holds the same figures.",
        )


def _there(point: Tradeoff, x: Callable[[Tradeoff], Cell]) -> bool:
    return point.score.sort is not None and x(point).sort is not None


def _panel(
    axes: Axes, points: Sequence[Tradeoff], x: Callable[[Tradeoff], Cell], words: str
) -> None:
    from matplotlib.patches import Rectangle

    factor = 100.0 if points[0].score.text.endswith("%") else 1.0
    models = list(dict.fromkeys(point.model for point in points))
    for point in points:
        colour = style.SERIES[models.index(point.model) % len(style.SERIES)]
        across, up = _ends(x(point), 1.0), _ends(point.score, factor)
        box = Rectangle(
            (across[0], up[0]), across[2] - across[0], up[2] - up[0],
            facecolor=colour, edgecolor=colour, alpha=0.18, linewidth=1,
        )  # fmt: skip
        axes.add_patch(box)
        measured = x(point).provenance in ("measured", "derived")
        axes.plot(
            across[1], up[1], marker=style.MARKERS[x(point).provenance], markersize=8,
            color=colour, markerfacecolor=colour if measured else "none", linestyle="none",
        )  # fmt: skip
        axes.annotate(
            style.label(point.model, 22), (across[1], up[1]), xytext=(9, 7),
            textcoords="offset points", fontsize=11,
        )  # fmt: skip
    _front(axes, points, x, factor)
    reached = [x(point).sort or 0 for point in points]
    if min(reached) > 0 and max(reached) / min(reached) > _LOG_FROM:
        axes.set_xscale("log")
        _plain_decades(axes)
    else:
        axes.set_xlim(left=0)
    axes.margins(x=0.28, y=0.2)
    axes.set_xlabel(words)
    axes.set_ylabel("score, %" if factor == 100 else "score, points")
    axes.grid(True)


def _front(
    axes: Axes, points: Sequence[Tradeoff], x: Callable[[Tradeoff], Cell], factor: float
) -> None:
    """A line through the measured points that no other measured one beats in both."""
    best: list[tuple[float, float]] = []
    measured = [p for p in points if x(p).provenance in ("measured", "derived")]
    for point in sorted(measured, key=lambda p: (x(p).sort or 0, -(p.score.sort or 0))):
        up = (point.score.sort or 0) * factor
        if not best or up > best[-1][1]:
            best.append((x(point).sort or 0, up))
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


def _legend(points: Sequence[Tradeoff]) -> list[Any]:
    from matplotlib.lines import Line2D

    kinds = dict.fromkeys(
        each.provenance
        for point in points
        for each in (point.ttft, point.joules)
        if each.sort is not None
    )
    return [
        Line2D(
            [], [], marker=style.MARKERS[kind], linestyle="none", color=style.INK, label=kind,
            markerfacecolor=style.INK if kind in ("measured", "derived") else "none",
        )
        for kind in kinds
    ]  # fmt: skip
