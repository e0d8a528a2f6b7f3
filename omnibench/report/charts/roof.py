"""The roofline: work a second over work a byte, under the machine's ceilings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from omnibench.report.charts import style
from omnibench.report.roofline import Attained, Ceiling

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_PHASES = ("vision", "prefill", "decode")


def roof_chart(points: Sequence[Attained], ceilings: Sequence[Ceiling], name: str) -> str:
    """At least one point; without ceilings the points stand alone."""
    with style.canvas(520, 360) as figure:
        axes = figure.subplots()
        axes.set_xscale("log")
        axes.set_yscale("log")
        for point in points:
            colour = _colour(point.phase)
            place = (point.flops_per_byte, point.flops_per_s)
            axes.plot(
                *place, marker=style.MARKERS[point.provenance], markersize=8, color=colour,
                linestyle="none", markerfacecolor=style.filled(point.provenance, colour),
            )  # fmt: skip
            axes.annotate(
                point.letter, place, xytext=(8, -4), textcoords="offset points", fontsize=10.5,
                color=style.INK,
            )  # fmt: skip
        axes.margins(0.25)
        _roof(axes, ceilings)
        axes.set_xlabel("FLOP a byte moved")
        axes.set_ylabel("FLOP a second")
        _plain_decades(axes)
        axes.grid(True, which="major")
        style.legend_below(figure, _legend(points), 4)
        return style.svg(
            figure,
            name,
            "Roofline",
            "Work a second over work a byte moved, a mark a phase of a model, lettered as in the"
            " table beside it; lines are the machine's ceilings.",
        )


def _plain_decades(axes: Axes) -> None:
    """1 k, 1 M, 1 G: matplotlib's own words for decades are formulas."""
    from matplotlib.ticker import EngFormatter, NullFormatter

    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(EngFormatter(sep=" "))
        axis.set_minor_formatter(NullFormatter())


def _colour(phase: str) -> str:
    return style.STAGES[_PHASES.index(phase) + 1]


def _roof(axes: Axes, ceilings: Sequence[Ceiling]) -> None:
    flops = max((each.per_s for each in ceilings if each.kind == "compute"), default=None)
    rate = max((each.per_s for each in ceilings if each.kind == "bandwidth"), default=None)
    if flops is None and rate is None:
        return
    left, right = axes.get_xlim()
    if flops is not None and rate is not None:
        left, right = min(left, flops / rate / 4), max(right, flops / rate * 4)
    xs, ys = [left, right], [flops or 0.0, flops or 0.0]
    if rate is not None:
        ridge = right if flops is None else flops / rate
        xs, ys = [left, ridge, right], [left * rate, ridge * rate, ridge * rate]
    axes.plot(xs, ys, color=style.INK, linewidth=1.5, zorder=1)
    axes.set_xlim(left, right)
    bottom, top = axes.get_ylim()
    axes.set_ylim(min(bottom, min(ys) / 2), max(top, max(ys) * 2))


def _legend(points: Sequence[Attained]) -> list[Any]:
    from matplotlib.patches import Patch

    phases = [phase for phase in _PHASES if any(point.phase == phase for point in points)]
    return [
        *(Patch(facecolor=_colour(phase), label=phase) for phase in phases),
        *style.provenance_handles(point.provenance for point in points),
    ]
