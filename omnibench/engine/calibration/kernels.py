"""Which kernels are timed: their shapes, which are those of the models' layers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from omnibench.core.calibration import ElementsKind, LayerKind, StreamKind
from omnibench.cost import SHAPES, ModelShape, model_parts
from omnibench.cost.parts import PRODUCTS

ROWS = (1, 8, 32, 96, 256, 768)
"""One token, a few, prompts of 9 to 749 tokens, towers of 256 to 1024 patches."""

LONG_MOST_ELEMENTS = 2**23
"""Above ROWS[-2] the rate of a product does not change: larger matrices are not run so long."""

MOST_ELEMENTS = 2**28
"""No larger matrix is timed: its memory would not fit a small machine."""

SQUARE = 1024
LENGTHS = (32, 128, 384, 768)
"""Prompts, in tokens; their keys are those that a new token attends to."""

PATCHES = (256, 729, 1024)
ELEMENTS = (2**18, 2**21)
STREAM_BYTES = 2**28

NARROW_LAYERS = 24
"""As many as the models have, so that what a whole pass costs is shared out alike."""


@dataclass(frozen=True, slots=True)
class Product:
    """(rows, inner) x (inner, columns)."""

    rows: int
    inner: int
    columns: int


@dataclass(frozen=True, slots=True)
class Attention:
    """Scores, softmax and weighted sum of one layer."""

    queries: int
    keys: int
    heads: int
    kv_heads: int
    head_dim: int
    causal: bool


@dataclass(frozen=True, slots=True)
class Elements:
    """Elementwise work on so many elements."""

    kind: ElementsKind
    elements: int


@dataclass(frozen=True, slots=True)
class Stream:
    """So many bytes read and written."""

    kind: StreamKind
    moved_bytes: int


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer that computes next to nothing."""

    kind: LayerKind


Kernel = Product | Attention | Elements | Stream | Layer


def kernels_of(shapes: Iterable[ModelShape] = SHAPES.values()) -> list[Kernel]:
    """What is timed for these models, each kernel once."""
    full = [shape for shape in shapes if not shape.name.endswith("-tiny")]
    elements: tuple[ElementsKind, ...] = (
        "layer_norm", "rms_norm", "gelu", "gated", "rotary", "add",
    )  # fmt: skip
    moved: dict[StreamKind, int] = {"read": 1, "copy": 2, "triad": 3}
    layers: tuple[LayerKind, ...] = ("decoder", "encoder")
    return [
        *_products(full),
        *_attention(full),
        *(Elements(kind, count) for kind in elements for count in ELEMENTS),
        *(Stream(kind, parts * STREAM_BYTES) for kind, parts in moved.items()),
        *(Layer(kind) for kind in layers),
    ]


def _products(shapes: Iterable[ModelShape]) -> list[Product]:
    """Every matrix that is run; the output layer for one row, as it is for the last position."""
    matrices: dict[tuple[int, int], tuple[int, ...]] = {(SQUARE, SQUARE): ROWS}
    for shape in shapes:
        for part in model_parts(shape):
            count = part.inputs * part.outputs
            if part.kind not in PRODUCTS or not part.run or count > MOST_ELEMENTS:
                continue
            rows = ROWS if count <= LONG_MOST_ELEMENTS else ROWS[:-1]
            matrices[part.inputs, part.outputs] = (1,) if part.module == "lm_head" else rows
    products = [
        Product(rows, inner, columns)
        for (inner, columns), lengths in sorted(matrices.items())
        for rows in lengths
    ]
    return [*products, Product(SQUARE, SQUARE, SQUARE)]


def _attention(shapes: Iterable[ModelShape]) -> list[Attention]:
    """Towers over their patches; language models over prompts, and for one more token."""
    found: dict[Attention, None] = {}
    for shape in shapes:
        vision, text = shape.vision, shape.text
        for patches in PATCHES:
            found[
                Attention(patches, patches, vision.heads, vision.heads, vision.head_dim, False)
            ] = None
        for length in LENGTHS:
            heads = (text.heads, text.kv_heads, text.head_dim)
            found[Attention(length, length, *heads, True)] = None
            found[Attention(1, length, *heads, False)] = None
    return list(found)
