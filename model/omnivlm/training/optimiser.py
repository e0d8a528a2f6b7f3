"""AdamW as the recipes mean it."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from omnivlm.training.recipe import Stage

JOINT = ("compressor.", "projector.")
"""What stands between tower and language model, by the names of its parameters."""

SHARE = "share_of_rate"


def adamw(parameters: Mapping[str, nn.Parameter], stage: Stage) -> torch.optim.AdamW:
    """Decoupled weight decay on matrices alone: norms' gains and biases are left as they are.

    Each group's `SHARE` says with what share of the stage's learning rate it learns.
    """
    groups = [
        {
            "params": [
                each
                for name, each in parameters.items()
                if name.startswith(JOINT) == joint and (each.ndim > 1) == decayed
            ],
            "weight_decay": stage.weight_decay if decayed else 0.0,
            SHARE: stage.projector if joint else 1.0,
        }
        for joint in (False, True)
        for decayed in (True, False)
    ]
    return torch.optim.AdamW(
        [group for group in groups if group["params"]],
        lr=stage.learning_rate,
        betas=stage.betas,
        foreach=True,
    )
