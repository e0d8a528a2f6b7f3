"""Which pack a task is run on: the one the user names, the pulled one, or the bundled sample."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from omnibench.core import PackKind, Task
from omnibench.data.pack import DiskPack, PackHeader, read_header
from omnibench.errors import OmnibenchError
from omnibench.resources import cache, shipped


@dataclass(frozen=True, slots=True)
class Found:
    """A pack for one task, and whether it is the full benchmark."""

    pack: DiskPack
    kind: PackKind


def find_pack(task: Task, split: str, data: Path | None, *, full: bool = False) -> Found:
    """The pack of a task's split. `full` refuses the bundled sample."""
    rows_split = task.selects_from.get(split, split)
    if data is not None:
        return Found(_named_pack(task, rows_split, data), "custom")
    pulled = pulled_folder(task, rows_split)
    if (pulled / "pack.toml").is_file():
        return Found(DiskPack(pulled), "full")
    command = f"`omnibench pull data {task.name}`, or name a pack with --data"
    if full:
        raise OmnibenchError(
            f"{task.name} has not been pulled and --full refuses the sample: {command}"
        )
    sample = shipped("tasks") / "samples" / task.name
    if not (sample / "pack.toml").is_file() or not _serves(read_header(sample), task, rows_split):
        raise OmnibenchError(
            f"no data for {task.name}:{split}, and no sample is bundled: {command}"
        )
    return Found(DiskPack(sample), "sample")


def pulled_folder(task: Task, split: str) -> Path:
    """Where the full benchmark lies once it has been pulled."""
    return cache() / "packs" / task.name / split


def _named_pack(task: Task, split: str, data: Path) -> DiskPack:
    if not data.is_dir():
        raise OmnibenchError(f"--data {data} is not a folder; name a pack or a folder of packs")
    if (data / "pack.toml").is_file():
        header = read_header(data)
        if not _serves(header, task, split):
            held = header.task + (f":{header.split}" if header.split else "")
            raise OmnibenchError(f"pack {data} is of {held}, not of {task.name}:{split}")
        return DiskPack(data)
    folders = sorted(path.parent for path in data.glob("*/pack.toml"))
    if not folders:
        raise OmnibenchError(f"--data {data} holds no pack (a folder with a pack.toml)")
    serving = [folder for folder in folders if _serves(read_header(folder), task, split)]
    if len(serving) > 1:
        names = ", ".join(folder.name for folder in serving)
        raise OmnibenchError(
            f"{data} holds several packs of {task.name}: {names}; name one with --data"
        )
    if not serving:
        raise OmnibenchError(f"{data} holds no pack of {task.name}:{split}")
    return DiskPack(serving[0])


def _serves(header: PackHeader, task: Task, split: str) -> bool:
    return header.task == task.name and (header.split or task.splits[0]) == split
