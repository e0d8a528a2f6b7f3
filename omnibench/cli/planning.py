"""What an eval is going to do: flags and resumed plans into options, options into a plan."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omnibench.cli.asked import (
    Asked,
    ask_for,
    choose_rules,
    open_judge,
    recorded_replies,
    replay_data,
)
from omnibench.core import Backend, Control, Judge, ModelCard
from omnibench.errors import OmnibenchError
from omnibench.hardware import HostRecord
from omnibench.loading import default_dtype, load_tasks, open_backend, open_replay
from omnibench.plan import EvalPlan, differences, without_secrets
from omnibench.store import Run, create_run

DEFAULTS: Mapping[str, Any] = {
    "weights": None,
    "data": None,
    "limit": None,
    "rule": None,
    "judge": None,
    "judge_runs": 5,
    "control": None,
    "batch_size": 16,
    "device": "auto",
    "dtype": None,
    "seed": 0,
    "max_errors": 0.01,
}
"""What a flag means where neither the command nor a resumed plan names it."""


@dataclass(frozen=True, slots=True)
class Options:
    """The words of an eval, complete."""

    models: list[str]
    tasks: str
    weights: str | None
    data: str | None
    full: bool
    limit: int | None
    rule: str | None
    judge: str | None
    judge_runs: int
    control: Control | None
    batch_size: int
    device: str
    dtype: str | None
    seed: int
    max_errors: float
    command: str


def options(arguments: argparse.Namespace, plan: EvalPlan | None) -> Options:
    """The flags; where one is not given, the resumed plan's; else the default."""
    words = {name: getattr(arguments, name) for name in DEFAULTS}
    models, tasks = arguments.model, arguments.tasks
    if plan is not None:
        models = models or plan.model
        tasks = tasks or ",".join(f"{t.source or t.name}:{t.split}" for t in plan.tasks)
        kept = {name: getattr(plan, name, None) for name in DEFAULTS}
        words = {name: kept[name] if value is None else value for name, value in words.items()}
    if models is None or tasks is None:
        raise OmnibenchError(
            "eval needs --model and --tasks (or --resume RUN); see `omnibench eval --help`"
        )
    words = {name: DEFAULTS[name] if value is None else value for name, value in words.items()}
    names = [name.strip() for name in models.split(",") if name.strip()]
    if words["weights"] == "random":
        raise OmnibenchError(
            "--weights random is for speed (`omnibench perf`); eval needs real weights"
        )
    if words["weights"] == "bundled":
        words["weights"] = None
    if arguments.resume is not None and len(names) != 1:
        raise OmnibenchError("--resume goes on with one model; name one with --model, or none")
    return Options(
        models=names,
        tasks=tasks,
        full=arguments.full,
        command=without_secrets(arguments.command),
        **words,
    )


def ask_all(options: Options) -> list[Asked]:
    """The tasks on their packs: everything is found and checked before a model is loaded."""
    data = options.data
    for model in options.models:
        if data is None and model.startswith("replay:"):
            folder = replay_data(model)
            data = None if folder is None else str(folder)
    named = load_tasks(options.tasks)
    rules = choose_rules(named, options.rule)
    folder = None if data is None else Path(data)
    return [
        ask_for(
            item, rules[item.label],
            data=folder, full=options.full, limit=options.limit, seed=options.seed,
        )
        for item in named
    ]  # fmt: skip


def judge(options: Options, asked: list[Asked]) -> Judge | None:
    """The judge that the options name, if any."""
    return open_judge(options.judge, options.judge_runs, {a.named.label: a.rules for a in asked})


def backend(options: Options, model: str, asked: list[Asked], machine: HostRecord) -> Backend:
    """The model, ready to answer."""
    if model.startswith("replay:"):
        return open_replay(model, recorded_replies(model, asked))
    dtype = options.dtype or default_dtype(machine)
    return open_backend(model, weights=options.weights, device=options.device, dtype=dtype)


def plan(
    options: Options, model: str, card: ModelCard | None, asked: list[Asked], machine: HostRecord
) -> EvalPlan:
    """The plan of one model. Without a card (a dry run) the weights are not known yet."""
    unknown = ModelCard(
        name=model, params=None, weights="not loaded", weights_sha256=None, dtype=None
    )
    return EvalPlan(
        model=without_secrets(model),
        card=card or unknown,
        weights=options.weights,
        device=options.device,
        dtype=options.dtype,
        data=options.data,
        tasks=tuple(item.plan() for item in asked),
        rule=options.rule,
        judge=None if options.judge is None else without_secrets(options.judge),
        judge_runs=options.judge_runs,
        control=options.control,
        limit=options.limit,
        seed=options.seed,
        batch_size=options.batch_size,
        max_errors=options.max_errors,
        command=options.command,
        environment=machine.environment(),
    )


def run_folder(resume: Path | None, plan: EvalPlan, machine: HostRecord, out: Path) -> Run:
    """A new run, or the one that is resumed, if its plan is the same."""
    if resume is None:
        return create_run(out, plan, machine)
    made = Run(resume)
    words = differences(made.plan, plan)
    if words:
        raise OmnibenchError(
            f"{resume} cannot be resumed, for this differs: {'; '.join(words)}."
            " Restore it, or start a new run without --resume"
        )
    return made
