"""What every run folder holds, whichever command made it: plan, host, and in the end results."""

from __future__ import annotations

from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from omnibench.hardware import HostRecord
from omnibench.store.files import HOST, PLAN, RESULTS, read_json, write_json

Plan = TypeVar("Plan", bound=msgspec.Struct)
Results = TypeVar("Results", bound=msgspec.Struct)


class RunFolder(Generic[Plan, Results]):
    """A run folder that can be read. Raises OmnibenchError where there is no such run."""

    def __init__(self, folder: Path, plan: type[Plan], results: type[Results]) -> None:
        self.folder = folder
        self.plan = read_json(folder / PLAN, plan)
        self._results = results

    def results(self) -> Results | None:
        """results.json, or None where the run has not been finished."""
        path = self.folder / RESULTS
        return read_json(path, self._results) if path.exists() else None

    def write_results(self, results: Results) -> None:
        """Replace results.json whole."""
        write_json(self.folder / RESULTS, results)

    def host(self) -> HostRecord:
        """host.json."""
        return read_json(self.folder / HOST, HostRecord)
