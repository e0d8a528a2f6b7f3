"""Pulling: from a repository, or from files that someone carried in, to a folder with a lock.

A file appears under its name when it has been verified; the lock appears when every file has. So a
folder with a lock is whole, and one without is gone on with.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from omnibench.errors import OmnibenchError
from omnibench.hub import remote
from omnibench.hub.locks import (
    LOCK_NAME,
    UNPINNED,
    Lock,
    LockedFile,
    git_blob_of,
    read_lock,
    sha256_of,
    whole,
    write_lock,
)

PARTS = ".partial"
"""The folder for files that are not whole yet, inside the one that is pulled into."""

CARRIED = "carried in"
"""The revision of files that came without a lock."""


@dataclass(frozen=True, slots=True)
class Source:
    """What is pulled. wanted: which files; pinned: what the project knows of their hashes."""

    repo: str
    revision: str
    kind: remote.Kind
    wanted: Callable[[str], bool]
    pinned: Mapping[str, LockedFile] = field(default_factory=dict)


def pull(source: Source, folder: Path, say: Callable[[str], None]) -> Lock:
    """Fetch what is not there yet, verify every file and lock the folder."""
    there = read_lock(folder)
    if there is not None and (
        there.repo != source.repo or source.revision not in (UNPINNED, there.revision)
    ):
        there = None
    if there is not None and there.revision != CARRIED:
        broken = [path for path, file in there.files.items() if _hash(folder / path) != file.sha256]
        if not broken:
            say(f"{there.words} is here already, every file as locked")
            return there
        say(f"changed or missing since they were pulled: {', '.join(broken)}")
        revision: str | None = there.revision
    else:
        revision = None if source.revision == UNPINNED else source.revision
    found = remote.listing(source.repo, revision, source.kind)
    chosen = [file for file in found.files if source.wanted(file.path)]
    if not chosen:
        raise OmnibenchError(f"{source.repo} at {found.commit[:12]} holds no file that is wanted")
    pinned = dict(source.pinned)
    if there is not None and there.revision == found.commit:
        pinned |= there.files
    _check_pins(source.repo, pinned, {file.path for file in chosen})
    (folder / LOCK_NAME).unlink(missing_ok=True)
    files = _fetch_all(found, chosen, pinned, folder, say)
    return _finished(source, folder, Lock(source.repo, found.commit, files))


def carry(source: Source, origin: Path, folder: Path, say: Callable[[str], None]) -> Lock:
    """Take the files of a folder: checked by the lock beside them, or by what is pinned."""
    if not origin.is_dir():
        raise OmnibenchError(f"no folder {origin}; --from names one that holds the files")
    if origin.resolve() == folder.resolve():
        raise OmnibenchError(f"{origin} is where pulled files lie already; name another folder")
    came = read_lock(origin)
    if came is not None and came.repo != source.repo:
        raise OmnibenchError(f"{origin} holds {came.repo}, not {source.repo}")
    if came is not None and source.revision not in (UNPINNED, came.revision):
        raise OmnibenchError(
            f"{origin} holds revision {came.revision[:12]}, not {source.revision[:12]}"
        )
    pinned = {**(came.files if came is not None else {}), **source.pinned}
    names = sorted(
        name
        for path in origin.rglob("*")
        if path.is_file() and source.wanted(name := path.relative_to(origin).as_posix())
    )
    if not names:
        raise OmnibenchError(f"{origin} holds no file of {source.repo} that is wanted")
    _check_pins(str(origin), pinned, set(names))
    if not pinned:
        say(f"no {LOCK_NAME} came with the files: they are taken as they are, unverified")
    (folder / LOCK_NAME).unlink(missing_ok=True)
    _need_room(folder, sum((origin / name).stat().st_size for name in names))
    files = {}
    for name in names:
        part = _part(folder, name, "carried")
        part.parent.mkdir(parents=True, exist_ok=True)
        with remote.full_disk_in_words(name):
            shutil.copyfile(origin / name, part)
        sha256 = pinned[name].sha256 if name in pinned else None
        files[name] = _verified(part, name, sha256, None, str(origin))
        _put(part, folder / name)
    revision = CARRIED if came is None else came.revision
    return _finished(source, folder, Lock(source.repo, revision, files))


def _fetch_all(
    found: remote.Listing,
    chosen: list[remote.RemoteFile],
    pinned: Mapping[str, LockedFile],
    folder: Path,
    say: Callable[[str], None],
) -> dict[str, LockedFile]:
    files: dict[str, LockedFile] = {}
    missing = []
    for each in chosen:
        file = remote.described(found, each)
        pin = pinned.get(file.path)
        if pin is not None and file.sha256 not in (None, pin.sha256):
            raise OmnibenchError(
                f"{file.path} of {found.repo}: the hub's SHA-256 is {file.sha256}, the lock's"
                f" {pin.sha256}; refused"
            )
        kept = _kept(folder / file.path, file, pin)
        if kept is None:
            missing.append(file)
        else:
            files[file.path] = kept
    _need_room(folder, sum(_left_bytes(folder, file) for file in missing))
    for number, file in enumerate(missing, start=1):
        part = _part(folder, file.path, file.sha256 or file.git_blob or "")
        resumed = part.stat().st_size if part.exists() else 0
        note = f", {resumed:,} bytes of it here already" if resumed else ""
        say(f"{number}/{len(missing)} {file.path}, {file.size_bytes or 0:,} bytes{note}")
        remote.fetch(found, file, part)
        pin = pinned.get(file.path)
        sha256 = pin.sha256 if pin is not None else file.sha256
        files[file.path] = _verified(part, file.path, sha256, file.git_blob, found.repo)
        _put(part, folder / file.path)
    return files


def _verified(
    part: Path, name: str, sha256: str | None, git_blob: str | None, origin: str
) -> LockedFile:
    """The file's lock. A file with another hash is thrown away and refused."""
    made = LockedFile(part.stat().st_size, sha256_of(part))
    if sha256 is not None:
        kind, expected, got = "SHA-256", sha256, made.sha256
    elif git_blob is not None:
        kind, expected, got = "git hash", git_blob, git_blob_of(part)
    else:
        return made
    if got != expected:
        part.unlink()
        raise OmnibenchError(
            f"{name} of {origin} has the {kind} {got}, not {expected}: refused and thrown away;"
            " pull again, and distrust the way it came if that happens twice"
        )
    return made


