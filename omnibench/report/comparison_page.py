"""A comparison and its verdict on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from omnibench.report import deltas
from omnibench.report.cells import cell_of
from omnibench.report.comparing_perfs import worth_showing
from omnibench.report.comparison import Comparison, MetricDifference, PerfDifference, TaskComparison
from omnibench.report.tables import drawn, width
from omnibench.report.text import plain
from omnibench.report.verdict import GateResult, Verdict

MARKS = {"pass": "✓", "fail": "✗", "inconclusive": "?"}
_NUMBERS = frozenset({
    "base", "candidate", "difference", "ratio", "95 % interval", "p", "p (Holm)", "MDE", "n",
    "worse", "better",
})  # fmt: skip


def comparison_page(comparison: Comparison, verdict: Verdict | None) -> str:
    """The verdict first, then what changed, then what to know before believing it."""
    parts = [*(_verdict(verdict) if verdict else ()), *_scores(comparison), *_perf(comparison)]
    notes = [f"differs: {line}" for line in comparison.differing]
    notes += [f"DIFFERS, compared all the same: {line}" for line in comparison.allowed]
    return "\n".join([*parts, *(plain(line) for line in (*notes, *comparison.doubts))])


def _verdict(verdict: Verdict) -> Iterator[str]:
    counts = ", ".join(f"{number} {outcome}" for outcome, number in verdict.counts.items())
    yield f"{MARKS[verdict.outcome]} {verdict.outcome.upper()} ({counts})"
    rows = [_gate_cells(gate) for gate in verdict.gates]
    yield _table(("", "gate", "kind", "why"), rows)


def _gate_cells(gate: GateResult) -> list[str]:
    name = f"{gate.name} ({gate.model})" if gate.model else gate.name
    return [f"{MARKS[gate.outcome]} {gate.outcome}", name, gate.kind, gate.reason]


def _scores(comparison: Comparison) -> Iterator[str]:
    if comparison.tasks:
        columns = (
            "task", "metric", "base", "candidate", "difference", "95 % interval", "p", "p (Holm)",
            "MDE", "n", "worse", "better",
        )  # fmt: skip
        ordered = sorted(comparison.tasks, key=lambda task: _sort_key(task.headline_difference))
        yield _table(columns, [_score_cells(task) for task in ordered])


def _sort_key(found: MetricDifference) -> float:
    """The worst first: by how many of its smallest provable differences it changed."""
    value, mde = found.difference.value, found.mde.value
    return (value or 0.0) / mde if mde else 0.0


def _score_cells(task: TaskComparison) -> list[str]:
    found = task.headline_difference
    return [
        task.task,
        found.metric,
        cell_of(found.base).text,
        cell_of(found.candidate).text,
        deltas.delta(found.difference),
        deltas.interval(found.difference),
        deltas.p_value(found.p),
        deltas.p_value(found.p_holm),
        deltas.delta(found.mde).removeprefix("+"),
        f"{task.n} in {task.clusters}" if task.clusters < task.n else str(task.n),
        str(task.worse),
        str(task.better),
    ]


def _perf(comparison: Comparison) -> Iterator[str]:
    shown, left_out = worth_showing(comparison.perf)
    if shown:
        columns = ("case", "quantity", "base", "candidate", "ratio", "95 % interval", "p")
        models = {(one.base_model, one.candidate_model) for one in comparison.perf}
        yield _table(columns, [_perf_cells(one, len(models) > 1) for one in shown])
    yield from left_out


def _perf_cells(one: PerfDifference, several: bool) -> list[str]:
    return [
        f"{one.candidate_model} {one.case}" if several else one.case,
        one.quantity,
        cell_of(one.base).text,
        cell_of(one.candidate).text,
        deltas.delta(one.ratio),
        deltas.interval(one.ratio),
        deltas.p_value(one.p),
    ]


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for name in columns:
        if name in _NUMBERS:
            table.add_column(name, justify="right", no_wrap=True)
        else:
            table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(Text(plain(cell)) for cell in row))
    return drawn(table, width())
