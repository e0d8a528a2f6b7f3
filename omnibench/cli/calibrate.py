"""`omnibench calibrate`: measure this machine's ceilings and keep them, or show what is kept."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from omnibench.cli import words

if TYPE_CHECKING:
    from omnibench.cli.words import Commands
    from omnibench.core.calibration import Calibration

DTYPES = ("float32", "bfloat16")
BUDGET_S = 45.0
"""For one dtype, beside starting the process and warming up: about a minute in all."""


def add(commands: Commands) -> None:
    """Add the command and its flags."""
    parser = commands.add_parser(
        "calibrate",
        help="measure this machine's ceilings, which shares and projections refer to",
        description="Time matrix products, attention, elementwise work, memory and the handing out"
        " of layers, in the shapes of the known models: about a minute for a dtype that the"
        " processor computes in hardware. Kept in the cache (OMNIBENCH_CACHE).",
    )
    parser.add_argument("--show", action="store_true", help="measure nothing, show what is kept")
    parser.add_argument(
        "--threads", type=words.positive_int, metavar="N", help="default: the cores that are free"
    )
    parser.add_argument(
        "--dtype",
        type=_dtypes,
        metavar="D[,D]",
        help="float32, bfloat16; default: bfloat16 where the processor has it, else float32",
    )
    words.add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Measure or show."""
    if arguments.show:
        return _show(arguments)
    from omnibench.cli.perf_machine import free_cores
    from omnibench.engine.calibration import calibrate, keep
    from omnibench.engine.measure import check_threads
    from omnibench.hardware import host
    from omnibench.loading import default_dtype

    threads = arguments.threads or free_cores()
    check_threads(threads)
    made = []
    for dtype in arguments.dtype or [default_dtype(host())]:
        words.note(f"calibrating {dtype}, {threads} threads: about a minute, if the machine rests")
        calibration = calibrate(threads, dtype, BUDGET_S)
        words.note(f"kept in {keep(calibration)}")
        made.append((calibration, ()))
    _print(made, as_json=arguments.json)
    return 0


def _show(arguments: argparse.Namespace) -> int:
    from omnibench.engine.calibration import all_kept

    found = [
        (calibration, differs)
        for calibration, differs in all_kept()
        if arguments.threads in (None, calibration.threads)
        and (arguments.dtype is None or calibration.dtype in arguments.dtype)
    ]
    if not found and not arguments.json:
        words.note("no calibration is kept; run `omnibench calibrate`")
    _print(found, as_json=arguments.json)
    return 0


def _dtypes(text: str) -> list[str]:
    names = text.split(",")
    for name in names:
        if name not in DTYPES:
            raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(DTYPES)}")
    return names


def _print(found: Sequence[tuple[Calibration, Sequence[str]]], *, as_json: bool) -> None:
    if as_json:
        words.print_json([_described(*each) for each in found])
        return
    for calibration, differs in found:
        for line in _lines(calibration, differs):
            print(line)


def _described(calibration: Calibration, differs: Sequence[str]) -> dict[str, Any]:
    return {
        "id": calibration.id,
        "holds_here": not differs,
        "differs": differs,
        "gemm_flops_per_s": calibration.gemm_flops_per_s,
        "gemv_bytes_per_s": calibration.gemv_bytes_per_s,
        "stream_bytes_per_s": calibration.stream_bytes_per_s,
        "calibration": calibration,
    }


def _lines(calibration: Calibration, differs: Sequence[str]) -> list[str]:
    """One calibration in words."""
    others = calibration.conditions.others_cpu
    layers = ", ".join(f"{each.kind} {each.time_s * 1e3:.2f} ms" for each in calibration.layers)
    streams = ", ".join(f"{each.kind} {each.bytes_per_s / 1e9:.1f}" for each in calibration.streams)
    lines = [
        f"{calibration.id}: {calibration.dtype}, {calibration.threads} threads,"
        f" {calibration.cpu or calibration.machine}, {calibration.date}",
        f"  GEMM    {calibration.gemm_flops_per_s / 1e9:.1f} GFLOP/s at best,"
        f" of {len(calibration.products)} products",
        f"  GEMV    {calibration.gemv_bytes_per_s / 1e9:.1f} GB/s at best",
        f"  stream  {calibration.stream_bytes_per_s / 1e9:.1f} GB/s at best ({streams})",
        f"  layers  {layers} to hand out",
        f"  took    {calibration.took_s:.0f} s; others kept"
        f" {'an unknown number of' if others is None else f'{others:.2f}'} cores busy",
    ]
    if calibration.contended:
        lines.append("  CONTENDED: these are too low; calibrate again while the machine rests")
    if differs:
        lines.append(f"  does not hold here: {'; '.join(differs)}")
    return lines
