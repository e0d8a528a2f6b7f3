"""Tasks of two sides: the same samples side by side, every metric's difference, the flips."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from omnibench.core import Rule, SampleRecord, Scored, Task, Value
from omnibench.errors import OmnibenchError
from omnibench.loading import load_task
from omnibench.plan import TaskPlan
from omnibench.report import matching
from omnibench.report.comparison import Flip, MetricDifference, TaskComparison
from omnibench.report.matching import Mismatch
from omnibench.report.opened import Opened, OpenedEval
from omnibench.scoring.arms import Difference
from omnibench.scoring.difference import differences
from omnibench.scoring.statistics import estimate

_NEITHER = ("yes_ratio", "std")
"""Metrics of which neither more nor less is good in itself."""
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class TaskRun:
    """A task as one side ran it. records: id -> record."""

    made: OpenedEval
    plan: TaskPlan
    records: Mapping[str, SampleRecord]

    def figures(self, rule: str) -> Mapping[str, Value]:
        """The run's own figures under a rule, by its results.json."""
        results = self.made.results
        return {} if results is None else results.tasks[self.plan.label].metrics.get(rule, {})


@dataclass(frozen=True, slots=True)
class TaskPair:
    """A task that both sides have, and as it is here."""

    base: TaskRun
    candidate: TaskRun
    task: Task

    def mismatches(self) -> Iterator[Mismatch]:
        """The fingerprints that differ."""
        base, candidate = self.base, self.candidate
        return matching.of_task(
            (base.made.run.plan, base.plan),
            (candidate.made.run.plan, candidate.plan),
            self.task,
        )

    @property
    def rules(self) -> dict[str, Rule]:
        """The rules by which both sides were scored, in the task's order."""
        shared = set(self.base.plan.rules) & set(self.candidate.plan.rules)
        return {name: rule for name, rule in self.task.rules.items() if name in shared}


def pair_tasks(base: Opened, candidate: Opened) -> list[TaskPair]:
    """The tasks that both sides have. Raises OmnibenchError where a side has one twice."""
    ones, twos = _tasks_of(base), _tasks_of(candidate)
    pairs = []
    for label, one in ones.items():
        if label in twos:
            word = f"{one.plan.source or one.plan.name}:{one.plan.split}"
            pairs.append(TaskPair(one, twos[label], load_task(word).task))
    return pairs


def compare_task(pair: TaskPair) -> tuple[TaskComparison, list[str]]:
    """(the comparison of a task, what a reader should know of it)."""
    label = pair.base.plan.label
    shared = [name for name in pair.base.records if name in pair.candidate.records]
    rules = pair.rules
    if not rules or not shared:
        what = "rule by which both were scored" if shared else "sample that both have"
        raise OmnibenchError(f"{label} cannot be compared: there is no {what}")
    headline_rule = next(iter(rules))
    rows = _scored_by_both(pair, shared, headline_rule)
    flips = list(_flips(pair, rows))
    alone = len(pair.base.records) + len(pair.candidate.records) - 2 * len(shared)
    comparison = TaskComparison(
        task=label,
        headline=rules[headline_rule].headline,
        n=len(rows),
        clusters=len({one.group for one, _ in rows.values()}),
        left_out=alone + len(shared) - len(rows),
        better=sum(flip.change == "better" for flip in flips),
        worse=sum(flip.change == "worse" for flip in flips),
        metrics={name: _differences(pair, shared, name, rule) for name, rule in rules.items()},
        flips=tuple(sorted(flips, key=lambda flip: flip.change, reverse=True)),
    )
    return comparison, list(_doubts(pair, comparison))


