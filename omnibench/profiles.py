"""Hardware profiles: read and checked, matched with a machine, detected."""

from __future__ import annotations

import itertools
import math
import platform
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import msgspec

from omnibench.core.files import read_toml
from omnibench.core.hardware import (
    Battery,
    Compute,
    Figure,
    HardwareProfile,
    Machine,
    Match,
    Memory,
    MeterHint,
    ProcessorFigures,
    Runtime,
)
from omnibench.errors import OmnibenchError
from omnibench.resources import shipped

HOST = "host"
"""The profile that is detected and lies in no file."""


@dataclass(frozen=True, slots=True)
class _Bounds:
    """The numbers that a unit allows, and what the two ends stand for."""

    low: float
    high: float
    reason: str


_BOUNDS = {
    "_bytes_per_s": _Bounds(1e7, 1e14, "a microcontroller's bus to twenty times an H200"),
    "_flops_per_s": _Bounds(1e7, 1e17, "a microcontroller to a rack of accelerators"),
    "_ops_per_s": _Bounds(1e7, 1e17, "a microcontroller to a rack of accelerators"),
    "_bytes": _Bounds(1e3, 1e14, "a small cache to the memory of a rack"),
    "_hz": _Bounds(1e6, 1e10, "1 MHz to 10 GHz"),
    "_w": _Bounds(1e-3, 1e5, "a sleeping sensor to a rack"),
    "_mah": _Bounds(10, 1e6, "a watch to a large power station"),
    "_j": _Bounds(100, 1e9, "a watch's battery to a lorry's"),
    "cores": _Bounds(1, 1e5, "one core to the largest chips"),
    "threads": _Bounds(1, 1e5, "one thread to the largest chips"),
}
_COUNTS = ("cores", "threads")


def profile_names() -> list[str]:
    """The shipped profiles, and `host`."""
    return [*sorted(path.stem for path in shipped("hardware_profiles").glob("*.toml")), HOST]


def load_profile(name: str) -> HardwareProfile:
    """A shipped profile by its name, one's own by its path (./mine.toml), or `host`."""
    if name == HOST:
        return detect(read_machine())
    if name.endswith(".toml") or "/" in name:
        return read_profile(Path(name).expanduser())
    if name not in profile_names():
        raise OmnibenchError(
            f"no hardware profile {name!r}; known: {', '.join(profile_names())};"
            " your own by its path, such as ./mine.toml"
        )
    return read_profile(shipped("hardware_profiles") / f"{name}.toml")


def read_profile(path: Path) -> HardwareProfile:
    """Read a profile and check every number of it."""
    profile = read_toml(path, HardwareProfile, "hardware profile")
    for fault in _faults(profile):
        raise OmnibenchError(f"hardware profile {path}: {fault}")
    return profile


def matches(profile: HardwareProfile, machine: Machine) -> bool:
    """Whether the machine is the profile's: all of its patterns are found, of at least one."""
    said: dict[str, tuple[str | None, ...]] = {
        "cpu_model": (machine.cpu_model,),
        "gpu_name": machine.gpu_names,
        "device_tree_model": (machine.device_tree_model,),
        "product_name": (machine.product_name,),
        "machine": (machine.machine,),
    }
    patterns = _patterns(profile.match)
    return bool(patterns) and all(
        any(text is not None and re.search(pattern, text) for text in said[field])
        for field, pattern in patterns.items()
    )


def recognised(machine: Machine) -> list[str]:
    """The shipped profiles that are this machine; those that any machine fits come last."""
    profiles = [load_profile(name) for name in profile_names() if name != HOST]
    found = [
        (set(_patterns(profile.match)) == {"machine"}, profile.id)
        for profile in profiles
        if matches(profile, machine)
    ]
    return [name for _, name in sorted(found)]


def detect(machine: Machine) -> HardwareProfile:
    """The profile `host`: only what the machine says of itself, no peak that was not measured."""

    def figure(value: float | None) -> Figure | None:
        return None if value is None else Figure(float(value), "measured", "detected")

    meters = []
    if machine.powercap:
        meters.append(MeterHint("powercap", "processor package"))
    if machine.battery_j is not None:
        meters.append(MeterHint("battery", "whole device", "on battery only, 10 minutes or more"))
    cpu = ProcessorFigures(cores=figure(machine.cores), threads=figure(machine.threads))
    graphics = f" with {', '.join(machine.gpu_names)}" if machine.gpu_names else ""
    return HardwareProfile(
        id=HOST,
        name=f"{machine.cpu_model or machine.machine or 'this machine'}{graphics}",
        sources={"detected": "what this machine's operating system says"},
        note="detected; `omnibench calibrate` measures its ceilings",
        compute=Compute(cpu=cpu),
        memory=Memory(capacity_bytes=figure(machine.memory_bytes)),
        battery=Battery(capacity_j=figure(machine.battery_j)),
        meters=tuple(meters),
        runtime=Runtime("cpu"),
    )


