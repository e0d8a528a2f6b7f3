"""Two readings made into figures with provenance, ticks and uncertainty."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from omnibench.core import Amount, Meter, MeterReading, Quantity, Unavailable, Value

CLOCK_STEP_S = 0.5
"""How far the two clocks may drift apart within a window before the system's was set."""


@dataclass(slots=True)
class Window:
    """What a meter said about a stretch of time. `values` is filled when the window closes."""

    before: MeterReading
    after: MeterReading | None = None
    values: dict[str, Value] = field(default_factory=dict)


@contextmanager
def window(meter: Meter) -> Iterator[Window]:
    """Read the meter around what is done inside."""
    opened = Window(meter.read())
    yield opened
    opened.after = meter.read()
    opened.values = spent_values(meter, opened.before, opened.after)


def spent_values(meter: Meter, before: MeterReading, after: MeterReading) -> dict[str, Value]:
    """Every quantity between two readings: a figure, or `missing` with its reason, never 0 for it.

    n: the ticks that the window holds. interval: the figure give or take one tick at its mean
    power and one step of the counter; that is resolution, and says nothing of the sensor's model.
    """
    wrong = _cannot_be(meter, before, after)
    spent = {} if wrong else meter.spent(before, after)
    values = {}
    for name, quantity in meter.quantities.items():
        amount = wrong or spent[name]
        if isinstance(amount, Unavailable):
            values[name] = Value(
                None, quantity.unit, "missing", source=meter.source, reason=str(amount)
            )
        else:
            values[name] = _value(meter, quantity, amount, after.time_s - before.time_s)
    return values


def _cannot_be(meter: Meter, before: MeterReading, after: MeterReading) -> Unavailable | None:
    seconds = after.time_s - before.time_s
    if seconds < 0:
        return Unavailable("the window ends before it begins", "give the readings in order")
    if seconds < meter.least_s:
        return Unavailable(
            f"a window of {seconds:.3g} s is too short for {meter.name}",
            f"repeat the work until it lasts {meter.least_s:g} s",
        )
    return clock_step(seconds, after.unix_s - before.unix_s)


def clock_step(seconds: float, unix_seconds: float) -> Unavailable | None:
    """Why a stretch of time is not to be trusted; None where both clocks agree about it.

    seconds, unix_seconds: how long it was by the clock that never steps and by the system's.
    """
    step_s = unix_seconds - seconds
    if abs(step_s) <= max(CLOCK_STEP_S, 0.001 * seconds):
        return None
    return Unavailable(
        f"the system's clock was set, or the machine slept: {step_s:+.1f} s within the window",
        "measure again",
    )


def _value(meter: Meter, quantity: Quantity, amount: Amount, seconds: float) -> Value:
    interval, method = amount.interval, amount.method
    n = int(seconds / quantity.tick_s) if quantity.tick_s else None
    if interval is None and quantity.behaviour == "counter" and quantity.tick_s is not None:
        tick = amount.value * quantity.tick_s / seconds if seconds > 0 else 0.0
        around = tick + (quantity.step or 0.0)
        interval = (max(0.0, amount.value - around), amount.value + around)
        method = "; ".join(word for word in (method, "give or take one tick") if word)
    return Value(
        amount.value, quantity.unit, meter.provenance,
        n=n, interval=interval, method=method, source=meter.source,
    )  # fmt: skip
