"""The kernels in torch, as the models' own layers call them. Import only in the child process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from omnibench.core.calibration import ElementsKind, LayerKind, StreamKind
from omnibench.engine.calibration.kernels import (
    NARROW_LAYERS,
    Attention,
    Elements,
    Kernel,
    Layer,
    Product,
    Stream,
)
from omnivlm.config import TextConfig, VisionConfig
from omnivlm.towers import qwen2, siglip

Work = Callable[[], object]

POOL_BYTES, POOL_MATRICES = 2**29, 1024
"""Matrices follow one another in so much memory, so that none is still in a cache; small ones,
as of a test, in room for so many of them."""

WIDTH = 64
RANDOM = 2**22


class TorchRunner:
    """Kernels in one dtype. `prepared` gives the work; its inputs are made before."""

    def __init__(self, kernels: Sequence[Kernel], dtype: torch.dtype) -> None:
        self._dtype = dtype
        largest = max(each.inner * each.columns for each in kernels if isinstance(each, Product))
        size = max(min(POOL_BYTES // dtype.itemsize, POOL_MATRICES * largest), largest)
        generator = torch.Generator().manual_seed(0)
        self._random = torch.randn(RANDOM, generator=generator).mul_(0.05).to(dtype)
        self._pool = self._random.repeat(-(-size // RANDOM))[:size]
        self._next = 0
        self._inputs: dict[tuple[int, ...], Tensor] = {}

    @property
    def bytes_per_element(self) -> int:
        """Of weights and activations."""
        return self._dtype.itemsize

    def prepared(self, kernel: Kernel) -> Work:
        """The work of one run."""
        match kernel:
            case Product():
                return self._product(kernel)
            case Attention():
                return self._attention(kernel)
            case Elements(kind, elements):
                return self._elements(kind, elements)
            case Stream(kind, moved_bytes):
                return _stream(kind, moved_bytes)
            case Layer(kind):
                return self._layer(kind)

    def _made(self, *shape: int) -> Tensor:
        """Random numbers in a shape, the same every time."""
        if shape not in self._inputs:
            count = torch.Size(shape).numel()
            self._inputs[shape] = self._random.repeat(-(-count // RANDOM))[:count].view(shape)
        return self._inputs[shape]

    def _product(self, product: Product) -> Work:
        rows = self._made(product.rows, product.inner)
        count = product.inner * product.columns

        def work() -> Tensor:
            if self._next + count > self._pool.numel():
                self._next = 0
            matrix = self._pool[self._next : self._next + count].view(-1, product.inner)
            self._next += count
            return functional.linear(rows, matrix)

        return work

    def _attention(self, attention: Attention) -> Work:
        width = attention.head_dim
        query = self._made(1, attention.queries, attention.heads, width).transpose(1, 2)
        key = self._made(1, attention.keys, attention.kv_heads, width).transpose(1, 2).clone()
        value = key.clone()

        def work() -> Tensor:
            mixed = functional.scaled_dot_product_attention(
                query, key, value, is_causal=attention.causal,
                enable_gqa=attention.heads != attention.kv_heads,
            )  # fmt: skip
            return mixed.transpose(1, 2).contiguous()

        return work

    def _elements(self, kind: ElementsKind, elements: int) -> Work:
        from transformers.models.qwen2.modeling_qwen2 import Qwen2RMSNorm, apply_rotary_pos_emb

        width = 1024
        left, right = self._made(1, elements // width, width), self._made(elements // width, width)
        gain = self._made(width)
        norm: Any = Qwen2RMSNorm(width).to(self._dtype)
        heads = left.view(1, -1, width // WIDTH, WIDTH).transpose(1, 2)
        turn = self._made(1, elements // width, WIDTH)
        # The rotation turns queries and keys; half of the elements are called queries here.
        queries, keys = heads.chunk(2, dim=1)
        rotate: Any = apply_rotary_pos_emb
        works: dict[ElementsKind, Work] = {
            "layer_norm": lambda: functional.layer_norm(left, (width,), gain, gain),
            "rms_norm": lambda: norm(left),
            "gelu": lambda: functional.gelu(left, approximate="tanh"),
            "gated": lambda: functional.silu(left) * right,
            "rotary": lambda: rotate(queries, keys, turn, turn),
            "add": lambda: left + right,
        }
        return works[kind]

    def _layer(self, kind: LayerKind) -> Work:
        """NARROW_LAYERS layers at one position."""
        if kind == "decoder":
            from omnivlm.keyvalues import RowCache

            config = TextConfig(
                vocab_size=WIDTH, hidden_size=WIDTH, intermediate_size=WIDTH,
                num_hidden_layers=NARROW_LAYERS, num_attention_heads=2, num_key_value_heads=1,
                max_position_embeddings=WIDTH,
            )  # fmt: skip
            model = qwen2(config).to(self._dtype).eval().requires_grad_(False)
            one = self._made(1, 1, WIDTH)
            return lambda: model(
                inputs_embeds=one, past_key_values=RowCache(NARROW_LAYERS, 2), use_cache=True
            )
        vision = VisionConfig(
            image_size=14, patch_size=14, hidden_size=WIDTH, intermediate_size=WIDTH,
            num_hidden_layers=NARROW_LAYERS, num_attention_heads=2,
        )  # fmt: skip
        tower: Any = siglip(vision)
        tower.to(self._dtype).eval().requires_grad_(False)
        patch = self._made(1, 1, WIDTH)

        def work() -> Tensor:
            hidden = patch
            for layer in tower.encoder.layers:
                hidden = layer(hidden, None)
            return hidden

        return work


def _stream(kind: StreamKind, moved_bytes: int) -> Work:
    """In float32, whatever the models' dtype: what memory gives does not depend on it."""
    parts: dict[StreamKind, int] = {"read": 1, "copy": 2, "triad": 3}
    count = moved_bytes // parts[kind] // 4
    arrays = [torch.ones(count) for _ in range(parts[kind])]
    works: dict[StreamKind, Work] = {
        "read": lambda: arrays[0].sum(),
        "copy": lambda: arrays[1].copy_(arrays[0]),
        "triad": lambda: torch.add(arrays[0], arrays[1], alpha=1.5, out=arrays[2]),
    }
    return works[kind]
