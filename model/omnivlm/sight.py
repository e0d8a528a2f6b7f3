"""From pictures to visual tokens, each distinct picture once."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Sequence

import PIL.Image
import torch

from omnivlm.model import VisionLanguageModel
from omnivlm.processing import inputs_of
from omnivlm.seen import Features, Inputs, Seen

KEPT_BYTES = 2**27
"""What is remembered of pictures takes at most so much: 462 pictures of omnivlm-968m in float32."""


class Sight:
    """The eyes of a model: tower and projector, with a memory of the pictures seen last."""

    def __init__(
        self, model: VisionLanguageModel, device: torch.device, dtype: torch.dtype
    ) -> None:
        self._model, self._device, self._dtype = model, device, dtype
        self._kept: OrderedDict[bytes, Seen] = OrderedDict()
        self._kept_bytes = 0

    def inputs(self, pictures: Sequence[PIL.Image.Image]) -> list[Inputs]:
        """The preprocess phase: pictures, resized and normalised, on the device.

        Raises QuestionError for a picture of no size.
        """
        vision = self._model.config.vision
        return [inputs_of(each, vision).to(self._device, self._dtype) for each in pictures]

    @torch.inference_mode()
    def features(self, inputs: Sequence[Inputs]) -> list[Features]:
        """The vision phase: what the tower makes of each picture.

        One at a time: hundreds of patches fill a processor, and an answer does not depend on which
        pictures happen to be seen together.
        """
        return [self._model.features(each) for each in inputs]

    @torch.inference_mode()
    def seen(self, features: Sequence[Features]) -> list[Seen]:
        """The projector phase, compressor included."""
        return [self._model.seen(each)[0] for each in features]

    def remembered(self, picture: PIL.Image.Image) -> Seen:
        """What a picture becomes, computed if it has not been seen lately."""
        key = _key(picture)
        if key not in self._kept:
            seen = self.seen(self.features(self.inputs([picture])))[0]
            self._kept[key] = seen
            self._kept_bytes += seen.size_bytes
            while self._kept_bytes > KEPT_BYTES and len(self._kept) > 1:
                self._kept_bytes -= self._kept.popitem(last=False)[1].size_bytes
        self._kept.move_to_end(key)
        return self._kept[key]


def _key(picture: PIL.Image.Image) -> bytes:
    """Equal for pictures of the same pixels, wherever they lie."""
    rgb = picture if picture.mode == "RGB" else picture.convert("RGB")
    digest = hashlib.sha256(f"{rgb.width} x {rgb.height}".encode())
    digest.update(rgb.tobytes())
    return digest.digest()
