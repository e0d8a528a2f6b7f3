"""Benchmarks from the hub: parquet files by pinned revision, made a pack once all are there.

Where a task's rows lie is said in the lock file beside it, tasks/<task>.lock.toml.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path

import msgspec

from omnibench.core import Task
from omnibench.data.find import pulled_folder
from omnibench.data.pack import DiskPack, PackHeader, write_header
from omnibench.data.rows import MadeIds, ParquetRows
from omnibench.errors import OmnibenchError
from omnibench.hub.locks import Lock, LockedFile, joint_sha256
from omnibench.hub.pulling import Source, carry, pull
from omnibench.hub.remote import AbsentError
from omnibench.resources import shipped


class SplitFiles(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The files of a split, as patterns. images: a table of pictures that the rows name by id."""

    rows: str
    images: str | None = None


class TaskLock(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """tasks/<task>.lock.toml. repos: the homes of the dataset, the newest first.

    revision "unpinned": not known here; the first pull writes what it found beside the data.
    """

    repos: tuple[str, ...]
    revision: str
    splits: dict[str, SplitFiles]
    ids: MadeIds | None = None
    answers: str | None = None
    files: dict[str, LockedFile] = {}


def task_lock(task: Task) -> TaskLock:
    """The lock file of a shipped task."""
    path = shipped("tasks") / f"{task.name}.lock.toml"
    try:
        return msgspec.toml.decode(path.read_bytes(), type=TaskLock)
    except FileNotFoundError:
        raise OmnibenchError(
            f"{task.name} has no {path.name}: its data cannot be pulled; name a pack with --data"
        ) from None


def pull_data(
    task: Task, split: str, origin: Path | None, say: Callable[[str], None]
) -> tuple[DiskPack, Lock]:
    """Bring a split into the cache, or take it from a folder, and make it a pack."""
    locked = task_lock(task)
    name = task.selects_from.get(split, split)
    if name not in locked.splits:
        raise OmnibenchError(
            f"{task.name}:{name} cannot be pulled; known: {', '.join(locked.splits)}"
        )
    files = locked.splits[name]
    folder = pulled_folder(task, name)
    lock = _brought(locked, files, origin, folder, say)
    return _made_pack(task, name, locked, files, folder, lock), lock


def _brought(
    locked: TaskLock,
    files: SplitFiles,
    origin: Path | None,
    folder: Path,
    say: Callable[[str], None],
) -> Lock:
    def wanted(path: str) -> bool:
        return any(p and fnmatchcase(path, p) for p in (files.rows, files.images))

    pinned = {path: file for path, file in locked.files.items() if wanted(path)}
    absent: AbsentError | None = None
    for repo in locked.repos:
        source = Source(repo, locked.revision, "dataset", wanted, pinned)
        try:
            (folder / "pack.toml").unlink(missing_ok=True)
            return (
                pull(source, folder, say) if origin is None else carry(source, origin, folder, say)
            )
        except AbsentError as error:
            absent = absent or error
            say(f"{error}")
    raise absent or OmnibenchError("the lock file names no home of the dataset")


def _made_pack(
    task: Task, split: str, locked: TaskLock, files: SplitFiles, folder: Path, lock: Lock
) -> DiskPack:
    """Link the files under the names that packs have; pack.toml comes last and makes it whole."""
    for stale in [*folder.glob("rows-*.parquet"), *folder.glob("images-*.parquet")]:
        stale.unlink()
    shards = _link(folder, lock, files.rows, "rows")
    if files.images is not None:
        _link(folder, lock, files.images, "images")
    header = PackHeader(
        task=task.name,
        name=f"{task.name}-{split}",
        rows=_count(folder),
        rows_sha256=joint_sha256(lock.files[path].sha256 for path in shards),
        source=f"{lock.repo} at {lock.revision}",
        licence=task.dataset.licence,
        split=split,
        answers="raw" if locked.answers == "raw" else None,
        ids=locked.ids,
    )
    write_header(folder, header)
    return DiskPack(folder)


def _link(folder: Path, lock: Lock, pattern: str, kind: str) -> list[str]:
    paths = sorted(path for path in lock.files if fnmatchcase(path, pattern))
    for number, path in enumerate(paths):
        os.link(folder / path, folder / f"{kind}-{number:05d}.parquet")
    if not paths:
        raise OmnibenchError(f"{lock.words} has no file {pattern}")
    return paths


def _count(folder: Path) -> int:
    return ParquetRows(sorted(folder.glob("rows-*.parquet"))).count()
