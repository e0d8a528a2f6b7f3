"""The models side by side: their headlines, and what an answer takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from omnibench.quantities import words_of
from omnibench.report.cells import Cell, cell

if TYPE_CHECKING:
    import pandas as pd

_MOST_TASKS = 6
_QUANTITIES = ("ttft_s", "decode_tok_per_s", "request_j", "peak_rss_bytes")


@dataclass(frozen=True, slots=True)
class Figure:
    """A headline of one model. about: the task or the quantity; cells: one a provenance."""

    about: str
    detail: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class ModelGlance:
    """One model with its headlines. notes: its weights and its request; left_out: further tasks."""

    name: str
    notes: tuple[str, ...]
    figures: tuple[Figure, ...]
    left_out: int


def glances(scores: pd.DataFrame, perf: pd.DataFrame, runs: pd.DataFrame) -> list[ModelGlance]:
    """One a finished eval or model of a perf run; scores and timings of one name stand together."""
    notes: dict[str, list[str]] = {}
    figures: dict[str, list[Figure]] = {}
    left_out: dict[str, int] = {}
    for about in runs[runs["finished"].astype(bool)].to_dict("records"):
        scored = about["kind"] == "eval"
        name = str(about["run"] if scored else about["model"])
        found = _scored(scores, about) if scored else list(_timed(perf, about))
        kept = found[:_MOST_TASKS]
        left_out[name] = left_out.get(name, 0) + len(found) - len(kept)
        figures.setdefault(name, []).extend(kept)
        notes.setdefault(name, []).append(_note(about, kept))
    return [
        ModelGlance(name, tuple(dict.fromkeys(notes[name])), tuple(found), left_out[name])
        for name, found in figures.items()
    ]


def _note(about: dict[Any, Any], figures: list[Figure]) -> str:
    if about["kind"] == "eval":
        return f"scored: {about['weights']}"
    case = figures[0].detail if figures else "nothing"
    return f"timed: {about['weights']}; {case}, {about['dtype']}, {about['threads']:.0f} threads"


def _scored(scores: pd.DataFrame, about: dict[Any, Any]) -> list[Figure]:
    mine = scores[(scores["run"] == about["run"]) & scores["headline"].astype(bool)]
    return [Figure(row["task"], row["metric"], (cell(row),)) for row in mine.to_dict("records")]


def _timed(perf: pd.DataFrame, about: dict[Any, Any]) -> Iterator[Figure]:
    """Of the first request; what papers print is left to the section on speed."""
    mine = perf[(perf["run"] == about["run"]) & (perf["model"] == about["model"])]
    first = mine[mine["case"] == next(iter(mine["case"]), None)]
    for quantity in _QUANTITIES:
        rows = first[(first["quantity"] == quantity) & (first["provenance"] != "published")]
        cells = tuple(cell(row) for row in rows.to_dict("records"))
        if cells:
            yield Figure(words_of(quantity).title, str(rows["case"].iloc[0]), cells)
