"""pyRAPL 0.2.3.1, for comparison with older work; `powercap` reads the same files and is safer.

What pyRAPL does silently and is guarded against here: a wrap-around makes its `pkg` None, so that
only its raw counters are taken and unwrapped here; its exceptions have no message or are raw
OSErrors; importing it sets up the root logger and warns (under `-W error` it cannot be imported).
Each reading must lie between two of our own of the same files.
"""

from __future__ import annotations

import importlib
import logging
import re
import threading
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from omnibench.core import Amount, MeterReading, Provenance, Quantity, Unavailable
from omnibench.meters.counters import Counter, Now, first_break, growth, now
from omnibench.meters.powercap import Powercap, Zone, energy_uj

_INSTEAD = "use the meter powercap"


@dataclass(slots=True)
class PyRapl:
    """package_j and dram_j as pyRAPL's sensor shows them, each summed over the sockets."""

    sensor: Any
    own: Powercap
    places: Mapping[str, int]
    look: Now = now
    name: str = "pyrapl"
    provenance: Provenance = "measured"
    every_step: bool = False
    _counters: dict[str, Counter] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        for zone in self.zones:
            counter = Counter(zone.label, 1e-6, zone.range_uj, self.own.most_w)
            self._counters[zone.label] = counter

    @property
    def zones(self) -> tuple[Zone, ...]:
        """The zones that pyRAPL shows as well."""
        return tuple(zone for zone in self.own.zones if zone.label in self.places)

    @property
    def least_s(self) -> float:
        """As for powercap."""
        return self.own.least_s

    @property
    def source(self) -> str:
        """Who was asked about what."""
        return "pyRAPL's sensor: " + ", ".join(zone.label for zone in self.zones)

    @property
    def quantities(self) -> Mapping[str, Quantity]:
        """Those of powercap that pyRAPL shows as well."""
        scopes = {f"{zone.scope}_j" for zone in self.zones}
        return {name: what for name, what in self.own.quantities.items() if name in scopes}

    def read(self) -> MeterReading:
        """Ask the sensor once, between two readings of our own."""
        with self._lock:
            time_s, unix_s = self.look()
            before = {zone.label: energy_uj(zone) for zone in self.zones}
            shown = self._shown()
            counters: dict[str, float] = {}
            lost: dict[str, Unavailable] = {}
            for zone in self.zones:
                name = f"{zone.scope}_j"
                count = self._checked(zone, before[zone.label], shown)
                if isinstance(count, Unavailable):
                    lost[name] = count
                    continue
                self._counters[zone.label].add(count, time_s)
                counters[name] = counters.get(name, 0.0) + self._counters[zone.label].total_j
            kept = {name: total for name, total in counters.items() if name not in lost}
            parts = {label: counter.total_j for label, counter in self._counters.items()}
            return MeterReading(time_s, unix_s, kept, parts, lost)

    def spent(
        self, before: MeterReading, after: MeterReading
    ) -> Mapping[str, Amount | Unavailable]:
        """Joules between two readings."""
        found: dict[str, Amount | Unavailable] = {}
        for name in self.quantities:
            labels = [zone.label for zone in self.zones if f"{zone.scope}_j" == name]
            broken = first_break(self._counters, labels, before, after)
            found[name] = broken or growth(name, labels, before, after)
        return found

    def _shown(self) -> list[float] | Unavailable:
        try:
            return [float(count) for count in self.sensor.energy()]
        except (OSError, ValueError, IndexError) as error:
            return Unavailable(f"pyRAPL failed: {type(error).__name__} {error}", _INSTEAD)

    def _checked(
        self, zone: Zone, before: int | Unavailable, shown: list[float] | Unavailable
    ) -> int | Unavailable:
        after = energy_uj(zone)
        for value in (before, shown, after):
            if isinstance(value, Unavailable):
                return value
        assert isinstance(before, int)
        assert isinstance(after, int)
        assert isinstance(shown, list)
        count = int(shown[self.places[zone.label]])
        wrapped = after < before
        between = count >= before or count <= after if wrapped else before <= count <= after
        if not between:
            return Unavailable(
                f"pyRAPL shows {count} uJ for {zone.label}, and its file {before} to {after}",
                _INSTEAD,
            )
        return count


def find(own: Powercap | Unavailable, *, look: Now = now) -> PyRapl | Unavailable:
    """The package pyRAPL beside our own reading of the same tree, or why it cannot be had."""
    if isinstance(own, Unavailable):
        return own
    try:
        module = _quietly_imported()
    except ImportError:
        return Unavailable("the package pyRAPL is not installed", "pip install pyRAPL==0.2.3.1")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # it leaves files open
            sensor = module.Sensor()
        shown = [float(count) for count in sensor.energy()]
    except PermissionError as error:
        return Unavailable(f"pyRAPL may not read {error.filename}", _INSTEAD)
    except (OSError, ValueError, IndexError, module.PyRAPLException) as error:
        why = str(error) or "it knows one package a socket by its name, and no dies"
        return Unavailable(f"pyRAPL failed: {type(error).__name__}: {why}", _INSTEAD)
    places = _places(own, shown)
    packages = [zone.label for zone in own.zones if zone.scope == "package"]
    missing = [label for label in packages if label not in places]
    if missing:
        return Unavailable(f"pyRAPL does not show {', '.join(missing)}", _INSTEAD)
    return PyRapl(sensor, own, places, look)


def _places(own: Powercap, shown: list[float]) -> dict[str, int]:
    """Where each zone stands: package and dram of socket 0, of socket 1, ...; -1: not shown."""
    places = {}
    for zone in own.zones:
        socket = re.fullmatch(r"package-(\d+)(?: dram)?", zone.label)
        if socket is None:
            continue
        place = 2 * int(socket[1]) + (1 if zone.scope == "dram" else 0)
        if place < len(shown) and shown[place] >= 0:
            places[zone.label] = place
    return places


def _quietly_imported() -> Any:
    """The module, with the root logger as it was before and its warnings kept to itself."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    if not handlers:
        root.addHandler(logging.NullHandler())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return importlib.import_module("pyRAPL")
        finally:
            root.handlers[:] = handlers
            root.setLevel(level)
