"""Runs as tables of pandas: what the pages show, and what `omnibench.load` gives a user."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omnibench.core import SampleRecord, TaskResult, TrialRecord, Value
from omnibench.report.opened import Opened, OpenedEval, OpenedPerf, open_runs

if TYPE_CHECKING:
    import pandas as pd

Row = dict[str, Any]

_VALUE = ("value", "low", "high", "unit", "provenance", "n", "method", "source", "reason")
RUN_COLUMNS = (
    "run", "folder", "kind", "finished", "model", "params", "weights", "dtype", "device",
    "threads", "control", "judge", "limit", "seed", "profile", "cpu", "os", "python", "omnibench",
    "commit", "command",
)  # fmt: skip
SCORE_COLUMNS = (
    "run", "model", "control", "task", "split", "data", "pack", "rule", "metric", "headline",
    *_VALUE, "samples", "population", "clusters", "unread", "errors", "mde",
)  # fmt: skip
PERF_COLUMNS = ("run", "model", "case", "quantity", *_VALUE, "profile", "contended")
TRIAL_COLUMNS = (
    "run", "model", "case", "kind", "trial", "order", "repeats", "contended", "error", "reading",
    *_VALUE, "threads", "others_cpu", "steal", "frequency_hz", "temperature_c",
)  # fmt: skip
SAMPLE_COLUMNS = (
    "run", "task", "id", "group", "prompt", "target", "reply", "error", "tokens_in", "tokens_out",
    "seconds",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Frames:
    """The tables of some runs; `run` is the same name in all of them.

    runs: one row a run. scores: one row a metric of a rule of a task; fractions from 0 to 1.
    samples: one row a sample, with `answer/RULE`, `unread/RULE`, `score/RULE` and `facet/NAME`.
    perf: one row a figure; measured, projected and published ones of one quantity are rows of
    their own. trials: one row a reading. What is missing has no value, and `reason` says why.
    """

    runs: pd.DataFrame
    scores: pd.DataFrame
    samples: pd.DataFrame
    perf: pd.DataFrame
    trials: pd.DataFrame


def load(runs: str | Path | Iterable[str | Path]) -> Frames:
    """The tables of run folders, or of all runs in a folder.

    >>> frames = omnibench.load("runs")                                         # doctest: +SKIP
    >>> frames.scores.query("headline").pivot(index="task", columns="run", values="value")

    Raises OmnibenchError where one of them is no run, or is damaged.
    """
    given = [runs] if isinstance(runs, str | Path) else runs
    return frames_of(open_runs(Path(run) for run in given))


def frames_of(opened: Opened) -> Frames:
    """All tables of opened runs."""
    return Frames(
        runs=runs_frame(opened),
        scores=scores_frame(opened.evals),
        samples=_frame(
            (row for made in opened.evals for row in _sample_rows(made)), SAMPLE_COLUMNS
        ),
        perf=perf_frame(opened.perfs),
        trials=_frame((row for made in opened.perfs for row in _trial_rows(made)), TRIAL_COLUMNS),
    )


def write_csv(frames: Frames, folder: Path) -> list[Path]:
    """Write each table as <folder>/<name>.csv; the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name in ("runs", "scores", "samples", "perf", "trials"):
        path = folder / f"{name}.csv"
        getattr(frames, name).to_csv(path, index=False)
        written.append(path)
    return written


def runs_frame(opened: Opened) -> pd.DataFrame:
    """One row a run."""
    rows = [_eval_run(made) for made in opened.evals] + [
        row for made in opened.perfs for row in _perf_runs(made)
    ]
    return _frame(rows, RUN_COLUMNS)


def scores_frame(evals: Sequence[OpenedEval]) -> pd.DataFrame:
    """One row a metric of a rule of a task of a finished run."""
    return _frame((row for made in evals for row in _score_rows(made)), SCORE_COLUMNS)


def perf_frame(perfs: Sequence[OpenedPerf]) -> pd.DataFrame:
    """One row a figure of a finished run."""
    return _frame((row for made in perfs for row in _perf_rows(made)), PERF_COLUMNS)


def _eval_run(made: OpenedEval) -> Row:
    plan, card = made.run.plan, made.run.plan.card
    return _any_run(made) | {
        "kind": "eval", "model": card.name, "params": card.params, "weights": card.weights,
        "dtype": card.dtype, "device": plan.device, "control": plan.control, "judge": plan.judge,
        "limit": plan.limit, "seed": plan.seed,
    }  # fmt: skip


