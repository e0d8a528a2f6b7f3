"""The memory of a process, from /proc: levels and the peak since it was last reset.

VmHWM and never ru_maxrss, which a child process inherits from its parent. The peak is of use in a
fresh process, or after `reset_peak`. PSS costs hundreds of microseconds: not for every step.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from omnibench.core import Amount, MeterReading, Provenance, Quantity, Unavailable
from omnibench.meters.counters import Now, now

_STATUS = {
    "VmRSS": "rss_bytes", "RssAnon": "rss_anon_bytes", "RssFile": "rss_file_bytes",
    "VmHWM": "peak_rss_bytes",
}  # fmt: skip
_PAGE = float(os.sysconf("SC_PAGE_SIZE")) if hasattr(os, "sysconf") else 4096.0


@dataclass(frozen=True, slots=True)
class Memory:
    """A process's resident memory, in bytes. `pss`: its share of shared pages as well."""

    folder: Path
    pss: bool = False
    look: Now = now
    name: str = "memory"
    provenance: Provenance = "measured"
    least_s: float = 0.0

    @property
    def source(self) -> str:
        """The file that is read."""
        return f"{self.folder}/status" + (" and smaps_rollup" if self.pss else "")

    @property
    def every_step(self) -> bool:
        """Without PSS it is cheap."""
        return not self.pss

    @property
    def quantities(self) -> Mapping[str, Quantity]:
        """rss_bytes and its parts, anonymous and of files; their peak; PSS where asked for."""
        names = [*_STATUS.values(), *(["pss_bytes"] if self.pss else [])]
        return {
            name: Quantity(
                "bytes", "process", "peak" if name.startswith("peak") else "level", step=_PAGE
            )
            for name in names
        }

    def read(self) -> MeterReading:
        """Look at /proc."""
        time_s, unix_s = self.look()
        found: dict[str, float] = {}
        try:
            fields = _fields(self.folder / "status")
            found = {name: fields[key] for key, name in _STATUS.items() if key in fields}
            if self.pss:
                found["pss_bytes"] = _fields(self.folder / "smaps_rollup").get("Pss", math.nan)
            why = f"{self.source} does not tell it"
        except OSError as error:
            why = f"{self.source} cannot be read: {error.strerror}"
        lost = {
            name: Unavailable(why)
            for name in self.quantities
            if math.isnan(found.get(name, math.nan))
        }
        return MeterReading(time_s, unix_s, found, lost=lost)

    def spent(
        self, before: MeterReading, after: MeterReading
    ) -> Mapping[str, Amount | Unavailable]:
        """Where the levels and the peak stood at the end of the window."""
        return {
            name: after.lost[name] if name in after.lost else Amount(after.counters[name])
            for name in self.quantities
        }

    def reset_peak(self) -> Unavailable | None:
        """Let the peak begin at what is resident now (Linux: 5 to clear_refs)."""
        try:
            (self.folder / "clear_refs").write_text("5")
        except OSError as error:
            return Unavailable(
                f"the peak cannot be reset: {error.strerror}", "measure each phase in a new process"
            )
        return None


def find(
    pid: int | None = None, *, pss: bool = False, proc: Path = Path("/proc"), look: Now = now
) -> Memory | Unavailable:
    """The memory of a process, by default of this one."""
    folder = proc / str(os.getpid() if pid is None else pid)
    if not (folder / "status").is_file():
        return Unavailable(
            f"there is no {folder}/status", "memory by phase is read on Linux, of a live process"
        )
    return Memory(folder, pss, look)


def _fields(path: Path) -> dict[str, float]:
    """The lines "VmRSS:  12 kB", in bytes."""
    found = {}
    for line in path.read_text().splitlines():
        words = line.split()
        if len(words) == 3 and words[2] == "kB" and words[1].isdigit():
            found[words[0].rstrip(":")] = 1024.0 * int(words[1])
    return found
