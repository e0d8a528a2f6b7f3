"""The radar of the OmniVLM paper: its benchmarks around a circle, a line a model."""

from __future__ import annotations

import math
from collections.abc import Sequence

from omnibench.report.charts import style
from omnibench.report.radar import Radar, Spoke


def radar_chart(radar: Radar, name: str) -> str:
    """A line breaks where a model has no figure: nothing is drawn in its place."""
    angles = [2 * math.pi * number / len(radar.spokes) for number in range(len(radar.spokes))]
    with style.canvas(520, 430) as figure:
        axes = figure.add_subplot(projection="polar")
        axes.set_theta_zero_location("N")  # type: ignore[attr-defined]
        axes.set_theta_direction(-1)  # type: ignore[attr-defined]
        for number, series in enumerate(radar.series):
            colour = style.SERIES[number % len(style.SERIES)]
            values = _values(radar.spokes, number)
            axes.plot(
                [*angles, angles[0]], [*values, values[0]], color=colour, linewidth=1.8,
                linestyle="--" if series.provenance == "published" else "-",
                marker=style.MARKERS[series.provenance], markersize=6,
                markerfacecolor="none" if series.provenance == "published" else colour,
                label=f"{style.label(series.name)} ({series.provenance})",
            )  # fmt: skip
        axes.set_xticks(angles, [spoke.title for spoke in radar.spokes], color=style.INK)
        axes.tick_params(axis="x", pad=12)
        axes.set_ylim(0, 100)
        axes.set_yticks([20, 40, 60, 80, 100])
        axes.tick_params(axis="y", labelsize=10)
        axes.spines["polar"].set_color(style.LINE)
        style.legend_below(figure, axes.get_legend_handles_labels()[0], 2)
        return style.svg(
            figure,
            name,
            "The benchmarks of the OmniVLM paper",
            "One spoke a benchmark, 0 to 100; further out is better. A line breaks where a model"
            " has no figure. The table beside it holds the same figures.",
        )


def _values(spokes: Sequence[Spoke], number: int) -> list[float]:
    found = [spoke.cells[number] for spoke in spokes]
    return [
        math.nan if each is None or each.sort is None else float(each.text.partition(" ")[0])
        for each in found
    ]
