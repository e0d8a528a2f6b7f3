"""Pictures in a table of their own, as GQA has them: rows name a picture by its id."""

from __future__ import annotations

from pathlib import Path

import msgspec

from omnibench.core import Image
from omnibench.data.rows import ParquetRows


class _Picture(msgspec.Struct, frozen=True):
    id: str
    image: str | None = None


class Gallery:
    """The tables images-*.parquet of a pack, with the columns `id` and `image`; often none."""

    def __init__(self, files: list[Path]) -> None:
        self._tables = ParquetRows(files)
        self._empty = not files
        self._keys: dict[str, str] | None = None

    def image(self, picture_id: str) -> Image | None:
        """The picture of that id; None where no table has it. The ids are read at the first use."""
        if self._empty:
            return None
        if self._keys is None:
            rows = self._tables.rows(_Picture)
            self._keys = {row.id: row.image for row in rows if row.image is not None}
        key = self._keys.get(picture_id)
        return None if key is None else self._tables.image(key)
