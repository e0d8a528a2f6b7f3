"""What `perf --analytic` says: the cost of requests by arithmetic on shapes."""

from __future__ import annotations

import msgspec

from omnibench.core.perf import PerfCase
from omnibench.core.records import Value


class ModuleCost(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One module: what it holds, and what it does for one request up to the first token."""

    params: int
    flops: int
    moved_bytes: int


class PhaseCost(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One phase; `decode` is one token, the second. flops_causal: what a causal mask leaves."""

    flops: int
    flops_causal: int
    moved_bytes: int


class FittedThop(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A printed figure that was counted with thop, and what comes out with its text tokens."""

    text_tokens: int
    worked_out: Value
    printed: Value


class Analysis(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One model asked one case.

    memory_bytes: dtype -> weights and KV cache at the end of the answer; what the runtime and the
        activations take comes on top.
    figures: quantity -> its figure, all `derived` from the shape.
    published: quantity -> what papers print.
    """

    case: PerfCase
    tiles: int
    patches: int
    visual_tokens: int
    text_tokens: int
    modules: dict[str, ModuleCost]
    phases: dict[str, PhaseCost]
    memory_bytes: dict[str, Value]
    figures: dict[str, Value]
    published: dict[str, list[Value]] = {}
    thop_as_fitted: tuple[FittedThop, ...] = ()


class AnalyticResults(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="analytic", tag_field="kind"
):
    """models: model -> case -> its costs; image_tokens: the papers' example of an image's price."""

    format: int
    profile: str
    dtype: str
    models: dict[str, dict[str, Analysis]]
    image_tokens: dict[str, list[Value]]
