"""The fresh process that times the kernels: `python -m omnibench.engine.calibration.child ASKED`.

ASKED is the JSON of `Asked`; the `Calibration` goes to stdout as JSON.
"""

from __future__ import annotations

import dataclasses
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from omnibench.core.calibration import (
    Calibration,
    TimedAttention,
    TimedElements,
    TimedLayer,
    TimedProduct,
    TimedStream,
)
from omnibench.core.perf import Conditions
from omnibench.engine.calibration.asked import Asked
from omnibench.engine.calibration.kept import Here, here
from omnibench.engine.calibration.kernels import (
    NARROW_LAYERS,
    Attention,
    Elements,
    Kernel,
    Layer,
    Product,
    Stream,
    kernels_of,
)
from omnibench.engine.calibration.timing import Clock, median_and_spread, timed
from omnibench.engine.measure.surroundings import Surroundings, contended


def main(words: Sequence[str]) -> None:
    """Time the kernels; the only thing on stdout is the result."""
    asked = msgspec.json.decode(words[0], type=Asked)
    sys.stdout.buffer.write(msgspec.json.encode(calibrated(asked, kernels_of())))


def calibrated(
    asked: Asked, kernels: Sequence[Kernel], clock: Clock = time.perf_counter
) -> Calibration:
    """Time the kernels in this process; its first use of torch settles the threads."""
    import torch

    from omnibench.engine.calibration.runner import TorchRunner

    torch.set_num_threads(asked.threads)
    date = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    with torch.inference_mode():
        runner = TorchRunner(kernels, getattr(torch, asked.dtype))
        surroundings = Surroundings(Path("/"), asked.threads, pids=tuple)
        began_s = surroundings.look()
        times = timed(kernels, runner, clock, asked.budget_s)
    conditions = surroundings.since(began_s)
    return assembled(
        asked, here(), times, date=date, conditions=conditions,
        took_s=time.perf_counter() - began_s, bytes_per_element=runner.bytes_per_element,
    )  # fmt: skip


def assembled(
    asked: Asked,
    place: Here,
    times: Mapping[Kernel, Sequence[float]],
    *,
    date: str,
    conditions: Conditions,
    took_s: float,
    bytes_per_element: int,
) -> Calibration:
    """The record of what was timed."""
    found: dict[type, list[Any]] = {
        kind: [] for kind in (Product, Attention, Elements, Stream, Layer)
    }
    for kernel, seconds in times.items():
        found[type(kernel)].append(_record(kernel, seconds, bytes_per_element))
    return Calibration(
        date=date,
        cpu=place.cpu,
        machine=place.machine,
        processors=place.processors,
        versions=place.versions,
        threads=asked.threads,
        dtype=asked.dtype,
        conditions=conditions,
        contended=contended(conditions),
        took_s=took_s,
        products=tuple(found[Product]),
        attention=tuple(found[Attention]),
        elements=tuple(found[Elements]),
        streams=tuple(found[Stream]),
        layers=tuple(found[Layer]),
    )


def _record(kernel: Kernel, times_s: Sequence[float], bytes_per_element: int) -> Any:
    time_s, spread = median_and_spread(times_s)
    timing: dict[str, Any] = {"time_s": time_s, "spread": spread, "n": len(times_s)}
    shape = dataclasses.asdict(kernel)
    match kernel:
        case Product():
            return TimedProduct(**shape, **timing, bytes_per_element=bytes_per_element)
        case Attention():
            return TimedAttention(**shape, **timing)
        case Elements():
            return TimedElements(**shape, **timing)
        case Stream():
            return TimedStream(**shape, **timing)
        case Layer():
            return TimedLayer(**shape, **(timing | {"time_s": time_s / NARROW_LAYERS}))


if __name__ == "__main__":
    main(sys.argv[1:])
