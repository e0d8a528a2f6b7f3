"""Untrained weights from a seed: the same bits on every machine and with every release."""

from __future__ import annotations

import hashlib
import math

import torch
from torch import Tensor

from omnivlm.config import OmniVLMConfig
from omnivlm.model import on_meta

_TEXT_DEVIATION = 0.02
"""Qwen2's initializer_range."""


def untrained(config: OmniVLMConfig, seed: int, dtype: torch.dtype) -> dict[str, Tensor]:
    """Parameter name -> values, each drawn from the seed and its own name.

    Norms are 1, biases 0, the language model's matrices have a deviation of 0.02 and all others
    one of 1 / sqrt(inputs). Uniform numbers are used because they, unlike normal ones, need no
    logarithm that differs in its last bit from one processor to another.
    """
    shapes = {name: parameter.shape for name, parameter in on_meta(config).named_parameters()}
    return {name: _drawn(name, shape, seed).to(dtype) for name, shape in sorted(shapes.items())}


def _drawn(name: str, shape: torch.Size, seed: int) -> Tensor:
    if name.endswith("bias"):
        return torch.zeros(shape)
    if len(shape) == 1:  # the gain of a norm
        return torch.ones(shape)
    if name.startswith("language_model."):
        deviation = _TEXT_DEVIATION
    elif name.endswith("position_embedding.weight"):
        deviation = 1 / math.sqrt(shape[1])
    else:
        deviation = 1 / math.sqrt(math.prod(shape[1:]))
    digest = hashlib.sha256(f"{seed}/{name}".encode()).digest()
    generator = torch.Generator().manual_seed(int.from_bytes(digest[:7], "big"))
    bound = deviation * math.sqrt(3)
    return torch.rand(shape, generator=generator).mul_(2 * bound).sub_(bound)
