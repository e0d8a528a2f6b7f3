"""Runs of `eval`: a folder that holds all that a report, a comparison or a new scoring needs."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from omnibench.core import EvalResults, SampleRecord
from omnibench.hardware import HostRecord
from omnibench.plan import EvalPlan
from omnibench.store.files import (
    PLAN,
    RESULTS,
    LineWriter,
    damaged,
    new_folder,
    read_lines,
    write_beginnings,
    write_json,
)
from omnibench.store.folder import RunFolder

if TYPE_CHECKING:
    import PIL.Image

MAX_THUMBNAILS = 1_000
THUMBNAIL_PX = 256


class Run(RunFolder[EvalPlan, EvalResults]):
    """A run folder of `eval` that can be read."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, EvalPlan, EvalResults)

    @property
    def samples_path(self) -> Path:
        """The file of records."""
        return self.folder / "samples.jsonl"

    def records(self) -> Iterator[SampleRecord]:
        """The records, in the order in which they were written; a torn last line is left out.

        Raises OmnibenchError for a damaged line elsewhere.
        """
        labels = {task.label for task in self.plan.tasks}
        seen: set[tuple[str, str]] = set()
        for number, record in read_lines(self.samples_path, SampleRecord):
            key = record.task, record.id
            if record.task not in labels or key in seen:
                raise damaged(
                    self.samples_path, number, f"{key} is not of this run, or stands twice"
                )
            seen.add(key)
            yield record

    def rewrite(self, plan: EvalPlan, records: Iterable[SampleRecord]) -> Run:
        """Replace plan and records whole; whatever stops it before leaves the run as it was."""
        encoder = msgspec.json.Encoder()
        partial = self.samples_path.with_suffix(".partial")
        with RunWriter(self):
            try:
                with partial.open("wb") as file:
                    for record in records:
                        file.write(encoder.encode(record) + b"\n")
                    file.flush()
                    os.fsync(file.fileno())
                (self.folder / RESULTS).unlink(missing_ok=True)
                write_json(self.folder / PLAN, plan)
                partial.replace(self.samples_path)
            finally:
                partial.unlink(missing_ok=True)
        return Run(self.folder)

    def write_submission(self, task: str, submission: object) -> Path:
        """What a benchmark's server takes, as JSON beside the records."""
        path = self.folder / f"{task}_submission.json"
        write_json(path, submission)
        return path


class RunWriter(LineWriter[SampleRecord]):
    """Appends records to a run, and keeps thumbnails of the images that they show."""

    def __init__(self, run: Run) -> None:
        super().__init__(run.samples_path)
        self.run = run
        self._thumbnails = run.folder / "thumbnails"
        self._kept = {path.stem for path in self._thumbnails.glob("*.webp")}

    def keep_thumbnail(self, opened: tuple[str, PIL.Image.Image]) -> None:
        """Keep a small copy of an image for reports, of the first MAX_THUMBNAILS distinct ones.

        opened: (SHA-256 of its file, the picture).
        """
        sha256, picture = opened
        if sha256 in self._kept or len(self._kept) >= MAX_THUMBNAILS:
            return
        self._kept.add(sha256)
        self._thumbnails.mkdir(exist_ok=True)
        small = picture.copy()
        small.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX))
        small.save(self._thumbnails / f"{sha256}.webp", quality=60)


def create_run(out: Path, plan: EvalPlan, host: HostRecord) -> Run:
    """A new run folder under `out` with the plan and the host."""
    folder = new_folder(out, plan.card.name, plan.fingerprint())
    write_beginnings(folder, plan, host)
    return Run(folder)
