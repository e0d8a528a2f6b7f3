"""What the processor did for others meanwhile: the figure that says whether a timing stands."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

CONTENDED_CORES = 0.15
"""Others' share, in cores, above which a timing is marked as contended."""

STAT = Path("/proc/stat")


@dataclass(frozen=True, slots=True)
class Ticks:
    """The processor's time at one moment. None: this system has no /proc/stat.

    busy_s: of all processors and processes; own_s: of this process and its children;
    steal_s: that the hypervisor took.
    """

    time_s: float
    own_s: float
    busy_s: float | None
    steal_s: float | None


def look(stat: Path = STAT) -> Ticks:
    """The ticks of this moment."""
    own = os.times()
    own_s = own.user + own.system + own.children_user + own.children_system
    busy_s, steal_s = _system(stat)
    return Ticks(time.perf_counter(), own_s, busy_s, steal_s)


def others_cpu(before: Ticks, after: Ticks) -> float | None:
    """Cores that other processes kept busy between two moments; None where that is not known."""
    if before.busy_s is None or after.busy_s is None:
        return None
    busy_s, own_s = after.busy_s - before.busy_s, after.own_s - before.own_s
    # Both are counted in whole ticks, so that a quiet machine may come out a tick below zero.
    return max(0.0, (busy_s - own_s) / (after.time_s - before.time_s))


def steal(before: Ticks, after: Ticks) -> float | None:
    """Cores that the hypervisor took; None where that is not known."""
    if before.steal_s is None or after.steal_s is None:
        return None
    return max(0.0, (after.steal_s - before.steal_s) / (after.time_s - before.time_s))


def _system(stat: Path) -> tuple[float | None, float | None]:
    """(busy, steal) seconds: the first line's user, nice, system, irq and softirq; and steal."""
    try:
        words = stat.read_text().splitlines()[0].split()
        ticks = [int(word) for word in words[1:9]]
    except (OSError, IndexError, ValueError):
        return None, None
    if words[0] != "cpu" or len(ticks) < 8:
        return None, None
    user, nice, system, _idle, _iowait, irq, softirq, stolen = ticks
    hertz = os.sysconf("SC_CLK_TCK")
    return (user + nice + system + irq + softirq) / hertz, stolen / hertz
