"""Where shipped folders and the user's cache lie."""

import os
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def shipped(name: str) -> Path:
    """The folder `name` (tasks, hardware_profiles, reports).

    It lies in the package in a wheel, and beside it in a checkout.
    """
    inside = _PACKAGE / name
    return inside if inside.is_dir() else _PACKAGE.parent / name


def package_folders() -> tuple[Path, ...]:
    """The folders of omnibench's own code: the package and the shipped tasks."""
    return _PACKAGE, shipped("tasks")


def cache() -> Path:
    """Where pulled data and remembered checks lie: OMNIBENCH_CACHE, else ~/.cache/omnibench."""
    chosen = os.environ.get("OMNIBENCH_CACHE")
    if chosen:
        return Path(chosen).expanduser()
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "omnibench"
