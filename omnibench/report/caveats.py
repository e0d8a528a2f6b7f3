"""What a reader should know before believing a page, a line each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from omnibench.core import Task, TaskResult
from omnibench.errors import OmnibenchError
from omnibench.loading import load_task
from omnibench.plan import EvalPlan, TaskPlan
from omnibench.report.controls import CONTROLS
from omnibench.report.matching import asked_alike
from omnibench.report.opened import Opened, OpenedEval, OpenedPerf


def caveats(opened: Opened) -> list[str]:
    """The gravest first: what was not finished, what is no benchmark, what cannot be compared."""
    return [
        *_unfinished(opened),
        *(line for made in opened.evals for line in _of_eval(made)),
        *_unlike(opened.evals),
        *(line for made in opened.perfs for line in _of_perf(made)),
    ]


def _unfinished(opened: Opened) -> Iterator[str]:
    for made in opened.unfinished:
        again = f"; go on with `omnibench eval --resume {made.run.folder}`"
        yield (
            f"{made.name} was cut off and has no figures"
            f"{again if isinstance(made, OpenedEval) else ''}"
        )


def _of_eval(made: OpenedEval) -> Iterator[str]:
    plan = made.run.plan
    if plan.control is not None:
        yield f"{made.name} is a control: {CONTROLS[plan.control]}"
    if plan.card.weights.startswith("untrained") or plan.weights == "random":
        yield f"{made.name} has untrained weights ({plan.card.weights})"
    if made.host.omnibench_checkout is not None and made.host.omnibench_checkout.dirty:
        yield f"{made.name} was made with code that differs from its commit"
    tasks = {} if made.results is None else made.results.tasks
    for task in plan.tasks:
        yield from _of_task(made.name, task, tasks.get(task.label))


def _of_task(run: str, task: TaskPlan, result: TaskResult | None) -> Iterator[str]:
    where = f"{run}, {task.label}"
    if task.kind == "sample":
        yield (
            f"{where}: asked on the bundled sample pack of {task.population:,} drawn rows, which is"
            " not the benchmark"
        )
    if task.n < task.population:
        yield (
            f"{where}: {task.n:,} of {task.population:,} samples were asked; the intervals are"
            " about the whole pack"
        )
    here = _shipped(task)
    if here is not None and here.version != task.version:
        yield (
            f"{where}: scored by version {task.version} of the task; this omnibench has version"
            f" {here.version}, and `omnibench score` scores its replies anew"
        )
    if result is None:
        return
    if result.errors:
        yield f"{where}: {result.errors:,} of {result.n:,} samples failed"
    if result.n and result.unread > result.n / 20:
        yield f"{where}: {result.unread:,} of {result.n:,} replies could not be read"


def _shipped(task: TaskPlan) -> Task | None:
    """The task as it is shipped; None for a user's own file, which a page does not run."""
    if task.source is not None or ":" in task.name:
        return None
    try:
        return load_task(task.name).task
    except OmnibenchError:
        return None


def _unlike(evals: Sequence[OpenedEval]) -> Iterator[str]:
    """Tasks that two runs were not asked alike: their scores do not compare."""
    asked: dict[str, list[tuple[str, EvalPlan, TaskPlan]]] = {}
    for made in evals:
        for task in made.run.plan.tasks:
            asked.setdefault(task.label, []).append((made.name, made.run.plan, task))
    for label, ((first, first_plan, first_task), *others) in asked.items():
        for name, plan, task in others:
            differing = [
                f"{found.fingerprint} ({found.words})"
                for found in asked_alike((first_plan, first_task), (plan, task), _judged(task))
            ]
            if differing:
                yield (
                    f"{label}: {first} and {name} differ in {', '.join(differing)}, so their scores"
                    " do not compare"
                )


def _judged(task: TaskPlan) -> bool:
    """Whether a judge may have a say in its scores."""
    here = _shipped(task)
    return here is None or here.judge_prompt is not None


def _of_perf(made: OpenedPerf) -> Iterator[str]:
    results = made.results
    if results is None:
        return
    if results.contended:
        yield f"{made.name}: other processes disturbed the timings"
    if not results.host_matches_profile:
        yield (
            f"{made.name}: this machine is not the profile {results.profile}; its figures are"
            " projected, not measured"
        )
    for card in results.cards.values():
        if "random" in card.weights or "untrained" in card.weights:
            yield f"{made.name}: {card.name} was timed with untrained weights ({card.weights})"
    yield from (f"{made.name}: {doubt}" for doubt in results.doubts)
