"""Projections held to what was measured: on the calibrated machine, one thread, one dtype.

    python benchmarks/projection_trials.py --results benchmarks/projection/trials.jsonl ...
    python benchmarks/projection.py calibrate --dtype float32 --clock wall
    python benchmarks/projection.py report > benchmarks/projection.md

Two clocks. `wall` is what the figures are defined by; only trials that others left alone
count. `cpu` is the own CPU time of the process, of calibration and of trials alike: with one thread
the wall clock of a machine that nobody else uses, less what others cost by caches and memory.
A calibration by it is not called disturbed. The intervals are those that `omnibench perf` prints.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from projection_trials import MODELS, TEXT_TOKENS, counts, read, size_px

from omnibench.core.calibration import Calibration
from omnibench.core.perf import PerfCase
from omnibench.cost import shape_of
from omnibench.engine.calibration.asked import Asked
from omnibench.engine.calibration.child import calibrated
from omnibench.engine.calibration.kernels import kernels_of
from omnibench.engine.roofline import project

FOLDER = Path(__file__).parent / "projection"
CLOCKS: dict[str, Callable[[], float]] = {"wall": time.perf_counter, "cpu": time.process_time}
FIELDS = {
    "wall": {"ttft_s": "ttft_s", "decode_tok_per_s": "decode_tok_per_s"},
    "cpu": {"ttft_s": "ttft_cpu_s", "decode_tok_per_s": "decode_tok_per_cpu_s"},
}
NEW_TOKENS = 12
INSIDE_WANTED, ERROR_WANTED = 0.9, 0.15


def main() -> None:
    """Calibrate by a clock, or write the report to stdout."""
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(required=True)
    calibrate = commands.add_parser("calibrate")
    calibrate.add_argument("--dtype", default="float32", choices=("float32", "bfloat16"))
    calibrate.add_argument("--clock", default="wall", choices=tuple(CLOCKS))
    calibrate.add_argument("--budget-s", type=float, default=45)
    calibrate.set_defaults(run=_calibrate)
    commands.add_parser("report").set_defaults(run=_report)
    arguments = parser.parse_args()
    arguments.run(arguments)


def _calibrate(arguments: argparse.Namespace) -> None:
    asked = Asked(1, arguments.dtype, arguments.budget_s)
    calibration = calibrated(asked, kernels_of(), CLOCKS[arguments.clock])
    if arguments.clock == "cpu":
        calibration = msgspec.structs.replace(calibration, contended=False)
    path = _path(arguments.dtype, arguments.clock)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(msgspec.json.encode(calibration))
    print(f"{calibration.id} {calibration.conditions} {calibration.took_s:.0f} s -> {path}")


def _path(dtype: str, clock: str) -> Path:
    return FOLDER / f"calibration-{dtype}-{clock}.json"


@dataclass(frozen=True, slots=True)
class Compared:
    """A figure as it was measured and as it was projected."""

    model: str
    quantity: str
    measured: tuple[float, ...]
    projected: float
    interval: tuple[float, float]

    @property
    def value(self) -> float:
        """The median of what was measured."""
        return statistics.median(self.measured)

    @property
    def error(self) -> float:
        """Projected over measured, less 1."""
        return self.projected / self.value - 1

    @property
    def inside(self) -> bool:
        """Whether the measured figure lies in the projected interval."""
        return self.interval[0] <= self.value <= self.interval[1]


def _report(_: argparse.Namespace) -> None:
    trials = read(FOLDER / "trials.jsonl")
    print((FOLDER / "preface.md").read_text())
    for dtype in ("float32", "bfloat16"):
        for clock in CLOCKS:
            path = _path(dtype, clock)
            if path.is_file():
                calibration = msgspec.json.decode(path.read_bytes(), type=Calibration)
                own = [trial for trial in trials if trial["dtype"] == dtype]
                found = list(_compared(clock, calibration, own))
                print(_heading(dtype, clock, calibration))
                print(f"{_table(found)}\n{_verdict(found)}" if found else "No trial counts.\n")


def _heading(dtype: str, clock: str, calibration: Calibration) -> str:
    name = {"wall": "wall clock", "cpu": "the process's own CPU time"}[clock]
    return (
        f"## {dtype}, one thread, {name}\n\n"
        f"Calibration {calibration.id} of {calibration.date}, {calibration.took_s:.0f} s, others"
        f" {calibration.conditions.others_cpu:.2f} cores{', CONTENDED' * calibration.contended}:"
        f" GEMM {calibration.gemm_flops_per_s / 1e9:.1f} GFLOP/s, GEMV"
        f" {calibration.gemv_bytes_per_s / 1e9:.1f} GB/s, stream"
        f" {calibration.stream_bytes_per_s / 1e9:.1f} GB/s.\n"
    )


def _table(found: Sequence[Compared]) -> str:
    rows = [
        "| model | figure | measured (lowest to highest; n) | projected | interval | error | |",
        "|---|---|---|---|---|---|---|",
    ]
    for each in found:
        unit = "s" if each.quantity == "ttft_s" else "tokens/s"
        rows.append(
            f"| {each.model} | {each.quantity} | {each.value:.3g} {unit}"
            f" ({min(each.measured):.3g} to {max(each.measured):.3g}; {len(each.measured)})"
            f" | {each.projected:.3g} | {each.interval[0]:.3g} to {each.interval[1]:.3g}"
            f" | {each.error:+.1%} | {'inside' if each.inside else 'OUTSIDE'} |"
        )
    return "\n".join(rows)


def _verdict(found: Sequence[Compared]) -> str:
    inside = sum(each.inside for each in found)
    error = statistics.median(abs(each.error) for each in found)
    missing = [model for model in MODELS if model not in {each.model for each in found}]
    reached = inside >= INSIDE_WANTED * len(found) and error < ERROR_WANTED
    absent = f" Not measured: {', '.join(missing)}." if missing else ""
    return (
        f"\nInside its interval: {inside} of {len(found)}; median error {error:.1%}"
        f" (wanted: 9 of 10, under 15 %): {'met' if reached else 'MISSED'}.{absent}\n"
    )


def _compared(
    clock: str, calibration: Calibration, trials: Sequence[dict[str, Any]]
) -> Iterator[Compared]:
    for model in MODELS:
        counted = [each for each in trials if each["model"] == model and counts(each, clock)]
        if not counted:
            continue
        for quantity, field in FIELDS[clock].items():
            measured = tuple(trial[field] for trial in counted)
            yield _against(model, quantity, measured, calibration)


def _against(
    model: str, quantity: str, measured: tuple[float, ...], calibration: Calibration
) -> Compared:
    case = PerfCase("benchmark", *size_px(model), NEW_TOKENS, "", TEXT_TOKENS)
    value = project(shape_of(model), case, calibration).figures[quantity]
    assert value.value is not None
    assert value.interval is not None
    return Compared(model, quantity, measured, value.value, value.interval)


if __name__ == "__main__":
    main()
