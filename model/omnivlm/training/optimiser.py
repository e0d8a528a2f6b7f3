"""AdamW as the recipes mean it."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from omnivlm.training.recipe import Stage


def adamw(parameters: Mapping[str, nn.Parameter], stage: Stage) -> torch.optim.AdamW:
    """Decoupled weight decay on matrices alone: norms' gains and biases are left as they are."""
    decayed = [each for each in parameters.values() if each.ndim > 1]
    others = [each for each in parameters.values() if each.ndim <= 1]
    groups = [
        {"params": decayed, "weight_decay": stage.weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(
        [group for group in groups if group["params"]],
        lr=stage.learning_rate,
        betas=stage.betas,
        foreach=True,
    )
