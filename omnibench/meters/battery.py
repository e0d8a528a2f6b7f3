"""What a device draws from its battery: /sys/class/power_supply, for windows of minutes.

energy_now (microwatt-hours) where the driver has it, else charge_now (microampere-hours) times the
mean voltage_now between two readings. Only while every battery discharges.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from omnibench.core import Amount, MeterReading, Provenance, Quantity, Unavailable
from omnibench.meters.counters import Now, now

ROOT = Path("/sys/class/power_supply")
LEAST_S = 600.0
"""Fuel gauges move in steps of tens of joules and every few seconds: shorter windows say little."""
_JOULES_OF_UWH = 3600e-6
_JOULES_OF_UAH_UV = 3600e-12
_NAME = "battery_j"
_UNPLUG = "unplug the charger"


@dataclass(slots=True)
class Battery:
    """battery_j: all that the device draws, screen and radio too; several batteries are summed."""

    folders: tuple[Path, ...]
    look: Now = now
    name: str = "battery"
    every_step: bool = False
    least_s: float = LEAST_S
    _drawn_j: float = 0.0
    _last: dict[Path, tuple[float, float]] = field(default_factory=dict)
    _breaks: list[tuple[float, Unavailable]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def provenance(self) -> Provenance:
        """`derived` where joules come of charge and voltage."""
        energies = all((folder / "energy_now").is_file() for folder in self.folders)
        return "measured" if energies else "derived"

    @property
    def source(self) -> str:
        """The folders that are read."""
        how = "energy_now" if self.provenance == "measured" else "charge_now x voltage_now"
        return f"{', '.join(map(str, self.folders))}: {how}"

    @property
    def quantities(self) -> Mapping[str, Quantity]:
        """battery_j. How often and in what steps a gauge moves is not told anywhere."""
        return {_NAME: Quantity("J", "battery")}

    def read(self) -> MeterReading:
        """Read every battery once."""
        with self._lock:
            time_s, unix_s = self.look()
            lost = self._charging() or self._take()
            if lost is not None:
                self._breaks.append((time_s, lost))
                self._last.clear()
                return MeterReading(time_s, unix_s, {}, lost={_NAME: lost})
            return MeterReading(time_s, unix_s, {_NAME: self._drawn_j})

    def spent(
        self, before: MeterReading, after: MeterReading
    ) -> Mapping[str, Amount | Unavailable]:
        """Joules drawn between two readings; none where a charger was seen at or between them."""
        for reading in (before, after):
            if _NAME in reading.lost:
                return reading.lost
        for moment_s, lost in self._breaks:
            if before.time_s < moment_s <= after.time_s:
                return {_NAME: lost}
        drawn_j = after.counters[_NAME] - before.counters[_NAME]
        if drawn_j <= 0:
            why = f"the gauge stood still for {after.time_s - before.time_s:.0f} s"
            return {_NAME: Unavailable(why, "measure for longer")}
        return {_NAME: Amount(drawn_j)}

    def _charging(self) -> Unavailable | None:
        for folder in self.folders:
            status = _text(folder / "status")
            if status != "Discharging":
                return Unavailable(f"{folder.name} is {status or 'of unknown state'}", _UNPLUG)
        return None

    def _take(self) -> Unavailable | None:
        """Add what was drawn since the last reading; the reason where that is not known."""
        stands = {folder: _stands(folder) for folder in self.folders}
        drawn_j = 0.0
        for folder, stand in stands.items():
            if isinstance(stand, Unavailable):
                return stand
            last = self._last.get(folder, stand)
            drawn_j += (last[0] - stand[0]) * (last[1] + stand[1]) / 2
            self._last[folder] = stand
        if drawn_j < 0:
            return Unavailable("the batteries gained energy between two readings", _UNPLUG)
        self._drawn_j += drawn_j
        return None


def find(root: Path = ROOT, *, look: Now = now) -> Battery | Unavailable:
    """The device's batteries while they discharge, or why they tell nothing now."""
    folders = sorted(root.iterdir()) if root.is_dir() else []
    batteries = tuple(
        folder
        for folder in folders
        if _text(folder / "type") == "Battery" and _text(folder / "scope") != "Device"
    )
    if not batteries:
        return Unavailable(f"{root} shows no battery")
    for folder in folders:
        if _text(folder / "type") in ("Mains", "USB") and _text(folder / "online") == "1":
            return Unavailable(f"{folder.name} feeds the device", _UNPLUG)
    battery = Battery(batteries, look)
    return battery.read().lost.get(_NAME, battery)


def _stands(folder: Path) -> tuple[float, float] | Unavailable:
    """(what is left, joules of one unit of it)."""
    energy_uwh = _text(folder / "energy_now")
    if energy_uwh.isdigit():
        return float(energy_uwh), _JOULES_OF_UWH
    charge_uah, voltage_uv = _text(folder / "charge_now"), _text(folder / "voltage_now")
    if charge_uah.isdigit() and voltage_uv.isdigit():
        return float(charge_uah), int(voltage_uv) * _JOULES_OF_UAH_UV
    return Unavailable(f"{folder} tells neither energy_now nor charge_now with voltage_now")


def _text(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
