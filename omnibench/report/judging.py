"""Gates and a comparison into the verdict: one pure function, which all pages and exit codes use.

A gate passes where the whole 95 % interval lies on the right side of the margin, fails where it
lies on the wrong side, and is else inconclusive. What is missing never passes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from omnibench.core import Value
from omnibench.report import deltas
from omnibench.report.cells import cell_of
from omnibench.report.comparing_perfs import is_computed
from omnibench.report.comparison import Better, Comparison
from omnibench.report.gates import Gate
from omnibench.report.verdict import GateResult, Lacking, Outcome, Verdict


@dataclass(frozen=True, slots=True)
class _Figures:
    """What a gate is judged by. disturbed: why its timings decide nothing, or "".

    certain: the figures are computed, so that they have no interval and need none.
    """

    base: Value
    candidate: Value
    difference: Value
    better: Better | None
    model: str | None = None
    disturbed: str = ""
    no_sensor: bool = False
    certain: bool = False


def judge(gates: Iterable[Gate], comparison: Comparison) -> Verdict:
    """What becomes of each gate; one of a case is judged for every model that was timed."""
    results: list[GateResult] = []
    for gate in gates:
        found = list(_of_task(gate, comparison) if gate.task else _of_case(gate, comparison))
        results.extend(_judged(gate, figures) for figures in found)
        if not found:
            results.append(_absent(gate))
    return Verdict(tuple(results))


def _of_task(gate: Gate, comparison: Comparison) -> Iterator[_Figures]:
    for task in comparison.tasks:
        if task.task == gate.task:
            found = next(iter(task.metrics.values())).get(gate.metric)
            if found is not None:
                yield _Figures(found.base, found.candidate, found.difference, found.better)


def _of_case(gate: Gate, comparison: Comparison) -> Iterator[_Figures]:
    models = {one.candidate_model for one in comparison.perf}
    for one in comparison.perf:
        if (one.case, one.quantity) == (gate.case, gate.metric):
            yield _Figures(
                base=one.base,
                candidate=one.candidate,
                difference=one.ratio,
                better=one.better,
                model=one.candidate_model if len(models) > 1 else None,
                disturbed="other processes disturbed the timing" if one.contended else "",
                no_sensor=one.no_sensor,
                certain=is_computed(one.quantity),
            )


def _judged(gate: Gate, figures: _Figures) -> GateResult:
    missing = _missing(gate, figures)
    lacking: Lacking | None = None
    outcome: Outcome = "inconclusive"
    if missing is not None:
        lacking = "no sensor" if figures.no_sensor else "unmeasured"
        reason = f"no sensor: {missing}" if figures.no_sensor else f"not measured: {missing}"
    elif figures.disturbed:
        reason = figures.disturbed
    elif gate.kind == "noninferior":
        outcome, reason = _noninferior(gate.margin, figures)
    elif gate.kind == "exact":
        outcome, reason = _exact(gate.margin, figures)
    else:
        outcome, reason = _bound(gate, figures)
    return GateResult(
        metric=gate.metric,
        kind=gate.kind,
        margin=gate.margin,
        outcome=outcome,
        reason=reason,
        task=gate.task,
        case=gate.case,
        model=figures.model,
        base=figures.base,
        candidate=figures.candidate,
        difference=figures.difference,
        lacking=lacking,
    )


def _absent(gate: Gate) -> GateResult:
    what = gate.task or f"case {gate.case}"
    return GateResult(
        metric=gate.metric,
        kind=gate.kind,
        margin=gate.margin,
        outcome="inconclusive",
        reason=f"not measured: {what} has no {gate.metric} on both sides",
        task=gate.task,
        case=gate.case,
        lacking="unmeasured",
    )


def _missing(gate: Gate, figures: _Figures) -> str | None:
    """Why there is nothing to judge by, or None."""
    needed = [("candidate", figures.candidate)]
    if gate.kind in ("noninferior", "exact"):
        needed.append(("base", figures.base))
    for side, value in needed:
        if value.value is None:
            return f"the {side}'s figure is missing: {value.reason}"
        if value.provenance not in ("measured", "derived"):
            return f"the {side}'s figure is {value.provenance}"
    if gate.kind == "noninferior" and figures.difference.value is None:
        return figures.difference.reason or "there is no difference"
    return None


def _noninferior(margin: float, figures: _Figures) -> tuple[Outcome, str]:
    """By the gain (above 0: better); of timings ratio - 1, mirrored where less is better."""
    difference = figures.difference
    borne = deltas.margin(margin, difference.unit)
    words = f"{deltas.delta(difference)} {deltas.interval(difference)}"
    gains = _gains(figures)
    if gains is None:
        return "inconclusive", f"{words}: {difference.method}"
    low, high = gains
    if low > -margin or (figures.certain and low >= -margin):
        return "pass", f"{words}, within the {borne} that is borne"
    if high < -margin:
        return "fail", f"{words}, worse by more than the {borne} that is borne"
    return "inconclusive", f"{words}, which spans the {borne} that is borne; more samples decide it"


def _gains(figures: _Figures) -> tuple[float, float] | None:
    ends = figures.difference.ci95
    if ends is None:
        return None
    if figures.difference.unit == "ratio":
        ends = ends[0] - 1, ends[1] - 1
    return (-ends[1], -ends[0]) if figures.better == "lower" else ends


def _bound(gate: Gate, figures: _Figures) -> tuple[Outcome, str]:
    """A floor or a ceiling for the candidate alone; the base does not matter."""
    value, number = figures.candidate, gate.margin
    shown = cell_of(value)
    bound = cell_of(Value(value=number, unit=value.unit, provenance="derived")).text
    words = f"{shown.text} ({shown.interval or 'no interval'}), {gate.kind} {bound}"
    ends = (value.value, value.value) if figures.certain else value.ci95
    if ends is None or ends[0] is None or ends[1] is None:
        return "inconclusive", f"{words}: {value.method or 'the figure has no interval'}"
    low, high = (ends[0] - number, ends[1] - number)
    if gate.kind == "ceiling":
        low, high = -high, -low
    if low > 0 or (figures.certain and low >= 0):
        return "pass", words
    return ("fail", words) if high < 0 else ("inconclusive", f"{words}: the interval spans it")


def _exact(margin: float, figures: _Figures) -> tuple[Outcome, str]:
    base, candidate = figures.base.value or 0.0, figures.candidate.value or 0.0
    words = f"{base:.12g} -> {candidate:.12g}"
    if abs(candidate - base) <= margin:
        return "pass", words
    return "fail", f"{words}, which must be the same" + (f" to {margin:g}" if margin else "")
