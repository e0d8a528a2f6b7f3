"""The time to the first token, cut into its stages: one bar a model and request."""

from __future__ import annotations

from collections.abc import Sequence

from omnibench.quantities import words_of
from omnibench.report.charts import style
from omnibench.report.speed import STACKED, Stack

_WIDE_ENOUGH = 0.045


def stage_chart(stacks: Sequence[Stack], name: str) -> str:
    """Bars from left to right in the order in which the stages run; each bears its number."""
    from matplotlib.patches import Patch

    longest = max(stack.whole.sort or 0 for stack in stacks)
    with style.canvas(520, 96 + 46 * len(stacks)) as figure:
        axes = figure.subplots()
        for row, stack in enumerate(stacks):
            start = 0.0
            for number, stage in enumerate(stack.stages):
                width = (stage.sort if stage else None) or 0.0
                if width <= 0:
                    continue
                gap = STACKED[number] == "gap_s"
                axes.barh(
                    row, width, left=start, height=0.52, color=style.STAGES[number],
                    edgecolor=style.PAPER, linewidth=1, hatch="////" if gap else None,
                )  # fmt: skip
                if width > _WIDE_ENOUGH * longest:
                    axes.text(
                        start + width / 2, row, str(number + 1), ha="center", va="center",
                        color=style.PAPER, fontsize=11,
                    )  # fmt: skip
                start += width
            axes.text(start + 0.012 * longest, row, stack.whole.text, va="center", fontsize=11)
            axes.text(
                0, row - 0.36, f"{_words(stack)}", ha="left", va="bottom", fontsize=11,
                color=style.MUTED,
            )  # fmt: skip
        axes.set_ylim(len(stacks) - 0.5, -0.85)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.set_xlim(0, longest * 1.16)
        axes.set_xlabel("seconds")
        handles = [
            Patch(
                facecolor=style.STAGES[number], label=f"{number + 1} {words_of(stage).title}",
                edgecolor=style.PAPER, hatch="////" if stage == "gap_s" else None,
            )
            for number, stage in enumerate(STACKED)
        ]  # fmt: skip
        style.legend_below(figure, handles, 3)
        return style.svg(
            figure,
            name,
            "Time to first token by stage",
            "One bar a model and request, its stages numbered in the order in which they run."
            " The table beside it holds the same figures.",
        )


def _words(stack: Stack) -> str:
    subject = stack.subject
    return f"{style.label(f'{subject.model}, {subject.case}', 46)} ({stack.whole.provenance})"
