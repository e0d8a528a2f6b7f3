"""Runs opened for a page: each with a short name that no other of them has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from omnibench.core import EvalResults, PerfResults
from omnibench.errors import OmnibenchError
from omnibench.hardware import HostRecord
from omnibench.store import PerfRun, Run, find_runs, open_run


@dataclass(frozen=True, slots=True)
class OpenedEval:
    """A run of `eval`. results: None where it has not been finished."""

    name: str
    run: Run
    host: HostRecord
    results: EvalResults | None


@dataclass(frozen=True, slots=True)
class OpenedPerf:
    """A run of `perf`. results: None where it has not been finished."""

    name: str
    run: PerfRun
    host: HostRecord
    results: PerfResults | None


@dataclass(frozen=True, slots=True)
class Opened:
    """The runs that a page is about, in the order in which they were named."""

    evals: tuple[OpenedEval, ...]
    perfs: tuple[OpenedPerf, ...]

    @property
    def runs(self) -> tuple[OpenedEval | OpenedPerf, ...]:
        """All of them."""
        return *self.evals, *self.perfs

    @property
    def unfinished(self) -> tuple[OpenedEval | OpenedPerf, ...]:
        """Those that were cut off and have no figures."""
        return tuple(run for run in self.runs if run.results is None)


def open_runs(folders: Iterable[Path]) -> Opened:
    """Open run folders, or all runs that lie in a folder of runs.

    Raises OmnibenchError for a folder that holds no run, one named twice, or one that is damaged.
    """
    found = [run for folder in folders for run in _runs_in(folder)]
    resolved = [folder.resolve() for folder in found]
    for folder in found:
        if resolved.count(folder.resolve()) > 1:
            raise OmnibenchError(f"{folder} is named twice")
    if not found:
        raise OmnibenchError("no run is named")
    runs = [open_run(folder) for folder in found]
    names = run_names(runs)
    return Opened(
        evals=tuple(
            OpenedEval(name, run, run.host(), run.results())
            for name, run in zip(names, runs, strict=True)
            if isinstance(run, Run)
        ),
        perfs=tuple(
            OpenedPerf(name, run, run.host(), run.results())
            for name, run in zip(names, runs, strict=True)
            if isinstance(run, PerfRun)
        ),
    )


def run_names(runs: Sequence[Run | PerfRun]) -> list[str]:
    """The model of each run; where that is not enough, also when it was made, then a number."""
    plain = [_plain_name(run) for run in runs]
    # An eval and a perf run of one model never stand in one column.
    kinds = [type(run) for run in runs]
    counts = Counter(zip(kinds, plain, strict=True))
    dated = [
        name if counts[kind, name] == 1 else f"{name} ({run.folder.name.partition('_')[0]})"
        for kind, name, run in zip(kinds, plain, runs, strict=True)
    ]
    again = Counter(zip(kinds, dated, strict=True))
    seen: Counter[tuple[type, str]] = Counter()
    names = []
    for key in zip(kinds, dated, strict=True):
        seen[key] += 1
        names.append(key[1] if again[key] == 1 else f"{key[1]} no. {seen[key]}")
    return names


def _runs_in(folder: Path) -> list[Path]:
    inside = find_runs(folder) if folder.is_dir() and not (folder / "plan.json").exists() else []
    return inside or [folder]


def _plain_name(run: Run | PerfRun) -> str:
    if isinstance(run, PerfRun):
        return " + ".join(card.name for card in run.plan.cards)
    control = run.plan.control
    return f"{run.plan.card.name}, {control}" if control else run.plan.card.name
