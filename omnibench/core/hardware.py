"""What is known of a device: a hardware profile, its figures and where each comes from."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

Kind = Literal["vendor", "measured", "computed", "estimate"]
Processor = Literal["cpu", "gpu", "npu"]
MeterName = Literal["external", "powercap", "nvml", "ina3221", "apple", "battery"]
Words = Annotated[str, msgspec.Meta(min_length=1)]


class Figure(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A number and where it comes from; the name of its field ends in its unit.

    kind: what the vendor states, what was measured, arithmetic on such figures, or an estimate.
    source: a key of the profile's `sources`.
    interval: the range that the source gives, or within which devices of this name differ.
    """

    value: float
    kind: Kind
    source: Words
    interval: tuple[float, float] | None = None
    note: str = ""


class ProcessorFigures(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One processor of the device. Rates are dense peaks; 1 multiply-add = 2 operations.

    float16_flops_per_s: sums in float32; float16_sums_flops_per_s: sums in float16.
    one_core_*: of one core, where the device has no fixed number of them.
    """

    cores: Figure | None = None
    threads: Figure | None = None
    maximum_hz: Figure | None = None
    cache_bytes: Figure | None = None
    float32_flops_per_s: Figure | None = None
    tensorfloat32_flops_per_s: Figure | None = None
    bfloat16_flops_per_s: Figure | None = None
    float16_flops_per_s: Figure | None = None
    float16_sums_flops_per_s: Figure | None = None
    float8_flops_per_s: Figure | None = None
    int8_ops_per_s: Figure | None = None
    one_core_float32_flops_per_s: Figure | None = None
    one_core_bfloat16_flops_per_s: Figure | None = None


class Compute(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The processors of the device."""

    cpu: ProcessorFigures | None = None
    gpu: ProcessorFigures | None = None
    npu: ProcessorFigures | None = None


class Memory(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The memory that holds weights and cache. one_core_*: what one core can stream."""

    bandwidth_bytes_per_s: Figure | None = None
    one_core_bandwidth_bytes_per_s: Figure | None = None
    capacity_bytes: Figure | None = None


class Power(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Watts at rest, under lasting load (the TDP where nothing better is known), and at most."""

    idle_w: Figure | None = None
    sustained_w: Figure | None = None
    maximum_w: Figure | None = None


class Battery(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What one charge holds."""

    charge_mah: Figure | None = None
    capacity_j: Figure | None = None


class MeterHint(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An instrument that such a device may have, and what its joules include."""

    name: MeterName
    scope: Words
    note: str = ""


class Runtime(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Which processor the profile stands for."""

    processor: Processor
    note: str = ""


class Match(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Regular expressions, searched in what the machine says of itself; all given must be found.

    gpu_name: a name, or the PCI id "vendor:device" in hexadecimal.
    product_name: of the DMI table, or Android's ro.product.model.
    machine: the architecture, such as x86_64.
    """

    cpu_model: Words | None = None
    gpu_name: Words | None = None
    device_tree_model: Words | None = None
    product_name: Words | None = None
    machine: Words | None = None


class HardwareProfile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A device. What is unknown is left out.

    sources: key -> where it can be read.
    """

    id: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9._-]*$")]
    name: Words
    sources: dict[str, Words]
    note: str = ""
    compute: Compute = Compute()
    memory: Memory = Memory()
    power: Power = Power()
    battery: Battery = Battery()
    meters: tuple[MeterHint, ...] = ()
    runtime: Runtime | None = None
    match: Match = Match()

    def figures(self) -> dict[str, Figure]:
        """Every number, by its place: "power.idle_w"."""
        return {place: value for place, value in _fields(self) if isinstance(value, Figure)}

    def unknown(self) -> list[str]:
        """The places that hold nothing: not known, or the device has no such part."""
        return [place for place, value in _fields(self) if value is None]


_SECTIONS = ("compute", "memory", "power", "battery")


def _fields(profile: HardwareProfile) -> list[tuple[str, object]]:
    found: list[tuple[str, object]] = []
    for section in _SECTIONS:
        for name, value in msgspec.structs.asdict(getattr(profile, section)).items():
            place = f"{section}.{name}"
            if isinstance(value, ProcessorFigures):
                inner = msgspec.structs.asdict(value).items()
                found += [(f"{place}.{field}", figure) for field, figure in inner]
            else:
                found.append((place, value))
    return found


class Machine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a machine says of itself; what cannot be read is None."""

    machine: str
    cpu_model: str | None = None
    gpu_names: tuple[str, ...] = ()
    device_tree_model: str | None = None
    product_name: str | None = None
    cores: int | None = None
    threads: int | None = None
    memory_bytes: int | None = None
    battery_j: float | None = None
    powercap: bool = False
