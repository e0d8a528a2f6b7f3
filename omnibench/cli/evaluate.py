"""`omnibench eval`: models over tasks into runs, with a table at the end."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from omnibench.cli import words

if TYPE_CHECKING:
    from omnibench.cli.asked import Asked
    from omnibench.cli.words import Commands
    from omnibench.core import Backend, EvalResults, Judge, ModelCard
    from omnibench.engine.results import Tally
    from omnibench.plan import EvalPlan
    from omnibench.store import Run


def add(commands: Commands) -> None:
    """Add the command and its flags."""
    parser = commands.add_parser(
        "eval",
        help="ask models the questions of benchmarks and score their replies",
        description="Ask models the questions of benchmarks and score their replies by the official"
        " rules: on the full benchmark where it has been pulled, else on the bundled sample.",
    )
    flag = parser.add_argument
    flag("--model", metavar="M[,M]", help="models; `omnibench models` lists them")
    flag("--tasks", metavar="T[,T]", help="tasks, or all; `omnibench tasks` lists them")
    flag("--weights", metavar="W", help="bundled, or a folder with a checkpoint")
    flag("--data", metavar="DIR", help="a pack, or a folder of packs")
    flag("--full", action="store_true", help="refuse the bundled sample")
    flag("--limit", type=words.positive_int, metavar="N", help="about N samples, drawn by the seed")
    flag("--out", type=Path, default=Path("runs"), metavar="DIR", help="where runs go (runs)")
    flag("--resume", type=Path, metavar="RUN", help="go on with a run that was cut off")
    flag("--rule", metavar="R[,R]", help="scoring rules (all that a task has)")
    flag("--judge", metavar="J", help="replay:FILE or openai:MODEL@URL, for tasks that need one")
    flag("--judge-runs", type=words.positive_int, metavar="N", help="grades a reply gets (5)")
    flag(
        "--control",
        choices=["blind", "shuffled", "majority"],
        help="a grey image, another row's, or, without a model, the most frequent right answer",
    )
    flag("--batch-size", type=words.positive_int, metavar="N", help="questions at once (16)")
    flag("--device", choices=["auto", "cpu", "cuda", "mps"], help="where the model runs (auto)")
    flag(
        "--dtype",
        choices=["float32", "bfloat16", "float16"],
        help="by default bfloat16 where the processor has it, else float32",
    )
    flag("--seed", type=int, metavar="S", help="of --limit, --control and the intervals (0)")
    flag(
        "--max-errors",
        type=words.fraction,
        metavar="F",
        help="share of failed samples that is borne (0.01); above it the exit code is 1",
    )
    flag("--dry-run", action="store_true", help="print the plan as JSON; load and ask nothing")
    words.add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from omnibench.cli import outcome, planning
    from omnibench.cli.asked import majority
    from omnibench.hardware import host
    from omnibench.store import Run

    if arguments.control == "majority" and arguments.model is None:
        arguments.model = "majority"  # whatever is named, no model is loaded or asked
    resumed = None if arguments.resume is None else Run(arguments.resume).plan
    options = planning.options(arguments, resumed)
    asked = planning.ask_all(options)
    _say_whose_code(asked)
    machine = host()
    if arguments.dry_run:
        plans = [planning.plan(options, model, None, asked, machine) for model in options.models]
        words.print_json(plans if len(plans) > 1 else plans[0])
        return 0
    judge = planning.judge(options, asked)
    finished: list[tuple[Run, EvalResults]] = []
    for model in options.models:
        alike = options.control == "majority"
        backend = majority(asked) if alike else planning.backend(options, model, asked, machine)
        try:
            plan = planning.plan(options, model, backend.card, asked, machine)
            made = planning.run_folder(arguments.resume, plan, machine, arguments.out)
            _announce(backend.card, plan, made)
            tallies = _answer(made, backend, asked, judge)
        finally:
            backend.close()
        finished.append((made, _finish(made, asked, tallies)))
    outcome.show(finished, arguments.json)
    return max(outcome.exit_code(made, results) for made, results in finished)


def _say_whose_code(asked: list[Asked]) -> None:
    for item in asked:
        if item.named.source is not None:
            words.note(f"{item.named.label}: runs the code of {item.named.source}, your own file")


def _announce(card: ModelCard, plan: EvalPlan, made: Run) -> None:
    words.note(
        f"model {card.name}, weights: {card.weights}" + (f", {card.dtype}" if card.dtype else "")
    )
    for task in plan.tasks:
        if task.kind == "sample":
            words.note(
                f"{task.label}: the bundled sample pack of {task.population} drawn rows, not the"
                " benchmark (--data names a pack of that)"
            )
    words.note(f"run {made.folder}")


def _answer(
    made: Run, backend: Backend, asked: list[Asked], judge: Judge | None
) -> dict[str, Tally]:
    """Ask what has not been asked yet; every record is on disk before the next is made."""
    from omnibench.cli.progress import track
    from omnibench.engine.evaluate import evaluate
    from omnibench.engine.results import Tally
    from omnibench.store import RunWriter

    plan = made.plan
    tallies = {item.named.label: Tally(item.rules) for item in asked}
    done: dict[str, set[str]] = {label: set() for label in tallies}
    with RunWriter(made) as writer:
        for record in made.records():
            tallies[record.task].add(record)
            done[record.task].add(record.id)
        try:
            for item, task in zip(asked, plan.tasks, strict=True):
                label = item.named.label
                records = evaluate(
                    item.named.task,
                    label,
                    item.samples(plan.control, plan.seed),
                    backend,
                    rules=item.rules,
                    judge=judge,
                    done=done[label],
                    batch_size=plan.batch_size,
                    on_image=writer.keep_thumbnail,
                )
                for record in track(records, title=label, total=task.n, done=len(done[label])):
                    writer.append(record)
                    tallies[label].add(record)
        except KeyboardInterrupt:
            words.note(
                f"what was answered is kept; go on with `omnibench eval --resume {made.folder}`"
            )
            raise
    return tallies


def _finish(made: Run, asked: list[Asked], tallies: dict[str, Tally]) -> EvalResults:
    """Write results.json and, where a split's answers are not public, what its server takes."""
    from omnibench.cli import outcome
    from omnibench.engine.results import eval_results

    results = eval_results(made.plan, tallies)
    made.write_results(results)
    for path in outcome.write_submissions(made, [item.named for item in asked]):
        words.note(f"submission file {path}")
    return results
