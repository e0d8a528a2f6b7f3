"""A pack: its header, its rows and its images, and whether they are what the header says."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from omnibench.core import Image, RowType
from omnibench.data.gallery import Gallery
from omnibench.data.images import FileImage, decode
from omnibench.data.rows import MadeIds, ParquetRows, count_lines, json_rows
from omnibench.errors import ImageError, OmnibenchError
from omnibench.hub.locks import joint_sha256, sha256_of

if TYPE_CHECKING:
    import PIL.Image


class PackHeader(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """pack.toml. rows_sha256 is of the rows file; of several shards, of their sorted hashes.

    ids: how parquet rows without an `id` get one.
    """

    task: str
    name: str
    rows: int
    rows_sha256: str
    source: str
    licence: str
    note: str = ""
    split: str | None = None
    answers: Literal["raw", "stemmed"] | None = None
    ids: MadeIds | None = None


class DiskPack:
    """A pack in a folder. Opening reads the header and counts the rows; no row is decoded."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.header = read_header(folder)
        self.files = _row_files(folder)
        in_parquet = self.files[0].suffix == ".parquet"
        self._parquet = ParquetRows(self.files, self.header.ids) if in_parquet else None
        self._gallery = Gallery(sorted(folder.glob("images-*.parquet")))
        count = self._parquet.count() if self._parquet else count_lines(self.files[0])
        if count != self.header.rows:
            raise OmnibenchError(
                f"pack {folder} has {count} rows where pack.toml says {self.header.rows};"
                " fetch it again or mend pack.toml"
            )

    @property
    def name(self) -> str:
        """The pack's name."""
        return self.header.name

    @property
    def answers(self) -> str | None:
        """The form of its answers, where pack.toml says so."""
        return self.header.answers

    def rows(self, row_type: type[RowType]) -> Iterator[RowType]:
        """The rows in order; an id that stands twice is refused."""
        rows = self._parquet.rows(row_type) if self._parquet else json_rows(self.files[0], row_type)
        seen: set[str] = set()
        for row in rows:
            row_id: str = getattr(row, "id")  # noqa: B009 - every row type has it, the bound does not say so
            if row_id in seen:
                raise OmnibenchError(
                    f"pack {self.folder} has the id {row_id!r} twice; ids must differ"
                )
            seen.add(row_id)
            yield row

    def ids(self) -> list[str]:
        """The ids of all rows."""
        return [row.id for row in self.rows(_IdRow)]

    def image(self, key: str) -> Image:
        """The image that an image column's value names: a cell of a shard, or a file in images/."""
        if self._parquet is not None and self._parquet.holds(key):
            return self._parquet.image(key)
        return self._gallery.image(key) or PackImage(self.folder, key)

    def picture(self, key: str) -> str:
        """A name that equal pictures share, though every parquet row holds its own copy."""
        if self._parquet is None or not self._parquet.holds(key):
            return key
        return hashlib.sha256(self._parquet.image(key).read()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class PackImage:
    """A file in a pack's folder images/. A pack is data: it may name no file outside."""

    folder: Path
    key: str

    @property
    def name(self) -> str:
        """The file's name in the pack."""
        return f"{self.folder.name}/images/{self.key}"

    def read(self) -> bytes:
        """The encoded file."""
        images = self.folder / "images"
        path = images / self.key
        if not path.resolve().is_relative_to(images.resolve()):
            raise ImageError(f"pack {self.folder} names {self.key!r}, which lies outside images/")
        return FileImage(path).read()

    def open(self) -> PIL.Image.Image:
        """The decoded picture."""
        return decode(self.read(), self.name)


class _IdRow(msgspec.Struct, frozen=True):
    id: str


def read_header(folder: Path) -> PackHeader:
    """pack.toml of a folder, strictly."""
    path = folder / "pack.toml"
    try:
        return msgspec.toml.decode(path.read_bytes(), type=PackHeader)
    except FileNotFoundError:
        raise OmnibenchError(f"{folder} is not a pack: it has no pack.toml") from None
    except (OSError, msgspec.DecodeError, ValueError) as error:
        raise OmnibenchError(f"{path} cannot be read: {error}") from None


def write_header(folder: Path, header: PackHeader) -> None:
    """Write pack.toml at one stroke; what is None is left out."""
    lines = [
        f"{field} = {_toml(value)}"
        for field, value in msgspec.to_builtins(header).items()
        if value is not None
    ]
    partial = folder / "pack.toml.partial"
    partial.write_text("\n".join(lines) + "\n", "utf-8")
    partial.replace(folder / "pack.toml")


def _toml(value: object) -> str:
    if isinstance(value, dict):
        pairs = (f"{key} = {_toml(item)}" for key, item in value.items() if item is not None)
        return f"{{ {', '.join(pairs)} }}"
    return json.dumps(value, ensure_ascii=False)


def rows_hash(files: list[Path]) -> str:
    """SHA-256 of a rows file; of several shards, of their sorted hexadecimal hashes."""
    return joint_sha256(sha256_of(file) for file in files)


def _row_files(folder: Path) -> list[Path]:
    lines = folder / "rows.jsonl"
    shards = sorted(folder.glob("rows-*.parquet"))
    if lines.is_file() and shards:
        raise OmnibenchError(f"pack {folder} has rows.jsonl and parquet shards; keep one of them")
    if not lines.is_file() and not shards:
        raise OmnibenchError(f"pack {folder} has neither rows.jsonl nor rows-*.parquet")
    return shards or [lines]
