"""`omnibench score`: score the stored replies of a run again; no model is loaded."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from omnibench.cli import words
from omnibench.errors import OmnibenchError

if TYPE_CHECKING:
    from omnibench.cli.words import Commands
    from omnibench.core import Judge, Rule, SampleRecord
    from omnibench.engine.results import Tally
    from omnibench.loading import NamedTask
    from omnibench.plan import EvalPlan
    from omnibench.store import Run


def add(commands: Commands) -> None:
    """Add the command and its flags."""
    parser = commands.add_parser(
        "score",
        help="score the stored replies of a run again",
        description="Score the stored replies of a run again: by other rules, with a judge, or by"
        " rules that have changed since. The replies stay as they are; no model is loaded.",
    )
    parser.add_argument("folder", type=Path, metavar="RUN")
    parser.add_argument("--judge", metavar="J", help="replay:FILE or openai:MODEL@URL")
    parser.add_argument(
        "--judge-runs",
        type=words.positive_int,
        default=5,
        metavar="N",
        help="grades a reply gets (5)",
    )
    parser.add_argument("--rule", metavar="R[,R]", help="scoring rules (all that a task has)")
    words.add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from omnibench.cli import asked, outcome
    from omnibench.engine.results import Tally, eval_results
    from omnibench.loading import load_task
    from omnibench.store import Run

    made = Run(arguments.folder)
    named = {
        task.label: load_task(f"{task.source or task.name}:{task.split}")
        for task in made.plan.tasks
    }
    rules = asked.choose_rules(list(named.values()), arguments.rule)
    judge = asked.open_judge(arguments.judge, arguments.judge_runs, rules)
    tallies = {label: Tally(chosen) for label, chosen in rules.items()}
    plan = _plan(made.plan, named, rules, arguments)
    made = made.rewrite(plan, _scored_again(made, named, rules, judge, tallies))
    results = eval_results(plan, tallies)
    made.write_results(results)
    for path in outcome.write_submissions(made, list(named.values())):
        words.note(f"submission file {path}")
    outcome.show([(made, results)], arguments.json)
    return outcome.exit_code(made, results)


def _scored_again(
    made: Run,
    named: Mapping[str, NamedTask],
    rules: Mapping[str, Mapping[str, Rule]],
    judge: Judge | None,
    tallies: Mapping[str, Tally],
) -> Iterator[SampleRecord]:
    """The records with new readings and scores and, with a judge, new grades."""
    import msgspec

    from omnibench.cli.progress import track
    from omnibench.engine.evaluate import grade, score

    graded = asked = 0
    error: str | None = None
    total = sum(task.n for task in made.plan.tasks)
    for record in track(made.records(), title="score", total=total):
        task, chosen = named[record.task].task, rules[record.task]
        if record.reply is not None:
            sample, grades, error = record.sample(), record.grades, record.error
            if judge is not None and task.judge_prompt is not None:
                grades, error = grade(task, sample, record.reply, judge)
                asked, graded = asked + 1, graded + (grades is not None)
            readings, scores = score(sample, record.reply, chosen, grades)
            record = msgspec.structs.replace(
                record, readings=readings, scores=scores, grades=grades, error=error
            )
        tallies[record.task].add(record)
        yield record
    if asked and not graded:
        raise OmnibenchError(
            f"the judge graded none of {asked} replies ({error}); the run is as it was"
        )


def _plan(
    plan: EvalPlan,
    named: Mapping[str, NamedTask],
    rules: Mapping[str, Mapping[str, Rule]],
    arguments: argparse.Namespace,
) -> EvalPlan:
    """The plan with the rules and the judge by which the records are scored now."""
    import msgspec

    from omnibench.plan import without_secrets

    tasks = tuple(
        msgspec.structs.replace(
            task, version=named[task.label].task.version, rules=tuple(rules[task.label])
        )
        for task in plan.tasks
    )
    judged: dict[str, object] = {}
    if arguments.judge is not None:
        judged = {"judge": without_secrets(arguments.judge), "judge_runs": arguments.judge_runs}
    return msgspec.structs.replace(plan, tasks=tasks, rule=arguments.rule, **judged)
