"""A whole model: what it holds, and the operations of a prompt and of one more token."""

from __future__ import annotations

from omnibench.cost.images import Seen
from omnibench.cost.joining import (
    compressor_operations,
    compressor_parts,
    fusion_operations,
    fusion_parts,
    projector_operations,
    projector_parts,
)
from omnibench.cost.operations import BYTES_PER_ELEMENT, Attention, Logits, Operation
from omnibench.cost.parts import Part
from omnibench.cost.shapes import ModelShape
from omnibench.cost.text import decode_operations, prefill_operations, text_parts
from omnibench.cost.vision import vision_operations, vision_parts


def model_parts(shape: ModelShape) -> list[Part]:
    """All layers with weights."""
    parts = vision_parts(shape.vision) + projector_parts(shape.projector)
    if shape.compressor is not None:
        parts += compressor_parts(shape.compressor)
    if shape.fusion is not None:
        parts += fusion_parts(shape.fusion, shape.text)
    return parts + text_parts(shape.text)


def params(shape: ModelShape) -> int:
    """Distinct parameters: tied weights count once."""
    return sum(part.params for part in model_parts(shape))


def params_active(shape: ModelShape) -> int:
    """Parameters that take part in an answer: no layer that is held and never run."""
    return sum(part.params_active for part in model_parts(shape))


def params_tied_twice(shape: ModelShape) -> int:
    """Parameters with tied weights counted at both places, as some publications do."""
    tied = sum(part.held * part.weights for part in model_parts(shape) if part.tied)
    return params(shape) + tied


def weights_bytes(shape: ModelShape, dtype: str) -> float:
    """Bytes of all weights in one dtype (files in q8_0 and q4_0 keep some tensors wider)."""
    return params(shape) * BYTES_PER_ELEMENT[dtype]


def kv_bytes_per_token(shape: ModelShape, dtype: str) -> float:
    """Bytes that one token adds to the KV cache."""
    text = shape.text
    return 2 * text.layers * text.kv_heads * text.head_dim * BYTES_PER_ELEMENT[dtype]


def image_operations(
    shape: ModelShape, seen: Seen, *, pooling_head: bool = False
) -> list[Operation]:
    """Vision tower, projector and compressor: what one image costs, whatever is asked about it."""
    operations = vision_operations(shape.vision, seen, pooling_head=pooling_head)
    operations += projector_operations(shape.projector, seen, shape.vision.class_token)
    if shape.compressor is not None:
        operations += compressor_operations(shape.compressor, shape.projector.outputs)
    return operations


def prompt_operations(
    shape: ModelShape,
    seen: Seen,
    text_tokens: int,
    *,
    attention: Attention = "full",
    logits: Logits = "last",
    pooling_head: bool = False,
) -> list[Operation]:
    """All that comes before the first token: vision, projector, fusion and prefill.

    attention: of the language model; a tower always attends in full.
    """
    operations = image_operations(shape, seen, pooling_head=pooling_head)
    if shape.fusion is not None:
        operations += fusion_operations(
            shape.fusion, shape.text, seen.positions, text_tokens, attention
        )
    tokens = seen.visual_tokens + text_tokens
    return operations + prefill_operations(
        shape.text, tokens, text_tokens=text_tokens, attention=attention, logits=logits
    )


def token_operations(shape: ModelShape, past_tokens: int) -> list[Operation]:
    """One more token after `past_tokens` of prompt and answer."""
    return decode_operations(shape.text, past_tokens)
