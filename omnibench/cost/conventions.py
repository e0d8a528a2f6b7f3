"""Another way of counting: that of `thop`, in which the AuroraEdge paper's tables are printed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from omnibench.cost.operations import Operation
from omnibench.cost.parts import Part

BINARY_GIGA = 2**30
"""The paper's "B" of parameters; its "G" of operations is 1e9."""


@dataclass(frozen=True, slots=True)
class ThopCount:
    """What `thop.profile` returns for one forward pass."""

    macs: int
    params: int

    @property
    def gmacs(self) -> float:
        """The figure that the paper prints as GFLOPs: multiply-accumulates / 1e9."""
        return self.macs / 1e9

    @property
    def binary_billions(self) -> float:
        """The figure that the paper prints as B: parameters / 2^30."""
        return self.params / BINARY_GIGA


def thop_macs(operations: Iterable[Operation]) -> int:
    """Multiply-accumulates as thop 0.1.1 counts them.

    Linear and convolution layers; an affine LayerNorm as 4 per element; nothing for the products
    inside attention, for RMSNorm (a class it has no rule for) or inside torch's MultiheadAttention,
    whose layers are never called as modules. Source: thop/profile.py and thop/vision/basic_hooks.py
    (`count_linear`, `count_convNd`, `count_normalization`).
    """
    total = 0
    for operation in operations:
        if operation.kind in ("linear", "conv"):
            total += operation.times * operation.macs
        elif operation.kind == "layer_norm":
            # The operation's activations are what is read and what is written, each once.
            total += operation.times * 4 * (operation.activations // 2)
    return total


def thop_params(parts: Iterable[Part], *, pooling_head: bool = False) -> int:
    """Parameters as thop 0.1.1 counts them: of the layers that it has a rule for and that are run.

    So no embedding, no RMSNorm and no MultiheadAttention; a tied output layer counts.
    pooling_head: SigLIP's is run, as it is where the whole vision model of transformers is.
    """
    total = 0
    for part in parts:
        run = int(pooling_head) if part.module == "pooling_head" else part.run
        if part.kind in ("linear", "conv", "layer_norm"):
            total += run * part.weights
    return total


def thop_count(operations: Iterable[Operation], parts: Iterable[Part]) -> ThopCount:
    """Both figures of one forward pass (with logits at every position: thop sees plain modules)."""
    operations = list(operations)
    pooling_head = any(operation.module == "pooling_head" for operation in operations)
    return ThopCount(thop_macs(operations), thop_params(parts, pooling_head=pooling_head))
