"""Two runs, or two folders of runs, into a comparison; what cannot be compared is refused."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import msgspec

from omnibench.errors import OmnibenchError
from omnibench.report import matching
from omnibench.report.comparing_evals import TaskPair, compare_task, pair_tasks
from omnibench.report.comparing_perfs import compare_quantities, pair_perfs
from omnibench.report.comparison import Comparison, Side, TaskComparison
from omnibench.report.matching import Mismatch
from omnibench.report.opened import Opened
from omnibench.scoring.difference import holm


def compare(base: Opened, candidate: Opened, even_if: Collection[str] = ()) -> Comparison:
    """Everything that both sides have, side by side.

    even_if: fingerprints (of `matching.REFUSED`) that may differ all the same.
    Raises OmnibenchError for a run that was cut off, for sides without anything in common, and
    where a fingerprint differs that must not.
    """
    for run in (*base.unfinished, *candidate.unfinished):
        raise OmnibenchError(f"{run.run.folder} was cut off and has no results; finish it first")
    pairs, perfs = pair_tasks(base, candidate), pair_perfs(base, candidate)
    if not pairs and perfs is None:
        raise OmnibenchError(f"nothing in common: {_has(base)} on one side, {_has(candidate)}")
    found = [mismatch for pair in pairs for mismatch in pair.mismatches()]
    found += perfs.mismatches() if perfs else []
    _refuse(found, even_if)
    compared = [compare_task(pair) for pair in pairs]
    found += _environments(pairs)
    return Comparison(
        base=_side(base),
        candidate=_side(candidate),
        tasks=tuple(_with_holm([task for task, _ in compared])),
        perf=tuple(compare_quantities(perfs) if perfs else ()),
        allowed=tuple(str(one) for one in found if one.fingerprint in matching.REFUSED),
        differing=tuple(str(one) for one in found if one.fingerprint not in matching.REFUSED),
        doubts=(*(line for _, lines in compared for line in lines), *_perf_doubts(base, candidate)),
    )


def _refuse(found: Sequence[Mismatch], even_if: Collection[str]) -> None:
    barred = [
        one
        for one in found
        if one.fingerprint in matching.REFUSED and one.fingerprint not in even_if
    ]
    if barred:
        names = ",".join(dict.fromkeys(one.fingerprint for one in barred))
        raise OmnibenchError(
            f"cannot be compared, these differ: {'; '.join(map(str, barred))}."
            f" `--even-if {names}` compares all the same"
        )


def _environments(pairs: Sequence[TaskPair]) -> list[Mismatch]:
    found = {}
    for pair in pairs:
        plans = pair.base.made.run.plan, pair.candidate.made.run.plan
        for mismatch in matching.of_environment(*plans):
            found[mismatch.words] = mismatch
    return list(found.values())


def _with_holm(tasks: Sequence[TaskComparison]) -> list[TaskComparison]:
    """The headlines' p-values adjusted for one another."""
    p_values = {task.task: p for task in tasks if (p := task.headline_difference.p) is not None}
    adjusted = dict(zip(p_values, holm(list(p_values.values())), strict=True))
    made = []
    for task in tasks:
        rule = next(iter(task.metrics))
        metrics = {name: dict(figures) for name, figures in task.metrics.items()}
        metrics[rule][task.headline] = msgspec.structs.replace(
            task.headline_difference, p_holm=adjusted.get(task.task)
        )
        made.append(msgspec.structs.replace(task, metrics=metrics))
    return made


def _side(side: Opened) -> Side:
    cards = [run.run.plan.card for run in side.evals]
    cards += [card for run in side.perfs for card in run.run.plan.cards]
    return Side(
        runs=tuple(str(run.run.folder) for run in side.runs), models=tuple(dict.fromkeys(cards))
    )


def _has(side: Opened) -> str:
    tasks = [task.label for run in side.evals for task in run.run.plan.tasks]
    timed = [f"timings of {card.name}" for run in side.perfs for card in run.run.plan.cards]
    return ", ".join(dict.fromkeys([*tasks, *timed])) or "nothing"


def _perf_doubts(base: Opened, candidate: Opened) -> Iterator[str]:
    for side, name in ((base, "base"), (candidate, "candidate")):
        for run in side.perfs:
            if run.results is not None:
                if run.results.contended:
                    yield f"{name}: other processes disturbed {run.run.folder.name}"
                yield from (f"{name}: {doubt}" for doubt in run.results.doubts)
    if base.perfs and candidate.perfs and min(len(base.perfs), len(candidate.perfs)) == 1:
        yield "timings rest on the trials of one run: what differs from run to run is not in them"
