"""Plans for tests of the measuring engine, and trees of counters that change while it runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from omnibench.core import (
    Amount,
    Meter,
    MeterReading,
    ModelCard,
    PerfCase,
    Provenance,
    Quantity,
    Unavailable,
)
from omnibench.meters.powercap import Powercap
from omnibench.plan import PerfPlan

RANGE_UJ = 65_532_610_987


def case(
    name: str = "case", *, new_tokens: int = 4, size_px: tuple[int, int] = (64, 48)
) -> PerfCase:
    return PerfCase(name, *size_px, new_tokens, "Describe this image for me", 20)


def plan(
    *models: str, names: tuple[str, ...] = (), cases: tuple[PerfCase, ...] = (case(),),
    weights: str | None = None, trials: int = 2, warmups: int = 1, budget_s: float = 60.0,
) -> PerfPlan:  # fmt: skip
    return PerfPlan(
        models=models,
        cards=tuple(ModelCard(name, None, "none", None, "float32") for name in (names or models)),
        weights=weights,
        device="cpu",
        dtype="float32",
        threads=1,
        profile="host",
        profile_sha256="",
        host_matches_profile=True,
        cases=cases,
        warmups=warmups,
        trials=trials,
        budget_s=budget_s,
        meters=(),
        command="a test",
        machine={},
        environment={},
    )


def zone(root: Path, *, energy_uj: int = 1_000_000) -> Path:
    """A package's zone in a powercap tree; its counter."""
    folder = root / "intel-rapl:0"
    folder.mkdir(parents=True)
    (folder / "name").write_text("package-0\n")
    (folder / "max_energy_range_uj").write_text(f"{RANGE_UJ}\n")
    (folder / "energy_uj").write_text(f"{energy_uj}\n")
    return folder / "energy_uj"


@dataclass
class Driven:
    """A powercap whose counter goes on by a new number before each reading; it keeps the sums.

    expected_j: what was written between the readings of each window, in the order of windows.
    """

    inner: Powercap
    counter: Path
    stands_uj: int
    name: str = "powercap"
    provenance: Provenance = "measured"
    every_step: bool = False
    least_s: float = 0.01
    source: str = "driven"
    _sums_uj: dict[float, int] = field(default_factory=dict)
    _sum_uj: int = 0
    expected_j: list[float] = field(default_factory=list)

    @property
    def quantities(self) -> Mapping[str, Quantity]:
        return self.inner.quantities

    def read(self) -> MeterReading:
        step_uj = 1_234_567 + 1_001 * len(self._sums_uj)
        self._sum_uj += step_uj
        self.stands_uj = (self.stands_uj + step_uj) % (RANGE_UJ + 1)
        self.counter.write_text(f"{self.stands_uj}\n")
        reading = self.inner.read()
        self._sums_uj[reading.time_s] = self._sum_uj
        return reading

    def spent(
        self, before: MeterReading, after: MeterReading
    ) -> Mapping[str, Amount | Unavailable]:
        grown_uj = self._sums_uj[after.time_s] - self._sums_uj[before.time_s]
        self.expected_j.append(grown_uj / 1e6)
        return self.inner.spent(before, after)


@dataclass
class Broken:
    """A powercap to whose counter something is done before each reading."""

    inner: Powercap
    name: str
    act: Callable[[], object]
    provenance: Provenance = "measured"
    every_step: bool = False
    least_s: float = 0.01
    source: str = "broken"

    @property
    def quantities(self) -> Mapping[str, Quantity]:
        return self.inner.quantities

    def read(self) -> MeterReading:
        self.act()
        return self.inner.read()

    def spent(
        self, before: MeterReading, after: MeterReading
    ) -> Mapping[str, Amount | Unavailable]:
        return self.inner.spent(before, after)


Span = tuple[float, float]


@dataclass
class Watched:
    """A meter as it is, for shorter windows.

    windows: when the reading before and the one after were taken, from and to; and the joules.
    """

    inner: Meter
    least_s: float = 0.01
    windows: list[tuple[Span, Span, float]] = field(default_factory=list)
    _ends_s: dict[float, float] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def read(self) -> MeterReading:
        reading = self.inner.read()
        self._ends_s[reading.time_s] = time.perf_counter()
        return reading

    def spent(
        self, before: MeterReading, after: MeterReading
    ) -> Mapping[str, Amount | Unavailable]:
        amounts = self.inner.spent(before, after)
        amount = amounts["package_j"]
        assert isinstance(amount, Amount), amount
        first, last = ((each.time_s, self._ends_s[each.time_s]) for each in (before, after))
        self.windows.append((first, last, amount.value))
        return amounts
