"""Tensor names of other checkpoints of the same parts, in our words.

Ours are `vision_model.*` as in SigLIP, `compressor.*`, `projector.linear_1` and `.linear_2`,
`fusion.*`, and `language_model.*` as in Qwen2ForCausalLM.
"""

from __future__ import annotations

import re

_PREFIXES = (
    # nanoLLaVA and the original LLaVA; the tower is wrapped once or twice
    ("model.vision_tower.vision_tower.vision_model.", "vision_model."),
    ("model.vision_tower.vision_tower.", "vision_model."),
    ("model.mm_projector.0.", "projector.linear_1."),
    ("model.mm_projector.2.", "projector.linear_2."),
    # transformers' LlavaForConditionalGeneration, as releases 4 and 5 have written it
    ("model.vision_tower.vision_model.", "vision_model."),
    ("model.vision_tower.", "vision_model."),
    ("vision_tower.vision_model.", "vision_model."),
    ("vision_tower.", "vision_model."),
    ("model.multi_modal_projector.", "projector."),
    ("multi_modal_projector.", "projector."),
    ("model.language_model.", "language_model.model."),
    # a language model without a family around it
    ("model.embed_tokens.", "language_model.model.embed_tokens."),
    ("model.layers.", "language_model.model.layers."),
    ("model.norm.", "language_model.model.norm."),
    ("lm_head.", "language_model.lm_head."),
)

_COMPUTED = re.compile(r"(position_ids|rotary_emb\.inv_freq)$")
"""Buffers that older checkpoints hold and that follow from the shapes."""

EMBEDDING = "language_model.model.embed_tokens.weight"
OUTPUT = "language_model.lm_head.weight"
"""The second is left out where it is tied to the first; files may hold it all the same."""


def ours(name: str) -> str | None:
    """The name of a tensor in our words; None for one that is computed and never read."""
    if _COMPUTED.search(name):
        return None
    for theirs, prefix in _PREFIXES:
        if name.startswith(theirs):
            return prefix + name.removeprefix(theirs)
    return name
