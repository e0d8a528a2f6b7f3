"""The shapes of the models that have a name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from omnibench.cost.shapes import (
    CompressorShape,
    Convolution,
    FixedSize,
    FusionShape,
    ModelShape,
    PatchBudget,
    ProjectorShape,
    SmartResize,
    TextShape,
    Tiles,
    VisionShape,
)
from omnibench.errors import OmnibenchError

SIGLIP_384 = VisionShape(
    hidden=1152,
    layers=27,
    layers_run=27,
    heads=16,
    ffn=4304,
    patch_px=14,
    image=FixedSize(384),
    positions=729,
    closing_norm=True,
    pooling_head=True,
)
"""SigLIP so400m-patch14-384."""

SIGLIP2_NAFLEX = replace(
    SIGLIP_384, patch_px=16, image=PatchBudget(256), positions=256, patch_linear=True
)
"""SigLIP2 so400m-patch16-naflex, its patches a linear layer, padded to 256."""

QWEN2_VL_VISION = VisionShape(
    hidden=1280,
    layers=32,
    layers_run=32,
    heads=16,
    ffn=5120,
    patch_px=14,
    image=SmartResize(merge=2, least_px=56 * 56, most_px=12_845_056),
    patch_depth=2,
    patch_bias=False,
    fused_qkv=True,
)
"""Qwen2-VL's tower. The bounds are those of its published preprocessor_config.json."""

QWEN25_VL_VISION = replace(
    QWEN2_VL_VISION, ffn=3420, gated=True, norm="rms_norm", window_px=112, full_layers=4
)
"""Qwen2.5-VL's tower: windows of 112 px but in layers 7, 15, 23 and 31."""

INTERNVIT_300M = VisionShape(
    hidden=1024,
    layers=24,
    layers_run=24,
    heads=16,
    ffn=4096,
    patch_px=14,
    image=Tiles(tile_px=448, most_tiles=12),
    positions=1025,
    class_token=True,
    layer_scale=True,
)
"""InternViT-300M-448px."""

QWEN25_05B = TextShape(
    hidden=896,
    layers=24,
    heads=14,
    kv_heads=2,
    head_dim=64,
    ffn=4864,
    vocab=151_936,
    tied=True,
)
QWEN15_05B = replace(QWEN25_05B, hidden=1024, heads=16, kv_heads=16, ffn=2816)
QWEN25_15B = replace(QWEN25_05B, hidden=1536, layers=28, heads=12, head_dim=128, ffn=8960)
QWEN25_VL_3B_TEXT = replace(QWEN25_15B, hidden=2048, layers=36, heads=16, ffn=11_008)
INTERNLM25_18B = TextShape(
    hidden=2048,
    layers=24,
    heads=16,
    kv_heads=8,
    head_dim=128,
    ffn=8192,
    vocab=92_553,
    tied=False,
    qkv_bias=False,
)

_OMNIVLM_SOURCE = (
    "OmniVLM paper; NexaAI's llama.cpp, examples/omni-vlm; hidden width 4096 of the projector from"
    " its converter, and the only round one that gives 968M"
)
_AURORA_SOURCE = (
    "AuroraEdge-V-2B paper; the widths of compressor and fusion are inferred: they give all its"
    " printed parameters and FLOPs"
)


def _omnivlm(name: str, tokens: int) -> ModelShape:
    group = 729 // tokens
    return ModelShape(
        name=name,
        title=f"OmniVLM with {tokens} visual tokens",
        vision=SIGLIP_384,
        projector=ProjectorShape(group, 1152 * group, 4096, 896),
        text=QWEN25_05B,
        source=_OMNIVLM_SOURCE,
        template_tokens=32,
    )


def _aurora(name: str, title: str, *, cross: bool, decoder: bool) -> ModelShape:
    return ModelShape(
        name=name,
        title=title,
        vision=SIGLIP2_NAFLEX,
        projector=ProjectorShape(1, 1152, 1536, 1536),
        text=QWEN25_15B,
        source=_AURORA_SOURCE,
        compressor=CompressorShape(256, 64),
        fusion=FusionShape(cross, decoder, cross_ffn=6144) if cross or decoder else None,
        template_tokens=19,
    )