def _tasks_of(side: Opened) -> dict[str, TaskRun]:
    found: dict[str, TaskRun] = {}
    for made in side.evals:
        records: dict[str, dict[str, SampleRecord]] = {}
        for record in made.run.records():
            records.setdefault(record.task, {})[record.id] = record
        for plan in made.run.plan.tasks:
            if plan.label in found:
                other = found[plan.label].made.run.folder
                raise OmnibenchError(
                    f"{plan.label} stands in two runs, {other} and {made.run.folder}: name one"
                )
            held = records.get(plan.label, {})
            if len(held) != plan.n:
                raise OmnibenchError(
                    f"{made.run.folder} is cut off: {len(held)} of {plan.n} records of"
                    f" {plan.label}; go on with `omnibench eval --resume {made.run.folder}`"
                )
            found[plan.label] = TaskRun(made, plan, held)
    return found


def _scored_by_both(
    pair: TaskPair, shared: list[str], rule: str
) -> dict[str, tuple[Scored, Scored]]:
    rows = {}
    for name in shared:
        one = pair.base.records[name].scored(rule)
        two = pair.candidate.records[name].scored(rule)
        if one is not None and two is not None:
            rows[name] = (one, two)
    return rows


def _differences(
    pair: TaskPair, shared: list[str], name: str, rule: Rule
) -> dict[str, MetricDifference]:
    rows = _scored_by_both(pair, shared, name)
    ones, twos = [one for one, _ in rows.values()], [two for _, two in rows.values()]
    found = differences(ones, twos, rule.metrics)
    base, candidate = (
        _figures(pair.base, name, rule, ones),
        _figures(pair.candidate, name, rule, twos),
    )
    return {
        key: MetricDifference(
            rule=name,
            metric=key,
            base=base[key],
            candidate=candidate[key],
            difference=_checked(pair, key, base[key], candidate[key], difference).value,
            p=difference.p,
            p_method=difference.p_method,
            mde=difference.mde,
            better=None if key.partition("/")[0] in _NEITHER else "higher",
        )
        for key, difference in found.items()
    }


def _figures(side: TaskRun, name: str, rule: Rule, rows: list[Scored]) -> Mapping[str, Value]:
    """A side's figures over the samples that are compared: its own where these are all it has."""
    own = side.figures(name)
    if len(rows) == len(side.records) and own.keys() >= rule.metrics.keys():
        return own
    return estimate(rows, rule.metrics)


def _checked(
    pair: TaskPair, key: str, base: Value, candidate: Value, difference: Difference
) -> Difference:
    """The difference, which must be that of the figures in results.json."""
    point = difference.value.value
    if point is None or base.value is None or candidate.value is None:
        return difference
    if abs(candidate.value - base.value - point) > _ROUNDING * max(1, abs(base.value)):
        folders = f"{pair.base.made.run.folder} or {pair.candidate.made.run.folder}"
        raise OmnibenchError(
            f"{key} of {pair.base.plan.label}: results.json of {folders} is not what the records"
            " give; make it anew with `omnibench score RUN`"
        )
    return difference


def _flips(pair: TaskPair, rows: Mapping[str, tuple[Scored, Scored]]) -> Iterator[Flip]:
    for name, (one, two) in rows.items():
        if one.score == two.score:
            continue
        base, candidate = pair.base.records[name], pair.candidate.records[name]
        yield Flip(
            task=base.task,
            id=name,
            change="better" if two.score > one.score else "worse",
            prompt=candidate.prompt,
            target=base.target,
            images=candidate.images or base.images,
            base_reply=base.reply,
            candidate_reply=candidate.reply,
            base_answer=one.reading.answer,
            candidate_answer=two.reading.answer,
            base_score=one.score,
            candidate_score=two.score,
        )


def _doubts(pair: TaskPair, comparison: TaskComparison) -> Iterator[str]:
    label = comparison.task
    if comparison.left_out:
        which = "which one side lacks or nothing graded"
        yield f"{label}: {comparison.left_out} samples left out, {which}"
    for side, name in ((pair.base, "base"), (pair.candidate, "candidate")):
        failed = sum(record.error is not None for record in side.records.values())
        if failed:
            yield f"{label}: {failed} samples of the {name} failed and count as wrong"
        if side.plan.kind == "sample":
            yield f"{label}: the {name} ran on the bundled sample, not on the benchmark"
