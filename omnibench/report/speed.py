"""What `perf` found, for the page: tables, stages, and accuracy beside speed and energy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from omnibench.quantities import STAGES, words_of
from omnibench.report.cells import Cell, cell, number

if TYPE_CHECKING:
    import pandas as pd

STACKED = (*STAGES, "gap_s")
_ARROWS = {"higher": "↑", "lower": "↓", None: ""}
_WORDS = {"higher": "higher is better", "lower": "lower is better", None: ""}


@dataclass(frozen=True, slots=True)
class Subject:
    """What was timed: a model with a request, in a run."""

    model: str
    case: str
    run: str


@dataclass(frozen=True, slots=True)
class PerfRow:
    """One quantity: for each subject its figures, of which there may be one a provenance."""

    quantity: str
    title: str
    arrow: str
    direction: str
    definition: str
    figures: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Stack:
    """The time to the first token of one subject, cut into its stages; of one provenance."""

    subject: Subject
    whole: Cell
    stages: tuple[Cell | None, ...]


@dataclass(frozen=True, slots=True)
class Tradeoff:
    """One model's score on a task beside what an answer takes, one figure a provenance.

    pairing: how the two runs were joined, where their weights differ.
    """

    task: str
    model: str
    case: str
    score: Cell
    ttft: tuple[Cell, ...]
    joules: tuple[Cell, ...]
    joules_right: tuple[Cell, ...]
    pairing: str


def subjects(perf: pd.DataFrame) -> list[Subject]:
    """Everything that was timed, in the order of the runs."""
    found = perf[["model", "case", "run"]].drop_duplicates()
    return [Subject(row["model"], row["case"], row["run"]) for row in found.to_dict("records")]


def perf_rows(perf: pd.DataFrame, columns: Sequence[Subject]) -> list[PerfRow]:
    """One row a quantity, in the order in which quantities are defined."""
    rows = []
    for quantity in dict.fromkeys(perf["quantity"]):
        about = words_of(quantity)
        rows.append(
            PerfRow(
                quantity,
                about.title,
                _ARROWS[about.better],
                _WORDS[about.better],
                about.definition,
                tuple(tuple(figures(perf, column, quantity)) for column in columns),
            )
        )
    return rows


def figures(perf: pd.DataFrame, subject: Subject, quantity: str) -> Iterator[Cell]:
    """The figures of one quantity of a subject."""
    for row in _rows(perf, subject, quantity):
        yield cell(row)


def stacks(perf: pd.DataFrame, columns: Sequence[Subject]) -> list[Stack]:
    """The subjects whose stages are known, measured and projected ones apart."""
    made = []
    for subject in columns:
        for whole in figures(perf, subject, "ttft_s"):
            parts = tuple(
                _of_kind(figures(perf, subject, stage), whole.provenance) for stage in STACKED
            )
            if whole.sort is not None and any(parts):
                made.append(Stack(subject, whole, parts))
    return made


def tradeoffs(scores: pd.DataFrame, perf: pd.DataFrame, runs: pd.DataFrame) -> Iterator[Tradeoff]:
    """Every headline of a model that was timed too, in the same dtype."""
    evals = runs[runs["kind"] == "eval"].set_index("run")
    timed = runs[(runs["kind"] == "perf") & runs["finished"].astype(bool)]
    headlines = scores[scores["headline"].astype(bool) & scores["control"].isna()]
    for score in headlines.to_dict("records"):
        asked = evals.loc[score["run"]]
        for about in timed[timed["model"] == score["model"]].to_dict("records"):
            if _alike(asked["dtype"], about["dtype"]):
                mine = perf[(perf["run"] == about["run"]) & (perf["model"] == score["model"])]
                for subject in subjects(mine):
                    yield _tradeoff(mine, subject, score, _pairing(asked, about))


def _tradeoff(
    perf: pd.DataFrame, subject: Subject, score: dict[Any, Any], pairing: str
) -> Tradeoff:
    of_task = f"j_per_correct_answer/{score['task']}"
    right = [*figures(perf, subject, of_task), *figures(perf, subject, "j_per_correct_answer")]
    return Tradeoff(
        score["task"],
        subject.model,
        subject.case,
        cell(score),
        tuple(figures(perf, subject, "ttft_s")) or (_absent("no TTFT is in the perf run"),),
        tuple(figures(perf, subject, "request_j")) or (_absent("no joules are in the perf run"),),
        tuple(right[:1]) or (_absent("the perf run was not told of the eval: `--eval RUN`"),),
        pairing,
    )


def _absent(reason: str) -> Cell:
    return Cell("–", "", "missing", reason, None)


def _of_kind(found: Iterator[Cell], provenance: str) -> Cell | None:
    return next((each for each in found if each.provenance == provenance), None)


def _alike(one: object, other: object) -> bool:
    """Recorded replies have no dtype, and nothing then speaks against the pair."""
    return not isinstance(one, str) or not isinstance(other, str) or one == other


def _pairing(asked: Any, timed: dict[Any, Any]) -> str:
    if asked["weights"] == timed["weights"]:
        return ""
    return f"scored: {asked['weights']}; timed: {timed['weights']}"


def _rows(perf: pd.DataFrame, subject: Subject, quantity: str) -> list[dict[Any, Any]]:
    mine = perf[
        (perf["run"] == subject.run)
        & (perf["model"] == subject.model)
        & (perf["case"] == subject.case)
        & (perf["quantity"] == quantity)
    ]
    return mine.to_dict("records")


def has_figures(cells: Sequence[Cell]) -> bool:
    """Whether any of the cells holds a number."""
    return any(number(each.sort) is not None for each in cells)
