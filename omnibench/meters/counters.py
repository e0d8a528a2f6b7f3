"""Hardware counters made ever-growing: wrap-around undone, impossible jumps remembered."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from omnibench.core import Amount, MeterReading, Unavailable

Now = Callable[[], tuple[float, float]]
"""(seconds of a clock that never steps, seconds since 1970)."""

_SLACK_S = 1.0
"""Two readings close together say nothing about power: this much is added to their distance."""

_LEAP = 2.0
"""Growth above so many times `most_w` is no work: that bound is itself a guess."""


def now() -> tuple[float, float]:
    """The present moment by both clocks."""
    return time.perf_counter(), time.time()


@dataclass(slots=True)
class Counter:
    """One hardware counter. total_j is what it has grown by since the first reading, in joules.

    unit_j: joules of one count.
    range_counts: the highest count before it starts again at 0; None where it never does, or
        where that is not known.
    most_w: more power than the part can draw. A step back that would need more is no wrap-around.
    """

    name: str
    unit_j: float
    range_counts: int | None
    most_w: float
    _total_counts: int = 0
    _last: tuple[int, float] | None = None
    _breaks: list[tuple[float, str]] = field(default_factory=list)

    @property
    def total_j(self) -> float:
        """Joules since the first reading."""
        return self._total_counts * self.unit_j

    def add(self, count: int, time_s: float) -> None:
        """Take the count that the hardware shows at `time_s`."""
        last, self._last = self._last, (count, time_s)
        if count < 0 or (self.range_counts is not None and count > self.range_counts):
            self._breaks.append((time_s, f"{self.name} shows {count}, outside its own range"))
            self._last = None
            return
        if last is None:
            return
        grown, elapsed_s = count - last[0], time_s - last[1]
        if grown < 0:
            grown = self._wrapped(last[0], count, elapsed_s, time_s)
        elif grown * self.unit_j > _LEAP * self.most_w * (elapsed_s + _SLACK_S):
            leap = f"{self.name} leapt by {grown * self.unit_j:g} J in {elapsed_s:.3g} s"
            self._breaks.append((time_s, f"{leap}, which no part at {self.most_w:g} W can take"))
        self._total_counts += grown
        if self._may_have_wrapped_unseen(elapsed_s):
            self._breaks.append((time_s, self._too_seldom(elapsed_s)))

    def broken(self, from_s: float, to_s: float) -> str | None:
        """Why what it grew by between two moments is not energy; None where it is."""
        for moment_s, reason in self._breaks:
            if from_s < moment_s <= to_s:
                return reason
        return None

    def _wrapped(self, before: int, count: int, elapsed_s: float, time_s: float) -> int:
        went_back = f"{self.name} went back from {before} to {count}"
        if self.range_counts is None:
            self._breaks.append((time_s, f"{went_back}, and its range is not known"))
            return 0
        grown = count - before + self.range_counts + 1
        if grown * self.unit_j > self.most_w * (elapsed_s + _SLACK_S):
            reason = f"{went_back}: as a wrap-around that is more than {self.most_w:g} W"
            self._breaks.append((time_s, f"{reason}, so it was reset (driver, suspend)"))
            return 0
        return grown

    def _may_have_wrapped_unseen(self, elapsed_s: float) -> bool:
        if self.range_counts is None:
            return False
        return elapsed_s * self.most_w > self.range_counts * self.unit_j

    def _too_seldom(self, elapsed_s: float) -> str:
        assert self.range_counts is not None
        often_s = self.range_counts * self.unit_j / (2 * self.most_w)
        return (
            f"{self.name} was not read for {elapsed_s:.0f} s and may have wrapped around unseen;"
            f" at up to {self.most_w:g} W it must be read every {often_s:.0f} s"
        )


def growth(
    name: str, parts: Iterable[str], before: MeterReading, after: MeterReading
) -> Amount | Unavailable:
    """The sum of what the parts of a quantity grew by. A part that stood still is no zero."""
    for reading in (before, after):
        if name in reading.lost:
            return reading.lost[name]
    total = 0.0
    for part in parts:
        grown = after.parts[part] - before.parts[part]
        if grown <= 0:
            seconds = after.time_s - before.time_s
            return Unavailable(
                f"the counter {part} stood still for {seconds:.3g} s",
                "virtual machines and some drivers show counters that never move;"
                " use another meter",
            )
        total += grown
    return Amount(total)


def first_break(
    counters: Mapping[str, Counter], parts: Iterable[str], before: MeterReading, after: MeterReading
) -> Unavailable | None:
    """Why the parts' growth between two readings is not energy; None where it is."""
    for part in parts:
        reason = counters[part].broken(before.time_s, after.time_s)
        if reason is not None:
            return Unavailable(reason, "measure again")
    return None
