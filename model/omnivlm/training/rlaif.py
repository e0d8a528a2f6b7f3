"""RLAIF-V's parquet shards: question, chosen, rejected, and the picture's bytes in the row.

Source of the columns: the card of openbmb/RLAIF-V-Dataset on the hub.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Sequence
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

import PIL.Image

from omnivlm.errors import PictureError, TrainingError
from omnivlm.training.on_demand import OnDemand
from omnivlm.training.picture_files import decoded_picture, open_picture
from omnivlm.training.samples import Preference, Preferences

if TYPE_CHECKING:
    from pyarrow.parquet import ParquetFile

_TEXTS = ("question", "chosen", "rejected")


def read_parquet(shards: Sequence[Path], images: Path) -> Preferences:
    """The rows of all shards, in the order of their names.

    Texts are read at once, pictures when they are asked for; where a row holds a path and no bytes,
    it starts from `images`. Raises TrainingError, which names the row at fault.
    """
    opened = [_Shard(path, images) for path in shards]
    ends = list(accumulate(len(shard) for shard in opened))
    if not ends[-1]:
        raise TrainingError(f"{shards[0]} holds no preference")

    def preference(number: int) -> Preference:
        place = bisect_right(ends, number)
        return opened[place].preference(number - (ends[place - 1] if place else 0))

    return OnDemand(ends[-1], preference)


class _Shard:
    """One file. The row group that was asked for last stays in memory."""

    def __init__(self, path: Path, images: Path) -> None:
        self._path, self._images = path, images
        self._file = _opened(path)
        columns = self._columns()
        self._texts = {name: columns[name] for name in _TEXTS}
        self._ids = columns.get("idx")
        self._group: tuple[int, list[Any]] | None = None
        counts = (
            self._file.metadata.row_group(i).num_rows for i in range(self._file.num_row_groups)
        )
        self._ends = list(accumulate(counts))

    def __len__(self) -> int:
        return len(self._texts["question"])

    def preference(self, row: int) -> Preference:
        """One row."""
        identity = row if self._ids is None else self._ids[row]
        # The bytes have not been read yet, so that only the row can name the picture.
        key = hashlib.sha256(f"{self._path.resolve()}#{row}".encode()).hexdigest()[:24]
        return Preference(
            id=f"{self._path.stem}-{identity}",
            picture=partial(self._picture, row),
            image_key=f"row-{key}",
            prompt=self._texts["question"][row],
            chosen=self._texts["chosen"][row],
            rejected=self._texts["rejected"][row],
        )

    def _columns(self) -> dict[str, list[Any]]:
        """The texts, whole. Raises TrainingError for a column that is not there, or a cell."""
        names = self._file.schema_arrow.names
        missing = [name for name in (*_TEXTS, "image") if name not in names]
        if missing:
            raise TrainingError(f"{self._path} has no column {', '.join(missing)}")
        wanted = [name for name in (*_TEXTS, "idx") if name in names]
        columns: dict[str, list[Any]] = self._file.read(columns=wanted).to_pydict()
        for name in _TEXTS:
            for row, cell in enumerate(columns[name], 1):
                if not isinstance(cell, str) or not cell.strip():
                    raise TrainingError(f"{self._path}, row {row}: {name} is no text; mend it")
        return columns

    def _picture(self, row: int) -> PIL.Image.Image:
        cell = self._cell(row)
        name = f"the picture of {self._path}, row {row + 1},"
        data = cell.get("bytes") if isinstance(cell, dict) else cell
        if isinstance(data, bytes):
            return decoded_picture(data, name)
        path = cell.get("path") if isinstance(cell, dict) else cell
        if not isinstance(path, str) or not path:
            raise PictureError(f"{name} is missing")
        return open_picture(self._images / path)

    def _cell(self, row: int) -> Any:
        group = bisect_right(self._ends, row)
        if self._group is None or self._group[0] != group:
            cells = self._file.read_row_group(group, columns=["image"]).to_pydict()["image"]
            self._group = group, cells
        return self._group[1][row - (self._ends[group - 1] if group else 0)]


def _opened(path: Path) -> ParquetFile:
    import pyarrow
    import pyarrow.parquet

    try:
        return pyarrow.parquet.ParquetFile(path)
    except OSError as error:
        raise TrainingError(f"{path} cannot be read ({error.strerror or error})") from None
    except pyarrow.ArrowException as error:
        raise TrainingError(f"{path} is no parquet file ({error})") from None
