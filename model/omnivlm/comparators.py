"""The models that the papers compare with, as transformers defines them.

Shapes only: `on_meta` gives a model without weights. The configurations are those that the vendors
publish with the weights; what a name stands for is the model of the papers' tables.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from transformers import PreTrainedConfig, PreTrainedModel


@dataclass(frozen=True, slots=True)
class Comparator:
    """A model by name. params: distinct ones, a tied embedding counted once."""

    name: str
    title: str
    params: int
    config: Callable[[], PreTrainedConfig]


def on_meta(name: str) -> PreTrainedModel:
    """The model's shapes without its weights; takes no memory."""
    return config_on_meta(COMPARATORS[name].config())


def config_on_meta(config: PreTrainedConfig) -> PreTrainedModel:
    """The image-text-to-text model of any configuration, without weights."""
    import torch
    from transformers import AutoModelForImageTextToText

    # transformers' automatic classes are not typed.
    automatic: Any = AutoModelForImageTextToText
    with torch.device("meta"):
        model: PreTrainedModel = automatic.from_config(config)
    model.train(False)
    return model


def qwen2_vl_2b() -> PreTrainedConfig:
    """Qwen2-VL-2B-Instruct: a 32-layer tower, merger 5120 -> 1536, the text model of Qwen2-1.5B."""
    from transformers import Qwen2VLConfig

    return Qwen2VLConfig(
        tie_word_embeddings=True,
        vision_config={
            "depth": 32,
            "embed_dim": 1280,
            "num_heads": 16,
            "mlp_ratio": 4,
            "hidden_size": 1536,
            "patch_size": 14,
            "spatial_merge_size": 2,
            "temporal_patch_size": 2,
        },
        text_config={
            "vocab_size": 151_936,
            "hidden_size": 1536,
            "intermediate_size": 8960,
            "num_hidden_layers": 28,
            "num_attention_heads": 12,
            "num_key_value_heads": 2,
            "max_position_embeddings": 32_768,
            "rms_norm_eps": 1e-6,
            "rope_parameters": _mrope(),
        },
    )


def qwen2_5_vl_3b() -> PreTrainedConfig:
    """Qwen2.5-VL-3B-Instruct: window attention but in layers 7, 15, 23, 31; text 36 x 2048."""
    from transformers import Qwen2_5_VLConfig

    return Qwen2_5_VLConfig(
        tie_word_embeddings=True,
        vision_config={
            "depth": 32,
            "hidden_size": 1280,
            "num_heads": 16,
            "intermediate_size": 3420,
            "out_hidden_size": 2048,
            "patch_size": 14,
            "spatial_merge_size": 2,
            "temporal_patch_size": 2,
            "window_size": 112,
            "fullatt_block_indexes": [7, 15, 23, 31],
            "tokens_per_second": 2,
        },
        text_config={
            "vocab_size": 151_936,
            "hidden_size": 2048,
            "intermediate_size": 11_008,
            "num_hidden_layers": 36,
            "num_attention_heads": 16,
            "num_key_value_heads": 2,
            "max_position_embeddings": 128_000,
            "rms_norm_eps": 1e-6,
            "rope_parameters": _mrope(),
        },
    )


def internvl2_5_2b() -> PreTrainedConfig:
    """InternVL2.5-2B: InternViT-300M, 256 tokens a tile, InternLM2.5-1.8B in Llama's shape."""
    from transformers import InternVLConfig, LlamaConfig

    return InternVLConfig(
        # InternVLConfig ties by default, and would then drop the 189,548,544 of the output layer.
        tie_word_embeddings=False,
        image_token_id=92_546,
        image_seq_length=256,
        downsample_ratio=0.5,
        vision_config={
            "hidden_size": 1024,
            "num_hidden_layers": 24,
            "num_attention_heads": 16,
            "intermediate_size": 4096,
            "attention_bias": True,
            "image_size": [448, 448],
            "patch_size": [14, 14],
        },
        text_config=LlamaConfig(
            vocab_size=92_553,
            hidden_size=2048,
            intermediate_size=8192,
            num_hidden_layers=24,
            num_attention_heads=16,
            num_key_value_heads=8,
            max_position_embeddings=32_768,
            rms_norm_eps=1e-5,
            rope_parameters={"rope_type": "dynamic", "rope_theta": 1_000_000.0, "factor": 2.0},
            tie_word_embeddings=False,
        ),
    )


def _mrope() -> dict[str, object]:
    """Positions in time, height and width: 16, 24 and 24 of the 64 pairs of a head."""
    return {"rope_type": "default", "rope_theta": 1_000_000.0, "mrope_section": [16, 24, 24]}


COMPARATORS: Mapping[str, Comparator] = {
    each.name: each
    for each in (
        Comparator("qwen2-vl-2b", "Qwen2-VL-2B-Instruct", 2_208_985_600, qwen2_vl_2b),
        Comparator("qwen2.5-vl-3b", "Qwen2.5-VL-3B-Instruct", 3_754_622_976, qwen2_5_vl_3b),
        Comparator("internvl2.5-2b", "InternVL2.5-2B", 2_205_754_368, internvl2_5_2b),
    )
}
"""Name -> comparator. Importing this loads no torch."""
