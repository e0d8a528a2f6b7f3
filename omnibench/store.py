"""Runs on disk: a folder that holds all that a report, a comparison or a new scoring needs."""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

import msgspec

from omnibench.core import FORMAT, EvalResults, SampleRecord
from omnibench.errors import OmnibenchError
from omnibench.hardware import HostRecord
from omnibench.plan import EvalPlan

if TYPE_CHECKING:
    import PIL.Image

Written = TypeVar("Written")

MAX_THUMBNAILS = 1_000
THUMBNAIL_PX = 256

_PLAN, _HOST, _SAMPLES, _RESULTS = "plan.json", "host.json", "samples.jsonl", "results.json"


class Run:
    """A run folder that can be read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.plan = _read(folder / _PLAN, EvalPlan)

    @property
    def samples_path(self) -> Path:
        """The file of records."""
        return self.folder / _SAMPLES

    def records(self) -> Iterator[SampleRecord]:
        """The records, in the order in which they were written; a torn last line is left out.

        Raises OmnibenchError for a damaged line elsewhere.
        """
        decoder = msgspec.json.Decoder(SampleRecord)
        labels = {task.label for task in self.plan.tasks}
        seen: set[tuple[str, str]] = set()
        if not self.samples_path.exists():
            return
        with self.samples_path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if not line.endswith(b"\n"):
                    return
                try:
                    record = decoder.decode(line)
                except (msgspec.DecodeError, UnicodeDecodeError) as error:
                    raise self._damaged(number, str(error)) from None
                key = record.task, record.id
                if record.task not in labels or key in seen:
                    raise self._damaged(number, f"{key} is not of this run, or stands twice")
                seen.add(key)
                yield record

    def _damaged(self, line: int, why: str) -> OmnibenchError:
        return OmnibenchError(
            f"{self.samples_path} line {line} is damaged ({why}); restore the file,"
            " or take the line out and resume the run"
        )

    def results(self) -> EvalResults | None:
        """results.json, or None where the run has not been finished."""
        path = self.folder / _RESULTS
        return _read(path, EvalResults) if path.exists() else None

    def host(self) -> HostRecord:
        """host.json."""
        return _read(self.folder / _HOST, HostRecord)

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
                (self.folder / _RESULTS).unlink(missing_ok=True)
                _write(self.folder / _PLAN, plan)
                partial.replace(self.samples_path)
            finally:
                partial.unlink(missing_ok=True)
        return Run(self.folder)

    def write_results(self, results: EvalResults) -> None:
        """Replace results.json whole."""
        _write(self.folder / _RESULTS, results)

    def write_submission(self, task: str, submission: object) -> Path:
        """What a benchmark's server takes, as JSON beside the records."""
        path = self.folder / f"{task}_submission.json"
        _write(path, submission)
        return path


class RunWriter:
    """Appends records to a run; every record is handed to the system before `append` returns.

    Only one process writes to a run. Opening drops a torn last line.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self._file = os.open(run.samples_path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._file)
            raise OmnibenchError(f"{run.folder} is being written by another process") from None
        _drop_torn_line(self._file)
        os.lseek(self._file, 0, os.SEEK_END)
        self._encoder = msgspec.json.Encoder()
        self._thumbnails = run.folder / "thumbnails"
        self._kept = {path.stem for path in self._thumbnails.glob("*.webp")}

    def append(self, record: SampleRecord) -> None:
        """Write one line. Raises OSError where the disk is full; what was there stays whole."""
        line = self._encoder.encode(record) + b"\n"
        start = os.lseek(self._file, 0, os.SEEK_CUR)
        try:
            written = 0
            while written < len(line):
                written += os.write(self._file, line[written:])
        except OSError:
            os.ftruncate(self._file, start)
            os.lseek(self._file, start, os.SEEK_SET)
            raise

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

    def __enter__(self) -> RunWriter:
        """Use in a `with` block, which closes the file."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file; records reach the disk even if the machine then fails."""
        os.fsync(self._file)
        os.close(self._file)


def create_run(out: Path, plan: EvalPlan, host: HostRecord) -> Run:
    """A new folder <out>/<UTC time>_<model>_<fingerprint>/ with the plan and the host."""
    time = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    name = f"{time}_{slug(plan.card.name)}_{plan.fingerprint()}"
    folder, number = out / name, 1
    while True:
        try:
            folder.mkdir(parents=True)
            break
        except FileExistsError:
            number += 1
            folder = out / f"{name}-{number}"
    _write(folder / _HOST, host)
    _write(folder / _PLAN, plan)
    return Run(folder)


def find_runs(out: Path) -> list[Path]:
    """The run folders under `out`, oldest first."""
    return sorted(path.parent for path in out.glob(f"*/{_PLAN}"))


def slug(text: str) -> str:
    """A name that is safe in a path: letters, digits, dots and hyphens, at most 48 of them."""
    return re.sub(r"[^A-Za-z0-9.]+", "-", text).strip("-.")[:48] or "model"


def _drop_torn_line(file: int) -> None:
    """Cut a file after its last newline."""
    size = os.lseek(file, 0, os.SEEK_END)
    end = size
    while end > 0:
        start = max(0, end - 65536)
        newline = os.pread(file, end - start, start).rfind(b"\n")
        if newline >= 0:
            end = start + newline + 1
            break
        end = start
    if end != size:
        os.ftruncate(file, end)


def _read(path: Path, kind: type[Written]) -> Written:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise OmnibenchError(f"{path.parent} is not a run: it has no {path.name}") from None
    try:
        found = msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise OmnibenchError(f"{path} cannot be read: {error}") from None
    written = getattr(found, "format", FORMAT)
    if written > FORMAT:
        raise OmnibenchError(f"{path} has format {written}; this omnibench reads up to {FORMAT}")
    return found


def _write(path: Path, value: object) -> None:
    """Replace a JSON file whole: a reader sees the old one or the new one, never a part."""
    data = msgspec.json.format(msgspec.json.encode(value), indent=1)
    partial = path.with_suffix(".partial")
    try:
        with partial.open("wb") as file:
            file.write(data + b"\n")
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError:
        partial.unlink(missing_ok=True)
        raise
