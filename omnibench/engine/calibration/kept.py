"""Calibrations in the user's cache: one file for each number of threads and dtype."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from omnibench.core.calibration import Calibration
from omnibench.errors import OmnibenchError
from omnibench.hardware import processor
from omnibench.resources import cache

PACKAGES = ("torch", "transformers")
"""What the kernels are of: with another version they may be faster or slower."""


@dataclass(frozen=True, slots=True)
class Here:
    """What must be the same for a calibration to hold."""

    cpu: str | None
    machine: str
    processors: int
    versions: dict[str, str]


def here() -> Here:
    """What this machine is, and its software."""
    versions = {name: importlib.metadata.version(name) for name in PACKAGES}
    return Here(processor()[0], platform.machine(), os.cpu_count() or 1, versions)


def load_calibration(threads: int, dtype: str) -> Calibration | None:
    """The calibration that is kept; None where there is none.

    Raises OmnibenchError, naming it and what differs, where it is of another machine or of other
    versions than these, or damaged.
    """
    path = _path(threads, dtype)
    if not path.is_file():
        return None
    calibration = _read(path)
    differs = list(_differences(calibration, here()))
    if (calibration.threads, calibration.dtype) != (threads, dtype):
        differs.append(
            f"{calibration.threads} threads, {calibration.dtype}; not what it is kept as"
        )
    if differs:
        raise OmnibenchError(
            f"calibration {calibration.id} of {calibration.date} does not hold here:"
            f" {'; '.join(differs)}; run `omnibench calibrate --threads {threads} --dtype {dtype}`"
        )
    return calibration


def all_kept() -> list[tuple[Calibration, tuple[str, ...]]]:
    """All that are kept, each with what it says of another machine or other versions."""
    place = here()
    found = [_read(path) for path in sorted((cache() / "calibrations").glob("*.json"))]
    return [(each, tuple(_differences(each, place))) for each in found]


def keep(calibration: Calibration) -> Path:
    """Write it, in place of an older one of as many threads and the same dtype."""
    path = _path(calibration.threads, calibration.dtype)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_bytes(msgspec.json.format(msgspec.json.encode(calibration), indent=1))
    fresh.replace(path)
    return path


def _path(threads: int, dtype: str) -> Path:
    return cache() / "calibrations" / f"threads-{threads}-{dtype}.json"


def _read(path: Path) -> Calibration:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Calibration)
    except msgspec.DecodeError as error:
        raise OmnibenchError(
            f"the calibration {path} is damaged ({error}); run `omnibench calibrate` again"
        ) from None


def _differences(calibration: Calibration, place: Here) -> Iterator[str]:
    said = {
        "processor": (calibration.cpu, place.cpu),
        "architecture": (calibration.machine, place.machine),
        "processors": (calibration.processors, place.processors),
        **{
            name: (calibration.versions.get(name), place.versions.get(name))
            for name in sorted({*calibration.versions, *place.versions})
        },
    }
    for what, (then, now) in said.items():
        if then != now:
            yield f"{what} {then} then, {now} now"
