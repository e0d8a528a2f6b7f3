"""The choice of the next token: the likeliest, or drawn from the sample's own seed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import torch
from torch import Tensor

from omnibench.core import Request


class Chooser:
    """Chooses for one request. Neither the order of the samples nor --limit moves a draw."""

    def __init__(self, request: Request) -> None:
        decoding = request.decoding
        digest = hashlib.sha256(f"{decoding.seed}/{request.task}/{request.id}".encode()).digest()
        self._temperature = decoding.temperature
        self._generator = torch.Generator().manual_seed(int.from_bytes(digest[:7], "big"))

    def __call__(self, logits: Tensor) -> int:
        """logits: (V,) -> the next token."""
        if self._temperature == 0:
            return int(logits.argmax())
        chances = torch.softmax(logits.float().cpu() / self._temperature, dim=-1)
        return int(torch.multinomial(chances, 1, generator=self._generator))


class Draws:
    """For transformers' `generate`: leaves of each row the one token that its request chooses."""

    def __init__(self, requests: Sequence[Request]) -> None:
        self._choosers = [Chooser(request) for request in requests]

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        """scores: (B, V) -> the same, minus infinity but for one token a row."""
        del input_ids
        chosen = [choose(row) for choose, row in zip(self._choosers, scores, strict=True)]
        left = torch.full_like(scores, -torch.inf)
        left[range(len(chosen)), chosen] = 0
        return left
