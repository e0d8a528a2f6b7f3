"""Files of a run: written whole or line by line, never half."""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Generic, Self, TypeVar

import msgspec

from omnibench.core import FORMAT
from omnibench.errors import OmnibenchError
from omnibench.hardware import HostRecord

Written = TypeVar("Written")
Record = TypeVar("Record", bound=msgspec.Struct)

PLAN, HOST, RESULTS = "plan.json", "host.json", "results.json"


class LineWriter(Generic[Record]):
    """Appends records to a file; every one is handed to the system before `append` returns.

    Only one process writes to a file. Opening drops a torn last line.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._file)
            raise OmnibenchError(f"{path.parent} is being written by another process") from None
        _drop_torn_line(self._file)
        os.lseek(self._file, 0, os.SEEK_END)
        self._encoder = msgspec.json.Encoder()

    def append(self, record: Record) -> None:
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

    def __enter__(self) -> Self:
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


def read_lines(path: Path, kind: type[Record]) -> Iterator[tuple[int, Record]]:
    """(line number, record) of every whole line; a torn last line is left out.

    Raises OmnibenchError for a damaged line elsewhere. A file that is not there has no lines.
    """
    decoder = msgspec.json.Decoder(kind)
    if not path.exists():
        return
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if not line.endswith(b"\n"):
                return
            try:
                record = decoder.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise damaged(path, number, str(error)) from None
            yield number, record


def damaged(path: Path, line: int, why: str) -> OmnibenchError:
    """The error for a line that cannot be what was written."""
    return OmnibenchError(
        f"{path} line {line} is damaged ({why}); restore the file,"
        " or take the line out and resume the run"
    )


def read_json(path: Path, kind: type[Written]) -> Written:
    """One JSON file of a run. Raises OmnibenchError where it is absent, damaged or too new."""
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise OmnibenchError(f"{path.parent} is not a run: it has no {path.name}") from None
    try:
        found = msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise OmnibenchError(f"{path} cannot be read: {error}") from None
    written = getattr(found, "format", FORMAT)
    if written > FORMAT:
        raise OmnibenchError(f"{path} has format {written}; this omnibench reads up to {FORMAT}")
    return found


def write_json(path: Path, value: object) -> None:
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


def new_folder(out: Path, model: str, fingerprint: str) -> Path:
    """A new folder <out>/<UTC time>_<model>_<fingerprint>/."""
    time = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    name = f"{time}_{slug(model)}_{fingerprint}"
    folder, number = out / name, 1
    while True:
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            number += 1
            folder = out / f"{name}-{number}"
        else:
            return folder


def write_beginnings(folder: Path, plan: msgspec.Struct, host: HostRecord) -> None:
    """host.json and then plan.json: a folder is a run once it has a plan."""
    write_json(folder / HOST, host)
    write_json(folder / PLAN, plan)


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
