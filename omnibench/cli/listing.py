"""`omnibench tasks`: list the benchmarks, or describe one."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from omnibench.cli import words

if TYPE_CHECKING:
    from omnibench.cli.words import Commands
    from omnibench.loading import NamedTask


def add(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser("tasks", help="list the benchmarks, or describe one")
    parser.add_argument("name", nargs="?", metavar="NAME")
    words.add_json(parser)
    parser.set_defaults(run=run_tasks)


def run_tasks(arguments: argparse.Namespace) -> int:
    """List the tasks, or describe one."""
    from omnibench.loading import load_task, task_names

    if arguments.name is not None:
        described = _described(load_task(arguments.name))
        if arguments.json:
            words.print_json(described)
        else:
            _print_task(described)
        return 0
    tasks = [load_task(name) for name in task_names()]
    if arguments.json:
        words.print_json([_described(task) for task in tasks])
        return 0
    for named in tasks:
        task = named.task
        print(f"{task.name:12} {task.title}  (splits: {', '.join(task.splits)})")
    return 0


def _described(named: NamedTask) -> dict[str, Any]:
    task = named.task
    return {
        "name": task.name,
        "title": task.title,
        "version": task.version,
        "splits": task.splits,
        "aliases": task.aliases,
        "dataset": task.dataset,
        "citation": task.citation,
        "decoding": task.decoding,
        "cluster": task.cluster,
        "example": _example(named),
        "judged": any(rule.judged for rule in task.rules.values()),
        "rules": {
            name: {"headline": rule.headline, "metrics": list(rule.metrics)}
            for name, rule in task.rules.items()
        },
    }


def _example(named: NamedTask) -> dict[str, Any] | None:
    """The first question of the bundled sample; None where the task has none."""
    from omnibench.data.pack import DiskPack
    from omnibench.resources import shipped

    folder = shipped("tasks") / "samples" / named.task.name
    if named.source is not None or not (folder / "pack.toml").is_file():
        return None
    sample = next(named.task.samples(DiskPack(folder), named.task.splits[0]))
    return {"prompt": sample.prompt, "target": sample.target, "images": len(sample.images)}


def _print_task(task: dict[str, Any]) -> None:
    dataset, decoding = task["dataset"], task["decoding"]
    print(f"{task['name']}: {task['title']} (version {task['version']})")
    print(f"  splits:    {', '.join(task['splits'])} (the first is the default)")
    if task["aliases"]:
        print(f"  aliases:   {', '.join(task['aliases'])}")
    config = f" ({dataset.config})" if dataset.config else ""
    print(f"  dataset:   {dataset.hub}{config}, {dataset.licence}")
    print(
        f"  decoding:  {decoding.max_new_tokens} new tokens, temperature {decoding.temperature:g}"
    )
    print(f"  cluster:   {task['cluster']}")
    print(f"  judge:     {'needed (--judge)' if task['judged'] else 'none'}")
    for name, rule in task["rules"].items():
        print(f"  rule {name}: headline {rule['headline']}; {', '.join(rule['metrics'])}")
    print(f"  cite:      {task['citation']}")
    if task["example"] is not None:
        print("  a prompt, of the bundled sample:")
        print("\n".join(f"    | {line}" for line in task["example"]["prompt"].splitlines()))
