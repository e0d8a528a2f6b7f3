"""Preference rows on disk: what `omnivlm pairs` writes, and RLAIF-V's parquet or JSON lines."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TypeVar

import msgspec

from omnivlm.errors import TrainingError
from omnivlm.training.asked_pictures import PictureFile, key_of, picture_of
from omnivlm.training.on_demand import OnDemand
from omnivlm.training.pairs import PairRow
from omnivlm.training.picture_files import open_picture
from omnivlm.training.rlaif import read_parquet
from omnivlm.training.samples import Preference, Preferences

PAIRS = "pairs.jsonl"

R = TypeVar("R", bound=msgspec.Struct)


class _Row(msgspec.Struct, frozen=True):
    """A line in RLAIF-V's columns, the picture as a path in a folder."""

    question: str
    chosen: str
    rejected: str
    image: str | None = None
    image_path: str | None = None
    idx: str | int | None = None

    @property
    def path(self) -> str | None:
        """The picture's path."""
        return self.image or self.image_path


class _Kind(msgspec.Struct, frozen=True):
    """What tells a line of `omnivlm pairs` from others."""

    edit_ratio: float | None = None


def read_preferences(path: Path, images: Path | None = None) -> Preferences:
    """The rows of a file, or of a folder that `omnivlm pairs` wrote or that holds parquet shards.

    images: the folder that paths of pictures start from; without it, the file's own. Pictures are
    drawn or opened when they are asked for. Raises TrainingError, which names the row at fault.
    """
    shards = sorted(path.glob("*.parquet")) if path.is_dir() else []
    if path.suffix == ".parquet" or shards:
        return read_parquet(shards or [path], images or path.parent)
    file = path / PAIRS if path.is_dir() else path
    lines = _lines(file)
    folder = images or file.parent
    if _decoded(lines[0], _Kind, file, 1).edit_ratio is not None:
        pairs = [_decoded(line, PairRow, file, number) for number, line in enumerate(lines, 1)]
        return OnDemand(len(pairs), lambda number: _of_pair(pairs[number], folder))
    rows = [_with_picture(line, file, number) for number, line in enumerate(lines, 1)]
    return OnDemand(len(rows), lambda number: _of_row(rows[number], file, number, folder))


def _lines(file: Path) -> list[bytes]:
    try:
        lines = file.read_bytes().splitlines()
    except OSError as error:
        raise TrainingError(f"{file} cannot be read ({error.strerror or error})") from None
    if not lines:
        raise TrainingError(f"{file} holds no preference")
    return lines


def _decoded(line: bytes, kind: type[R], file: Path, number: int) -> R:
    try:
        return msgspec.json.decode(line, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise TrainingError(f"{file}, row {number}: {error}; mend it") from None


def _with_picture(line: bytes, file: Path, number: int) -> _Row:
    row = _decoded(line, _Row, file, number)
    if not row.path:
        raise TrainingError(f"{file}, row {number}: it names no picture; mend it")
    return row


def _of_pair(row: PairRow, images: Path) -> Preference:
    return Preference(
        id=row.id,
        picture=picture_of(row.picture, images),
        image_key=key_of(row.picture, images),
        prompt=row.prompt,
        chosen=row.chosen,
        rejected=row.rejected,
    )


def _of_row(row: _Row, file: Path, number: int, images: Path) -> Preference:
    path = row.path or ""
    return Preference(
        id=f"{file.stem}-{number if row.idx is None else row.idx}",
        picture=partial(open_picture, images / path),
        image_key=key_of(PictureFile(path), images),
        prompt=row.question,
        chosen=row.chosen,
        rejected=row.rejected,
    )
