"""`omnibench import`: another harness's results as a run."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from omnibench.cli import words

if TYPE_CHECKING:
    from omnibench.cli.words import Commands
    from omnibench.lmms.importing import Imported
    from omnibench.lmms.results_files import ResultsFiles


def add(commands: Commands) -> None:
    """Add the command and its flags."""
    parser = commands.add_parser(
        "import",
        help="make a run of another harness's results",
        description="Make a run of what lmms-eval wrote (--output_path, with --log_samples for the"
        " replies). With --data the replies to our own tasks are read by our rules.",
    )
    parser.add_argument("harness", choices=["lmms"], help="lmms: lmms-eval")
    parser.add_argument("folder", type=Path, metavar="DIR", help="its folder, or a *_results.json")
    parser.add_argument("--data", type=Path, metavar="DIR", help="a pack, or a folder of packs")
    parser.add_argument(
        "--harness-version", metavar="V", help="of lmms-eval, which its files do not say (0.7.3)"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("runs"), metavar="DIR", help="where runs go (runs)"
    )
    words.add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from omnibench.cli import outcome
    from omnibench.lmms import importing
    from omnibench.lmms.results_files import read_results
    from omnibench.store import RunWriter, create_run

    files = read_results(arguments.folder, arguments.harness_version)
    tasks = _tasks(files, arguments.data)
    plan = importing.run_plan(files, [task.plan for task in tasks], arguments.command)
    made = create_run(arguments.out, plan, importing.unknown_host(files))
    with RunWriter(made) as writer:
        for task in tasks:
            for record in task.records:
                writer.append(record)
    results = importing.run_results(plan, tasks)
    made.write_results(results)
    outcome.show([(made, results)], arguments.json)
    return 0


def _tasks(files: ResultsFiles, data: Path | None) -> list[Imported]:
    from omnibench.lmms.importing import as_lmms_eval_had_it
    from omnibench.lmms.joining import as_our_task, is_ours

    for task in files.tasks:
        if not task.lines:
            words.note(f"{task.name}: no replies were kept (--log_samples), its figures alone")
    return [
        as_our_task(task, data)
        if data is not None and is_ours(task.name)
        else as_lmms_eval_had_it(files, task)
        for task in files.tasks
    ]
