"""The benchmarks of the OmniVLM paper: its printed scores beside those of the runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from omnibench.core import Provenance
from omnibench.published import Paper, as_value, papers
from omnibench.report.cells import Cell, cell, cell_of

if TYPE_CHECKING:
    import pandas as pd

PAPER_ID = "omnivlm-quality"
_TITLES = {
    "scienceqa:val": "ScienceQA (val)",
    "scienceqa": "ScienceQA (test)",
    "pope": "POPE",
    "mmvet": "MM-Vet",
    "mmmu:test": "MMMU (test)",
    "mmmu": "MMMU (val)",
}


@dataclass(frozen=True, slots=True)
class Series:
    """One line of the radar."""

    name: str
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Spoke:
    """One benchmark: a cell a series, None where a series has no figure of it."""

    task: str
    title: str
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True, slots=True)
class Radar:
    """The paper's benchmarks in its order, the paper's models first."""

    source: str
    note: str
    series: tuple[Series, ...]
    spokes: tuple[Spoke, ...]


def radar(scores: pd.DataFrame) -> Radar | None:
    """None where no run has a score on one of the paper's benchmarks."""
    paper = next(each for each in papers() if each.id == PAPER_ID)
    headlines = scores[scores["headline"].astype(bool) & scores["control"].isna()]
    ours = headlines[headlines["task"].isin(_TITLES) & headlines["value"].notna()]
    if ours.empty:
        return None
    printed = list(dict.fromkeys(figure.model for figure in paper.figures))
    runs = list(dict.fromkeys(ours["run"]))
    rows = {(row["run"], row["task"]): cell(row) for row in ours.to_dict("records")}
    return Radar(
        paper.source,
        paper.note,
        (
            *(Series(model, "published") for model in printed),
            *(Series(run, "measured") for run in runs),
        ),
        tuple(
            Spoke(
                task,
                title,
                (*_published(paper, printed, task), *(rows.get((run, task)) for run in runs)),
            )
            for task, title in _TITLES.items()
        ),
    )


def _published(paper: Paper, models: Sequence[str], task: str) -> list[Cell | None]:
    found = {
        figure.model: cell_of(as_value(paper, figure))
        for figure in paper.figures
        if task in figure.cases
    }
    return [found.get(model) for model in models]
