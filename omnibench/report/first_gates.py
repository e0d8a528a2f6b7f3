"""A starting gates file: what a run could show, as margins that a person then changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import ceil, floor, log10, sqrt

from omnibench.core import TaskResult, Value
from omnibench.errors import OmnibenchError
from omnibench.report.cells import cell_of
from omnibench.report.headlines import PERF_HEADLINES
from omnibench.report.opened import Opened, OpenedEval, OpenedPerf
from omnibench.scoring.precision import Z_975, Z_975_PLUS_Z_80

LEAST_MARGIN = 0.01
"""One point: less is hardly ever worth a red build."""
LEAST_TIMING_MARGIN = 0.05
EXACT = ("params", "visual_tokens", "weights_bytes", "flops_total")

_HEAD = """\
# What must hold of a change, for `omnibench compare BASE CANDIDATE --gate FILE`.
#
# noninferior: the candidate may lose as much as `margin`: pass where the whole 95 % interval of the
#   difference lies above -margin, fail where it lies below, else inconclusive (exit code 3).
#   Scores: a fraction (0.01 is one point) or points. Timings: a share of the base's figure, in
#   whichever direction is worse.
# floor, ceiling: `margin` is the number itself. exact: the deviation that is borne.
#
# Each margin is the smallest loss that a run like this one would probably show (80 % power): a
# change that does no harm passes four times in five. More samples bear smaller margins.
"""


def first_gates(opened: Opened) -> str:
    """The text of a gates file. Raises OmnibenchError where no figure could have a gate."""
    for run in opened.unfinished:
        raise OmnibenchError(f"{run.run.folder} was cut off and has no results; finish it first")
    parts = [*_of_evals(opened.evals), *_of_perfs(opened.perfs)]
    if not any("[[gate]]" in part for part in parts):
        raise OmnibenchError("none of the figures of this run has an interval to make a gate of")
    return "\n".join([_HEAD, *parts])


def _of_evals(runs: Iterable[OpenedEval]) -> Iterator[str]:
    done = set()
    for made in runs:
        for label, task in made.results.tasks.items() if made.results else ():
            if label not in done:
                done.add(label)
                yield _of_task(label, task)


def _of_task(label: str, task: TaskResult) -> str:
    value = next(iter(task.metrics.values()))[task.headline]
    if value.value is None:
        return _comment(f"{label}.{task.headline} has no figure, so no gate: {value.reason}")
    if task.mde.value is None:
        return _comment(f"{label}.{task.headline} has no interval, so no gate: {value.method}")
    least = LEAST_MARGIN if value.unit == "fraction" else 0.0
    certain = Z_975 * sqrt(2) / (task.clusters + 2) if value.unit == "fraction" else 0.0
    margin = _rounded_up(max(task.mde.value, certain, least))
    shown = cell_of(value)
    why = f"{shown.text} ({shown.interval}), {task.n} samples in {task.clusters} clusters"
    return _gate("task", label, task.headline, "noninferior", margin, why)


def _of_perfs(runs: Iterable[OpenedPerf]) -> Iterator[str]:
    found: dict[tuple[str, str], list[Value]] = {}
    for made in runs:
        models = made.results.models if made.results else {}
        for cases in models.values():
            for case, quantities in cases.items():
                for quantity, values in quantities.items():
                    known = [one for one in values if one.provenance in ("measured", "derived")]
                    found.setdefault((case, quantity), []).extend(known[:1])
    for (case, quantity), figures in found.items():
        if figures:
            yield from _of_quantity(case, quantity, figures)


def _of_quantity(case: str, quantity: str, figures: Sequence[Value]) -> Iterator[str]:
    value = figures[0]
    shown = cell_of(value)
    if quantity in EXACT:
        yield _gate("case", case, quantity, "exact", 0.0, f"{shown.text}, computed")
    elif quantity in PERF_HEADLINES and value.ci95 is None and len(figures) == 1:
        yield _comment(f"{case}.{quantity} has no interval; a folder of several runs would give it")
    elif quantity in PERF_HEADLINES:
        error = 0.0
        if value.ci95 is not None and value.value:
            error = (value.ci95[1] - value.ci95[0]) / (2 * Z_975) / value.value
        margin = _rounded_up(max(LEAST_TIMING_MARGIN, Z_975_PLUS_Z_80 * sqrt(2) * error))
        why = f"{shown.text} ({shown.interval or 'no interval'})"
        yield _gate("case", case, quantity, "noninferior", margin, why)


def _gate(about: str, name: str, metric: str, kind: str, margin: float, why: str) -> str:
    lines = [
        f"# now {why}",
        "[[gate]]",
        f"{about} = {_quoted(name)}",
        f"metric = {_quoted(metric)}",
        f'kind = "{kind}"',
    ]
    if kind != "exact":
        lines.append(f"margin = {margin:g}")
    return "\n".join(lines) + "\n"


def _comment(text: str) -> str:
    return f"# {' '.join(text.split())}\n"


def _quoted(text: str) -> str:
    """A TOML string; names of tasks and cases may come from a user's own file."""
    import msgspec

    return msgspec.json.encode(text).decode()


def _rounded_up(number: float) -> float:
    """To two digits, never down."""
    step = 10.0 ** (floor(log10(number)) - 1)
    return round(ceil(number / step - 1e-9) * step, 12)
