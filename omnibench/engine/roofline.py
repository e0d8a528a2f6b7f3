"""A model on a device by a roofline over its operations: always an interval, never a point alone.

t = sum over operations of max(F / (MFU x peak), B / (MBU x bandwidth)) + layers x handing out. MFU
and MBU are those that the calibrated machine reached at the operation's shape
(`projection.efficiency`); the interval is as wide as the transfer is far (`projection.transfer`).
"""

from __future__ import annotations

from dataclasses import replace

import msgspec

from omnibench.core.calibration import Calibration, Projection
from omnibench.core.hardware import Figure, HardwareProfile
from omnibench.core.perf import PerfCase
from omnibench.cost import ModelShape
from omnibench.engine.projection.efficiency import machine_of
from omnibench.engine.projection.figures import Reached, ends, figures, missing
from omnibench.engine.projection.phase_times import phase_times
from omnibench.engine.projection.transfer import DATASHEET, MOVED, here


def project(
    shape: ModelShape, case: PerfCase, calibration: Calibration, *, threads: int | None = None
) -> Projection:
    """The model on the calibrated machine.

    threads: on another number of threads than were calibrated: products are then taken to scale
    with them and memory not, and the interval is wider.
    The case must state its text_tokens. Raises OmnibenchError where it does not.
    """
    threads = threads or calibration.threads
    machine = machine_of(calibration, flops_scale=threads / calibration.threads)
    times = phase_times(machine, shape, case)
    reached = Reached(times, times, times, here(calibration, threads))
    found = figures(reached, case, calibration, None)
    return Projection(None, calibration.id, calibration.date, found)


def project_onto(
    profile: HardwareProfile, shape: ModelShape, case: PerfCase, calibration: Calibration
) -> Projection:
    """The model on another machine, from its profile's figures and this machine's efficiencies.

    In the calibration's dtype. What the profile's figures do not suffice for is `missing`, with
    the reason. Raises OmnibenchError where the case states no text_tokens.
    """
    peak, bandwidth = _peak(profile, calibration.dtype), _bandwidth(profile)
    if peak is None or bandwidth is None:
        lacking = (
            f"no peak in {calibration.dtype}" if peak is None else "no bandwidth of its memory"
        )
        found = missing(f"the profile {profile.id} states {lacking}", profile)
        return Projection(profile.id, calibration.id, calibration.date, found)
    (slow_flops, fast_flops), (slow_bytes, fast_bytes) = ends(peak), ends(bandwidth)
    said, slow, fast = (
        phase_times(
            machine_of(
                calibration,
                flops_per_s / calibration.gemm_flops_per_s,
                bytes_per_s / calibration.stream_bytes_per_s,
            ),
            shape,
            case,
        )
        for flops_per_s, bytes_per_s in (
            (peak.value, bandwidth.value), (slow_flops, slow_bytes), (fast_flops, fast_bytes),
        )
    )  # fmt: skip
    transfer = MOVED if peak.kind == bandwidth.kind == "measured" else DATASHEET
    if peak in _of_one_core(profile):
        transfer = replace(transfer, words=f"{transfer.words}, of one core")
    reached = Reached(said, slow, fast, transfer)
    found = figures(reached, case, calibration, profile)
    return Projection(profile.id, calibration.id, calibration.date, found)


def _peak(profile: HardwareProfile, dtype: str) -> Figure | None:
    """Of the processor that the profile stands for; of one core, where their number is open."""
    stated = _processor(profile)
    key = f"{dtype}_flops_per_s"
    return stated.get(key) or stated.get(f"one_core_{key}")


def _of_one_core(profile: HardwareProfile) -> list[Figure]:
    return [each for name, each in _processor(profile).items() if each and "one_core" in name]


def _processor(profile: HardwareProfile) -> dict[str, Figure | None]:
    """The figures of the processor that the profile stands for."""
    name = profile.runtime.processor if profile.runtime else "cpu"
    processor = getattr(profile.compute, name)
    return {} if processor is None else msgspec.structs.asdict(processor)


def _bandwidth(profile: HardwareProfile) -> Figure | None:
    memory = profile.memory
    return memory.bandwidth_bytes_per_s or memory.one_core_bandwidth_bytes_per_s
