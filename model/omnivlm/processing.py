"""From a picture to a tower's input, as the vendors do it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import PIL.Image
import torch

from omnivlm.config import NaflexVisionConfig, VisionConfig
from omnivlm.errors import QuestionError
from omnivlm.seen import Inputs

if TYPE_CHECKING:
    from torch import Tensor

Pixels = npt.NDArray[np.uint8]

_GREY = (127, 127, 127)
"""The mean, 0.5, as Bunny's code rounds it."""
_SCALES = (1e-6, 100.0)
_SCALE_STEP = 1e-5


def inputs_of(picture: PIL.Image.Image, vision: VisionConfig | NaflexVisionConfig) -> Inputs:
    """A picture -> what a tower of these shapes reads, float32, a batch of one."""
    if isinstance(vision, NaflexVisionConfig):
        return patches_of(picture, vision.patch_size, vision.num_patches)
    if vision.resize == "pad":
        picture = padded_to_square(picture)
    return Inputs(normalised(resized(picture, vision.image_size))[None])


def resized(image: PIL.Image.Image, size_px: int) -> Pixels:
    """A picture of any size and mode -> (size_px, size_px, 3) uint8.

    A plain bicubic resize: no crop, no padding, the sides' ratio is lost (source: NexaAI's
    llama.cpp, examples/omni-vlm; 384 px there).
    """
    rgb = _rgb(image)
    return np.asarray(rgb.resize((size_px, size_px), PIL.Image.Resampling.BICUBIC))


def padded_to_square(image: PIL.Image.Image) -> PIL.Image.Image:
    """Grey above and below or left and right, so that the sides' ratio is kept.

    Source: image_aspect_ratio "pad" of Bunny and LLaVA, which nanoLLaVA is trained with.
    """
    rgb = _rgb(image)
    side = max(rgb.size)
    if rgb.width == rgb.height:
        return rgb
    square = PIL.Image.new("RGB", (side, side), _GREY)
    square.paste(rgb, ((side - rgb.width) // 2, (side - rgb.height) // 2))
    return square


def normalised(pixels: Pixels) -> Tensor:
    """(H, W, 3) uint8 -> (3, H, W) float32 in -1..1: mean and deviation are 0.5."""
    values = torch.from_numpy(np.array(pixels.transpose(2, 0, 1), dtype=np.float32))
    return values.div_(127.5).sub_(1.0)


def patches_of(image: PIL.Image.Image, patch_px: int, patches: int) -> Inputs:
    """A picture of any shape -> at most `patches` patches, then zeros up to that number.

    As transformers' Siglip2 image processor: bilinear, a patch holds rows, columns, colours.
    """
    rgb = _rgb(image)
    rows, columns = naflex_grid(rgb.height, rgb.width, patch_px, patches)
    size = (columns * patch_px, rows * patch_px)
    values = normalised(np.asarray(rgb.resize(size, PIL.Image.Resampling.BILINEAR)))
    grid = values.view(3, rows, patch_px, columns, patch_px)
    flat = grid.permute(1, 3, 2, 4, 0).reshape(rows * columns, -1)
    pixels = torch.zeros(1, patches, flat.shape[1])
    pixels[0, : len(flat)] = flat
    mask = torch.zeros(1, patches, dtype=torch.int64)
    mask[0, : len(flat)] = 1
    return Inputs(pixels, mask, torch.tensor([[rows, columns]]))


def naflex_grid(height_px: int, width_px: int, patch_px: int, patches: int) -> tuple[int, int]:
    """Rows and columns of patches: the largest scale at which there are at most `patches`.

    Each side is rounded up to whole patches. The search is that of transformers'
    `get_image_size_for_max_num_patches`, step for step, so that no picture differs by a patch.
    """
    low, high = _SCALES
    while high - low >= _SCALE_STEP:
        scale = (low + high) / 2
        if (
            math.prod(_in_patches(side, scale, patch_px) for side in (height_px, width_px))
            > patches
        ):
            high = scale
        else:
            low = scale
    return _in_patches(height_px, low, patch_px), _in_patches(width_px, low, patch_px)


def _in_patches(side_px: int, scale: float, patch_px: int) -> int:
    return max(1, math.ceil(side_px * scale / patch_px))


def _rgb(image: PIL.Image.Image) -> PIL.Image.Image:
    if 0 in image.size:
        raise QuestionError(f"an image of {image.width} x {image.height} px has nothing to see")
    return image if image.mode == "RGB" else image.convert("RGB")
