"""A meter that writes a CSV of its own: time with watts, or with joules since it began.

Columns: `unix_s` (seconds since 1970) or `time` (ISO 8601 with its zone), and `power_w` or
`energy_j`. Watts are integrated by the trapezoid rule; both ends of a window are interpolated.
The file is looked at when a window is reckoned, so it may grow meanwhile.
"""

from __future__ import annotations

import csv
import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from statistics import median

from omnibench.core import Amount, MeterReading, Provenance, Quantity, Scope, Unavailable
from omnibench.meters.counters import Now, now

WIDEST_GAP = 5.0
"""Rows further apart than this many times the usual distance are a gap."""
_NEED = "give the columns unix_s or time, and power_w or energy_j"


@dataclass(frozen=True, slots=True)
class Recording:
    """Joules at moments, both growing. usual_s: the median distance of rows, in seconds."""

    unix_s: tuple[float, ...]
    energy_j: tuple[float, ...]
    usual_s: float


@dataclass(frozen=True, slots=True)
class External:
    """wall_j (or of another scope), out of a recording.

    ahead_s: how far the recording's clock is ahead of this machine's, in seconds.
    """

    path: Path
    usual_s: float
    scope: Scope = "wall"
    ahead_s: float = 0.0
    look: Now = now
    name: str = "external"
    provenance: Provenance = "measured"
    every_step: bool = False

    @property
    def least_s(self) -> float:
        """Ten rows."""
        return 10 * self.usual_s

    @property
    def quantity(self) -> str:
        """The name of what is read: "wall_j"."""
        return f"{self.scope}_j"

    @property
    def source(self) -> str:
        """The file's name."""
        return self.path.name

    @property
    def quantities(self) -> Mapping[str, Quantity]:
        """One, renewed with every row."""
        return {self.quantity: Quantity("J", self.scope, tick_s=self.usual_s)}

    def read(self) -> MeterReading:
        """The moment alone; the recording may not have come so far yet."""
        time_s, unix_s = self.look()
        return MeterReading(time_s, unix_s, {})

    def spent(
        self, before: MeterReading, after: MeterReading
    ) -> Mapping[str, Amount | Unavailable]:
        """Joules between the moments of two readings."""
        recording = load(self.path)
        if isinstance(recording, Unavailable):
            return {self.quantity: recording}
        ends = (before.unix_s + self.ahead_s, after.unix_s + self.ahead_s)
        return {self.quantity: between(recording, *ends)}


def find(
    path: Path, *, scope: Scope = "wall", ahead_s: float = 0.0, look: Now = now
) -> External | Unavailable:
    """The recording, or what is wrong with it."""
    recording = load(path)
    if isinstance(recording, Unavailable):
        return recording
    return External(path, recording.usual_s, scope, ahead_s, look)


def between(recording: Recording, from_s: float, to_s: float) -> Amount | Unavailable:
    """Joules between two moments. A window that leaves the recording, or has a gap, is refused."""
    times = recording.unix_s
    if from_s < times[0] or to_s > times[-1]:
        return Unavailable(
            f"the recording covers {times[0]:.1f} to {times[-1]:.1f} s and the window is"
            f" {from_s:.1f} to {to_s:.1f} s",
            "record all of the run, and set both clocks alike",
        )
    first, last = bisect_right(times, from_s) - 1, bisect_right(times, to_s)
    inside = times[first : last + 1]
    widest_s = max((b - a for a, b in pairwise(inside)), default=0.0)
    if widest_s > WIDEST_GAP * recording.usual_s:
        return Unavailable(
            f"the recording has a gap of {widest_s:.3g} s within the window, where rows are"
            f" {recording.usual_s:.3g} s apart",
            "measure again",
        )
    joules = _at(recording, to_s) - _at(recording, from_s)
    return Amount(joules, method=f"interpolated in {len(inside)} rows")


def load(path: Path) -> Recording | Unavailable:
    """Read the CSV; a last line that is still being written is left out."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        return Unavailable(f"{path} cannot be read: {error}")
    whole = text[: text.rfind("\n") + 1]
    reader = csv.DictReader(whole.splitlines(), skipinitialspace=True)
    columns = reader.fieldnames or ()
    time = next((name for name in ("unix_s", "time") if name in columns), None)
    what = next((name for name in ("energy_j", "power_w") if name in columns), None)
    if time is None or what is None:
        return Unavailable(f"{path} has the columns {', '.join(columns) or 'none'}", _NEED)
    times, values = [], []
    try:
        for row in reader:
            times.append(_moment(row[time]))
            values.append(_figure(row[what]))
    except (TypeError, ValueError, csv.Error) as error:
        return Unavailable(f"{path}, line {reader.line_num}: {error}", _NEED)
    return _recording(path, times, values, cumulative=what == "energy_j")


def _recording(
    path: Path, times: Sequence[float], values: Sequence[float], *, cumulative: bool
) -> Recording | Unavailable:
    steps_s = [b - a for a, b in pairwise(times)]
    if not steps_s:
        return Unavailable(f"{path} has fewer than two rows", "record all of the run")
    if min(steps_s) <= 0:
        line = next(i for i, step_s in enumerate(steps_s) if step_s <= 0) + 3
        return Unavailable(f"{path}, line {line}: its time is not after that of the line before")
    energy_j = list(values)
    if not cumulative:
        energy_j = [0.0]
        for step_s, before_w, after_w in zip(steps_s, values, values[1:], strict=False):
            energy_j.append(energy_j[-1] + step_s * (before_w + after_w) / 2)
    elif any(b < a for a, b in pairwise(values)):
        return Unavailable(f"{path}: its joules go back", "record without resetting the meter")
    return Recording(tuple(times), tuple(energy_j), median(steps_s))


def _at(recording: Recording, unix_s: float) -> float:
    """Joules at a moment within the recording, on the line between its neighbours."""
    times, joules = recording.unix_s, recording.energy_j
    after = min(bisect_right(times, unix_s), len(times) - 1)
    part = (unix_s - times[after - 1]) / (times[after] - times[after - 1])
    return joules[after - 1] + part * (joules[after] - joules[after - 1])


def _moment(text: str) -> float:
    """Seconds since 1970, of a number or of an ISO 8601 time with its zone."""
    try:
        return _figure(text)
    except ValueError:
        moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} does not say its time zone")
    return moment.timestamp()


def _figure(text: str) -> float:
    value = float(text)
    if not math.isfinite(value) or value < 0:
        raise ValueError(f"{text!r} is no figure of a meter")
    return value