def _perf_runs(made: OpenedPerf) -> Iterator[Row]:
    plan = made.run.plan
    for card in plan.cards:
        yield _any_run(made) | {
            "kind": "perf", "model": card.name, "params": card.params, "weights": card.weights,
            "dtype": plan.dtype, "device": plan.device, "threads": plan.threads,
            "profile": plan.profile,
        }  # fmt: skip


def _any_run(made: OpenedEval | OpenedPerf) -> Row:
    host = made.host
    checkout = host.omnibench_checkout
    return {
        "run": made.name, "folder": str(made.run.folder), "finished": made.results is not None,
        "cpu": host.cpu, "os": host.os, "python": host.python,
        "omnibench": host.packages.get("omnibench"),
        "commit": None if checkout is None else checkout.commit + (" +changes" * checkout.dirty),
        "command": made.run.plan.command,
    }  # fmt: skip


def _score_rows(made: OpenedEval) -> Iterator[Row]:
    if made.results is None:
        return
    for label, task in made.results.tasks.items():
        first = next(iter(task.metrics))
        shared = _task_row(made, label, task)
        for rule, metrics in task.metrics.items():
            for key, value in metrics.items():
                headline = rule == first and key == task.headline
                yield shared | {"rule": rule, "metric": key, "headline": headline} | _cells(value)


def _task_row(made: OpenedEval, label: str, task: TaskResult) -> Row:
    return {
        "run": made.name, "model": made.run.plan.card.name, "control": made.run.plan.control,
        "task": label, "split": task.split, "data": task.data.kind, "pack": task.data.pack,
        "samples": task.n, "population": task.population, "clusters": task.clusters,
        "unread": task.unread, "errors": task.errors, "mde": task.mde.value,
    }  # fmt: skip


def _perf_rows(made: OpenedPerf) -> Iterator[Row]:
    results = made.results
    if results is None:
        return
    for model, cases in results.models.items():
        for case, quantities in cases.items():
            for quantity, values in quantities.items():
                for value in values:
                    yield {
                        "run": made.name, "model": model, "case": case, "quantity": quantity,
                        "contended": results.contended and value.provenance == "measured",
                    } | _cells(value) | {"profile": value.profile or results.profile}  # fmt: skip


def _sample_rows(made: OpenedEval) -> Iterator[Row]:
    for record in made.run.records():
        row: Row = {
            "run": made.name, "task": record.task, "id": record.id, "group": record.group,
            "prompt": record.prompt, "target": _joined(record.target), "reply": record.reply,
            "error": record.error, "tokens_in": record.tokens_in, "tokens_out": record.tokens_out,
            "seconds": record.seconds,
        }  # fmt: skip
        yield row | _by_rule(record)


def _by_rule(record: SampleRecord) -> Row:
    row: Row = {f"facet/{name}": _joined(value) for name, value in record.facets.items()}
    for rule, reading in record.readings.items():
        row[f"answer/{rule}"], row[f"unread/{rule}"] = reading.answer, reading.unread
    for rule, score in record.scores.items():
        row[f"score/{rule}"] = score
    return row


def _trial_rows(made: OpenedPerf) -> Iterator[Row]:
    for trial in made.run.trials():
        for reading, value in trial.readings.items():
            yield _trial_row(made, trial) | {"reading": reading} | _cells(value)


def _trial_row(made: OpenedPerf, trial: TrialRecord) -> Row:
    conditions = trial.conditions
    return {
        "run": made.name, "model": trial.model, "case": trial.case, "kind": trial.kind,
        "trial": trial.trial, "order": trial.order, "repeats": trial.repeats,
        "contended": trial.contended, "error": trial.error, "threads": conditions.threads,
        "others_cpu": conditions.others_cpu, "steal": conditions.steal,
        "frequency_hz": conditions.frequency_hz, "temperature_c": conditions.temperature_c,
    }  # fmt: skip


def _cells(value: Value) -> Row:
    low, high = value.ci95 or value.interval or (None, None)
    return {
        "value": value.value, "low": low, "high": high, "unit": value.unit,
        "provenance": value.provenance, "n": value.n, "method": value.method,
        "source": value.source, "reason": value.reason,
    }  # fmt: skip


def _joined(value: str | tuple[str, ...] | None) -> str | None:
    return " | ".join(value) if isinstance(value, tuple) else value


def _frame(rows: Iterable[Row], columns: Sequence[str]) -> pd.DataFrame:
    """The rows with `columns` first, in that order, there even where no row is."""
    import pandas as pd

    made = pd.DataFrame(list(rows))
    return made.reindex(columns=[*columns, *(c for c in made.columns if c not in columns)])
