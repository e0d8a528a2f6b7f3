"""Tiny random checkpoints of transformers' own classes, written as their vendors publish them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    AutoModelForImageTextToText,
    CLIPVisionConfig,
    InternVLConfig,
    LlamaConfig,
    LlavaConfig,
    PreTrainedTokenizerFast,
    Qwen2_5_VLConfig,
    Qwen2VLConfig,
)

KINDS = ("qwen2-vl", "qwen2.5-vl", "internvl", "llava")

_SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")

_TEMPLATE = """{% for m in messages %}<|im_start|>{{ m['role'] }}
{% for c in m['content'] %}{% if c['type'] == 'image' %}IMAGE{% else %}{{ c['text'] }}{% endif %}\
{% endfor %}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}"""

_QWEN = ("<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>")
_INTERN = ("<img>", "</img>", "<IMG_CONTEXT>", "<video>")


def write_checkpoint(kind: str, folder: Path) -> Path:
    """Write a checkpoint of one of KINDS: weights, tokenizer, processor, chat template."""
    special = {"qwen2-vl": _QWEN, "qwen2.5-vl": _QWEN, "internvl": _INTERN, "llava": ("<image>",)}
    tokenizer = _tokenizer(special[kind])
    config, picture, processor, image = _PARTS[kind](tokenizer)
    model: Any = AutoModelForImageTextToText.from_config(config)
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            # Far apart, so that pictures, and their order, move the reply.
            parameter.normal_(0, 0.4, generator=generator)
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    # A penalty such as the vendors suggest: greedy must not heed it.
    model.generation_config.repetition_penalty = 1.5
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    picture["processor_class"] = processor["processor_class"]
    (folder / "preprocessor_config.json").write_text(json.dumps(picture))
    (folder / "processor_config.json").write_text(json.dumps(processor))
    (folder / "chat_template.jinja").write_text(_TEMPLATE.replace("IMAGE", image))
    return folder


def _tokenizer(special: tuple[str, ...]) -> PreTrainedTokenizerFast:
    """A token a byte, each with a sign of its own in a reply, and the special ones."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    made = Tokenizer(models.BPE({letter: i for i, letter in enumerate(letters)}, []))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.Fuse()
    made.add_special_tokens([AddedToken(each, special=True) for each in (*_SPECIAL, *special)])
    names = ("start_image_token", "end_image_token", "context_image_token", "video_token")
    named = dict(zip(names, special, strict=True)) if special == _INTERN else {}
    return PreTrainedTokenizerFast(
        tokenizer_object=made, eos_token="<|im_end|>", pad_token="<|endoftext|>",
        extra_special_tokens=named,
    )  # fmt: skip


def _text(tokenizer: PreTrainedTokenizerFast) -> dict[str, Any]:
    return {
        "vocab_size": len(tokenizer),
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "max_position_embeddings": 512,
        "bos_token_id": None,
        "eos_token_id": tokenizer.eos_token_id,
    }


_Parts = tuple[Any, dict[str, Any], dict[str, Any], str]


def _qwen(tokenizer: PreTrainedTokenizerFast, make: Any, vision: dict[str, Any]) -> _Parts:
    ids = tokenizer.convert_tokens_to_ids
    rope = {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [2, 3, 3]}
    config = make(
        image_token_id=ids("<|image_pad|>"),
        video_token_id=ids("<|video_pad|>"),
        vision_start_token_id=ids("<|vision_start|>"),
        vision_end_token_id=ids("<|vision_end|>"),
        tie_word_embeddings=make is Qwen2VLConfig,
        vision_config={"depth": 2, "num_heads": 2, **vision},
        text_config={**_text(tokenizer), "rope_parameters": rope},
    )
    picture = {
        "image_processor_type": "Qwen2VLImageProcessor", "min_pixels": 56 * 56,
        "max_pixels": 28 * 28 * 12, "patch_size": 14, "temporal_patch_size": 2, "merge_size": 2,
    }  # fmt: skip
    name = make.__name__.replace("Config", "Processor")
    return config, picture, {"processor_class": name}, "<|vision_start|><|image_pad|><|vision_end|>"


def _qwen2_vl(tokenizer: PreTrainedTokenizerFast) -> _Parts:
    return _qwen(tokenizer, Qwen2VLConfig, {"embed_dim": 32, "mlp_ratio": 2, "hidden_size": 32})


def _qwen2_5_vl(tokenizer: PreTrainedTokenizerFast) -> _Parts:
    vision = {
        "hidden_size": 32, "intermediate_size": 48, "out_hidden_size": 32,
        "fullatt_block_indexes": [1],
    }  # fmt: skip
    return _qwen(tokenizer, Qwen2_5_VLConfig, vision)


def _internvl(tokenizer: PreTrainedTokenizerFast) -> _Parts:
    config = InternVLConfig(
        tie_word_embeddings=False,
        image_token_id=tokenizer.convert_tokens_to_ids("<IMG_CONTEXT>"),
        image_seq_length=4,
        vision_config={
            "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2,
            "intermediate_size": 64, "image_size": [56, 56], "patch_size": [14, 14],
        },
        text_config=LlamaConfig(**_text(tokenizer)),
    )  # fmt: skip
    picture = {
        "image_processor_type": "GotOcr2ImageProcessor", "size": {"height": 56, "width": 56},
        "crop_to_patches": True, "min_patches": 1, "max_patches": 4,
    }  # fmt: skip
    processor = {"processor_class": "InternVLProcessor", "image_seq_length": 4}
    return config, picture, processor, "<IMG_CONTEXT>\n"


def _llava(tokenizer: PreTrainedTokenizerFast) -> _Parts:
    config = LlavaConfig(
        tie_word_embeddings=False,
        image_token_id=tokenizer.convert_tokens_to_ids("<image>"),
        image_seq_length=16,
        vision_feature_layer=-2,
        vision_config=CLIPVisionConfig(
            hidden_size=32, num_hidden_layers=3, num_attention_heads=2, intermediate_size=64,
            image_size=56, patch_size=14,
        ),
        text_config=LlamaConfig(**_text(tokenizer)),
    )  # fmt: skip
    picture = {
        "image_processor_type": "CLIPImageProcessor", "size": {"shortest_edge": 56},
        "crop_size": {"height": 56, "width": 56},
    }  # fmt: skip
    processor = {
        "processor_class": "LlavaProcessor", "patch_size": 14, "num_additional_image_tokens": 1,
        "vision_feature_select_strategy": "default", "image_token": "<image>",
    }  # fmt: skip
    return config, picture, processor, "<image>\n"


_PARTS = {
    "qwen2-vl": _qwen2_vl, "qwen2.5-vl": _qwen2_5_vl, "internvl": _internvl, "llava": _llava,
}  # fmt: skip
