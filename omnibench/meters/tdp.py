"""Joules where there is no meter: a model of power, always `estimated`, always with its interval.

E = T (P_idle + (P_sustained - P_idle) u), with u the process's own share of the processor: its CPU
seconds / (T x processors). Others' work is never counted. The interval is [P_idle T, P_most T]: no
more is known. A profile of another machine than this one makes it `projected`; the caller says so.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import psutil

from omnibench.core import Amount, MeterReading, Provenance, Quantity, Scope, Unavailable
from omnibench.errors import OmnibenchError
from omnibench.meters.counters import Now, now

TICK_S = 0.01
"""How finely the system counts CPU time (USER_HZ)."""


@dataclass(frozen=True, slots=True)
class PowerModel:
    """A processor's watts, and where they come from. idle_w <= sustained_w <= most_w."""

    idle_w: float
    sustained_w: float
    most_w: float
    source: str
    scope: Scope = "package"

    def __post_init__(self) -> None:
        watts = (self.idle_w, self.sustained_w, self.most_w)
        if not all(map(math.isfinite, watts)) or not 0 <= watts[0] <= watts[1] <= watts[2] > 0:
            raise OmnibenchError(
                f"power of {self.source}: idle, sustained and most are {watts} W; each must be at"
                " least the one before, and none negative"
            )


@dataclass(frozen=True, slots=True)
class Tdp:
    """The estimate for one process. cpu_s: its own CPU seconds; None once it has ended.

    tick_s: how finely those are counted; None: as finely as time itself.
    """

    power: PowerModel
    cpu_s: Callable[[], float | None]
    processors: int
    look: Now = now
    tick_s: float | None = TICK_S
    name: str = "tdp"
    provenance: Provenance = "estimated"
    every_step: bool = False

    @property
    def least_s(self) -> float:
        """100 ticks."""
        return 100 * self.tick_s if self.tick_s is not None else 0.0

    @property
    def quantity(self) -> str:
        """The name of what is estimated: "package_j"."""
        return f"{self.power.scope}_j"

    @property
    def source(self) -> str:
        """The watts and their origin."""
        power = self.power
        watts = f"{power.idle_w:g} to {power.sustained_w:g} W, at most {power.most_w:g} W"
        return f"{power.source}: {watts}"

    @property
    def quantities(self) -> Mapping[str, Quantity]:
        """One, in the scope of the watts."""
        return {self.quantity: Quantity("J", self.power.scope, tick_s=self.tick_s)}

    def read(self) -> MeterReading:
        """The model is linear, so that its joules grow with time and CPU time."""
        time_s, unix_s = self.look()
        cpu_s = self.cpu_s()
        if cpu_s is None:
            lost = {self.quantity: Unavailable("the process has ended, and its CPU time with it")}
            return MeterReading(time_s, unix_s, {}, lost=lost)
        above_idle_w = self.power.sustained_w - self.power.idle_w
        joules = self.power.idle_w * time_s + above_idle_w * cpu_s / self.processors
        return MeterReading(time_s, unix_s, {self.quantity: joules})

    def spent(
        self, before: MeterReading, after: MeterReading
    ) -> Mapping[str, Amount | Unavailable]:
        """The estimate between two readings, with the interval that it lies in."""
        for reading in (before, after):
            if self.quantity in reading.lost:
                return reading.lost
        seconds = after.time_s - before.time_s
        joules = after.counters[self.quantity] - before.counters[self.quantity]
        low_j, high_j = self.power.idle_w * seconds, self.power.most_w * seconds
        method = (
            "watts of the profile times the process's own share of the processor;"
            " interval: idle to most"
        )
        inside_j = min(max(joules, low_j), self.power.sustained_w * seconds)
        return {self.quantity: Amount(inside_j, (low_j, high_j), method)}


def find(power: PowerModel, *, pid: int | None = None, look: Now = now) -> Tdp | Unavailable:
    """The estimate for a process, by default this one."""
    try:
        process = psutil.Process(pid)
    except psutil.NoSuchProcess:
        return Unavailable(f"there is no process {pid}")

    def cpu_s() -> float | None:
        try:
            times = process.cpu_times()
        except psutil.Error:
            return None
        return float(times.user + times.system)

    return Tdp(power, cpu_s, os.cpu_count() or 1, look)
