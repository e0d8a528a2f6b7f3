"""Pictures that a model is asked about when pairs are made or captions are checked."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec
import PIL.Image
from PIL.ImageFilter import GaussianBlur

from omnivlm.data.parts import Part, item_random
from omnivlm.data.scene import Scene
from omnivlm.data.world import sample_scene
from omnivlm.training.drawn import CAPTION_PROMPTS, image_key
from omnivlm.training.picture_files import open_picture
from omnivlm.training.samples import Picture


class DrawnScene(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag="scene"
):
    """A scene by its part, seed and number; its picture may be out of focus.

    most_blur_px: each picture has a blur of its own from 0 to this, drawn evenly.
    """

    part: Part
    seed: int
    index: int
    most_blur_px: float = 0.0

    def scene(self) -> Scene:
        """Draw its description anew; in another run of numbers than conversations are drawn."""
        rng = item_random(self.part, "captions", self.seed, self.index)
        return sample_scene(rng, self.part, least=4, most=8)

    @property
    def blur_px(self) -> float:
        """The radius of the picture's Gaussian blur."""
        return self.most_blur_px * item_random(self.part, "blur", self.seed, self.index).random()

    def draw(self) -> PIL.Image.Image:
        """Draw the picture, 378 x 378."""
        picture = self.scene().draw()
        return picture.filter(GaussianBlur(self.blur_px)) if self.most_blur_px else picture


class PictureFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="file"):
    """A file, its path as the data set writes it."""

    path: str


Origin = DrawnScene | PictureFile


@dataclass(frozen=True, slots=True)
class AskedPicture:
    """A picture and what is asked of it."""

    id: str
    origin: Origin
    prompt: str


def drawn_pictures(
    part: Part, seed: int, count: int, most_blur_px: float = 0.0
) -> Iterator[AskedPicture]:
    """Scenes to be described."""
    for index in range(count):
        origin = DrawnScene(part, seed, index, most_blur_px)
        yield AskedPicture(f"scene-{part}-{seed}-{index}", origin, CAPTION_PROMPTS[0])


def picture_of(origin: Origin, images: Path | None) -> Picture:
    """What draws the scene or opens the file, which lies in the folder `images`."""
    if isinstance(origin, DrawnScene):
        return origin.draw
    return partial(open_picture, (images or Path()) / origin.path)


def key_of(origin: Origin, images: Path | None) -> str:
    """The key under which the picture's features are kept: what is drawn, or which file it is."""
    if isinstance(origin, DrawnScene):
        key = image_key(origin.scene())
        return f"{key}-blur-{origin.blur_px!r}" if origin.most_blur_px else key
    path = ((images or Path()) / origin.path).resolve()
    return f"file-{hashlib.sha256(str(path).encode()).hexdigest()[:24]}"
