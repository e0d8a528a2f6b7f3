"""What measures: meters, what they read, and what they say when they cannot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Protocol

import msgspec

from omnibench.core.records import Provenance

Scope = Literal["process", "package", "dram", "gpu", "soc", "battery", "wall"]
"""What a figure takes in: one process, the processor's package, ... all that hangs on the plug."""

Behaviour = Literal["counter", "level", "peak"]
"""counter: only grows, a window is a difference; level, peak: a window is its last reading."""


class Unavailable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why an instrument or a figure cannot be had, and what would change that."""

    reason: str
    what_to_do: str = ""

    def __str__(self) -> str:
        return f"{self.reason}; {self.what_to_do}" if self.what_to_do else self.reason


class Quantity(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One thing that a meter reads.

    tick_s: how often the instrument renews it, in seconds; None where that is not known.
    step: the smallest change that it can show, in `unit`; None where that is not known.
    """

    unit: Literal["s", "bytes", "J"]
    scope: Scope
    behaviour: Behaviour = "counter"
    tick_s: float | None = None
    step: float | None = None


class MeterReading(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One look at an instrument.

    time_s: of a clock that never steps; only differences mean anything.
    unix_s: the system's clock, to find the same moment in another instrument's recording.
    counters: quantity -> what it stands at, wrap-around already undone.
    parts: the counters that a quantity sums (one a socket), each ever-growing as well.
    lost: quantity -> why it could not be read this time.
    """

    time_s: float
    unix_s: float
    counters: dict[str, float]
    parts: dict[str, float] = {}
    lost: dict[str, Unavailable] = {}


class Amount(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a quantity came to between two readings, in its unit.

    interval: where the meter knows it better than by its tick; `method` then says how.
    """

    value: float
    interval: tuple[float, float] | None = None
    method: str | None = None


class Meter(Protocol):
    """An instrument. Reading it raises nothing: what cannot be read is `lost`, with its reason."""

    @property
    def name(self) -> str:
        """The instrument's name: "powercap"."""

    @property
    def source(self) -> str:
        """What is read, for the figure's `source`: "/sys/class/powercap: package-0"."""

    @property
    def provenance(self) -> Provenance:
        """`measured`, `derived` or `estimated`."""

    @property
    def every_step(self) -> bool:
        """True: cheap enough to be read at each step. False: at the edges of a window."""

    @property
    def least_s(self) -> float:
        """The shortest window, in seconds, that it can say anything about."""

    @property
    def quantities(self) -> Mapping[str, Quantity]:
        """What it reads; the names end in the unit: "package_j"."""

    def read(self) -> MeterReading:
        """Look once. Wrap-around is undone here."""

    def spent(
        self, before: MeterReading, after: MeterReading
    ) -> Mapping[str, Amount | Unavailable]:
        """What each quantity came to between two readings of this meter, or why that is unknown."""
