"""`omnibench pull`: weights and data from the hub, or from files that someone carried in."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from omnibench.cli import words

if TYPE_CHECKING:
    from omnibench.cli.words import Commands


def add(commands: Commands) -> None:
    """Add the command and its flags."""
    parser = commands.add_parser(
        "pull", help="fetch weights or data, by pinned revision and verified"
    )
    things = parser.add_subparsers(metavar="WHAT", required=True)
    model = things.add_parser(
        "model",
        help="the weights of a model",
        description="Fetch the weights of a model from the hub (HF_ENDPOINT, HF_TOKEN) into the"
        " cache (OMNIBENCH_CACHE). What broke off is gone on with; every file is verified.",
    )
    model.add_argument("model", metavar="M", help="a model's name, or hf:ID[@REVISION]")
    model.set_defaults(run=run_model)
    data = things.add_parser(
        "data",
        help="the rows and images of a benchmark",
        description="Fetch a benchmark's parquet files from the hub (HF_ENDPOINT, HF_TOKEN) into"
        " the cache (OMNIBENCH_CACHE) and make them a pack. What broke off is gone on with.",
    )
    data.add_argument("task", metavar="T", help="a task, or a task's split (mmmu:test)")
    data.set_defaults(run=run_data)
    for parser in (model, data):
        parser.add_argument(
            "--from", dest="origin", type=Path, metavar="DIR", help="take the files of a folder"
        )
        words.add_json(parser)


def run_model(arguments: argparse.Namespace) -> int:
    """Pull a model; the folder goes to stdout."""
    from omnibench.hub.models import known_models, model_folder, source_of
    from omnibench.hub.pulling import carry, pull

    name, origin = arguments.model, arguments.origin
    source, folder = source_of(name), model_folder(name)
    if name in (known := known_models()) and known[name].note:
        words.note(f"{name}: {known[name].note}")
    if origin is None:
        lock = pull(source, folder, words.note)
    else:
        lock = carry(source, origin, folder, words.note)
    size_bytes = sum(file.size_bytes for file in lock.files.values())
    if arguments.json:
        words.print_json({"model": name, "folder": str(folder), "lock": lock})
        return 0
    print(f"{name}: {lock.words}, {len(lock.files)} files, {size_bytes / 1e9:.3f} GB, {folder}")
    return 0


def run_data(arguments: argparse.Namespace) -> int:
    """Pull a task's data; the folder goes to stdout."""
    from omnibench.data.pulling import pull_data
    from omnibench.loading import load_task

    named = load_task(arguments.task)
    pack, lock = pull_data(named.task, named.split, arguments.origin, words.note)
    if arguments.json:
        found = {"task": named.label, "pack": pack.header, "folder": str(pack.folder), "lock": lock}
        words.print_json(found)
        return 0
    print(f"{named.label}: {lock.words}, {pack.header.rows} rows, {pack.folder}")
    return 0
