"""config.json: ours, nanoLLaVA's, or that of a LLaVA of SigLIP and Qwen2."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from huggingface_hub.errors import StrictDataclassError
from transformers import LlavaConfig, Qwen2Config, SiglipVisionConfig

from omnivlm.config import (
    ModelConfig,
    NanoLLaVAConfig,
    ProjectorConfig,
    TextConfig,
    VisionConfig,
)
from omnivlm.config_file import from_json
from omnivlm.errors import CheckpointError
from omnivlm.presets import FULL, SIGLIP_SO400M

_NANOLLAVA_TYPES = ("llava-qwen2", "bunny-qwen2", "bunny-qwen")
_OURS_TOWER = "siglip-so400m-patch14-384"


def read_config(path: Path) -> tuple[ModelConfig, str | None]:
    """The configuration, and where the weights come from where the file says so."""
    try:
        value = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path} is not readable JSON: {error}") from None
    kind = value.get("model_type") if isinstance(value, dict) else None
    try:
        if kind in _NANOLLAVA_TYPES:
            return named(_nanollava(value)), None
        if kind == "llava":
            return named(_llava(value)), None
        origin = None
        if isinstance(value, dict):
            value.pop("dtype", None)
            origin = value.pop("origin", None)
        return from_json(value), origin if isinstance(origin, str) else None
    except CheckpointError as error:
        raise CheckpointError(f"{path}: {error}") from None
    except (StrictDataclassError, TypeError, ValueError, KeyError, AttributeError) as error:
        words = " ".join(str(error).split())
        raise CheckpointError(f"{path} is not a configuration of {kind!r}: {words}") from None


def named(config: ModelConfig) -> ModelConfig:
    """The same under the name of the model of the papers, where its shapes are that model's."""
    for known in FULL.values():
        text = replace(config.text, max_position_embeddings=known.text.max_position_embeddings)
        if type(config) is type(known) and replace(config, name=known.name, text=text) == known:
            return replace(config, name=known.name)
    return config


def _nanollava(value: dict[str, Any]) -> ModelConfig:
    """The flat configuration of Bunny's code: the language model's keys with mm_* beside them."""
    _refuse(value.get("mm_projector_type", "mlp2x_gelu"), "mlp2x_gelu", "projector")
    text = _text(Qwen2Config.from_dict(value), bool(value.get("tie_word_embeddings", False)))
    held = value.get("vision_config")
    if isinstance(held, dict) and "hidden_size" in held:
        vision = _vision(SiglipVisionConfig.from_dict(held))
    elif str(value.get("mm_vision_tower", "")).endswith(_OURS_TOWER):
        vision = SIGLIP_SO400M
    else:
        raise CheckpointError(f"mm_vision_tower is not {_OURS_TOWER}; only SigLIP is known")
    return _joined("nanollava", vision, text, feature_layer=-2)


def _llava(value: dict[str, Any]) -> ModelConfig:
    """Transformers' nested configuration. `vision_feature_layer` counts from the tower's end."""
    vision, text = value.get("vision_config") or {}, value.get("text_config") or {}
    _refuse(vision.get("model_type"), "siglip_vision_model", "tower")
    _refuse(text.get("model_type"), "qwen2", "language model")
    _refuse(value.get("projector_hidden_act", "gelu"), "gelu", "activation in the projector")
    # SigLIP has no class token, which "default" would drop.
    _refuse(value.get("vision_feature_select_strategy"), "full", "vision_feature_select_strategy")
    whole: Any = LlavaConfig.from_dict(value)
    tied = bool(value.get("tie_word_embeddings", text.get("tie_word_embeddings", False)))
    layer = whole.vision_feature_layer
    if not isinstance(layer, int) or layer >= 0:
        raise CheckpointError(f"vision_feature_layer is {layer!r}, not a number below 0")
    return _joined(
        "llava", _vision(whole.vision_config), _text(whole.text_config, tied), feature_layer=layer
    )


def _joined(
    name: str, vision: VisionConfig, text: TextConfig, feature_layer: int
) -> NanoLLaVAConfig:
    tower = replace(vision, unused_layers=-1 - feature_layer, post_layernorm=False, resize="pad")
    joint = ProjectorConfig("reshape", tower.patches, text.hidden_size)
    return NanoLLaVAConfig(name, tower, joint, text)


def _vision(config: Any) -> VisionConfig:
    _refuse(config.hidden_act, "gelu_pytorch_tanh", "activation in the tower")
    return VisionConfig(
        image_size=config.image_size,
        patch_size=config.patch_size,
        hidden_size=config.hidden_size,
        intermediate_size=config.intermediate_size,
        num_hidden_layers=config.num_hidden_layers,
        num_attention_heads=config.num_attention_heads,
        layer_norm_eps=config.layer_norm_eps,
    )


def _text(config: Any, tied: bool) -> TextConfig:
    return TextConfig(
        vocab_size=config.vocab_size,
        hidden_size=config.hidden_size,
        intermediate_size=config.intermediate_size,
        num_hidden_layers=config.num_hidden_layers,
        num_attention_heads=config.num_attention_heads,
        num_key_value_heads=config.num_key_value_heads,
        max_position_embeddings=config.max_position_embeddings,
        rope_theta=config.rope_parameters["rope_theta"],
        rms_norm_eps=config.rms_norm_eps,
        tie_word_embeddings=tied,
    )


def _refuse(value: object, known: str, what: str) -> None:
    if value != known:
        raise CheckpointError(f"its {what} is {value!r}; only {known!r} is known here")
