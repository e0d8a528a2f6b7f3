"""Time, as a meter: the difference between two readings belongs to the step that ended."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from omnibench.core import Amount, MeterReading, Provenance, Quantity, Unavailable
from omnibench.meters.counters import Now, now


@dataclass(frozen=True, slots=True)
class Clock:
    """time.perf_counter, in seconds. It never steps; while the machine sleeps it may stand."""

    look: Now = now
    name: str = "clock"
    source: str = "time.perf_counter"
    provenance: Provenance = "measured"
    every_step: bool = True
    least_s: float = 0.0

    @property
    def quantities(self) -> Mapping[str, Quantity]:
        """time_s, of the whole process."""
        resolution_s = time.get_clock_info("perf_counter").resolution
        return {"time_s": Quantity("s", "process", tick_s=resolution_s, step=resolution_s)}

    def read(self) -> MeterReading:
        """Look at the clock."""
        time_s, unix_s = self.look()
        return MeterReading(time_s, unix_s, {"time_s": time_s})

    def spent(
        self, before: MeterReading, after: MeterReading
    ) -> Mapping[str, Amount | Unavailable]:
        """The seconds between two readings."""
        return {"time_s": Amount(after.time_s - before.time_s)}


def find(look: Now = now) -> Clock:
    """The clock, which is always there."""
    return Clock(look)
