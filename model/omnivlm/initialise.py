"""Untrained weights from a seed: the same bits on every machine and with every release."""

from __future__ import annotations

import hashlib
import math

import torch
from torch import Tensor

from omnivlm.config import AuroraConfig, ModelConfig
from omnivlm.model import on_meta

_JOINT = ("projector.", "compressor.", "fusion.cross.")
_COPIED, _ORIGINAL = "fusion.decoder.layer.", "language_model.model.layers.0."


def untrained(config: ModelConfig, seed: int, dtype: torch.dtype) -> dict[str, Tensor]:
    """Parameter name -> values, each drawn from the seed and its own name.

    Norms are 1, biases 0, and all matrices have a deviation of 1 / sqrt(inputs). Qwen2's 0.02 suits
    its width; a small language model that began with it had not learned to look at pictures after
    thousands of them. Uniform numbers are used because they, unlike normal ones, need no logarithm
    that differs in its last bit from one processor to another.

    AuroraEdge's paper (4.1) draws projector, compressor and cross-attention from a STANDARD normal
    distribution and copies the fusion's decoder from the language model's first layer. The copy is
    made. The numbers are normal, but with a deviation of 1 / sqrt(inputs): one of 1 would make
    every layer's output 39 times its input (inputs = 1536), and no norm brings it back.
    """
    shapes = {name: parameter.shape for name, parameter in on_meta(config).named_parameters()}
    aurora = isinstance(config, AuroraConfig)
    drawn: dict[str, Tensor] = {}
    for name, shape in sorted(shapes.items()):
        if not name.startswith(_COPIED):
            normal = aurora and name.startswith(_JOINT)
            drawn[name] = _drawn(name, shape, seed, normal=normal).to(dtype)
    for name in sorted(shapes.keys() - drawn):
        drawn[name] = drawn[_ORIGINAL + name.removeprefix(_COPIED)].clone()
    return drawn


def _drawn(name: str, shape: torch.Size, seed: int, *, normal: bool) -> Tensor:
    if name.endswith("bias"):
        return torch.zeros(shape)
    if len(shape) == 1:  # the gain of a norm
        return torch.ones(shape)
    deviation = 1 / math.sqrt(math.prod(shape[1:]))
    digest = hashlib.sha256(f"{seed}/{name}".encode()).digest()
    generator = torch.Generator().manual_seed(int.from_bytes(digest[:7], "big"))
    if normal:
        return torch.randn(shape, generator=generator).mul_(deviation)
    bound = deviation * math.sqrt(3)
    return torch.rand(shape, generator=generator).mul_(2 * bound).sub_(bound)
