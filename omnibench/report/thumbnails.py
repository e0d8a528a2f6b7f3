"""Small copies of pictures, out of the run folders into a page."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

MOST_THUMBNAIL_BYTES = 900_000
"""Of all thumbnails of a page, as they are written into it."""

_WEBP = (b"RIFF", b"WEBP")


class Pictures:
    """Thumbnails out of the run folders, until the page has enough of them."""

    def __init__(self, runs: Sequence[Path]) -> None:
        self._folders = [run / "thumbnails" for run in runs]
        self._left = MOST_THUMBNAIL_BYTES
        self.left_out = 0

    def data_urls(self, names: Iterable[str]) -> Iterator[str]:
        """A data: URL for each picture of which a run keeps a small copy."""
        for name in names:
            data = next(filter(None, (_webp(folder, name) for folder in self._folders)), None)
            if data is None:
                continue
            text = base64.b64encode(data).decode()
            if len(text) > self._left:
                self.left_out += 1
                continue
            self._left -= len(text)
            yield f"data:image/webp;base64,{text}"


def _webp(folder: Path, name: str) -> bytes | None:
    """A thumbnail; None where there is none, or the file is not what it should be."""
    if not name.isalnum():
        return None
    try:
        data = (folder / f"{name}.webp").read_bytes()
    except OSError:
        return None
    return data if (data[:4], data[8:12]) == _WEBP else None
