"""From a picture to the tower's input, as the vendor does it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import PIL.Image
import torch

from omnivlm.errors import QuestionError

if TYPE_CHECKING:
    from torch import Tensor

Pixels = npt.NDArray[np.uint8]


def resized(image: PIL.Image.Image, size_px: int) -> Pixels:
    """A picture of any size and mode -> (size_px, size_px, 3) uint8.

    A plain bicubic resize: no crop, no padding, the sides' ratio is lost (source: NexaAI's
    llama.cpp, examples/omni-vlm; 384 px there).
    """
    if 0 in image.size:
        raise QuestionError(f"an image of {image.width} x {image.height} px has nothing to see")
    rgb = image if image.mode == "RGB" else image.convert("RGB")
    return np.asarray(rgb.resize((size_px, size_px), PIL.Image.Resampling.BICUBIC))


def normalised(pixels: Pixels) -> Tensor:
    """(S, S, 3) uint8 -> (3, S, S) float32 in -1..1: mean and deviation are 0.5."""
    values = torch.from_numpy(np.array(pixels.transpose(2, 0, 1), dtype=np.float32))
    return values.div_(127.5).sub_(1.0)