_TINY_SIGLIP = replace(
    SIGLIP_384,
    hidden=128,
    layers=3,
    layers_run=3,
    heads=4,
    ffn=512,
    image=FixedSize(378),
    stem=(Convolution(11, 7, 48), Convolution(3, 2, 96), *(Convolution(5, 1, 96),) * 3),
)
_TINY_TEXT = TextShape(
    hidden=192,
    layers=4,
    heads=3,
    kv_heads=3,
    head_dim=64,
    ffn=512,
    vocab=2304,
    tied=True,
)
_TINY = (
    ModelShape(
        name="omnivlm-tiny",
        title="OmniVLM in small",
        vision=_TINY_SIGLIP,
        projector=ProjectorShape(9, 1152, 512, 192),
        text=_TINY_TEXT,
        source="omnivlm.presets",
    ),
    ModelShape(
        name="nanollava-tiny",
        title="nanoLLaVA in small",
        vision=replace(_TINY_SIGLIP, layers_run=2),
        projector=ProjectorShape(1, 128, 192, 192),
        text=_TINY_TEXT,
        source="omnivlm.presets",
    ),
    ModelShape(
        name="aurora-tiny",
        title="AuroraEdge-V in small",
        vision=replace(SIGLIP2_NAFLEX, hidden=160, layers=6, layers_run=6, heads=5, ffn=640),
        projector=ProjectorShape(1, 160, 192, 192),
        text=_TINY_TEXT,
        source="omnivlm.presets",
        compressor=CompressorShape(256, 64),
        fusion=FusionShape(cross=True, decoder=True, cross_ffn=768),
    ),
)

_SHAPES = (
    _omnivlm("omnivlm-968m", 81),
    _omnivlm("omnivlm-729", 729),
    _omnivlm("omnivlm-243", 243),
    _omnivlm("omnivlm-9", 9),
    *_TINY,
    ModelShape(
        name="nanollava",
        title="nanoLLaVA, the baseline of the OmniVLM paper",
        vision=replace(SIGLIP_384, layers_run=26),
        projector=ProjectorShape(1, 1152, 1024, 1024),
        text=QWEN15_05B,
        source="nanoLLaVA's code (Bunny): features of the last but one layer, mlp2x_gelu",
        template_tokens=14,
    ),
    _aurora("aurora-edge-v-2b", "AuroraEdge-V-2B, Combined", cross=True, decoder=True),
    _aurora("aurora-compress", "AuroraEdge's ablation: no fusion", cross=False, decoder=False),
    _aurora("aurora-cross", "AuroraEdge's ablation: Cross", cross=True, decoder=False),
    _aurora("aurora-decoder", "AuroraEdge's ablation: Decoder", cross=False, decoder=True),
    ModelShape(
        name="qwen2-vl-2b",
        title="Qwen2-VL-2B",
        vision=QWEN2_VL_VISION,
        projector=ProjectorShape(4, 5120, 5120, 1536, norm_width=1280),
        text=QWEN25_15B,
        source="Qwen2-VL-2B's config.json; transformers' Qwen2VL classes",
        template_tokens=21,
    ),
    ModelShape(
        name="qwen2.5-vl-3b",
        title="Qwen2.5-VL-3B",
        vision=QWEN25_VL_VISION,
        projector=ProjectorShape(4, 5120, 5120, 2048, norm="rms_norm", norm_width=1280),
        text=QWEN25_VL_3B_TEXT,
        source="Qwen2.5-VL-3B's config.json; transformers' Qwen2_5_VL classes",
        template_tokens=21,
    ),
    ModelShape(
        name="internvl2.5-2b",
        title="InternVL2.5-2B",
        vision=INTERNVIT_300M,
        projector=ProjectorShape(4, 4096, 2048, 2048, norm_width=4096),
        text=INTERNLM25_18B,
        source="InternVL2.5-2B's modules; InternLM2.5-1.8B in the shape of Llama",
        template_tokens=55,
    ),
)

SHAPES: Mapping[str, ModelShape] = {shape.name: shape for shape in _SHAPES}
"""Name -> shape."""


def shape_of(name: str) -> ModelShape:
    """The shape of a named model. Raises OmnibenchError naming those that are known."""
    if name not in SHAPES:
        raise OmnibenchError(f"no shape of a model {name!r}; known: {', '.join(SHAPES)}")
    return SHAPES[name]
