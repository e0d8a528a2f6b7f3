"""What this machine reached: its kernels timed one by one, and the ceilings that follow."""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal

import msgspec

from omnibench.core.perf import Conditions
from omnibench.core.records import FORMAT, Value

ElementsKind = Literal["layer_norm", "rms_norm", "gelu", "gated", "rotary", "add"]
StreamKind = Literal["read", "copy", "triad"]
LayerKind = Literal["decoder", "encoder"]
Count = Annotated[int, msgspec.Meta(ge=1)]
Seconds = Annotated[float, msgspec.Meta(gt=0)]
Share = Annotated[float, msgspec.Meta(ge=0)]

GEMM_ROWS = 64
"""From so many rows on a matrix product counts towards the GEMM ceiling."""


class _Timed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A kernel, timed.

    time_s: the median of `n` figures; spread: half the distance of their quartiles over it.
    """

    time_s: Seconds
    spread: Share
    n: Count


class TimedProduct(_Timed, frozen=True, forbid_unknown_fields=True):
    """(rows, inner) x (inner, columns), the matrix of weights coming from memory, not a cache."""

    rows: Count
    inner: Count
    columns: Count
    bytes_per_element: Count

    @property
    def flops_per_s(self) -> float:
        """2 FLOP a multiply-accumulate."""
        return 2 * self.rows * self.inner * self.columns / self.time_s

    @property
    def weight_bytes_per_s(self) -> float:
        """The rate at which the matrix of weights was read."""
        return self.inner * self.columns * self.bytes_per_element / self.time_s


class TimedAttention(_Timed, frozen=True, forbid_unknown_fields=True):
    """Scores, softmax and weighted sum; causal where queries and keys are the same positions."""

    queries: Count
    keys: Count
    heads: Count
    kv_heads: Count
    head_dim: Count
    causal: bool

    @property
    def flops_per_s(self) -> float:
        """Of both products, the full square counted."""
        return 4 * self.queries * self.keys * self.heads * self.head_dim / self.time_s


class TimedElements(_Timed, frozen=True, forbid_unknown_fields=True):
    """Elementwise work between the products, as the models' own code does it."""

    kind: ElementsKind
    elements: Count

    @property
    def elements_per_s(self) -> float:
        """Elements of the result."""
        return self.elements / self.time_s


class TimedStream(_Timed, frozen=True, forbid_unknown_fields=True):
    """Memory streamed: read (a sum), copy, triad (a + b * c); no write-allocate counted."""

    kind: StreamKind
    moved_bytes: Count

    @property
    def bytes_per_s(self) -> float:
        """Bytes read and written."""
        return self.moved_bytes / self.time_s


class TimedLayer(_Timed, frozen=True, forbid_unknown_fields=True):
    """One layer so narrow that its arithmetic takes no time: what handing it out costs."""

    kind: LayerKind


class Calibration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The kernels of a machine in one dtype on one number of threads.

    date: UTC, ISO 8601. took_s: how long measuring took, without the start of the process.
    contended: others took more than 0.15 of a core meanwhile; its figures are then too low.
    """

    date: str
    cpu: str | None
    machine: str
    processors: int
    threads: int
    dtype: str
    versions: dict[str, str]
    conditions: Conditions
    contended: bool
    took_s: float
    products: tuple[TimedProduct, ...]
    attention: tuple[TimedAttention, ...]
    elements: tuple[TimedElements, ...]
    streams: tuple[TimedStream, ...]
    layers: tuple[TimedLayer, ...]
    format: int = FORMAT

    @property
    def id(self) -> str:
        """Twelve digits of the SHA-256 over all that it says."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()[:12]

    @property
    def gemm_flops_per_s(self) -> float:
        """The ceiling of MFU: the best that any product of at least GEMM_ROWS rows reached."""
        return max(each.flops_per_s for each in self.products if each.rows >= GEMM_ROWS)

    @property
    def gemv_bytes_per_s(self) -> float:
        """The ceiling of MBU: the best rate at which a product of one row read its matrix."""
        return max(each.weight_bytes_per_s for each in self.products if each.rows == 1)

    @property
    def stream_bytes_per_s(self) -> float:
        """The best of reading, copying and triad."""
        return max(each.bytes_per_s for each in self.streams)


class Projection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a roofline says of a model on a device: every figure with its interval, or missing.

    figures: quantity ("ttft_s", "vision_s", "projector_s", "prefill_s", "decode_tok_per_s",
        "latency_s", "request_j", "decode_j_per_token", "prefill_j_per_token") -> Value, whose
        provenance is `projected` or `missing`, whose `method` says how far the transfer is, and
        whose `source` names calibration and date.
    profile: the device's profile; None: the calibrated machine itself.
    """

    profile: str | None
    calibration: str
    date: str
    figures: dict[str, Value]
