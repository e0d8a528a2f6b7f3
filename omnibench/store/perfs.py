"""Runs of `perf`: a plan, trials and the view of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from omnibench.core import PerfResults, TrialRecord
from omnibench.core.calibration import Calibration
from omnibench.core.hardware import HardwareProfile
from omnibench.hardware import HostRecord
from omnibench.plan import PerfPlan
from omnibench.store.files import (
    LineWriter,
    damaged,
    new_folder,
    read_lines,
    write_beginnings,
    write_json,
)
from omnibench.store.folder import RunFolder

PROFILE, CALIBRATION = "profile.json", "calibration.json"


class PerfRun(RunFolder[PerfPlan, PerfResults]):
    """A run folder of `perf` that can be read."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, PerfPlan, PerfResults)

    @property
    def trials_path(self) -> Path:
        """The file of trials."""
        return self.folder / "trials.jsonl"

    def trials(self) -> Iterator[TrialRecord]:
        """The trials, in the order in which they were made; a torn last line is left out.

        Raises OmnibenchError for a damaged line elsewhere.
        """
        models = {card.name for card in self.plan.cards}
        for number, record in read_lines(self.trials_path, TrialRecord):
            if record.model not in models:
                raise damaged(self.trials_path, number, f"{record.model} is not of this run")
            yield record

    def writer(self) -> LineWriter[TrialRecord]:
        """What appends trials. Raises OmnibenchError while another process does."""
        return LineWriter(self.trials_path)

    def keep_profile(self, profile: HardwareProfile) -> None:
        """profile.json: the device that was asked about, as it was known then."""
        write_json(self.folder / PROFILE, profile)

    def keep_calibration(self, calibration: Calibration) -> None:
        """calibration.json: the ceilings of the machine that measured."""
        write_json(self.folder / CALIBRATION, calibration)


def create_perf_run(out: Path, plan: PerfPlan, host: HostRecord) -> PerfRun:
    """A new run folder under `out` with the plan and the host."""
    model = "+".join(card.name for card in plan.cards)
    folder = new_folder(out, model, plan.fingerprint())
    write_beginnings(folder, plan, host)
    return PerfRun(folder)
