"""AuroraEdge's fusion: text tokens take up what the compressor leaves out of the picture.

Each module gives what is ADDED to the text tokens, so that they stand side by side: cross adds what
its attention and feed-forward layer find, decoder what its layer adds, combined the sum of both.

What the paper (3.5) says: the three kinds, that they run over the visual tokens before compression,
and that the decoder is a single layer like those of the language model, whose first one it is
copied from. What follows from its counts of parameters and operations, all of which come out to
the printed digit: four square projections, a feed-forward layer of four times the width, 256
visual tokens and all text tokens in the decoder. What is INFERRED here, since its formulas are lost
and no count tells: biases in the cross-attention and no norm, as in its projector and compressor;
residual sums around attention and feed-forward layer; as many heads as the language model has;
GELU; and the sum in combined.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, scaled_dot_product_attention
from transformers.models.qwen2.modeling_qwen2 import Qwen2DecoderLayer, Qwen2RotaryEmbedding

from omnivlm.config import FusionConfig, TextConfig
from omnivlm.towers import qwen2_config


class CrossAttention(nn.Module):
    """q of the text, k and v of the picture, o: W x W each; then W -> F -> W."""

    def __init__(self, width: int, heads: int, intermediate: int) -> None:
        super().__init__()
        self.heads = heads
        self.q_proj = nn.Linear(width, width)
        self.k_proj = nn.Linear(width, width)
        self.v_proj = nn.Linear(width, width)
        self.o_proj = nn.Linear(width, width)
        self.fc1 = nn.Linear(width, intermediate)
        self.fc2 = nn.Linear(intermediate, width)

    def forward(self, text: Tensor, source: Tensor) -> Tensor:
        """text: (T, W), source: (N, W) -> (T, W), what is added to the text."""
        q, k, v = (
            projection(tokens).unflatten(-1, (self.heads, -1)).transpose(0, 1)[None]  # (1, H, ., d)
            for projection, tokens in (
                (self.q_proj, text),
                (self.k_proj, source),
                (self.v_proj, source),
            )
        )
        mixed = scaled_dot_product_attention(q, k, v)[0].transpose(0, 1).flatten(1)  # (T, W)
        attended: Tensor = self.o_proj(mixed)
        found: Tensor = self.fc2(gelu(self.fc1(text + attended)))
        return attended + found


class FusionDecoder(nn.Module):
    """One layer of the language model over picture and text; causal, as the model's own are."""

    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        theirs = qwen2_config(config)
        self.layer: Any = Qwen2DecoderLayer(theirs, 0)
        # A layer on its own has no model that settles how attention is computed.
        theirs._attn_implementation = "sdpa"
        self.rotary_emb: Any = Qwen2RotaryEmbedding(config=theirs)

    def forward(self, sequence: Tensor) -> Tensor:
        """sequence: (S, W), pictures and text in their order -> (S, W), what is added to it."""
        hidden = sequence[None]
        positions = torch.arange(len(sequence), device=sequence.device)[None]
        out: Tensor = self.layer(
            hidden, position_embeddings=self.rotary_emb(hidden, positions), attention_mask=None
        )
        return out[0] - sequence


class Fusion(nn.Module):
    """The kind of fusion that a configuration names."""

    def __init__(self, config: FusionConfig, text: TextConfig) -> None:
        super().__init__()
        heads, width = text.num_attention_heads, text.hidden_size
        self.cross = self.decoder = None
        if config.kind in ("cross", "combined"):
            self.cross = CrossAttention(width, heads, config.intermediate_size)
        if config.kind in ("decoder", "combined"):
            self.decoder = FusionDecoder(text)

    def forward(self, text: list[Tensor], sources: list[Tensor]) -> list[Tensor]:
        """Text and pictures in turn -> the fused text.

        sources[i]: (N_i, W), a picture, and text[i]: (T_i, W), what stands between it and the next.
        A text token takes up the pictures before it and none behind it.
        """
        added = [torch.zeros_like(each) for each in text]
        if self.decoder is not None:
            turns = [part for pair in zip(sources, text, strict=True) for part in pair]
            parts = self.decoder(torch.cat(turns)).split([len(part) for part in turns])
            added = list(parts[1::2])
        if self.cross is not None:
            for i, each in enumerate(text):
                if len(each):
                    added[i] = added[i] + self.cross(each, torch.cat(sources[: i + 1]))
        return [each + more for each, more in zip(text, added, strict=True)]
