"""NVIDIA's own energy counter, in millijoules since the driver was loaded (package nvidia-ml-py).

GPUs without that counter (before Volta) are refused: what is left is integrating power samples,
and some GPUs sample a quarter of the time (arXiv 2312.02741).
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from omnibench.core import Amount, MeterReading, Provenance, Quantity, Unavailable
from omnibench.meters.counters import Counter, Now, first_break, growth, now

TICK_S = 0.1
"""How often the counter is renewed (ml.energy, Zeus)."""
_NAME = "gpu_j"


@dataclass(slots=True)
class Nvml:
    """gpu_j: one GPU with its memory and board, without the host."""

    module: Any
    handle: Any
    index: int
    card: str
    look: Now = now
    name: str = "nvml"
    provenance: Provenance = "measured"
    every_step: bool = False
    least_s: float = 100 * TICK_S
    _counters: dict[str, Counter] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._counters[self.part] = Counter(self.part, 1e-3, None, float("inf"))

    @property
    def part(self) -> str:
        """Which GPU, in words."""
        return f"gpu {self.index} ({self.card})"

    @property
    def source(self) -> str:
        """The call and the GPU."""
        return f"nvmlDeviceGetTotalEnergyConsumption of {self.part}"

    @property
    def quantities(self) -> Mapping[str, Quantity]:
        """gpu_j."""
        return {_NAME: Quantity("J", "gpu", tick_s=TICK_S, step=1e-3)}

    def read(self) -> MeterReading:
        """Ask the driver once."""
        counter = self._counters[self.part]
        with self._lock:
            time_s, unix_s = self.look()
            try:
                count = int(self.module.nvmlDeviceGetTotalEnergyConsumption(self.handle))
            except self.module.NVMLError as error:
                lost = {_NAME: Unavailable(f"NVML stopped answering: {error}", "see nvidia-smi")}
                return MeterReading(time_s, unix_s, {}, {self.part: counter.total_j}, lost)
            counter.add(count, time_s)
            total = counter.total_j
            return MeterReading(time_s, unix_s, {_NAME: total}, {self.part: total})

    def spent(
        self, before: MeterReading, after: MeterReading
    ) -> Mapping[str, Amount | Unavailable]:
        """Joules between two readings."""
        broken = first_break(self._counters, [self.part], before, after)
        return {_NAME: broken or growth(_NAME, [self.part], before, after)}


def find(index: int = 0, *, look: Now = now) -> Nvml | Unavailable:
    """The GPU of that number, or why its energy cannot be read."""
    try:
        module: Any = importlib.import_module("pynvml")
    except ImportError:
        return Unavailable("the package nvidia-ml-py is not installed", "pip install nvidia-ml-py")
    try:
        module.nvmlInit()
        handle = module.nvmlDeviceGetHandleByIndex(index)
        card = module.nvmlDeviceGetName(handle)
    except module.NVMLError as error:
        return Unavailable(f"NVML has no GPU {index}: {error}", "see whether nvidia-smi lists one")
    card = card.decode() if isinstance(card, bytes) else str(card)
    try:
        module.nvmlDeviceGetTotalEnergyConsumption(handle)
    except module.NVMLError as error:
        return Unavailable(
            f"gpu {index} ({card}) has no energy counter: {error}",
            "integrating its power samples would miss much of the time and is not done;"
            " use a wall meter",
        )
    return Nvml(module, handle, index, card, look)
