"""A decoder-only language model's parts and operations, of the prompt and of one more token."""

from __future__ import annotations

from collections.abc import Iterable

from omnibench.cost.operations import (
    Attention,
    Logits,
    Operation,
    Phase,
    attend,
    pairs_of,
    run_part,
)
from omnibench.cost.parts import Module, Part, norm
from omnibench.cost.shapes import TextShape


def layer_parts(shape: TextShape, module: Module, prefix: str, layers: int) -> list[Part]:
    """What `layers` decoder layers hold."""
    h, d = shape.hidden, shape.head_dim

    def linear(name: str, inputs: int, outputs: int, bias: bool = False) -> Part:
        return Part(module, prefix + name, "linear", inputs, outputs, layers, layers, bias=bias)

    return [
        norm(module, f"{prefix}norm_1", "rms_norm", h, layers, layers),
        linear("q", h, shape.heads * d, shape.qkv_bias),
        linear("k", h, shape.kv_heads * d, shape.qkv_bias),
        linear("v", h, shape.kv_heads * d, shape.qkv_bias),
        linear("attention_out", shape.heads * d, h),
        norm(module, f"{prefix}norm_2", "rms_norm", h, layers, layers),
        linear("ffn_gate", h, shape.ffn),
        linear("ffn_up", h, shape.ffn),
        linear("ffn_down", shape.ffn, h),
    ]


def text_parts(shape: TextShape) -> list[Part]:
    """Embedding, layers, closing norm and output layer, which counts nothing where it is tied."""
    h, vocab = shape.hidden, shape.vocab
    return [
        Part("text", "embedding", "table", vocab, h),
        *layer_parts(shape, "text", "", shape.layers),
        norm("text", "closing_norm", "rms_norm", h),
        Part("lm_head", "logits", "linear", h, vocab, tied=shape.tied),
    ]


def layer_operations(
    parts: Iterable[Part],
    shape: TextShape,
    phase: Phase,
    tokens: int,
    pairs: int,
    *,
    keys: int = 0,
    cache_tokens: int = 0,
) -> list[Operation]:
    """Decoder layers over `tokens` positions.

    keys: read as they were just computed; cache_tokens: entries of the cache read or written.
    """
    held = list(parts)
    key_width = shape.kv_heads * shape.head_dim
    operations = [run_part(part, phase, tokens) for part in held]
    operations.append(
        attend(
            phase,
            held[0].module,
            "attention",
            held[0].run,
            pairs=pairs,
            queries=tokens,
            keys=keys,
            width=shape.heads * shape.head_dim,
            key_width=key_width,
            head_dim=shape.head_dim,
            cache=2 * cache_tokens * key_width,
        )
    )
    return operations


def prefill_operations(
    shape: TextShape, tokens: int, *, text_tokens: int, attention: Attention, logits: Logits
) -> list[Operation]:
    """The prompt of `tokens`, of which `text_tokens` are looked up in the embedding.

    MACs: L(h(Hq + 2Hkv)d + Hq*d*h + 3hf)T + n_logits*V*h + 2L*T^2*Hq*d; causal: T(T+1)/2 for T^2.
    """
    pairs = pairs_of(tokens, attention)
    return _forward(
        shape,
        "prefill",
        tokens,
        pairs,
        looked_up=text_tokens,
        logits=tokens if logits == "all" else 1,
        keys=tokens,
        cache_tokens=tokens,
    )


def decode_operations(shape: TextShape, past_tokens: int) -> list[Operation]:
    """One more token after `past_tokens`: the same linears, V*h and 2L(past + 1)Hq*d.

    The cache: past entries read, one written.
    """
    seen = past_tokens + 1
    return _forward(shape, "decode", 1, seen, looked_up=1, logits=1, keys=1, cache_tokens=seen)


def _forward(
    shape: TextShape,
    phase: Phase,
    tokens: int,
    pairs: int,
    *,
    looked_up: int,
    logits: int,
    keys: int,
    cache_tokens: int,
) -> list[Operation]:
    embedding, *layers, closing, output = text_parts(shape)
    return [
        run_part(embedding, phase, looked_up),
        *layer_operations(
            layers, shape, phase, tokens, pairs, keys=keys, cache_tokens=cache_tokens
        ),
        run_part(closing, phase, tokens),
        run_part(output, phase, logits),
    ]
