"""What a model costs, by arithmetic on its shape: parameters, FLOPs and bytes; no torch.

A shape (`shapes`, `named`) gives parts with weights (`parts`); parts and an image's tokens
(`images`) give the operations of each phase (`operations`, `whole`); every total is a sum of them.
"""

from omnibench.cost.conventions import ThopCount, thop_count, thop_macs, thop_params
from omnibench.cost.images import Seen, see
from omnibench.cost.named import SHAPES, shape_of
from omnibench.cost.operations import (
    BYTES_PER_ELEMENT,
    Attention,
    Logits,
    Operation,
    Phase,
    batched,
    bytes_by_module,
    bytes_by_phase,
    flops_by_module,
    flops_by_phase,
    total_bytes,
    total_flops,
)
from omnibench.cost.parts import Module, Part, params_by_module
from omnibench.cost.shapes import ModelShape
from omnibench.cost.summary import PAPER_CASE, CostCase, CostSummary, summarise
from omnibench.cost.whole import (
    image_operations,
    kv_bytes_per_token,
    model_parts,
    params,
    params_active,
    params_tied_twice,
    prompt_operations,
    token_operations,
    weights_bytes,
)

__all__ = [
    "BYTES_PER_ELEMENT",
    "PAPER_CASE",
    "SHAPES",
    "Attention",
    "CostCase",
    "CostSummary",
    "Logits",
    "ModelShape",
    "Module",
    "Operation",
    "Part",
    "Phase",
    "Seen",
    "ThopCount",
    "batched",
    "bytes_by_module",
    "bytes_by_phase",
    "flops_by_module",
    "flops_by_phase",
    "image_operations",
    "kv_bytes_per_token",
    "model_parts",
    "params",
    "params_active",
    "params_by_module",
    "params_tied_twice",
    "prompt_operations",
    "see",
    "shape_of",
    "summarise",
    "thop_count",
    "thop_macs",
    "thop_params",
    "token_operations",
    "total_bytes",
    "total_flops",
    "weights_bytes",
]
