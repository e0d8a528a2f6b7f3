"""What a model holds: its layers with weights, from which parameters and work are both counted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Module = Literal["vision", "pooling_head", "projector", "compressor", "fusion", "text", "lm_head"]
Kind = Literal[
    "linear", "conv", "pooling_linear", "layer_norm", "rms_norm", "table", "scale", "attention"
]
"""pooling_linear: a linear layer inside torch's MultiheadAttention, which `thop` does not see."""

PRODUCTS: tuple[Kind, ...] = ("linear", "conv", "pooling_linear")


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of layer with weights, as often as it occurs.

    inputs, outputs: a product's width in and out; a table's rows and width; a norm's or a scale's
        width (both).
    held: how many the weights hold; run: how many are run for an image or a token.
    tied: the weights are those of another part: read, but not counted again.
    """

    module: Module
    name: str
    kind: Kind
    inputs: int
    outputs: int
    held: int = 1
    run: int = 1
    bias: bool = False
    tied: bool = False

    @property
    def weights(self) -> int:
        """Elements of one of them."""
        if self.kind == "layer_norm":
            return 2 * self.outputs
        if self.kind in ("rms_norm", "scale"):
            return self.outputs
        return self.inputs * self.outputs + (self.outputs if self.bias else 0)

    @property
    def params(self) -> int:
        """Parameters of all that are held; nothing where they are tied."""
        return 0 if self.tied else self.held * self.weights

    @property
    def params_active(self) -> int:
        """Parameters of those that are run."""
        return 0 if self.tied else self.run * self.weights


def norm(module: Module, name: str, kind: Kind, width: int, held: int = 1, run: int = 1) -> Part:
    """A norm over `width` channels."""
    return Part(module, name, kind, width, width, held, run)


def params_by_module(parts: Iterable[Part]) -> dict[Module, int]:
    """Distinct parameters of each module; a tied output layer counts once, as `text`."""
    sums: dict[Module, int] = {}
    for part in parts:
        sums[part.module] = sums.get(part.module, 0) + part.params
    return {module: count for module, count in sums.items() if count}
