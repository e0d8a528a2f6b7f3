"""The records that describe a model's shape: what its parameters and its work follow from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import msgspec

NormKind = Literal["layer_norm", "rms_norm"]


class FixedSize(msgspec.Struct, frozen=True, tag="fixed size", tag_field="rule"):
    """Every image is resized to one square (SigLIP)."""

    image_px: int


class SmartResize(msgspec.Struct, frozen=True, tag="smart resize", tag_field="rule"):
    """Sides become multiples of `patch_px * merge`, the area stays within bounds (Qwen2-VL)."""

    merge: int
    least_px: int
    most_px: int


class Tiles(msgspec.Struct, frozen=True, tag="tiles", tag_field="rule"):
    """Square tiles in the grid of the nearest aspect ratio, and a thumbnail if more than one."""

    tile_px: int
    most_tiles: int


class PatchBudget(msgspec.Struct, frozen=True, tag="patch budget", tag_field="rule"):
    """The largest size of the same aspect ratio within a number of patches, padded to it."""

    most_patches: int


ImageRule = FixedSize | SmartResize | Tiles | PatchBudget


@dataclass(frozen=True, slots=True)
class Convolution:
    """One convolution of a stem: its kernel's side, its stride and its width."""

    kernel: int
    stride: int
    width: int


@dataclass(frozen=True, slots=True)
class VisionShape:
    """A vision transformer.

    layers: how many the weights hold; layers_run: how many are run (nanoLLaVA leaves out the last,
        and with it the closing norm).
    patch_depth: frames that one patch spans (Qwen2-VL: 2, an image being shown twice).
    positions: rows of the learned table of positions, 0 for rotary ones.
    pooling_head: an attention pooling head lies in the weights and is not run.
    window_px: side of the windows of attention; full_layers: the layers that attend beyond them.
    stem: convolutions before the patches, which each are then of the last one's output.
    """

    hidden: int
    layers: int
    layers_run: int
    heads: int
    ffn: int
    patch_px: int
    image: ImageRule
    positions: int = 0
    patch_depth: int = 1
    patch_linear: bool = False
    patch_bias: bool = True
    class_token: bool = False
    gated: bool = False
    fused_qkv: bool = False
    norm: NormKind = "layer_norm"
    closing_norm: bool = False
    layer_scale: bool = False
    pooling_head: bool = False
    window_px: int = 0
    full_layers: int = 0
    stem: tuple[Convolution, ...] = ()

    @property
    def head_dim(self) -> int:
        """Width of one attention head."""
        return self.hidden // self.heads

    @property
    def patch_inputs(self) -> int:
        """Values in one patch: colours, or what the stem gives."""
        if not self.stem:
            return 3 * self.patch_depth * self.patch_px**2
        side = self.patch_px // math.prod(each.stride for each in self.stem)
        return self.stem[-1].width * side**2


@dataclass(frozen=True, slots=True)
class ProjectorShape:
    """Linear, GELU, Linear, over groups of neighbouring patches put side by side.

    group: patches to one row of the first layer: OmniVLM's compression, Qwen2-VL's merger.
    norm_width: 0 where there is no norm before the first layer.
    """

    group: int
    inputs: int
    hidden: int
    outputs: int
    norm: NormKind = "layer_norm"
    norm_width: int = 0


@dataclass(frozen=True, slots=True)
class CompressorShape:
    """AuroraEdge's token compressor: a linear layer along the tokens of each channel."""

    tokens_in: int
    tokens_out: int


@dataclass(frozen=True, slots=True)
class FusionShape:
    """AuroraEdge's fusion of the text tokens with the visual tokens before compression.

    cross: attention from text to visual tokens and a feed-forward layer `cross_ffn` wide.
    decoder: one layer of the language model over visual and text tokens together.
    """

    cross: bool
    decoder: bool
    cross_ffn: int


@dataclass(frozen=True, slots=True)
class TextShape:
    """A decoder-only language model with RMSNorm, grouped-query attention and a gated FFN.

    tied: the output layer shares the input embedding's weights. qkv_bias: Qwen2 has it.
    """

    hidden: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    ffn: int
    vocab: int
    tied: bool
    qkv_bias: bool = True


@dataclass(frozen=True, slots=True)
class ModelShape:
    """A whole model. `source` says where its numbers come from.

    template_tokens: text tokens of its chat template about one image and an empty prompt, the
        image's own positions left out; None where only its tokenizer can tell.
    """

    name: str
    title: str
    vision: VisionShape
    projector: ProjectorShape
    text: TextShape
    source: str
    compressor: CompressorShape | None = None
    fusion: FusionShape | None = None
    template_tokens: int | None = None