def read_machine(root: Path = Path("/")) -> Machine:
    """Look at this machine; `root` is where its /proc and /sys lie."""
    import psutil

    return Machine(
        machine=platform.machine(),
        cpu_model=_cpu_model(root),
        gpu_names=_gpu_names(root),
        device_tree_model=_text(root / "proc/device-tree/model"),
        product_name=_text(root / "sys/class/dmi/id/product_name")
        or _asked("/system/bin/getprop", "ro.product.model"),
        cores=psutil.cpu_count(logical=False),
        threads=psutil.cpu_count(),
        memory_bytes=psutil.virtual_memory().total,
        battery_j=_battery_j(root / "sys/class/power_supply"),
        powercap=any((root / "sys/class/powercap").glob("*-rapl:*")),
    )


def _faults(profile: HardwareProfile) -> list[str]:
    faults = [fault for place, figure in profile.figures().items()
              for fault in _figure_faults(place, figure, profile)]  # fmt: skip
    if profile.id == HOST:
        faults.append(f"the id {HOST!r} is kept for this machine as it is detected")
    watts = [
        (name, figure.value)
        for name, figure in msgspec.structs.asdict(profile.power).items()
        if figure is not None
    ]
    for (lower, less), (higher, more) in itertools.pairwise(watts):
        if less > more:
            faults.append(f"power.{lower} is {less:g} and above power.{higher}, {more:g}")
    for field, pattern in _patterns(profile.match).items():
        try:
            re.compile(pattern)
        except re.error as error:
            faults.append(f"match.{field} is no regular expression: {error}")
    return faults


def _figure_faults(place: str, figure: Figure, profile: HardwareProfile) -> list[str]:
    suffix = next(suffix for suffix in _BOUNDS if place.endswith(suffix))
    bounds = _BOUNDS[suffix]
    for number in (figure.value, *(figure.interval or ())):
        if not bounds.low <= number <= bounds.high:
            return [
                f"{place} has {number:g}, which is not from {bounds.low:g} to {bounds.high:g}"
                f" ({bounds.reason}); leave out what is unknown"
            ]
        if suffix in _COUNTS and math.floor(number) != number:
            return [f"{place} has {number:g}, which is not a whole number"]
    if figure.interval and not figure.interval[0] <= figure.value <= figure.interval[1]:
        low, high = figure.interval
        return [f"{place} is {figure.value:g}, outside its own interval, {low:g} to {high:g}"]
    if figure.source not in profile.sources:
        return [f"{place} has the source {figure.source!r}, which [sources] does not explain"]
    return []


def _patterns(match: Match) -> dict[str, str]:
    return {
        field: pattern
        for field, pattern in msgspec.structs.asdict(match).items()
        if pattern is not None
    }


def _cpu_model(root: Path) -> str | None:
    for line in (_text(root / "proc/cpuinfo") or "").splitlines():
        key, _, value = line.partition(":")
        if key.strip() == "model name" and value.strip():
            return value.strip()
    return _asked("/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string")


def _gpu_names(root: Path) -> tuple[str, ...]:
    """Names from NVIDIA's driver, PCI ids of the others."""
    names = []
    for path in sorted((root / "proc/driver/nvidia/gpus").glob("*/information")):
        found = re.search(r"^Model:\s*(.+)$", _text(path) or "", re.MULTILINE)
        if found:
            names.append(found[1].strip())
    for card in sorted((root / "sys/class/drm").glob("card[0-9]*/device")):
        vendor, device = _text(card / "vendor"), _text(card / "device")
        if vendor and device and "-" not in card.parent.name:
            names.append(f"{vendor.removeprefix('0x')}:{device.removeprefix('0x')}")
    return tuple(names)


def _battery_j(supplies: Path) -> float | None:
    """What the batteries hold when full, where the kernel gives it in microwatt-hours."""
    full = [_text(path) for path in sorted(supplies.glob("BAT*/energy_full"))]
    joules = [int(text) * 3600 / 1e6 for text in full if text and text.isdecimal()]
    return sum(joules) or None


def _text(path: Path) -> str | None:
    try:
        return path.read_bytes().decode(errors="replace").replace("\0", "").strip() or None
    except OSError:
        return None


def _asked(*command: str) -> str | None:
    """What a program of the operating system answers; None where there is no such program."""
    if not Path(command[0]).is_file():
        return None
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=5)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None
