"""A vision transformer's parts and operations."""

from __future__ import annotations

import math
from dataclasses import replace

from omnibench.cost.images import Seen
from omnibench.cost.operations import Operation, attend, run_part
from omnibench.cost.parts import Kind, Part, norm
from omnibench.cost.shapes import VisionShape

_STEM = "stem_"


def vision_parts(shape: VisionShape) -> list[Part]:
    """The tower's layers with weights, the pooling head among them where there is one."""
    h, kind = shape.hidden, shape.norm
    held, run = shape.layers, shape.layers_run
    patch_kind: Kind = "linear" if shape.patch_linear else "conv"
    parts = _stem_parts(shape)
    parts += [Part("vision", "patch", patch_kind, shape.patch_inputs, h, bias=shape.patch_bias)]
    if shape.positions:
        parts.append(Part("vision", "positions", "table", shape.positions, h))
    if shape.class_token:
        parts.append(Part("vision", "class_token", "scale", h, h))
    parts.append(norm("vision", "norm_1", kind, h, held, run))
    if shape.fused_qkv:
        parts.append(Part("vision", "qkv", "linear", h, 3 * h, held, run, bias=True))
    else:
        parts += [Part("vision", x, "linear", h, h, held, run, bias=True) for x in "qkv"]
    parts += [
        Part("vision", "attention_out", "linear", h, h, held, run, bias=True),
        norm("vision", "norm_2", kind, h, held, run),
    ]
    if shape.gated:
        parts.append(Part("vision", "ffn_gate", "linear", h, shape.ffn, held, run, bias=True))
    parts += [
        Part("vision", "ffn_up", "linear", h, shape.ffn, held, run, bias=True),
        Part("vision", "ffn_down", "linear", shape.ffn, h, held, run, bias=True),
    ]
    if shape.layer_scale:
        parts += [Part("vision", f"scale_{i}", "scale", h, h, held, run) for i in (1, 2)]
    if shape.closing_norm:
        parts.append(norm("vision", "closing_norm", kind, h, run=int(held == run)))
    return parts + (_pooling_parts(shape) if shape.pooling_head else [])


def vision_operations(
    shape: VisionShape, seen: Seen, *, pooling_head: bool = False
) -> list[Operation]:
    """The tower over one image: MACs N*pin*h + L(4h^2 + 2hf)N + 2L*N^2*h, N = positions.

    Within windows N^2 becomes the sum of the windows' squares, but for the layers that attend to
    all. Tiles go through as one batch.
    pooling_head: run it, as transformers' whole vision model does; the reference models do not.
    """
    operations = []
    for part in vision_parts(shape):
        if part.module != "vision" or part.run == 0:
            continue
        rows = 1 if part.name == "class_token" else seen.positions
        if part.name.startswith(_STEM):
            rows = _stem_places(shape, seen, int(part.name.removeprefix(_STEM)))
        if part.name == "patch":
            rows = seen.positions - shape.class_token
        operations.append(run_part(part, "vision", seen.tiles * rows))
    operations += _attention(shape, seen)
    return operations + (_pool(shape, seen) if pooling_head else [])


def _stem_parts(shape: VisionShape) -> list[Part]:
    widths = [3, *(each.width for each in shape.stem)]
    return [
        Part("vision", f"{_STEM}{i}", "conv", widths[i] * each.kernel**2, each.width, bias=True)
        for i, each in enumerate(shape.stem)
    ]


def _stem_places(shape: VisionShape, seen: Seen, index: int) -> int:
    """Where the convolution with that number is computed: finer than patches before the last."""
    stride = math.prod(each.stride for each in shape.stem[: index + 1])
    return seen.patches * (shape.patch_px // stride) ** 2


def windowed_pairs(shape: VisionShape, seen: Seen) -> int:
    """Pairs of patches within one window; edge windows are smaller.

    Source: `get_vision_window_index` in transformers' vision_utils.py: windows of `window_px`,
    counted from the top left, cut off at the right and lower edge.
    """
    side = shape.window_px // shape.patch_px

    def squares(length: int) -> int:
        whole, rest = divmod(length, side)
        return whole * side**2 + rest**2

    # A window of r x c patches has (r*c)^2 pairs, so the sum over the grid is a product.
    return squares(seen.rows) * squares(seen.columns)


def _attention(shape: VisionShape, seen: Seen) -> list[Operation]:
    n, h = seen.positions, shape.hidden
    kinds = [("attention", shape.layers_run, n * n)]
    if shape.window_px:
        windowed = shape.layers_run - shape.full_layers
        kinds = [
            ("attention", shape.full_layers, n * n),
            ("attention_windowed", windowed, windowed_pairs(shape, seen)),
        ]
    return [
        attend(
            "vision",
            "vision",
            name,
            layers,
            pairs=seen.tiles * pairs,
            queries=seen.tiles * n,
            keys=seen.tiles * n,
            width=h,
            key_width=h,
            head_dim=shape.head_dim,
        )
        for name, layers, pairs in kinds
    ]


def _pooling_parts(shape: VisionShape) -> list[Part]:
    """SigLIP's head: a learned probe attends to all positions, then a feed-forward layer."""
    h, f = shape.hidden, shape.ffn
    return [
        Part("pooling_head", "probe", "scale", h, h, run=0),
        *(Part("pooling_head", x, "pooling_linear", h, h, run=0, bias=True) for x in "qkv"),
        Part("pooling_head", "attention_out", "pooling_linear", h, h, run=0, bias=True),
        norm("pooling_head", "norm", "layer_norm", h, run=0),
        Part("pooling_head", "ffn_up", "linear", h, f, run=0, bias=True),
        Part("pooling_head", "ffn_down", "linear", f, h, run=0, bias=True),
    ]


def _pool(shape: VisionShape, seen: Seen) -> list[Operation]:
    h, n = shape.hidden, seen.tiles * seen.positions
    operations = [
        run_part(replace(part, run=1), "vision", n if part.name in "kv" else seen.tiles)
        for part in _pooling_parts(shape)
    ]
    operations.append(
        attend(
            "vision",
            "pooling_head",
            "attention",
            1,
            pairs=n,
            queries=seen.tiles,
            keys=n,
            width=h,
            key_width=h,
            head_dim=shape.head_dim,
        )
    )
    return operations
