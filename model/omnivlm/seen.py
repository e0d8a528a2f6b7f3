"""What becomes of a picture on its way to the language model."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """What a tower reads.

    A tower of one size has pixels: (B, 3, S, S) and no more. A tower of any shape (naflex) has
    patches, pixels: (B, P, 3 * side * side); mask: (B, P) int64, 0 where a row is padding; and
    grid: (B, 2) int64, rows and columns of patches.
    """

    pixels: Tensor
    mask: Tensor | None = None
    grid: Tensor | None = None

    def to(self, device: torch.device, dtype: torch.dtype) -> Inputs:
        """The same on a device, the pixels as numbers of `dtype`."""
        if self.mask is None or self.grid is None:
            return Inputs(self.pixels.to(device, dtype))
        # The grid says how the positions are resized, which the processor decides.
        return Inputs(self.pixels.to(device, dtype), self.mask.to(device), self.grid)


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """What leaves a tower, values: (B, N, D); mask: (B, N) int64, 0 where a row is padding."""

    values: Tensor
    mask: Tensor | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A picture as the language model has it.

    tokens: (visual_tokens, W). source: (N, W), the projected and not yet compressed tokens that a
    fusion module attends to, without padding; None in a model without fusion.
    """

    tokens: Tensor
    source: Tensor | None = None

    @property
    def size_bytes(self) -> int:
        """How much memory it takes."""
        return self.tokens.nbytes + (0 if self.source is None else self.source.nbytes)
