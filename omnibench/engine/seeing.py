"""Images on their way to a backend: decoded once while they are in use, and noted when opened."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from typing import TYPE_CHECKING

from omnibench.core import Image

if TYPE_CHECKING:
    import PIL.Image

Opened = tuple[str, "PIL.Image.Image"]
"""(SHA-256 of an image's file, the decoded picture)."""


class ImageDesk:
    """Keeps the last few decoded images, since neighbouring questions share them."""

    def __init__(self, capacity: int = 32) -> None:
        self._capacity = capacity
        self._held: OrderedDict[str, Opened] = OrderedDict()
        self._news: list[Opened] = []

    def opened(self, image: Image) -> Opened:
        """(SHA-256 of the encoded file, the decoded picture). The same object while it is held."""
        held = self._held.get(image.name)
        if held is None:
            from omnibench.data.images import decode

            data = image.read()
            held = hashlib.sha256(data).hexdigest(), decode(data, image.name)
            self._held[image.name] = held
            if len(self._held) > self._capacity:
                self._held.popitem(last=False)
            self._news.append(held)
        else:
            self._held.move_to_end(image.name)
        return held

    def news(self) -> list[Opened]:
        """What was decoded since the last call."""
        news, self._news = self._news, []
        return news


class SeenImage:
    """An image that remembers whether it was opened, and what its file hashed to."""

    def __init__(self, image: Image, desk: ImageDesk) -> None:
        self._image = image
        self._desk = desk
        self.name = image.name
        self.sha256: str | None = None

    def read(self) -> bytes:
        """The encoded file."""
        data = self._image.read()
        self.sha256 = hashlib.sha256(data).hexdigest()
        return data

    def open(self) -> PIL.Image.Image:
        """The decoded picture; do not change it, others share it."""
        self.sha256, picture = self._desk.opened(self._image)
        return picture
