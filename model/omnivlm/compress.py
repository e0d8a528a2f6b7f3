"""Fewer visual tokens: how the tower's features become the projector's input.

A compressor is chosen by name (`ProjectorConfig.compressor`) and stands before the projector.
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from omnivlm.config import OmniVLMConfig


class Reshape(nn.Module):
    """(B, N, D) -> (B, tokens, D * N / tokens): CONSECUTIVE raster features side by side.

    729 -> 81 puts nine neighbours of one row together: a strip of 1 x 9 patches, three strips a row
    of 27, not a 3 x 3 block. Source: `ggml_reshape_3d(ne0 * 9, ne1 / 9)` in NexaAI's llama.cpp,
    examples/omni-vlm.
    """

    def __init__(self, width: int, patches: int, tokens: int) -> None:
        super().__init__()
        self.tokens = tokens
        self.width_out = width * (patches // tokens)

    def forward(self, features: Tensor) -> Tensor:
        """features: (B, N, D) -> (B, tokens, width_out)."""
        return features.reshape(len(features), self.tokens, self.width_out)


COMPRESSORS: Mapping[str, type[Reshape]] = {"reshape": Reshape}
"""Name -> compressor, built from (tower width, patches, visual tokens)."""


def compressor_of(config: OmniVLMConfig) -> Reshape:
    """The compressor that a configuration names."""
    vision, joint = config.vision, config.projector
    return COMPRESSORS[joint.compressor](vision.hidden_size, vision.patches, joint.visual_tokens)
