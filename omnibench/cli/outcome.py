"""What a finished run leaves behind: its table, its submission files, its exit code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from omnibench.cli import words
from omnibench.core import EvalResults
from omnibench.loading import NamedTask
from omnibench.store import Run


def show(finished: Sequence[tuple[Run, EvalResults]], as_json: bool) -> None:
    """The results on stdout: a table a run, or one JSON document."""
    if as_json:
        runs = [{"run": str(made.folder), "results": results} for made, results in finished]
        words.print_json(runs[0] if len(runs) == 1 else runs)
        return
    from omnibench.report.terminal import results_page

    for made, results in finished:
        print(results_page(results, made.folder))


def exit_code(made: Run, results: EvalResults) -> int:
    """1, and a line for each such task, where more samples failed than the plan bears; else 0."""
    code = 0
    for label, task in results.tasks.items():
        if not task.errors:
            continue
        first = next(r for r in made.records() if r.task == label and r.error is not None)
        too_many = task.errors > made.plan.max_errors * task.n
        words.note(
            f"{label}: {task.errors} of {task.n} samples failed"
            + (f", more than {made.plan.max_errors:.2%}" if too_many else "")
            + f"; the first, {first.id}: {first.error}"
        )
        code = max(code, int(too_many))
    return code


def write_submissions(made: Run, tasks: Sequence[NamedTask]) -> Iterator[Path]:
    """Write and yield what the servers of benchmarks without public answers take."""
    for named in tasks:
        if named.task.submission is None:
            continue
        official = next(iter(named.task.rules))
        records = [record for record in made.records() if record.task == named.label]
        if not any(record.target is None for record in records):
            continue
        readings = {r.id: r.readings[official] for r in records if official in r.readings}
        name = named.label.replace(":", "_")
        yield made.write_submission(name, named.task.submission(readings))
