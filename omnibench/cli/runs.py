"""`omnibench runs`: the runs in a folder, or all figures of one."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omnibench.cli import perf_runs, words
from omnibench.errors import OmnibenchError

if TYPE_CHECKING:
    from omnibench.cli.words import Commands
    from omnibench.store import Run


def add(commands: Commands) -> None:
    """Add the command and its flags."""
    parser = commands.add_parser("runs", help="list runs, or show all figures of one")
    parser.add_argument(
        "name", nargs="?", metavar="NAME", help="a run's folder, or its name in --out"
    )
    parser.add_argument("--out", type=Path, default=Path("runs"), metavar="DIR", help="(runs)")
    words.add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from omnibench.store import PerfRun, find_runs, open_run

    if arguments.name is not None:
        folder = Path(arguments.name)
        made = open_run(folder if folder.is_dir() else arguments.out / arguments.name)
        if isinstance(made, PerfRun):
            perf_runs.describe(made, arguments.json)
        else:
            _describe(made, arguments.json)
        return 0
    summaries = [_summary(folder) for folder in find_runs(arguments.out)]
    if arguments.json:
        words.print_json(summaries)
    elif not summaries:
        words.note(f"no runs in {arguments.out}")
    for summary in summaries if not arguments.json else ():
        print(f"{summary['folder']}  {summary['state']}")
    return 0


def _summary(folder: Path) -> dict[str, Any]:
    from omnibench.report.terminal import shown
    from omnibench.store import PerfRun, open_run

    try:
        made = open_run(folder)
        if isinstance(made, PerfRun):
            return perf_runs.summary(made)
        results = made.results()
    except OmnibenchError as error:
        return {"folder": str(folder), "state": f"cannot be read: {error}"}
    tasks = [task.label for task in made.plan.tasks]
    if results is None:
        state = f"unfinished ({', '.join(tasks)}); go on with `omnibench eval --resume {folder}`"
        return {"folder": str(folder), "state": state, "tasks": tasks}
    headlines = {}
    for label, task in results.tasks.items():
        metrics = next(iter(task.metrics.values()))
        headlines[label] = shown(metrics[task.headline])
    state = ", ".join(f"{label} {figure}" for label, figure in headlines.items())
    return {"folder": str(folder), "state": state, "tasks": tasks, "headlines": headlines}


def _describe(made: Run, as_json: bool) -> None:
    from omnibench.report.terminal import metrics_page

    results = made.results()
    if results is None:
        raise OmnibenchError(
            f"{made.folder} is unfinished; go on with `omnibench eval --resume {made.folder}`"
        )
    if as_json:
        words.print_json(
            {"run": str(made.folder), "plan": made.plan, "host": made.host(), "results": results}
        )
    else:
        print(metrics_page(results, made.folder))
