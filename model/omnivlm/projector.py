"""From the tower's width to the language model's: two linear layers with a GELU between."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Projector(nn.Module):
    """Linear, GELU, Linear: mm.0 and mm.2 of NexaAI's files; 10368 -> 4096 -> 896 there."""

    def __init__(self, width_in: int, hidden: int, width_out: int) -> None:
        super().__init__()
        self.linear_1 = nn.Linear(width_in, hidden)
        self.linear_2 = nn.Linear(hidden, width_out)

    def forward(self, tokens: Tensor) -> Tensor:
        """tokens: (B, N, width_in) -> (B, N, width_out)."""
        out: Tensor = self.linear_2(torch.nn.functional.gelu(self.linear_1(tokens)))
        return out
