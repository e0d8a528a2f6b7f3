"""Lock files: which revision of which repository lies in a folder, and the hash of every file."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from omnibench.errors import OmnibenchError

LOCK_NAME = "omnibench.lock.toml"
UNPINNED = "unpinned"

_CHUNK_BYTES = 1 << 20


class LockedFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file: its size and its SHA-256."""

    size_bytes: int
    sha256: str


class Lock(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What lies in a folder that has been pulled. revision: a commit, or "unpinned"."""

    repo: str
    revision: str
    files: dict[str, LockedFile]

    @property
    def words(self) -> str:
        """The origin in a few words."""
        return f"{self.repo} at {self.revision[:12]}"


def read_lock(folder: Path) -> Lock | None:
    """The lock in a folder; None where there is none."""
    path = folder / LOCK_NAME
    try:
        return msgspec.toml.decode(path.read_bytes(), type=Lock)
    except FileNotFoundError:
        return None
    except msgspec.DecodeError as error:
        raise OmnibenchError(
            f"{path} is no lock file ({error}); delete it and pull again"
        ) from None


def write_lock(folder: Path, lock: Lock) -> None:
    """Write the lock: the last thing that a pull does, at one stroke."""
    words = [
        "# Written by `omnibench pull`; what lies here is pinned by it.",
        f"repo = {json.dumps(lock.repo)}",
        f"revision = {json.dumps(lock.revision)}",
        "[files]",
    ]
    for path, file in sorted(lock.files.items()):
        words.append(
            f'{json.dumps(path)} = {{ size_bytes = {file.size_bytes}, sha256 = "{file.sha256}" }}'
        )
    made = folder / f"{LOCK_NAME}.part"
    with made.open("w", encoding="utf-8") as stream:
        stream.write("\n".join(words) + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    made.replace(folder / LOCK_NAME)


def whole(folder: Path) -> Lock | None:
    """The lock of a folder that holds every file at its size; None for anything less."""
    lock = read_lock(folder)
    if lock is None:
        return None
    for path, file in lock.files.items():
        try:
            if (folder / path).stat().st_size != file.size_bytes:
                return None
        except OSError:
            return None
    return lock


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    for chunk in _chunks(path):
        digest.update(chunk)
    return digest.hexdigest()


def joint_sha256(hashes: Iterable[str]) -> str:
    """One hash for one or several files: the only one itself, else that of the sorted ones."""
    ordered = sorted(hashes)
    return (
        ordered[0] if len(ordered) == 1 else hashlib.sha256("".join(ordered).encode()).hexdigest()
    )


def git_blob_of(path: Path) -> str:
    """The name that git gives to a file's content; the hub's hash of small files."""
    digest = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
    for chunk in _chunks(path):
        digest.update(chunk)
    return digest.hexdigest()


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            yield chunk
