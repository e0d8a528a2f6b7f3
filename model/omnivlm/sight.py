"""From pictures to visual tokens, each distinct picture once."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Sequence

import torch
from torch import Tensor

from omnivlm.model import OmniVLM
from omnivlm.processing import Pixels, normalised

KEPT_PICTURES = 256
"""Visual tokens are kept of so many pictures: 74 MB at the 968M size in float32."""


class Sight:
    """The eyes of a model: tower and projector, with a memory of the pictures seen last."""

    def __init__(self, model: OmniVLM, device: torch.device, dtype: torch.dtype) -> None:
        self._model, self._device, self._dtype = model, device, dtype
        self._kept: OrderedDict[bytes, Tensor] = OrderedDict()

    def placed(self, pictures: Sequence[Pixels]) -> list[Tensor]:
        """Resized pictures -> the tower's inputs (1, 3, S, S), on the device."""
        return [normalised(picture)[None].to(self._device, self._dtype) for picture in pictures]

    @torch.inference_mode()
    def features(self, inputs: Sequence[Tensor]) -> list[Tensor]:
        """Tower inputs -> features (1, patches, D) each.

        One at a time: hundreds of patches fill a processor, and an answer does not depend on which
        pictures happen to be seen together.
        """
        return [self._model.see(pixels) for pixels in inputs]

    @torch.inference_mode()
    def tokens(self, features: Sequence[Tensor]) -> list[Tensor]:
        """Features -> visual tokens (visual_tokens, W) each."""
        return [self._model.project(each)[0] for each in features]

    def remembered(self, picture: Pixels) -> Tensor:
        """A picture's visual tokens (visual_tokens, W), computed if it has not been seen lately."""
        key = hashlib.sha256(picture.tobytes()).digest()
        if key not in self._kept:
            self._kept[key] = self.tokens(self.features(self.placed([picture])))[0]
            if len(self._kept) > KEPT_PICTURES:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]
