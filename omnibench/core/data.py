"""What a benchmark holds: samples, their images, and the pack that they lie in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeVar

import msgspec

from omnibench.errors import ImageError

if TYPE_CHECKING:
    import PIL.Image


Target = str | tuple[str, ...] | None
"""The right answer: one text, several (such as ten annotators'), or None where not public."""

Facets = dict[str, str | tuple[str, ...]]
"""What metrics split by: {"category": "popular"}; a tuple where a sample counts in several."""


class Image(Protocol):
    """A picture that is read only when a backend asks for it."""

    @property
    def name(self) -> str:
        """What to call it in a message: its file name or its place in a table."""

    def read(self) -> bytes:
        """The encoded file. Raises ImageError where it is missing."""

    def open(self) -> PIL.Image.Image:
        """The decoded picture, mode RGB. Raises ImageError where it cannot be decoded."""


@dataclass(frozen=True, slots=True)
class AbsentImage:
    """Stands where a question needs an image and its row has none: fails once a backend asks."""

    name: str

    def read(self) -> bytes:
        """Raise ImageError."""
        raise ImageError(f"{self.name} has no image; use a pack with images, or recorded replies")

    def open(self) -> PIL.Image.Image:
        """Raise ImageError."""
        raise ImageError(f"{self.name} has no image; use a pack with images, or recorded replies")


@dataclass(frozen=True, slots=True)
class Sample:
    """One question of a benchmark.

    `group` names the image or item that it shares with others: the statistical cluster.
    """

    id: str
    prompt: str
    target: Target
    images: tuple[Image, ...] = ()
    choices: tuple[str, ...] | None = None
    group: str = ""
    facets: Facets = field(default_factory=dict)


RowType = TypeVar("RowType", bound=msgspec.Struct)


class Pack(Protocol):
    """A benchmark's rows and images, as they lie on disk."""

    @property
    def name(self) -> str:
        """The pack's name."""

    @property
    def answers(self) -> str | None:
        """The form of its answers, "raw" or "stemmed", where its header says so (OK-VQA)."""

    def rows(self, row_type: type[RowType]) -> Iterator[RowType]:
        """The rows in order, checked against `row_type`, whose fields name the columns.

        An image column is typed `str | None` and holds a key for `image`; no image is read.
        Raises OmnibenchError naming the row and the column that is missing or of another type.
        """

    def image(self, key: str) -> Image:
        """The image behind the value of an image column."""

    def picture(self, key: str) -> str:
        """A name for the image behind a key that equal images share: a statistical cluster."""
