"""RAPL through Linux's powercap: the joules of the processor's packages and of their memory.

Zones (Documentation/power/powercap of the kernel): `*-rapl:N` named package-* is a socket,
`*-rapl:N:M` named dram the memory behind it. core and uncore lie inside the package and are not
added; psys takes in the package and more, and is never added; `intel-rapl-mmio:N` shows the same
energy once more. Since kernel 5.10 only root may read the counters (CVE-2020-8694).
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from omnibench.core import Amount, MeterReading, Provenance, Quantity, Scope, Unavailable
from omnibench.meters.counters import Counter, Now, first_break, growth, now

ROOT = Path("/sys/class/powercap")
TICK_S = 0.001
"""How often the counters are renewed (kernel: amd_energy; Intel's manual, volume 3, RAPL)."""
MOST_W = 500.0
"""More than a socket draws; a profile knows better."""

UDEV = (
    'SUBSYSTEM=="powercap", ACTION=="add", KERNEL=="intel-rapl:*",'
    ' RUN+="/bin/chmod a+r /sys%p/energy_uj"'
)
PERMIT = (
    f"run as root, or put this line into /etc/udev/rules.d/70-powercap.rules: {UDEV} and run"
    " `udevadm control --reload && udevadm trigger --subsystem-match=powercap --action=add`"
    " (it lets every user see power, which is why the kernel closed it: CVE-2020-8694)"
)
_ZONE = re.compile(r"(?P<package>(?!.*mmio)\w+-rapl:\d+)(?::\d+)?")
_DEPTHS = ("*-rapl:*", "*-rapl/*-rapl:*", "*-rapl:*/*-rapl:*", "*-rapl/*-rapl:*/*-rapl:*")


@dataclass(frozen=True, slots=True)
class Zone:
    """One counter of the tree. label: "package-0", "package-0 dram"."""

    label: str
    scope: Scope
    folder: Path
    range_uj: int | None


@dataclass(slots=True)
class Powercap:
    """package_j, and dram_j where the processor shows it, each summed over the sockets."""

    root: Path
    zones: tuple[Zone, ...]
    most_w: float = MOST_W
    look: Now = now
    name: str = "powercap"
    provenance: Provenance = "measured"
    every_step: bool = False
    least_s: float = 100 * TICK_S
    _counters: dict[str, Counter] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        for zone in self.zones:
            self._counters[zone.label] = Counter(zone.label, 1e-6, zone.range_uj, self.most_w)

    @property
    def source(self) -> str:
        """The tree and its zones."""
        return f"{self.root}: " + ", ".join(zone.label for zone in self.zones)

    @property
    def quantities(self) -> Mapping[str, Quantity]:
        """package_j and dram_j. step: RAPL counts in 32 bits, so a count is the range / 2**32."""
        found = {}
        for name, zones in self._by_quantity().items():
            ranges = [zone.range_uj for zone in zones if zone.range_uj is not None]
            step_j = sum(max(1.0, range_uj / 2**32) * 1e-6 for range_uj in ranges)
            step = step_j if len(ranges) == len(zones) else None
            found[name] = Quantity("J", zones[0].scope, tick_s=TICK_S, step=step)
        return found

    def read(self) -> MeterReading:
        """Read every zone once."""
        with self._lock:
            time_s, unix_s = self.look()
            counters: dict[str, float] = {}
            lost = {}
            for name, zones in self._by_quantity().items():
                for zone in zones:
                    count = energy_uj(zone)
                    if isinstance(count, Unavailable):
                        lost[name] = count
                    else:
                        self._counters[zone.label].add(count, time_s)
                if name not in lost:
                    counters[name] = sum(self._counters[zone.label].total_j for zone in zones)
            parts = {label: counter.total_j for label, counter in self._counters.items()}
            return MeterReading(time_s, unix_s, counters, parts, lost)

    def spent(
        self, before: MeterReading, after: MeterReading
    ) -> Mapping[str, Amount | Unavailable]:
        """Joules between two readings; a counter that stood still or jumped back says so."""
        found: dict[str, Amount | Unavailable] = {}
        for name, zones in self._by_quantity().items():
            labels = [zone.label for zone in zones]
            broken = first_break(self._counters, labels, before, after)
            found[name] = broken or growth(name, labels, before, after)
        return found

    def _by_quantity(self) -> dict[str, list[Zone]]:
        found: dict[str, list[Zone]] = {}
        for zone in self.zones:
            found.setdefault(f"{zone.scope}_j", []).append(zone)
        return found


def find(root: Path = ROOT, *, most_w: float = MOST_W, look: Now = now) -> Powercap | Unavailable:
    """The packages and memory that the tree shows, or why there are none to read.

    most_w: more than one socket can draw; what tells a wrap-around from a counter that was reset.
    """
    if not root.is_dir():
        return Unavailable(
            f"there is no {root}",
            "virtual machines and containers hide it; elsewhere `modprobe intel_rapl_msr` (AMD too;"
            " a processor newer than the kernel needs a newer kernel)",
        )
    zones = _zones(root)
    if not any(zone.scope == "package" for zone in zones):
        return Unavailable(f"{root} shows no package", "`modprobe intel_rapl_msr` (AMD too)")
    for zone in zones:
        first = energy_uj(zone)
        if isinstance(first, Unavailable) and zone.scope == "package":
            return first
    return Powercap(root, zones, most_w, look)


def energy_uj(zone: Zone) -> int | Unavailable:
    """What a zone's counter shows, in microjoules."""
    path = zone.folder / "energy_uj"
    try:
        text = path.read_text().strip()
    except PermissionError:
        return Unavailable(f"{path} may not be read", PERMIT)
    except FileNotFoundError:
        return Unavailable(f"{path} is missing", "the driver shows the zone without its counter")
    except OSError as error:
        return Unavailable(f"{path} cannot be read: {error.strerror}")
    if not text.isascii() or not text.isdigit():
        return Unavailable(f"{path} holds {text[:40]!r} and no number of microjoules")
    return int(text)


def _zones(root: Path) -> tuple[Zone, ...]:
    """Every package and its dram once, whether the tree is flat, nested or both."""
    folders = {path.name: path for depth in reversed(_DEPTHS) for path in root.glob(depth)}
    named = {key: _text(path / "name") for key, path in folders.items() if _ZONE.fullmatch(key)}
    packages = {
        key: name
        for key, name in sorted(named.items(), key=lambda item: item[0])
        if key.count(":") == 1 and name.startswith("package")
    }
    found: dict[str, Zone] = {}
    for key, name in packages.items():
        found.setdefault(name, _zone(name, "package", folders[key]))
        for inner, inner_name in sorted(named.items()):
            if inner_name == "dram" and inner.startswith(f"{key}:"):
                label = f"{name} dram"
                found.setdefault(label, _zone(label, "dram", folders[inner]))
    return tuple(found.values())


def _zone(label: str, scope: Scope, folder: Path) -> Zone:
    text = _text(folder / "max_energy_range_uj")
    return Zone(label, scope, folder, (int(text) or None) if text.isdigit() else None)


def _text(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
