"""Runs on disk: a folder that holds all that a report, a comparison or a new scoring needs."""

from __future__ import annotations

from pathlib import Path

import msgspec

from omnibench.store.evals import MAX_THUMBNAILS, THUMBNAIL_PX, Run, RunWriter, create_run
from omnibench.store.files import PLAN, read_json, slug
from omnibench.store.perfs import PerfRun, create_perf_run


class _Kind(msgspec.Struct, frozen=True):
    kind: str


def open_run(folder: Path) -> Run | PerfRun:
    """The run in a folder, whichever command made it. Raises OmnibenchError where there is none."""
    kind = read_json(folder / PLAN, _Kind).kind
    return PerfRun(folder) if kind == "perf" else Run(folder)


def find_runs(out: Path) -> list[Path]:
    """The run folders under `out`, oldest first."""
    return sorted(path.parent for path in out.glob(f"*/{PLAN}"))


__all__ = [
    "MAX_THUMBNAILS",
    "THUMBNAIL_PX",
    "PerfRun",
    "Run",
    "RunWriter",
    "create_perf_run",
    "create_run",
    "find_runs",
    "open_run",
    "slug",
]
