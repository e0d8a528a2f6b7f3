"""How a headline went from run to run: a small chart, a panel a headline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from omnibench.core import Value
from omnibench.report.cells import scale
from omnibench.report.charts import style
from omnibench.report.history import Entry

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_PANELS, MOST_POINTS = 8, 60


@dataclass(frozen=True, slots=True)
class Series:
    """One headline of one model over the runs that have it, oldest first."""

    name: str
    model: str
    runs: tuple[str, ...]
    values: tuple[Value, ...]


def series_of(entries: Sequence[Entry]) -> list[Series]:
    """The headlines with figures of two runs or more; of those the last MOST_POINTS."""
    found: dict[tuple[str, str], list[tuple[str, Value]]] = {}
    for entry in entries:
        for name, value in entry.headlines.items():
            if value.value is not None:
                found.setdefault((name, entry.model), []).append((entry.run, value))
    series = []
    for (name, model), points in found.items():
        if len(points) > 1:
            runs, values = zip(*points[-MOST_POINTS:], strict=True)
            series.append(Series(name, model, runs, values))
    return series


def trend_chart(series: Sequence[Series], name: str) -> str | None:
    """The first MOST_PANELS headlines, a line a model. None: no headline has two runs."""
    names = list(dict.fromkeys(one.name for one in series))[:MOST_PANELS]
    if not names:
        return None
    with style.canvas(520, 40 + 130 * len(names)) as figure:
        axes = figure.subplots(len(names), 1, squeeze=False)[:, 0]
        models = list(dict.fromkeys(one.model for one in series))
        for panel, headline in zip(axes, names, strict=True):
            for one in series:
                if one.name == headline:
                    _line(panel, one, style.SERIES[models.index(one.model) % len(style.SERIES)])
        axes[-1].set_xlabel("runs, the newest on the right")
        style.legend_below(figure, axes[0].get_legend_handles_labels()[0], 2)
        return style.svg(
            figure,
            name,
            "Headlines from run to run",
            "One panel a figure, a line a model, a bar for each interval; the newest run is on the"
            " right. The history file holds the same figures.",
        )


def _line(axes: Axes, one: Series, colour: str) -> None:
    last = one.values[-1]
    factor, unit = scale(last.value or 0.0, last.unit)
    heights = [(value.value or 0.0) * factor for value in one.values]
    places = range(len(heights))
    axes.plot(
        places, heights, color=colour, marker=style.MARKERS[last.provenance], markersize=4,
        linewidth=1.4, label=style.label(one.model, 46),
    )  # fmt: skip
    for place, value in zip(places, one.values, strict=True):
        if value.ci95 is not None:
            ends = [end * factor for end in value.ci95]
            axes.plot([place, place], ends, color=colour, linewidth=3, alpha=0.3)
    axes.set_title(f"{style.label(one.name, 58)}, {unit}".rstrip(", "), loc="left", fontsize=11)
    axes.set_xticks([])
    axes.margins(x=0.05, y=0.15)
    axes.grid(True, axis="y")
