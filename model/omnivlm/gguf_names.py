"""llama.cpp's tensor names for SigLIP with a projector and for Qwen2, in our words.

Source: NexaAI's llama.cpp, examples/omni-vlm, and the converter beside it; llama.cpp's qwen2.
"""

from __future__ import annotations

import re

TEXT_NAMES = {
    "token_embd": "language_model.model.embed_tokens",
    "output_norm": "language_model.model.norm",
    "output": "language_model.lm_head",
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}

VISION_NAMES = {
    "mm.0": "projector.linear_1",
    "mm.2": "projector.linear_2",
    "v.patch_embd": "vision_model.embeddings.patch_embedding",
    "v.position_embd": "vision_model.embeddings.position_embedding",
    "v.post_ln": "vision_model.post_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_out": "self_attn.out_proj",
    "ln1": "layer_norm1",
    "ln2": "layer_norm2",
    "v.head.attention.in_": "vision_model.head.attention.in_proj_",
    "v.head.attention.out": "vision_model.head.attention.out_proj",
    "v.head.ln": "vision_model.head.layernorm",
    "v.head.probe": "vision_model.head.probe",
}

_LAYER = re.compile(r"(v\.)?blk\.(\d+)\.(\w+)\.(weight|bias)")
_HEAD_INPUT = re.compile(r"(v\.head\.attention\.in_)(weight|bias)")
_PLAIN = re.compile(r"(.+)\.(weight|bias)")
_FEED_FORWARD = re.compile(r"v\.(blk\.\d+|head)\.ffn_(up|down)\.(weight|bias)")


def text_name(name: str) -> str:
    """Of the language model; a name that is not known stays as it is."""
    if layer := _LAYER.fullmatch(name):
        _, number, part, kind = layer.groups()
        if part in TEXT_NAMES:
            return f"language_model.model.layers.{number}.{TEXT_NAMES[part]}.{kind}"
    elif (plain := _PLAIN.fullmatch(name)) and plain[1] in TEXT_NAMES:
        return f"{TEXT_NAMES[plain[1]]}.{plain[2]}"
    return name


def vision_name(name: str, rows: int, width: int) -> str:
    """Of tower and projector; a name that is not known stays as it is.

    rows: of the tensor; width: the tower's. They tell SigLIP's fc1, which widens, from its fc2:
    NexaAI's converter calls fc1 ffn_down, later ones call it ffn_up.
    """
    if feed := _FEED_FORWARD.fullmatch(name):
        place, _, kind = feed.groups()
        half = "fc2" if rows == width else "fc1"
        where = "head" if place == "head" else f"encoder.layers.{place.removeprefix('blk.')}"
        return f"vision_model.{where}.mlp.{half}.{kind}"
    if layer := _LAYER.fullmatch(name):
        _, number, part, kind = layer.groups()
        if part in VISION_NAMES:
            return f"vision_model.encoder.layers.{number}.{VISION_NAMES[part]}.{kind}"
    elif joint := _HEAD_INPUT.fullmatch(name):
        return VISION_NAMES[joint[1]] + joint[2]
    elif name in VISION_NAMES:
        return VISION_NAMES[name]
    elif (plain := _PLAIN.fullmatch(name)) and plain[1] in VISION_NAMES:
        return f"{VISION_NAMES[plain[1]]}.{plain[2]}"
    return name
