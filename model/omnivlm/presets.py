"""The configurations that have a name."""

from __future__ import annotations

from collections.abc import Mapping

from omnivlm.config import OmniVLMConfig, ProjectorConfig, TextConfig, VisionConfig

OMNIVLM_968M = OmniVLMConfig(
    name="omnivlm-968m",
    vision=VisionConfig(
        image_size=384,
        patch_size=14,
        hidden_size=1152,
        intermediate_size=4304,
        num_hidden_layers=27,
        num_attention_heads=16,
    ),
    projector=ProjectorConfig(compressor="reshape", visual_tokens=81, hidden_size=4096),
    text=TextConfig(
        vocab_size=151_936,
        hidden_size=896,
        intermediate_size=4864,
        num_hidden_layers=24,
        num_attention_heads=14,
        num_key_value_heads=2,
        max_position_embeddings=32_768,
    ),
)
"""SigLIP so400m-patch14-384, 10368 -> 4096 -> 896, Qwen2.5-0.5B: 968,400,704 parameters."""

OMNIVLM_TINY = OmniVLMConfig(
    name="omnivlm-tiny",
    vision=VisionConfig(
        image_size=378,
        patch_size=14,
        hidden_size=160,
        intermediate_size=640,
        num_hidden_layers=6,
        num_attention_heads=5,
    ),
    projector=ProjectorConfig(compressor="reshape", visual_tokens=81, hidden_size=512),
    text=TextConfig(
        vocab_size=1024,
        hidden_size=192,
        intermediate_size=512,
        num_hidden_layers=4,
        num_attention_heads=6,
        num_key_value_heads=2,
        max_position_embeddings=8192,
    ),
)
"""The same model in small: 27 x 27 patches, 81 visual tokens, under 5.5 million parameters."""

PRESETS: Mapping[str, OmniVLMConfig] = {"tiny": OMNIVLM_TINY, "968m": OMNIVLM_968M}
