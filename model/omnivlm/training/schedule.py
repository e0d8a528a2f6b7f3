"""How fast to learn at each step, and which sample comes when."""

from __future__ import annotations

import math

import torch


def rate(step: int, steps: int, peak: float, warm_up: float, last: float = 0.0) -> float:
    """The learning rate of a step, counted from 0: a linear warm-up, then a cosine.

    last: what share of the peak the cosine comes down to.

    warm_up: a share of all steps, at least one step of it where it is not 0 (0.03 in LLaVA's
    recipe, which OmniVLM's paper follows).
    """
    warming = math.ceil(steps * warm_up)
    if step < warming:
        return peak * (step + 1) / warming
    left = 0.5 * (1 + math.cos(math.pi * (step - warming) / (steps - warming)))
    return peak * (last + (1 - last) * left)


class Order:
    """Which samples make each step: every epoch is another permutation, drawn from the seed.

    A step's samples follow from its number alone, so a run goes on where it stopped. in_order: as
    they are, where the easier ones come first.
    """

    def __init__(self, samples: int, batch: int, seed: int, in_order: bool = False) -> None:
        self._samples, self._batch, self._seed = samples, batch, seed
        self._in_order = in_order
        self._epoch, self._permutation = -1, [0]

    def of(self, step: int) -> list[int]:
        """The indices of a step's samples."""
        first = step * self._batch
        return [self._at(position) for position in range(first, first + self._batch)]

    def _at(self, position: int) -> int:
        epoch, place = divmod(position, self._samples)
        if self._in_order:
            return place
        if epoch != self._epoch:
            generator = torch.Generator().manual_seed(self._seed * 1_000_003 + epoch)
            self._permutation = torch.randperm(self._samples, generator=generator).tolist()
            self._epoch = epoch
        return self._permutation[place]
