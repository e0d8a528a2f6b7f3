"""The operations of a forward pass, and their sums: FLOPs and bytes by module and phase."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from omnibench.cost.parts import PRODUCTS, Kind, Module, Part

Phase = Literal["vision", "projector", "fusion", "prefill", "decode"]
Attention = Literal["full", "causal"]
Logits = Literal["last", "all"]
Key = TypeVar("Key", bound=str)
Figure = TypeVar("Figure", int, float)

BYTES_PER_ELEMENT: Mapping[str, float] = {
    "float32": 4,
    "bfloat16": 2,
    "float16": 2,
    "int8": 1,
    "q8_0": 34 / 32,
    "q4_0": 18 / 32,
}
"""int8: its scales left out. q8_0, q4_0: blocks of 32 weights with a two-byte scale (GGML)."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One kind of operation, `times` over; its other figures are those of one of them.

    rows, inner, columns: the matrix product (rows, inner) x (inner, columns); of attention the
        queries, the width of a head and the keys that a query sees on average; 0 for others.
    macs: multiply-accumulates; elementwise work (norms, activations, rotations, softmax) has none.
    weights: elements of weights read.
    activations: elements read and written, the inside of attention taken as fused.
    cache: elements of the KV cache read and written.
    """

    phase: Phase
    module: Module
    name: str
    kind: Kind
    times: int
    macs: int
    weights: int
    activations: int
    cache: int = 0
    rows: int = 0
    inner: int = 0
    columns: int = 0

    @property
    def flops(self) -> int:
        """FLOPs of all of them: 1 MAC = 2 FLOP; biases and elementwise work are not counted."""
        return 2 * self.times * self.macs

    def weight_bytes(self, dtype: str) -> float:
        """Bytes of weights that all of them read."""
        return self.times * self.weights * BYTES_PER_ELEMENT[dtype]

    def moved_bytes(self, dtype: str, activation_dtype: str | None = None) -> float:
        """Bytes that all of them move: weights, activations and cache.

        activation_dtype: of activations and cache, where it is not that of the weights.
        """
        moved = self.times * (self.activations + self.cache)
        return self.weight_bytes(dtype) + moved * BYTES_PER_ELEMENT[activation_dtype or dtype]


def run_part(part: Part, phase: Phase, rows: int) -> Operation:
    """A layer with weights run over `rows` positions."""
    product = part.kind in PRODUCTS
    return Operation(
        phase=phase,
        module=part.module,
        name=part.name,
        kind=part.kind,
        times=part.run,
        macs=rows * part.inputs * part.outputs if product else 0,
        # Of a table only the rows that are looked up are read.
        weights=rows * part.outputs if part.kind == "table" else part.weights,
        activations=rows * (part.outputs if part.kind == "table" else part.inputs + part.outputs),
        rows=rows if product else 0,
        inner=part.inputs if product else 0,
        columns=part.outputs if product else 0,
    )


def attend(
    phase: Phase,
    module: Module,
    name: str,
    times: int,
    *,
    pairs: int,
    queries: int,
    keys: int,
    width: int,
    key_width: int,
    head_dim: int,
    cache: int = 0,
) -> Operation:
    """Scores and weighted sum of attention: 2 * pairs * width multiply-accumulates.

    pairs: of a query and a key that it sees: queries * keys in full, about half of it causal.
    width: of all query heads together; key_width: of all key heads.
    head_dim: of one head.
    keys: how many come as activations rather than from the cache.
    """
    return Operation(
        phase=phase,
        module=module,
        name=name,
        kind="attention",
        times=times,
        macs=2 * pairs * width,
        weights=0,
        activations=2 * queries * width + 2 * keys * key_width,
        cache=cache,
        rows=queries,
        inner=head_dim,
        columns=max(1, pairs // queries),
    )


def pairs_of(tokens: int, attention: Attention) -> int:
    """Pairs of a token and one that it sees: the full square, or itself and those before it."""
    return tokens * tokens if attention == "full" else tokens * (tokens + 1) // 2


def batched(operations: Iterable[Operation], requests: int) -> list[Operation]:
    """The same for several requests at once: weights are read once for all, the rest grows.

    What is looked up in a table grows too.
    """
    return [
        replace(
            one,
            macs=requests * one.macs,
            rows=requests * one.rows,
            weights=one.weights * (requests if one.kind == "table" else 1),
            activations=requests * one.activations,
            cache=requests * one.cache,
        )
        for one in operations
    ]


def flops_by_phase(operations: Iterable[Operation]) -> dict[Phase, int]:
    """FLOPs of each phase that occurs."""
    return _sums((operation.phase, operation.flops) for operation in operations)


def flops_by_module(operations: Iterable[Operation]) -> dict[Module, int]:
    """FLOPs of each module that occurs."""
    return _sums((operation.module, operation.flops) for operation in operations)


def bytes_by_phase(
    operations: Iterable[Operation], dtype: str, activation_dtype: str | None = None
) -> dict[Phase, float]:
    """Bytes that each phase moves."""
    moved = ((one.phase, one.moved_bytes(dtype, activation_dtype)) for one in operations)
    return _sums(moved)


def bytes_by_module(
    operations: Iterable[Operation], dtype: str, activation_dtype: str | None = None
) -> dict[Module, float]:
    """Bytes that each module moves."""
    moved = ((one.module, one.moved_bytes(dtype, activation_dtype)) for one in operations)
    return _sums(moved)


def total_flops(operations: Iterable[Operation]) -> int:
    """FLOPs of all."""
    return sum(operation.flops for operation in operations)


def total_bytes(
    operations: Iterable[Operation], dtype: str, activation_dtype: str | None = None
) -> float:
    """Bytes that all of them move."""
    return sum(operation.moved_bytes(dtype, activation_dtype) for operation in operations)


def _sums(pairs: Iterable[tuple[Key, Figure]]) -> dict[Key, Figure]:
    sums: dict[Key, Figure] = {}
    for key, figure in pairs:
        sums[key] = sums[key] + figure if key in sums else figure
    return sums
