"""What share of this machine's ceilings the model reached: MFU and MBU."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from omnibench.core import Value
from omnibench.core.calibration import Calibration
from omnibench.engine.perf.absent import missing

QUANTITIES = ("mfu_vision", "mfu_prefill", "mbu_decode")


@dataclass(frozen=True, slots=True)
class Ceiling:
    """A rate that the machine was seen to reach. name: in words, with the figure."""

    rate: float
    name: str
    source: str


def utilisations(
    timed: Mapping[str, Value],
    analytic: Mapping[str, Value],
    calibration: Calibration | None,
    why_none: str,
) -> dict[str, Value]:
    """MFU of the tower and of the prefill, and MBU of decoding, on the machine that measured.

    The prefill's FLOPs are the needed ones: causal attention, and the fusion where there is one,
    which runs in that stage.
    """
    if calibration is None:
        return {name: missing("fraction", why_none) for name in QUANTITIES}
    if not analytic:
        return {name: missing("fraction", "the model's shape is not known") for name in QUANTITIES}
    source = f"calibration {calibration.id} of {calibration.date}"
    gemm, gemv = calibration.gemm_flops_per_s, calibration.gemv_bytes_per_s
    flops = Ceiling(gemm, f"GEMM at {gemm / 1e9:.1f} GFLOP/s", source)
    moved = Ceiling(gemv, f"GEMV at {gemv / 1e9:.1f} GB/s", source)
    prefill = sum(
        analytic[name].value or 0.0
        for name in ("flops_prefill_causal", "flops_fusion_causal")
        if name in analytic
    )
    tower = analytic["flops_vision"].value or 0.0
    token_bytes = analytic["bytes_decode_per_token"].value or 0.0
    return {
        "mfu_vision": _share(
            timed["vision_s"], lambda s: tower / s, flops, f"{tower / 1e9:.1f} GFLOP"
        ),
        "mfu_prefill": _share(
            timed["prefill_s"], lambda s: prefill / s, flops,
            f"{prefill / 1e9:.1f} GFLOP, causal attention",
        ),
        "mbu_decode": _share(
            timed["decode_tok_per_s"], lambda rate: token_bytes * rate, moved,
            f"{token_bytes / 1e6:.1f} MB a token",
        ),
    }  # fmt: skip


def _share(measured: Value, rate: Callable[[float], float], ceiling: Ceiling, work: str) -> Value:
    if measured.value is None:
        return missing("fraction", measured.reason or "its time is missing")
    ci95 = None
    if measured.ci95 is not None:
        ends = sorted(rate(end) / ceiling.rate for end in measured.ci95)
        ci95 = (ends[0], ends[1])
    return Value(
        rate(measured.value) / ceiling.rate,
        "fraction",
        "derived",
        n=measured.n,
        ci95=ci95,
        method=f"{work} over the measured time, against {ceiling.name}",
        source=ceiling.source,
    )
