"""gates.toml: what must hold of the candidate."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isfinite
from pathlib import Path

import msgspec

from omnibench.errors import OmnibenchError
from omnibench.loading import load_task, task_names
from omnibench.quantities import QUANTITIES, words_of
from omnibench.report.comparing_perfs import is_computed
from omnibench.report.comparison import Comparison
from omnibench.report.verdict import GateKind


class Gate(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One `[[gate]]`.

    task: a task's label (`pope`, `mmmu:test`) or case: the name of a perf case; one of the two.
    metric: a key of the task's first rule, or a quantity.
    margin: noninferior: the loss that is borne (a fraction or points; of timings, a share of the
        base's figure). floor, ceiling: the number itself. exact: the deviation that is borne.
    """

    metric: str
    kind: GateKind
    margin: float = 0.0
    task: str | None = None
    case: str | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be meant; msgspec makes one line of it."""
        if (self.task is None) == (self.case is None):
            raise ValueError("a gate names a task or a case")
        if not isfinite(self.margin) or (self.kind in ("noninferior", "exact") and self.margin < 0):
            raise ValueError("margin is the loss that is borne: a number of at least 0")


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    gate: tuple[Gate, ...]


def read_gates(path: Path) -> tuple[Gate, ...]:
    """The gates of a file. Raises OmnibenchError where it is absent, damaged or without gates."""
    try:
        gates = msgspec.toml.decode(path.read_bytes(), type=_File).gate
    except FileNotFoundError:
        raise OmnibenchError(
            f"no gates file {path}; `omnibench gate init RUN` writes one"
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise OmnibenchError(f"{path} cannot be read: {error}") from None
    if not gates:
        raise OmnibenchError(f"{path} has no gate, so nothing could fail")
    return gates


def check_gates(gates: Iterable[Gate], comparison: Comparison) -> None:
    """Raises OmnibenchError for a gate that no run could ever answer: a name that nothing has."""
    for gate in gates:
        if gate.task is not None:
            _check_task(gate, gate.task, comparison)
        else:
            _check_case(gate, gate.case or "", comparison)


def _check_task(gate: Gate, label: str, comparison: Comparison) -> None:
    compared = {task.task: task for task in comparison.tasks}
    if label in compared:
        figures = next(iter(compared[label].metrics.values()))
        metrics: Sequence[str] = list(figures)
        if gate.metric in figures and figures[gate.metric].better is None:
            _refuse_direction(gate)
    else:
        if label.partition(":")[0] not in task_names():
            known = ", ".join(dict.fromkeys([*compared, *task_names()]))
            raise OmnibenchError(f"a gate names the task {label!r}; known: {known}")
        metrics = list(next(iter(load_task(label).task.rules.values())).metrics)
    if gate.metric not in metrics:
        raise OmnibenchError(
            f"a gate names the metric {gate.metric!r} of {label}; known: {', '.join(metrics)}"
        )


def _check_case(gate: Gate, case: str, comparison: Comparison) -> None:
    cases = list(dict.fromkeys(one.case for one in comparison.perf))
    if comparison.perf and case not in cases:
        raise OmnibenchError(f"a gate names the case {case!r}; known: {', '.join(cases)}")
    quantities = dict.fromkeys([*QUANTITIES, *(one.quantity for one in comparison.perf)])
    if gate.metric not in quantities:
        raise OmnibenchError(
            f"a gate names the quantity {gate.metric!r}; known: {', '.join(quantities)}"
        )
    if gate.kind == "exact" and not is_computed(gate.metric):
        raise OmnibenchError(f"{gate.metric} is measured and never exactly the same; no exact gate")
    if words_of(gate.metric).better is None:
        _refuse_direction(gate)


def _refuse_direction(gate: Gate) -> None:
    if gate.kind == "noninferior":
        raise OmnibenchError(
            f"{gate.metric} is neither better high nor low; give it a floor, a ceiling or exact"
        )
