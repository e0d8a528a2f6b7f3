"""What `perf` found, for the page: tables, stages, and accuracy beside speed and energy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
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


@dataclass(frozen=True, slots=True)
class Timings:
    """A table of perf figures, arranged for looking up. subjects: in the order of the runs."""

    subjects: tuple[Subject, ...]
    quantities: tuple[str, ...]
    cells: Mapping[tuple[Subject, str], tuple[Cell, ...]]

    def figures(self, subject: Subject, quantity: str) -> tuple[Cell, ...]:
        """The figures of one quantity of a subject; none where it has none."""
        return self.cells.get((subject, quantity), ())


def timings(perf: pd.DataFrame) -> Timings:
    """The rows of `frames.perf_frame`, read once."""
    cells: dict[tuple[Subject, str], tuple[Cell, ...]] = {}
    for row in perf.to_dict("records"):
        key = Subject(row["model"], row["case"], row["run"]), row["quantity"]
        cells[key] = (*cells.get(key, ()), cell(row))
    subjects = tuple(dict.fromkeys(subject for subject, _ in cells))
    return Timings(subjects, tuple(dict.fromkeys(name for _, name in cells)), cells)


def perf_rows(timings: Timings) -> list[PerfRow]:
    """One row a quantity, in the order in which the runs hold them."""
    rows = []
    for quantity in timings.quantities:
        about = words_of(quantity)
        rows.append(
            PerfRow(
                quantity,
                about.title,
                _ARROWS[about.better],
                _WORDS[about.better],
                about.definition,
                tuple(timings.figures(subject, quantity) for subject in timings.subjects),
            )
        )
    return rows


def stacks(timings: Timings) -> list[Stack]:
    """The subjects whose stages are known, measured and projected ones apart."""
    made = []
    for subject in timings.subjects:
        for whole in timings.figures(subject, "ttft_s"):
            parts = tuple(
                _of_kind(timings.figures(subject, stage), whole.provenance) for stage in STACKED
            )
            if whole.sort is not None and any(parts):
                made.append(Stack(subject, whole, parts))
    return made


def tradeoffs(scores: pd.DataFrame, timings: Timings, runs: pd.DataFrame) -> Iterator[Tradeoff]:
    """Every headline of a model that was timed too, in the same dtype."""
    evals = runs[runs["kind"] == "eval"].set_index("run")
    timed = {
        (row["run"], row["model"]): row for row in runs[runs["kind"] == "perf"].to_dict("records")
    }
    headlines = scores[scores["headline"].astype(bool) & scores["control"].isna()]
    for score in headlines.to_dict("records"):
        asked = evals.loc[score["run"]]
        for subject in timings.subjects:
            about = timed[subject.run, subject.model]
            if subject.model == score["model"] and _alike(asked["dtype"], about["dtype"]):
                yield _tradeoff(timings, subject, score, _pairing(asked, about))


def _tradeoff(timings: Timings, subject: Subject, score: dict[Any, Any], pairing: str) -> Tradeoff:
    of_task = f"j_per_correct_answer/{score['task']}"
    right = timings.figures(subject, of_task) or timings.figures(subject, "j_per_correct_answer")
    return Tradeoff(
        score["task"],
        subject.model,
        subject.case,
        cell(score),
        timings.figures(subject, "ttft_s") or (_absent("no TTFT is in the perf run"),),
        timings.figures(subject, "request_j") or (_absent("no joules are in the perf run"),),
        right or (_absent("the perf run was not told of the eval: `--eval RUN`"),),
        pairing,
    )


def _absent(reason: str) -> Cell:
    return Cell("–", "", "missing", reason, None)


def _of_kind(found: Iterable[Cell], provenance: str) -> Cell | None:
    return next((each for each in found if each.provenance == provenance), None)


def _alike(one: object, other: object) -> bool:
    """Recorded replies have no dtype, and nothing then speaks against the pair."""
    return not isinstance(one, str) or not isinstance(other, str) or one == other


def _pairing(asked: Any, timed: dict[Any, Any]) -> str:
    if asked["weights"] == timed["weights"]:
        return ""
    return f"scored: {asked['weights']}; timed: {timed['weights']}"


def has_figures(cells: Sequence[Cell]) -> bool:
    """Whether any of the cells holds a number."""
    return any(number(each.sort) is not None for each in cells)
