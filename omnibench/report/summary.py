"""Markdown for the summary of a CI job: what a reader sees first, and never more than it takes."""

from __future__ import annotations

from collections.abc import Sequence

from omnibench.report import deltas
from omnibench.report.cells import cell_of
from omnibench.report.comparing_perfs import worth_showing
from omnibench.report.comparison import Comparison, Flip, MetricDifference, PerfDifference, Side
from omnibench.report.headlines import Headline
from omnibench.report.markdown import cell, code, cut, table
from omnibench.report.verdict import GateResult, Outcome, Verdict

MAX_BYTES = 1_000_000
"""GitHub refuses more than 1 MiB a step, without failing the job."""
MOST_ROWS, MOST_FLIPS = 200, 20

_MARKS: dict[Outcome, str] = {
    "pass": "✅ pass",
    "fail": "❌ fail",
    "inconclusive": "❔ inconclusive",
}


def comparison_markdown(comparison: Comparison, verdict: Verdict | None = None) -> str:
    """The verdict, what changed, the flips, and what to know before believing it."""
    lines = _verdict(verdict) if verdict else ["## omnibench: what changed", ""]
    lines += [_sides(comparison.base, "base"), _sides(comparison.candidate, "candidate"), ""]
    lines += _scores(comparison)
    lines += _perf(comparison.perf)
    lines += _flips([flip for task in comparison.tasks for flip in task.flips])
    notes = [f"differs: {line}" for line in comparison.differing]
    notes += [f"differs, compared all the same: {line}" for line in comparison.allowed]
    lines += [f"- note: {cell(note)}" for note in (*notes, *comparison.doubts)]
    return cut(lines, MAX_BYTES)


def headlines_markdown(headlines: Sequence[Headline]) -> str:
    """The headlines of some runs."""
    rows = [
        [
            cell(one.about),
            cell(one.metric),
            cell(one.model),
            cell(cell_of(one.value).text),
            cell(cell_of(one.value).interval or "–"),
            "–" if one.value.n is None else str(one.value.n),
            cell(one.value.provenance if one.value.value is not None else _why(one)),
        ]
        for one in headlines
    ]
    columns = ("task or case", "figure", "model", "value:", "95 % interval:", "n:", "how")
    return cut(["## omnibench", "", *table(columns, rows, MOST_ROWS)], MAX_BYTES)


def _why(one: Headline) -> str:
    kind = "no sensor" if one.no_sensor else "could not be measured"
    return f"{kind}: {one.value.reason}"


def _verdict(verdict: Verdict) -> list[str]:
    counts = ", ".join(f"{number} {outcome}" for outcome, number in verdict.counts.items())
    ordered = sorted(verdict.gates, key=lambda gate: list(_MARKS).index(gate.outcome) != 1)
    rows = [_gate_row(gate) for gate in ordered]
    title = f"## omnibench: {_MARKS[verdict.outcome]}"
    columns = ("", "gate", "kind", "margin:", "why")
    return [title, "", f"{counts}", "", *table(columns, rows, MOST_ROWS)]


def _gate_row(gate: GateResult) -> list[str]:
    unit = "" if gate.difference is None else gate.difference.unit
    bound = gate.kind in ("floor", "ceiling", "exact")
    margin = f"{gate.margin:g}" if bound else deltas.margin(gate.margin, unit)
    name = f"{gate.name} ({gate.model})" if gate.model else gate.name
    return [_MARKS[gate.outcome], cell(name), gate.kind, cell(margin), cell(gate.reason)]


def _sides(side: Side, name: str) -> str:
    models = ", ".join(card.name for card in side.models)
    return f"- {name}: {code(models)}"


def _scores(comparison: Comparison) -> list[str]:
    rows = []
    for task in comparison.tasks:
        found = task.headline_difference
        flips = f"{task.worse} worse, {task.better} better"
        rows.append([cell(task.task), *_difference(found), str(task.n), flips])
    columns = (
        "task", "figure", "base:", "candidate:", "difference:", "95 % interval:", "p:", "p (Holm):",
        "MDE:", "n:", "flips",
    )  # fmt: skip
    return table(columns, rows, MOST_ROWS)


def _difference(found: MetricDifference) -> list[str]:
    return [
        cell(found.metric),
        cell(cell_of(found.base).text),
        cell(cell_of(found.candidate).text),
        cell(deltas.delta(found.difference)),
        cell(deltas.interval(found.difference)),
        cell(deltas.p_value(found.p)),
        cell(deltas.p_value(found.p_holm)),
        cell(deltas.delta(found.mde).removeprefix("+")),
    ]


def _perf(perf: Sequence[PerfDifference]) -> list[str]:
    shown, left_out = worth_showing(perf)
    rows = [
        [
            cell(one.case),
            cell(one.quantity),
            cell(one.candidate_model),
            cell(cell_of(one.base).text),
            cell(cell_of(one.candidate).text),
            cell(deltas.delta(one.ratio)),
            cell(deltas.interval(one.ratio)),
            cell(_doubt(one)),
        ]
        for one in shown
    ]
    columns = (
        "case", "quantity", "model", "base:", "candidate:", "ratio:", "95 % interval:", "doubt",
    )  # fmt: skip
    return [*table(columns, rows, MOST_ROWS), *(f"- {line}" for line in left_out)]


def _doubt(one: PerfDifference) -> str:
    if one.ratio.value is None:
        return ("no sensor: " if one.no_sensor else "not measured: ") + (one.ratio.reason or "")
    return "contended" if one.contended else ""


def _flips(flips: Sequence[Flip]) -> list[str]:
    if not flips:
        return []
    worse = sorted(flips, key=lambda flip: flip.change, reverse=True)
    rows = [
        [
            flip.change,
            cell(f"{flip.task} {flip.id}"),
            code(flip.prompt),
            code(str(flip.target)),
            code(flip.base_reply or "(failed)"),
            code(flip.candidate_reply or "(failed)"),
        ]
        for flip in worse
    ]
    columns = ("", "sample", "prompt", "right answer", "base", "candidate")
    listed = table(columns, rows, MOST_FLIPS)
    return ["<details><summary>Flips</summary>", "", *listed, "</details>", ""]
