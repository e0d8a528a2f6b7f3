"""The models side by side: their headlines, and what an answer takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from omnibench.quantities import words_of
from omnibench.report.cells import Cell, cell

if TYPE_CHECKING:
    import pandas as pd

_MOST_TASKS = 6
_QUANTITIES = ("ttft_s", "decode_tok_per_s", "request_j", "peak_rss_bytes")


@dataclass(frozen=True, slots=True)
class Figure:
    """A headline of one model. about: the task or the quantity; detail: metric or request."""

    about: str
    detail: str
    cell: Cell


@dataclass(frozen=True, slots=True)
class ModelGlance:
    """One model of one run, with its headlines; left_out: how many more tasks it has."""

    name: str
    note: str
    figures: tuple[Figure, ...]
    left_out: int


def glances(scores: pd.DataFrame, perf: pd.DataFrame, runs: pd.DataFrame) -> Iterator[ModelGlance]:
    """The finished runs in their order; of a perf run each model's first request."""
    for about in runs[runs["finished"].astype(bool)].to_dict("records"):
        if about["kind"] == "eval":
            mine = scores[(scores["run"] == about["run"]) & scores["headline"].astype(bool)]
            figures = [
                Figure(row["task"], row["metric"], cell(row)) for row in mine.to_dict("records")
            ]
            yield ModelGlance(
                about["run"],
                about["weights"],
                tuple(figures[:_MOST_TASKS]),
                max(0, len(figures) - _MOST_TASKS),
            )
        else:
            mine = perf[(perf["run"] == about["run"]) & (perf["model"] == about["model"])]
            first = mine[mine["case"] == next(iter(mine["case"]), None)]
            yield ModelGlance(about["model"], about["weights"], tuple(_timed(first)), 0)


def _timed(perf: pd.DataFrame) -> Iterator[Figure]:
    for quantity in _QUANTITIES:
        rows = perf[perf["quantity"] == quantity].to_dict("records")
        for row in rows:
            if row["provenance"] != "published":
                yield Figure(words_of(quantity).title, row["case"], cell(row))
