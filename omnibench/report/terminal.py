"""Results as a table on a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich import box
from rich.table import Table
from rich.text import Text

from omnibench.core import EvalResults, TaskResult, Value
from omnibench.report.controls import CONTROLS
from omnibench.report.tables import drawn, width
from omnibench.report.text import plain

_COLUMNS = (
    "task", "data", "metric", "rule", "value", "95 % interval", "MDE", "n", "unread", "errors",
)  # fmt: skip
_WIDTH_OF_ALL = 110


def results_page(results: EvalResults, folder: Path) -> str:
    """The headlines of a run with intervals, n, unread, and where the run lies."""
    card = results.model
    lines = [f"{plain(card.name)}, weights: {plain(card.weights)}"]
    if results.control is not None:
        lines.append(f"CONTROL: {CONTROLS[results.control]}")
    columns = width()
    left_out = {"data", "MDE"} if columns < _WIDTH_OF_ALL else set()
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for name in (column for column in _COLUMNS if column not in left_out):
        if name in ("task", "data", "metric", "rule"):
            table.add_column(name, overflow="fold")
        else:
            table.add_column(name, justify="right", no_wrap=True)
    notes: list[str] = []
    for label, task in results.tasks.items():
        for cells in _rows(notes, label, task):
            shown_cells = (cell for name, cell in cells.items() if name not in left_out)
            table.add_row(*(Text(plain(cell)) for cell in shown_cells))
    if "MDE" not in left_out:
        notes.append("MDE: the smallest difference to another model that these samples would show")
    page = [*lines, drawn(table, columns), *notes, f"run: {folder}"]
    return "\n".join(page)


def metrics_page(results: EvalResults, folder: Path) -> str:
    """Every figure of a run, under every rule."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("task", "rule", "metric", "value", "95 % interval", "n", "how"):
        table.add_column(
            name, justify="right" if name in ("value", "95 % interval", "n") else "left"
        )
    for label, task in results.tasks.items():
        for rule, metrics in task.metrics.items():
            for key, value in metrics.items():
                how = value.method if value.value is not None else f"missing: {value.reason}"
                cells = (
                    label,
                    rule,
                    key,
                    shown(value),
                    shown_interval(value),
                    str(value.n),
                    how or "",
                )
                table.add_row(*(Text(plain(cell)) for cell in cells))
    return f"{drawn(table, width())}\nrun: {folder}"


def shown(value: Value) -> str:
    """A figure in words: fractions as percent; a missing one is a dash."""
    if value.value is None:
        return "–"
    return f"{value.value * 100:.2f} %" if value.unit == "fraction" else f"{value.value:.1f}"


def shown_interval(value: Value) -> str:
    """The confidence interval, in the unit of `shown`."""
    if value.ci95 is None:
        return "–"
    low, high = value.ci95
    if value.unit == "fraction":
        return f"{low * 100:.2f} – {high * 100:.2f}"
    return f"{low:.1f} – {high:.1f}"


def _rows(notes: list[str], label: str, task: TaskResult) -> Iterator[dict[str, str]]:
    """The cells of a task's rows by column; what they cannot say goes to `notes`."""
    for number, (rule, metrics) in enumerate(task.metrics.items()):
        key = task.headline if task.headline in metrics else next(iter(metrics))
        value = metrics[key]
        first = number == 0
        cells = [
            label if first else "",
            task.data.kind if first else "",
            key,
            rule,
            shown(value),
            shown_interval(value),
            _shown_difference(task.mde) if first else "",
            _shown_n(value, task),
            str(task.unread) if first else "",
            str(task.errors) if first else "",
        ]
        yield dict(zip(_COLUMNS, cells, strict=True))
        if value.value is None and first:
            notes.append(f"{label}: {key} is missing: {value.reason}")
        elif value.ci95 is None and first:
            notes.append(f"{label}: {key} has {value.method}")


def _shown_difference(value: Value) -> str:
    if value.value is None:
        return "–"
    return f"{value.value * 100 if value.unit == 'fraction' else value.value:.1f} pt"


def _shown_n(value: Value, task: TaskResult) -> str:
    n = task.n if value.n is None else value.n
    return str(n) if task.n == task.population else f"{n} of {task.population}"
