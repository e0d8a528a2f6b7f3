"""`omnibench data`: which packs are here, and whether they are whole."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omnibench.cli import words
from omnibench.errors import OmnibenchError

if TYPE_CHECKING:
    from omnibench.cli.words import Commands


def add(commands: Commands) -> None:
    """Add the command and its flags."""
    parser = commands.add_parser("data", help="list packs, or verify one")
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    listed = verbs.add_parser("list", help="the pack that each task would be run on")
    listed.set_defaults(run=run_list)
    verified = verbs.add_parser("verify", help="check the rows and images of a pack")
    verified.add_argument("task", metavar="T")
    verified.set_defaults(run=run_verify)
    for verb in (listed, verified):
        verb.add_argument("--data", type=Path, metavar="DIR", help="a pack, or a folder of packs")
        words.add_json(verb)


def run_list(arguments: argparse.Namespace) -> int:
    """List the packs."""
    from omnibench.data.find import find_pack
    from omnibench.loading import load_task, task_names

    found: list[dict[str, Any]] = []
    for name in task_names():
        task = load_task(name).task
        try:
            pack = find_pack(task, task.splits[0], arguments.data)
        except OmnibenchError as error:
            found.append({"task": name, "kind": None, "reason": str(error)})
            continue
        header = pack.pack.header
        found.append(
            {"task": name, "kind": pack.kind, "pack": header.name, "rows": header.rows,
             "licence": header.licence, "folder": str(pack.pack.folder)}
        )  # fmt: skip
    if arguments.json:
        words.print_json(found)
        return 0
    for item in found:
        if item["kind"] is None:
            print(f"{item['task']:12} –        {item['reason']}")
        else:
            where = f"{item['rows']} rows, {item['licence']}, {item['folder']}"
            print(f"{item['task']:12} {item['kind']:8} {item['pack']}: {where}")
    return 0


def run_verify(arguments: argparse.Namespace) -> int:
    """Verify one pack: its hash, every row against the task's columns, every image."""
    from omnibench.data.find import find_pack
    from omnibench.data.verify import broken_images, check_hash
    from omnibench.loading import load_task

    named = load_task(arguments.task)
    pack = find_pack(named.task, named.split, arguments.data).pack
    check_hash(pack, again=True)
    samples = list(named.task.samples(pack, named.split))
    problems = broken_images(samples)
    images = len({image.name for sample in samples for image in sample.images})
    if arguments.json:
        words.print_json(
            {"task": named.label, "pack": pack.header.name, "rows": pack.header.rows,
             "samples": len(samples), "images": images, "problems": problems}
        )  # fmt: skip
    else:
        print(
            f"{pack.header.name}: {pack.header.rows} rows as hashed, {len(samples)} samples,"
            f" {images} images, {len(problems)} of them cannot be opened"
        )
    for problem in problems[:20]:
        words.note(problem)
    if len(problems) > 20:
        words.note(f"and {len(problems) - 20} more")
    return 2 if problems else 0
