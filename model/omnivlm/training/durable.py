"""Files that are whole or not there: written beside, synced, then renamed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from omnivlm.errors import TrainingError


def replace(path: Path, write: Callable[[Path], None]) -> None:
    """Let `write` make a file beside `path`, then put it in its place.

    Raises TrainingError where the disk is full or cannot be written; the old file is still there.
    """
    beside = path.with_name(f".{path.name}.new")
    try:
        write(beside)
        _sync(beside)
        beside.replace(path)
        _sync(path.parent)
    except OSError as error:
        beside.unlink(missing_ok=True)
        kept = f"; the one before it is still there: {path}" if path.exists() else ""
        raise TrainingError(f"{path} cannot be written ({error.strerror or error}){kept}") from None


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
