"""lmms-eval's files as a run: its replies as records, its figures under a rule of its name.

The figures are those of lmms-eval, measured by it. Of their uncertainty only what can be had from
the documents is given: its own `_stderr_clt` is the same number for every metric of a task.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum, isclose

import msgspec

from omnibench.core import (
    FORMAT,
    DataUsed,
    EvalResults,
    ModelCard,
    Reading,
    SampleRecord,
    Scored,
    TaskResult,
    Value,
)
from omnibench.hardware import HostRecord
from omnibench.lmms.generation import decoding
from omnibench.lmms.metrics import number
from omnibench.lmms.results_files import Line, ResultsFiles, TaskFiles
from omnibench.plan import EvalPlan, TaskPlan, survey, without_secrets
from omnibench.scoring.metrics import mean_score
from omnibench.scoring.precision import smallest_difference
from omnibench.scoring.statistics import estimate

_INDEPENDENT = "rows taken as independent: the files do not say which share an image"


@dataclass(frozen=True, slots=True)
class Imported:
    """One task, as a run holds it."""

    plan: TaskPlan
    records: list[SampleRecord]
    result: TaskResult


def rule_name(files: ResultsFiles) -> str:
    """`lmms-eval-0.7.3`; `lmms-eval` where the files do not say which."""
    return f"lmms-eval-{files.version}" if files.version else "lmms-eval"


def as_lmms_eval_had_it(files: ResultsFiles, task: TaskFiles) -> Imported:
    """A task under its name in lmms-eval, with lmms-eval's scores and figures."""
    rule = rule_name(files)
    label = f"lmms:{task.name}"
    records = [_record(label, rule, task, line) for line in task.lines]
    config = task.config
    split = str(config.get("test_split") or config.get("validation_split") or "unknown")
    data = DataUsed(
        pack=str(config.get("dataset_path") or task.name),
        kind="custom",
        rows_sha256=_digest(files, task),
    )
    n, ids, prompts = survey(record.sample() for record in records)
    asked = n or task.asked or 0
    plan = TaskPlan(
        label=label,
        name=label,
        split=split,
        version=1,
        source=None,
        pack=data.pack,
        pack_folder=str(files.file.parent.resolve()),
        kind=data.kind,
        rows_sha256=data.rows_sha256,
        n=asked,
        population=asked,
        ids_sha256=ids,
        prompts_sha256=prompts,
        decoding=decoding(config.get("generation_kwargs") or {}),
        rules=(rule,),
    )
    metrics = {
        metric if kind == "none" else f"{metric}/{kind}": _value(files, task, metric, value)
        for (metric, kind), value in task.figures.items()
    }
    headline = next(iter(metrics))
    result = TaskResult(
        split=split,
        n=asked,
        population=asked,
        clusters=n,
        data=data,
        unread=sum(not line.reply.strip() for line in task.lines),
        errors=0,
        headline=headline,
        mde=smallest_difference(metrics[headline]),
        metrics={rule: metrics},
    )
    return Imported(plan, records, result)


def run_plan(files: ResultsFiles, tasks: Sequence[TaskPlan], command: str) -> EvalPlan:
    """The plan of the run: what lmms-eval was told, as far as its file says."""
    settings = files.settings
    limit, size = settings.get("limit"), str(settings.get("batch_size") or 1)
    told = without_secrets(files.arguments) or "no arguments"
    card = ModelCard(
        name=files.model,
        params=None,
        weights=f"as lmms-eval was told: {told}",
        weights_sha256=None,
        dtype=None,
    )
    return EvalPlan(
        model=without_secrets(str(settings.get("model") or files.model)),
        card=card,
        weights=None,
        device=str(settings.get("device") or "unknown"),
        dtype=None,
        data=str(files.file),
        tasks=tuple(tasks),
        rule=None,
        judge=None,
        judge_runs=1,
        control=None,
        limit=int(limit) if isinstance(limit, (int, float)) and limit >= 1 else None,
        seed=0,
        batch_size=int(size) if size.isdigit() else 1,
        max_errors=0.01,
        command=command,
        environment={"harness": rule_name(files)},
    )


def run_results(plan: EvalPlan, tasks: Sequence[Imported]) -> EvalResults:
    """results.json of the run."""
    return EvalResults(
        format=FORMAT,
        model=plan.card,
        control=None,
        fingerprints=plan.fingerprints(),
        tasks={task.plan.label: task.result for task in tasks},
    )


def unknown_host(files: ResultsFiles) -> HostRecord:
    """The machine is not in the files: nothing is claimed of it."""
    return HostRecord(
        cpu=None,
        cores=None,
        threads=None,
        memory_bytes=0,
        bfloat16_in_hardware=False,
        os="unknown",
        machine="unknown",
        python="unknown",
        packages={"lmms-eval": files.version or "unknown"},
        code_sha256="unknown",
        omnibench_checkout=None,
        directory_checkout=None,
    )


def _record(label: str, rule: str, task: TaskFiles, line: Line) -> SampleRecord:
    values = {m: line.values[m] for m, _ in task.figures if m in line.values}
    found = (number(value) for value in values.values())
    score = next((value for value in found if value is not None), None)
    return SampleRecord(
        task=label,
        id=str(line.doc_id),
        prompt=line.prompt,
        target=line.target,
        reply=line.reply,
        readings={rule: Reading(json.dumps(values), unread=not line.reply.strip())},
        scores={} if score is None else {rule: score},
        tokens_in=line.tokens_in,
        tokens_out=line.tokens_out,
    )


def _value(files: ResultsFiles, task: TaskFiles, metric: str, value: float | None) -> Value:
    """A figure; with an interval where it is the mean of a number that each document has."""
    source = f"lmms-eval {files.version or '(version not recorded)'}"
    if value is None:
        reason = "lmms-eval gives no figure"
        return Value(None, "points", "missing", source=source, reason=reason)
    held = [line.values[metric] for line in task.lines if metric in line.values]
    numbers = [x for x in map(number, held) if x is not None]
    # A table's `score` is the number only where the figure shows it, which 0 and 1 do not.
    telling = all(isinstance(x, (int, float)) for x in held) or value not in (0.0, 1.0)
    whole = bool(numbers) and len(numbers) == len(held)
    if whole and telling and isclose(fsum(numbers) / len(numbers), value, abs_tol=1e-9):
        return _mean(numbers, source)
    reason = "it is no mean of the documents' numbers" if held else "the replies were not kept"
    return Value(
        value=value,
        unit="fraction" if 0 <= value <= 1 else "points",
        provenance="measured",
        n=len(held) or task.asked,
        source=source,
        method=f"no interval: {reason}",
    )


def _mean(numbers: Sequence[float], source: str) -> Value:
    rows = [
        Scored(group=f"{place:09}", facets={}, target=None, reading=Reading(None), score=score)
        for place, score in enumerate(numbers)
    ]
    made = estimate(rows, {"mean": mean_score()})["mean"]
    unit = "fraction" if all(0 <= score <= 1 for score in numbers) else "points"
    method = f"{made.method}; {_INDEPENDENT}" if made.ci95 else made.method
    return msgspec.structs.replace(made, unit=unit, source=source, method=method)


def _digest(files: ResultsFiles, task: TaskFiles) -> str:
    """Stands for the rows: lmms-eval's own hash of a document is the same for all of them."""
    digest = hashlib.sha256(task.name.encode())
    if not task.lines:
        digest.update(files.file.read_bytes())
    for line in task.lines:
        digest.update(f"{line.doc_id}\0{line.prompt}\0{line.target}\0".encode())
    return digest.hexdigest()
