"""Rows of a pack: JSON lines or parquet shards, one at a time, checked against a row type."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from omnibench.core import RowType
from omnibench.errors import ImageError, OmnibenchError

if TYPE_CHECKING:
    import PIL.Image
    import pyarrow as pa
    import pyarrow.parquet as pq

_LINE_CHUNK_BYTES = 1 << 20
_BATCH_ROWS = 1024


def count_lines(path: Path) -> int:
    """Lines of a file without decoding it; a last line without its newline counts."""
    lines, last = 0, b"\n"
    with path.open("rb") as file:
        while chunk := file.read(_LINE_CHUNK_BYTES):
            lines += chunk.count(b"\n")
            last = chunk[-1:]
    return lines + (last != b"\n")


def json_rows(path: Path, row_type: type[RowType]) -> Iterator[RowType]:
    """The rows of a JSON-lines file. Raises OmnibenchError naming the line at fault."""
    decoder = msgspec.json.Decoder(row_type)
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                yield decoder.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise OmnibenchError(f"{path} line {number}: {_plain(error)}") from None


class MadeIds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How rows without an `id` get one: from a column, or their number in the pack (column None).

    numbered: several rows share a value; #1, #2 ... is put behind it.
    """

    column: str | None = None
    numbered: bool = False


class _IdMaker:
    """Makes the ids of one pass over the rows."""

    def __init__(self, rule: MadeIds) -> None:
        self._rule = rule
        self._seen: Counter[str] = Counter()

    def of(self, row: dict[str, Any]) -> str:
        value = str(row[self._rule.column]) if self._rule.column else ""
        self._seen[value] += 1
        if not value:
            return str(self._seen[value] - 1)
        return f"{value}#{self._seen[value]}" if self._rule.numbered else value


class ParquetRows:
    """Parquet shards of one pack. Images are left in the file until they are asked for.

    A cell of an image column becomes the key "<shard>#<row group>:<row>:<column>". The hub's rows
    often have no `id`: `ids` says how they are made.
    """

    def __init__(self, shards: list[Path], ids: MadeIds | None = None) -> None:
        self._ids = ids
        self._shards = {shard.name: shard for shard in shards}
        self._files: dict[str, pq.ParquetFile] = {}
        self._held: tuple[tuple[str, int, str], pa.ChunkedArray[Any]] | None = None

    def count(self) -> int:
        """Rows of all shards, from their footers."""
        return sum(self._file(name).metadata.num_rows for name in self._shards)

    def rows(self, row_type: type[RowType]) -> Iterator[RowType]:
        """The rows of all shards, in the order of their names."""
        maker = None if self._ids is None else _IdMaker(self._ids)
        for name in sorted(self._shards):
            yield from self._shard_rows(name, row_type, maker)

    def holds(self, key: str) -> bool:
        """Whether an image column's value is a key of `rows`, rather than a file's name."""
        return key.partition("#")[0] in self._shards

    def image(self, key: str) -> ParquetImage:
        """The image that a key of `rows` stands for."""
        shard, _, place = key.rpartition("#")
        group, row, column = place.split(":", 2)
        return ParquetImage(self, shard, int(group), int(row), column)

    def read_image(self, shard: str, group: int, row: int, column: str) -> bytes:
        """The bytes of one cell; the column of one row group at a time is held in memory."""
        wanted = (shard, group, column)
        if self._held is None or self._held[0] != wanted:
            self._held = None
            table = self._file(shard).read_row_group(group, columns=[column])
            self._held = (wanted, table.column(column))
        cell = self._held[1][row].as_py()
        data = cell.get("bytes") if cell else None
        if not isinstance(data, bytes):
            raise ImageError(f"{self._shards[shard]} row group {group} row {row}: no image bytes")
        return data

    def _shard_rows(
        self, name: str, row_type: type[RowType], maker: _IdMaker | None
    ) -> Iterator[RowType]:
        file = self._file(name)
        names, images = self._columns(name, row_type)
        # Of an image column only the null flags are read, through the struct's small member.
        columns = [f"{column}.path" if column in images else column for column in names]
        has_id = "id" in names
        for group in range(file.num_row_groups):
            start = 0
            for batch in file.iter_batches(_BATCH_ROWS, row_groups=[group], columns=columns):
                for number, row in enumerate(batch.to_pylist(), start=start):
                    for column in images:
                        if row[column] is not None:
                            row[column] = f"{name}#{group}:{number}:{column}"
                    if has_id:
                        row["id"] = str(row["id"])
                    elif maker is not None:
                        row["id"] = maker.of(row)
                    where = f"{self._shards[name]} row {number} of row group {group}"
                    yield _convert(row, row_type, where)
                start += batch.num_rows

    def _columns(self, name: str, row_type: type[RowType]) -> tuple[list[str], list[str]]:
        """The columns that a row type names, and those of them that hold encoded images."""
        schema = self._file(name).schema_arrow
        names = []
        for field in msgspec.structs.fields(row_type):
            column = field.encode_name
            if column in schema.names:
                names.append(column)
            elif column == "id" and self._ids is not None:
                names += [self._ids.column] if self._ids.column else []
            elif field.required:
                raise OmnibenchError(f"{self._shards[name]} lacks the column `{column}`")
        names = list(dict.fromkeys(names))
        return names, [column for column in names if _holds_images(schema.field(column).type)]

    def _file(self, name: str) -> pq.ParquetFile:
        import pyarrow as pa
        import pyarrow.parquet as pq

        if name not in self._files:
            try:
                self._files[name] = pq.ParquetFile(self._shards[name])
            except (pa.ArrowInvalid, OSError) as error:
                raise OmnibenchError(
                    f"{self._shards[name]} is not a whole parquet file ({error}); fetch it again"
                ) from None
        return self._files[name]


@dataclass(frozen=True, slots=True)
class ParquetImage:
    """An image whose bytes lie in a parquet cell."""

    source: ParquetRows
    shard: str
    group: int
    row: int
    column: str

    @property
    def name(self) -> str:
        """The cell, for messages."""
        return f"{self.shard} row group {self.group} row {self.row} column {self.column}"

    def read(self) -> bytes:
        """The encoded file."""
        return self.source.read_image(self.shard, self.group, self.row, self.column)

    def open(self) -> PIL.Image.Image:
        """The decoded picture."""
        from omnibench.data.images import decode

        return decode(self.read(), self.name)


def _holds_images(kind: pa.DataType) -> bool:
    """Whether a column is of the hub's image type, a struct {bytes, path}."""
    import pyarrow as pa

    if not pa.types.is_struct(kind):
        return False
    return {kind.field(i).name for i in range(kind.num_fields)} == {"bytes", "path"}


def _convert(row: dict[str, Any], row_type: type[RowType], where: str) -> RowType:
    try:
        return msgspec.convert(row, row_type)
    except msgspec.ValidationError as error:
        raise OmnibenchError(f"{where}: {_plain(error)}") from None


def _plain(error: Exception) -> str:
    """A decoding error in words, with the column's name in front."""
    text = str(error)
    message, at, path = text.partition(" - at `$.")
    return f"column `{path.rstrip('`')}`: {message}" if at else text
