"""Records into figures: results.json is a view of samples.jsonl."""

from __future__ import annotations

from collections.abc import Mapping

from omnibench.core import (
    FORMAT,
    DataUsed,
    EvalResults,
    Rule,
    SampleRecord,
    Scored,
    TaskResult,
    Value,
)
from omnibench.plan import EvalPlan, TaskPlan
from omnibench.scoring.precision import in_finite_population, smallest_difference
from omnibench.scoring.statistics import estimate


class Tally:
    """The figures of one task, gathered record by record; only what metrics need is kept."""

    def __init__(self, rules: Mapping[str, Rule]) -> None:
        self._rules = rules
        self._rows: dict[str, list[Scored]] = {name: [] for name in rules}
        self._groups: set[str] = set()
        self._without_answer = 0
        self.n = self.unread = self.errors = 0

    def add(self, record: SampleRecord) -> None:
        """Count one record. `unread` is of the first rule."""
        self.n += 1
        self.errors += record.error is not None
        self._groups.add(record.group or record.id)
        self._without_answer += record.target is None
        reading = record.readings.get(next(iter(self._rules)))
        self.unread += reading is not None and reading.unread
        for name, rows in self._rows.items():
            scored = record.scored(name)
            if scored is not None:
                rows.append(scored)

    def result(self, task: TaskPlan, seed: int) -> TaskResult:
        """The figures under each rule; the headline is the first rule's."""
        metrics = {}
        for name, rule in self._rules.items():
            figures = self._metrics(rule, self._rows[name], seed)
            metrics[name] = {
                key: in_finite_population(value, self.n, task.population)
                for key, value in figures.items()
            }
        first, rule = next(iter(self._rules.items()))
        return TaskResult(
            split=task.split,
            n=self.n,
            population=task.population,
            clusters=len(self._groups),
            data=DataUsed(task.pack, task.kind, task.rows_sha256),
            unread=self.unread,
            errors=self.errors,
            headline=rule.headline,
            mde=smallest_difference(metrics[first][rule.headline]),
            metrics=metrics,
        )

    def _metrics(self, rule: Rule, rows: list[Scored], seed: int) -> dict[str, Value]:
        if rows:
            return estimate(rows, rule.metrics, seed=seed)
        if self._without_answer == self.n:
            reason = "the answers of this split are not public; send in the submission file"
        else:
            reason = "no reply was graded; `omnibench score RUN --judge JUDGE` grades them"
        return {
            key: Value(value=None, unit=metric.unit, provenance="missing", n=0, reason=reason)
            for key, metric in rule.metrics.items()
        }


def eval_results(plan: EvalPlan, tallies: Mapping[str, Tally]) -> EvalResults:
    """results.json of a run whose records have been tallied by task."""
    return EvalResults(
        format=FORMAT,
        model=plan.card,
        control=plan.control,
        fingerprints=plan.fingerprints(),
        tasks={task.label: tallies[task.label].result(task, plan.seed) for task in plan.tasks},
    )