def _kept(path: Path, file: remote.RemoteFile, pin: LockedFile | None) -> LockedFile | None:
    """The lock of a file that an earlier pull has brought, if it is the right one."""
    if not path.is_file() or file.size_bytes not in (None, path.stat().st_size):
        return None
    made = LockedFile(path.stat().st_size, sha256_of(path))
    sha256 = pin.sha256 if pin is not None else file.sha256
    right = made.sha256 == sha256 if sha256 else git_blob_of(path) == file.git_blob
    return made if right else None


def _finished(source: Source, folder: Path, lock: Lock) -> Lock:
    """Take away what an earlier revision or pull has left; then write the lock."""
    shutil.rmtree(folder / PARTS, ignore_errors=True)
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and source.wanted(name) and name not in lock.files:
            path.unlink()
    with remote.full_disk_in_words(lock.repo):
        write_lock(folder, lock)
    if whole(folder) is None:
        raise OmnibenchError(f"{folder} changed while it was written; pull again")
    return lock


def _check_pins(where: str, pinned: Mapping[str, LockedFile], there: set[str]) -> None:
    absent = sorted(set(pinned) - there)
    if absent:
        raise OmnibenchError(f"{where} lacks what its lock names: {', '.join(absent)}")


def _need_room(folder: Path, needed_bytes: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    free_bytes = shutil.disk_usage(folder).free
    if needed_bytes > free_bytes:
        raise OmnibenchError(
            f"{folder} has {free_bytes / 1e9:.1f} GB free and {needed_bytes / 1e9:.1f} GB are"
            " needed; make room, or set OMNIBENCH_CACHE to a larger disk"
        )


def _left_bytes(folder: Path, file: remote.RemoteFile) -> int:
    part = _part(folder, file.path, file.sha256 or file.git_blob or "")
    there_bytes = part.stat().st_size if part.exists() else 0
    return max((file.size_bytes or 0) - there_bytes, 0)


def _part(folder: Path, path: str, digest: str) -> Path:
    """Where a file grows. Its hash is in its name: the part of another version is not gone on."""
    return folder / PARTS / f"{path}.{digest[:16]}"


def _put(part: Path, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part.replace(path)


def _hash(path: Path) -> str | None:
    return sha256_of(path) if path.is_file() else None
