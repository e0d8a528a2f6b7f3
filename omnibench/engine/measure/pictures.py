"""Pictures to ask about, drawn from a number: no two alike, so that nothing can be remembered."""

from __future__ import annotations

import io
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import PIL.Image

COARSE = 16
"""One drawn point in so many pixels a side: smooth as a photograph is, rather than noise."""


@dataclass(frozen=True, slots=True)
class HeldPicture:
    """A decoded picture in memory. decode_ns: what decoding its file took."""

    name: str
    picture: PIL.Image.Image
    file: bytes
    decode_ns: int

    def read(self) -> bytes:
        """The JPEG."""
        return self.file

    def open(self) -> PIL.Image.Image:
        """The picture as it lies in memory."""
        return self.picture


def drawn_picture(seed: int, width_px: int, height_px: int) -> HeldPicture:
    """A picture of that size, encoded and then decoded as a file would be."""
    import numpy as np
    import PIL.Image

    generator = np.random.default_rng(seed)
    coarse = (max(2, height_px // COARSE), max(2, width_px // COARSE), 3)
    points = PIL.Image.fromarray(generator.integers(0, 256, coarse, dtype=np.uint8))
    file = io.BytesIO()
    resampling = PIL.Image.Resampling.BICUBIC
    points.resize((width_px, height_px), resampling).save(file, "JPEG", quality=90)
    start_ns = time.perf_counter_ns()
    picture = PIL.Image.open(io.BytesIO(file.getvalue())).convert("RGB")
    decode_ns = time.perf_counter_ns() - start_ns
    return HeldPicture(f"drawn {seed}", picture, file.getvalue(), decode_ns)
