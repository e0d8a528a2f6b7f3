"""What goes on beside a trial: what others do to the processor, how fast and how warm it is.

Others' work is what all processors did (/proc/stat) less the CPU time of the engine and of the
models' processes. The kernel counts it in hundredths of a second, so that a trial shorter than
LEAST_S is judged by the stretch of that length which ends with it.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from omnibench.core import Conditions

CONTENDED_CORES = 0.15
"""More of a core than this, taken by others, disturbs a trial."""
LEAST_S = 0.5
_BUSY_FIELDS = ("user", "nice", "system", "irq", "softirq")
_FIELDS = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")


@dataclass(frozen=True, slots=True)
class Look:
    """One look, all in seconds: the clock, work of all processors, work of our own, steal."""

    time_s: float
    busy_s: float | None
    steal_s: float | None
    own_s: float


@dataclass(slots=True)
class Surroundings:
    """Looks at the machine between trials. pids: the models' processes."""

    root: Path
    threads: int
    pids: Callable[[], Iterable[int]]
    clock: Callable[[], float] = time.perf_counter
    _looks: list[Look] = field(default_factory=list)

    def look(self) -> float:
        """Note how things stand now; the moment by the clock."""
        counts = _processor_s(self.root)
        busy_s = None if counts is None else sum(counts[name] for name in _BUSY_FIELDS)
        steal_s = None if counts is None else counts["steal"]
        self._looks.append(Look(self.clock(), busy_s, steal_s, _own_s(self.pids())))
        return self._looks[-1].time_s

    def since(self, began_s: float) -> Conditions:
        """The conditions from `began_s`, a moment that `look` gave, until now."""
        until_s = self.look()
        earliest_s = min(began_s, until_s - LEAST_S)
        before = next((look for look in reversed(self._looks) if look.time_s <= earliest_s), None)
        self._looks = self._looks[-1000:]
        others, steal = (None, None) if before is None else _shares(before, self._looks[-1])
        return Conditions(
            threads=self.threads,
            others_cpu=others,
            steal=steal,
            frequency_hz=_frequency_hz(self.root),
            temperature_c=_temperature_c(self.root),
            governor=_governor(self.root),
        )


def contended(conditions: Conditions) -> bool:
    """Whether others, or the hypervisor for them, took enough of a core to disturb a trial."""
    taken = (conditions.others_cpu, conditions.steal)
    return any(cores is not None and cores > CONTENDED_CORES for cores in taken)


def _shares(before: Look, after: Look) -> tuple[float | None, float | None]:
    seconds = after.time_s - before.time_s
    if seconds <= 0 or None in (before.busy_s, after.busy_s, before.steal_s, after.steal_s):
        return None, None
    assert before.busy_s is not None
    assert after.busy_s is not None
    assert before.steal_s is not None
    assert after.steal_s is not None
    others_s = after.busy_s - before.busy_s - (after.own_s - before.own_s)
    return max(0.0, others_s / seconds), max(0.0, (after.steal_s - before.steal_s) / seconds)


def _processor_s(root: Path) -> dict[str, float] | None:
    """The first line of /proc/stat in seconds; None where there is none (not Linux)."""
    words = (_text(root / "proc/stat") or "").partition("\n")[0].split()
    if len(words) <= len(_FIELDS) or words[0] != "cpu":
        return None
    tick_s = 1 / os.sysconf("SC_CLK_TCK")
    return {name: int(word) * tick_s for name, word in zip(_FIELDS, words[1:], strict=False)}


def _own_s(pids: Iterable[int]) -> float:
    """CPU time of this process, of what it has waited for, and of those that are given."""
    total_s = sum(os.times()[:4])
    for pid in pids:
        try:
            times = psutil.Process(pid).cpu_times()
        except psutil.Error:
            continue
        total_s += times.user + times.system
    return total_s


def _frequency_hz(root: Path) -> float | None:
    """The mean over the processors; the kernel gives kHz."""
    folders = (root / "sys/devices/system/cpu").glob("cpu[0-9]*/cpufreq/scaling_cur_freq")
    khz = [int(text) for text in map(_text, folders) if text and text.isdecimal()]
    return 1000 * statistics.fmean(khz) if khz else None


def _temperature_c(root: Path) -> float | None:
    """The warmest thermal zone; the kernel gives thousandths of a degree."""
    zones = (root / "sys/class/thermal").glob("thermal_zone*/temp")
    milli = [int(text) for text in map(_text, zones) if text and text.lstrip("-").isdecimal()]
    return max(milli) / 1000 if milli else None


def _governor(root: Path) -> str | None:
    """The governors in use, in the order of the alphabet where they differ."""
    found = (root / "sys/devices/system/cpu").glob("cpu[0-9]*/cpufreq/scaling_governor")
    return ", ".join(sorted({text for text in map(_text, found) if text})) or None


def _text(path: Path) -> str | None:
    try:
        return path.read_text().strip()
    except OSError:
        return None
