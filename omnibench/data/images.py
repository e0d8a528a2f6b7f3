"""Images: read late, decoded carefully, refused with a word where they cannot be a picture."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from omnibench.errors import ImageError

if TYPE_CHECKING:
    import PIL.Image

MAX_PIXELS = 100_000_000
"""Larger pictures are refused before they are decoded: no benchmark has one, a bomb does."""


@dataclass(frozen=True, slots=True)
class FileImage:
    """An image file."""

    path: Path

    @property
    def name(self) -> str:
        """The file's path, for messages."""
        return str(self.path)

    def read(self) -> bytes:
        """The encoded file."""
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            raise ImageError(
                f"image {self.path} is missing; put it there, or `omnibench data verify` the pack"
            ) from None
        except OSError as error:
            raise ImageError(f"image {self.path} cannot be read: {error.strerror}") from None

    def open(self) -> PIL.Image.Image:
        """The decoded picture."""
        return decode(self.read(), self.name)


def decode(data: bytes, name: str) -> PIL.Image.Image:
    """Encoded bytes -> an RGB picture, upright by its EXIF orientation.

    Transparent parts become white, as every viewer shows them; 16-bit grey is scaled to 8 bits.
    Raises ImageError for what is empty, truncated, not a picture, or larger than MAX_PIXELS.
    """
    import PIL.Image
    import PIL.ImageOps

    try:
        with warnings.catch_warnings():
            # The size is checked below, against our own bound and with our own words.
            warnings.simplefilter("ignore", PIL.Image.DecompressionBombWarning)
            picture = PIL.Image.open(io.BytesIO(data))
            width, height = picture.size
            if width * height > MAX_PIXELS:
                raise ImageError(
                    f"image {name} is {width} x {height} px, over the bound of {MAX_PIXELS:,} px;"
                    " make it smaller or take it out of the pack"
                )
            picture.load()
            return _to_rgb(PIL.ImageOps.exif_transpose(picture))
    except PIL.Image.DecompressionBombError:
        raise ImageError(f"image {name} is far too large to decode; make it smaller") from None
    except PIL.UnidentifiedImageError:
        what = "not a picture" if data else "empty"
        raise ImageError(f"image {name} is {what}; replace the file") from None
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise ImageError(f"image {name} is truncated ({error}); replace the file") from None


def _to_rgb(picture: PIL.Image.Image) -> PIL.Image.Image:
    import PIL.Image

    if picture.mode == "RGB":
        return picture
    if picture.mode.startswith("I") or picture.mode == "F":
        return _grey_to_8_bits(picture).convert("RGB")
    if picture.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in picture.info:
        with_alpha = picture.convert("RGBA")
        white = PIL.Image.new("RGBA", with_alpha.size, "white")
        return PIL.Image.alpha_composite(white, with_alpha).convert("RGB")
    return picture.convert("RGB")


def _grey_to_8_bits(picture: PIL.Image.Image) -> PIL.Image.Image:
    """Wide grey values (I, I;16, F) -> L: 16 bits are divided by 256, 8-bit values are kept."""
    import numpy as np
    import PIL.Image

    values = np.asarray(picture, dtype=np.float64)
    if values.size and values.max() > 255:
        values = values / 256
    return PIL.Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))
