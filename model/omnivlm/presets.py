"""The configurations that have a name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from omnivlm.config import (
    AuroraConfig,
    Convolution,
    FusionConfig,
    ModelConfig,
    NaflexVisionConfig,
    NanoLLaVAConfig,
    OmniVLMConfig,
    ProjectorConfig,
    TextConfig,
    TokenCompressorConfig,
    VisionConfig,
)

SIGLIP_SO400M = VisionConfig(
    image_size=384,
    patch_size=14,
    hidden_size=1152,
    intermediate_size=4304,
    num_hidden_layers=27,
    num_attention_heads=16,
)
"""siglip-so400m-patch14-384: 428,225,600 parameters, its pooling head among them."""

SIGLIP2_SO400M = NaflexVisionConfig(
    num_patches=256,
    patch_size=16,
    hidden_size=1152,
    intermediate_size=4304,
    num_hidden_layers=27,
    num_attention_heads=16,
)
"""siglip2-so400m-patch16-naflex: 427,888,064 parameters, its pooling head among them."""

QWEN25_05B = TextConfig(
    vocab_size=151_936,
    hidden_size=896,
    intermediate_size=4864,
    num_hidden_layers=24,
    num_attention_heads=14,
    num_key_value_heads=2,
    max_position_embeddings=32_768,
)
"""Qwen2.5-0.5B: 494,032,768 parameters."""

QWEN15_05B = replace(
    QWEN25_05B,
    hidden_size=1024,
    intermediate_size=2816,
    num_attention_heads=16,
    num_key_value_heads=16,
)
"""Qwen1.5-0.5B: 463,987,712 parameters."""

QWEN25_15B = replace(
    QWEN25_05B,
    hidden_size=1536,
    intermediate_size=8960,
    num_hidden_layers=28,
    num_attention_heads=12,
)
"""Qwen2.5-1.5B: 1,543,714,304 parameters."""

OMNIVLM_968M = OmniVLMConfig(
    name="omnivlm-968m",
    vision=SIGLIP_SO400M,
    projector=ProjectorConfig(compressor="reshape", visual_tokens=81, hidden_size=4096),
    text=QWEN25_05B,
)
"""SigLIP so400m-patch14-384, 10368 -> 4096 -> 896, Qwen2.5-0.5B: 968,400,704 parameters."""

NANOLLAVA = NanoLLaVAConfig(
    name="nanollava",
    vision=replace(SIGLIP_SO400M, unused_layers=1, post_layernorm=False, resize="pad"),
    projector=ProjectorConfig(compressor="reshape", visual_tokens=729, hidden_size=1024),
    text=QWEN15_05B,
)
"""hidden_states[-2], 1152 -> 1024 -> 1024, Qwen1.5-0.5B: 894,443,584 distinct parameters."""

AURORA_EDGE_V_2B = AuroraConfig(
    name="aurora-edge-v-2b",
    vision=SIGLIP2_SO400M,
    projector_hidden_size=1536,
    compressor=TokenCompressorConfig(kind="mlp", visual_tokens=64),
    fusion=FusionConfig(kind="combined", intermediate_size=6144),
    text=QWEN25_15B,
)
"""1152 -> 1536 -> 1536, 256 -> 64 tokens, both kinds of fusion, Qwen2.5-1.5B."""

OMNIVLM_TINY = OmniVLMConfig(
    name="omnivlm-tiny",
    vision=VisionConfig(
        image_size=378,
        patch_size=14,
        hidden_size=128,
        intermediate_size=512,
        num_hidden_layers=3,
        num_attention_heads=4,
        stem=(
            Convolution(kernel_size=11, stride=7, width=48),
            Convolution(kernel_size=3, stride=2, width=96),
            *(Convolution(kernel_size=5, stride=1, width=96),) * 3,
        ),
    ),
    projector=ProjectorConfig(compressor="reshape", visual_tokens=81, hidden_size=512),
    text=TextConfig(
        vocab_size=2304,
        hidden_size=192,
        intermediate_size=512,
        num_hidden_layers=4,
        num_attention_heads=3,
        num_key_value_heads=3,
        max_position_embeddings=8192,
    ),
)
"""The same model in small: 27 x 27 patches, 81 visual tokens, under 5.5 million parameters."""

NANOLLAVA_TINY = NanoLLaVAConfig(
    name="nanollava-tiny",
    vision=replace(OMNIVLM_TINY.vision, unused_layers=1, post_layernorm=False, resize="pad"),
    projector=ProjectorConfig(compressor="reshape", visual_tokens=729, hidden_size=192),
    text=OMNIVLM_TINY.text,
)
"""nanoLLaVA in small: 729 visual tokens, two of three layers run; its parts are OmniVLM's."""

AURORA_TINY = AuroraConfig(
    name="aurora-tiny",
    vision=NaflexVisionConfig(
        num_patches=256,
        patch_size=16,
        hidden_size=160,
        intermediate_size=640,
        num_hidden_layers=6,
        num_attention_heads=5,
    ),
    projector_hidden_size=192,
    compressor=TokenCompressorConfig(kind="mlp", visual_tokens=64),
    fusion=FusionConfig(kind="combined", intermediate_size=768),
    text=OMNIVLM_TINY.text,
)
"""AuroraEdge-V in small: at most 256 patches, 64 visual tokens, both kinds of fusion."""


def _omnivlm_of(visual_tokens: int) -> OmniVLMConfig:
    """The same with other token counts. That the projector's width stays 4096 is inferred."""
    joint = replace(OMNIVLM_968M.projector, visual_tokens=visual_tokens)
    return replace(OMNIVLM_968M, name=f"omnivlm-{visual_tokens}", projector=joint)


def _aurora_of(name: str, fusion: str) -> AuroraConfig:
    kind = replace(AURORA_EDGE_V_2B.fusion, kind=fusion)
    return replace(AURORA_EDGE_V_2B, name=name, fusion=kind)


def _by_name(*configs: ModelConfig) -> Mapping[str, ModelConfig]:
    return {config.name: config for config in configs}


TINY = _by_name(OMNIVLM_TINY, NANOLLAVA_TINY, AURORA_TINY)
"""Name -> model that is made in memory from a seed, with its tokenizer."""

FULL = _by_name(
    OMNIVLM_968M,
    _omnivlm_of(729),
    _omnivlm_of(243),
    _omnivlm_of(9),
    NANOLLAVA,
    _aurora_of("aurora-compress", "none"),
    _aurora_of("aurora-cross", "cross"),
    _aurora_of("aurora-decoder", "decoder"),
    AURORA_EDGE_V_2B,
)
"""Name -> model of the papers at its true size."""

PRESETS: Mapping[str, ModelConfig] = {"tiny": OMNIVLM_TINY, "968m": OMNIVLM_968M, **TINY, **FULL}
"""Every name that `omnivlm init --config` knows; the first two are short forms."""
