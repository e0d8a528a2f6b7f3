"""Pictures that a harness has already decoded, as images of a request."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from omnibench.errors import ImageError

if TYPE_CHECKING:
    import PIL.Image


@dataclass(frozen=True, slots=True)
class Picture:
    """One of the pictures that `visuals` gives, asked for only when a backend opens it."""

    name: str
    visuals: Callable[[], list[Any]]
    number: int

    def read(self) -> bytes:
        """The picture as PNG: the file that it came from is not kept by the harness."""
        buffer = io.BytesIO()
        self.open().save(buffer, "PNG")
        return buffer.getvalue()

    def open(self) -> PIL.Image.Image:
        """The picture, mode RGB. Raises ImageError for a video or a sound."""
        import PIL.Image

        visual = self.visuals()[self.number]
        if not isinstance(visual, PIL.Image.Image):
            raise ImageError(f"{self.name} is no picture ({type(visual).__name__}); only these are")
        return visual.convert("RGB")


def flat(visuals: object) -> Iterator[Any]:
    """What a task's `doc_to_visual` gave, one by one: it may be None, one thing, or nested."""
    if visuals is None:
        return
    if isinstance(visuals, (list, tuple)):
        for visual in visuals:
            yield from flat(visual)
    else:
        yield visuals
