"""omnibench: accuracy, speed and energy of small vision-language models, with their uncertainty."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from omnibench.report.frames import Frames

__version__ = "0.1.0"


def load(runs: str | Path | Iterable[str | Path]) -> Frames:
    """The tables of run folders, or of all runs in a folder, as pandas DataFrames.

    The result has `runs`, `scores`, `samples`, `perf` and `trials`; `docs/reports.md` lists their
    columns. Raises OmnibenchError where one of the folders is no run, or is damaged.
    """
    from omnibench.report import frames

    return frames.load(runs)
