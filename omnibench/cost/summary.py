"""What a model costs, in the figures that people compare; `omnibench models NAME` shows them."""

from __future__ import annotations

from typing import Literal

import msgspec

from omnibench.cost.conventions import thop_count
from omnibench.cost.images import see
from omnibench.cost.operations import (
    BYTES_PER_ELEMENT,
    Attention,
    Phase,
    bytes_by_phase,
    flops_by_phase,
    total_flops,
)
from omnibench.cost.parts import Module, params_by_module
from omnibench.cost.shapes import ModelShape
from omnibench.cost.whole import (
    kv_bytes_per_token,
    model_parts,
    params,
    params_active,
    params_tied_twice,
    prompt_operations,
    token_operations,
    weights_bytes,
)

METHOD = (
    "closed form of the shape; 1 MAC = 2 FLOP, attention's products counted, logits for the last"
    " position; tied weights counted once; activations of fused kernels"
)


class CostCase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is asked: one image and a prompt of so many text tokens, and the weights' dtype."""

    image_width_px: int = 640
    image_height_px: int = 480
    text_tokens: int = 20
    dtype: str = "bfloat16"


PAPER_CASE = CostCase()
"""20 text tokens with every model; the image's size matters where a model keeps it."""


class CostSummary(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The figures of one model in one case; all derived from its shape.

    params_tied_twice: with tied weights counted at both places, as some publications count.
    patches: of one tile, before padding; visual_tokens: that the language model reads.
    flops: by phase; flops_decode_per_token: of the first token after the prompt; flops_causal: the
        same, a causal mask taken as work that is not done.
    bytes_moved: by phase, weights + activations + KV cache in the case's dtype.
    thop: as the AuroraEdge paper's tables count: MACs / 1e9, parameters / 2^30.
    """

    provenance: Literal["derived"]
    method: str
    params: int
    params_active: int
    params_tied_twice: int
    params_by_module: dict[Module, int]
    weights_bytes: dict[str, int]
    kv_bytes_per_token: dict[str, int]
    case: CostCase
    tiles: int
    patches: int
    visual_tokens: int
    flops: dict[Phase, int]
    flops_total: int
    flops_decode_per_token: int
    flops_causal: dict[Phase, int]
    flops_causal_total: int
    bytes_moved: dict[Phase, int]
    bytes_moved_decode_per_token: int
    thop: dict[str, float]


def summarise(shape: ModelShape, case: CostCase = PAPER_CASE) -> CostSummary:
    """All figures of a model."""
    seen = see(shape, case.image_width_px, case.image_height_px)
    full, causal = (
        prompt_operations(shape, seen, case.text_tokens, attention=attention)
        for attention in _ATTENTIONS
    )
    token = token_operations(shape, seen.visual_tokens + case.text_tokens)
    parts = model_parts(shape)
    return CostSummary(
        provenance="derived",
        method=METHOD,
        params=params(shape),
        params_active=params_active(shape),
        params_tied_twice=params_tied_twice(shape),
        params_by_module=params_by_module(parts),
        weights_bytes={name: round(weights_bytes(shape, name)) for name in BYTES_PER_ELEMENT},
        kv_bytes_per_token={
            name: round(kv_bytes_per_token(shape, name)) for name in ("float32", "bfloat16")
        },
        case=case,
        tiles=seen.tiles,
        patches=seen.patches,
        visual_tokens=seen.visual_tokens,
        flops=flops_by_phase(full),
        flops_total=total_flops(full),
        flops_decode_per_token=total_flops(token),
        flops_causal=flops_by_phase(causal),
        flops_causal_total=total_flops(causal),
        bytes_moved={
            phase: round(moved) for phase, moved in bytes_by_phase(full, case.dtype).items()
        },
        bytes_moved_decode_per_token=round(sum(bytes_by_phase(token, case.dtype).values())),
        thop=_thop(shape, case),
    )


_ATTENTIONS: tuple[Attention, Attention] = ("full", "causal")


def _thop(shape: ModelShape, case: CostCase) -> dict[str, float]:
    seen = see(shape, case.image_width_px, case.image_height_px)
    operations = prompt_operations(
        shape, seen, case.text_tokens, logits="all", pooling_head=shape.vision.pooling_head
    )
    count = thop_count(operations, model_parts(shape))
    return {"gmacs": count.gmacs, "params_binary_billions": count.binary_billions}
