"""Pictures of a training set on disk: opened when they are asked for, one by one."""

from __future__ import annotations

import io
from pathlib import Path

import PIL.Image

from omnivlm.errors import PictureError


def open_picture(path: Path) -> PIL.Image.Image:
    """The picture as RGB. Raises PictureError where the file is missing or broken."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise PictureError(f"no picture {path}") from None
    except OSError as error:
        raise PictureError(f"{path} cannot be read ({error.strerror})") from None
    return decoded_picture(data, str(path))


def decoded_picture(data: bytes, name: str) -> PIL.Image.Image:
    """A file's bytes as RGB. Raises PictureError, which says `name`, where they are broken."""
    try:
        with PIL.Image.open(io.BytesIO(data)) as picture:
            return picture.convert("RGB")
    except PIL.Image.DecompressionBombError:
        raise PictureError(f"{name} has more pixels than a picture may have") from None
    except (OSError, SyntaxError, ValueError, IndexError, EOFError) as error:
        # What Pillow raises for a damaged file depends on its format and where the damage is.
        raise PictureError(f"{name} is no whole picture ({type(error).__name__})") from None
