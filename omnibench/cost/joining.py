"""Projector, compressor and fusion: what stands between the tower and the language model."""

from __future__ import annotations

from omnibench.cost.images import Seen
from omnibench.cost.operations import Attention, Operation, attend, pairs_of, run_part
from omnibench.cost.parts import Part, norm
from omnibench.cost.shapes import CompressorShape, FusionShape, ProjectorShape, TextShape
from omnibench.cost.text import layer_operations, layer_parts


def projector_parts(shape: ProjectorShape) -> list[Part]:
    """A norm where there is one, and two linear layers."""
    parts = []
    if shape.norm_width:
        parts.append(norm("projector", "norm", shape.norm, shape.norm_width))
    return [
        *parts,
        Part("projector", "linear_1", "linear", shape.inputs, shape.hidden, bias=True),
        Part("projector", "linear_2", "linear", shape.hidden, shape.outputs, bias=True),
    ]


def projector_operations(
    shape: ProjectorShape, seen: Seen, class_token: bool = False
) -> list[Operation]:
    """The projector over all groups of patches, padding included, the class token left out."""
    rows = seen.tiles * (seen.positions - class_token) // shape.group
    operations = []
    for part in projector_parts(shape):
        # A norm as wide as one patch is taken before patches are put side by side.
        scale = shape.inputs // part.outputs if part.name == "norm" else 1
        operations.append(run_part(part, "projector", rows * scale))
    return operations


def compressor_parts(shape: CompressorShape) -> list[Part]:
    """One linear layer along the tokens."""
    return [Part("compressor", "tokens", "linear", shape.tokens_in, shape.tokens_out, bias=True)]


def compressor_operations(shape: CompressorShape, channels: int) -> list[Operation]:
    """The compressor over every channel."""
    return [run_part(part, "projector", channels) for part in compressor_parts(shape)]


def fusion_parts(shape: FusionShape, text: TextShape) -> list[Part]:
    """Cross: q, k, v, o and a feed-forward layer. Decoder: a layer like the language model's.

    The paper prints no widths; those here give its columns of parameters and FLOPs to the last
    printed digit. Biases and the absence of norms are those of `omnivlm.fusion`.
    """
    parts = _cross_parts(shape, text.hidden) if shape.cross else []
    return parts + (layer_parts(text, "fusion", "decoder_", 1) if shape.decoder else [])


def fusion_operations(
    shape: FusionShape, text: TextShape, visual: int, words: int, attention: Attention
) -> list[Operation]:
    """Text tokens take in the visual tokens before compression.

    Cross: `words` queries over `visual` keys. Decoder: one layer over visual + text tokens, with
    the mask of the language model. visual: padding included, as the paper's counts have it (256);
    `omnivlm` leaves the padding out here, four patches at 640x480.
    """
    operations = []
    if shape.cross:
        for part in _cross_parts(shape, text.hidden):
            rows = visual if part.name in ("cross_k", "cross_v") else words
            operations.append(run_part(part, "fusion", rows))
        operations.append(
            attend(
                "fusion",
                "fusion",
                "cross_attention",
                1,
                pairs=words * visual,
                queries=words,
                keys=visual,
                width=text.hidden,
                key_width=text.hidden,
                head_dim=text.head_dim,
            )
        )
    if shape.decoder:
        parts = layer_parts(text, "fusion", "decoder_", 1)
        tokens = visual + words
        pairs = pairs_of(tokens, attention)
        operations += layer_operations(parts, text, "fusion", tokens, pairs, keys=tokens)
    return operations


def _cross_parts(shape: FusionShape, width: int) -> list[Part]:
    return [
        *(Part("fusion", f"cross_{x}", "linear", width, width, bias=True) for x in "qkvo"),
        Part("fusion", "cross_ffn_up", "linear", width, shape.cross_ffn, bias=True),
        Part("fusion", "cross_ffn_down", "linear", shape.cross_ffn, width, bias=True),
    ]
