"""Projected figures as Values: each with its interval and with how it was come by."""

from __future__ import annotations

from dataclasses import dataclass, replace

from omnibench.core import Value
from omnibench.core.calibration import Calibration
from omnibench.core.hardware import Figure, HardwareProfile
from omnibench.core.perf import PerfCase
from omnibench.engine.projection.efficiency import Time
from omnibench.engine.projection.phase_times import PhaseTimes
from omnibench.engine.projection.transfer import Transfer, joules_factor, widened

METHOD = "roofline over the operations, efficiencies as calibrated"
UNITS = {
    "vision_s": "s",
    "projector_s": "s",
    "prefill_s": "s",
    "ttft_s": "s",
    "latency_s": "s",
    "decode_tok_per_s": "tokens/s",
    "vision_j": "J",
    "request_j": "J",
    "prefill_j_per_token": "J/token",
    "decode_j_per_token": "J/token",
}
"""Quantity -> unit, of all that is projected."""


@dataclass(frozen=True, slots=True)
class Range:
    """A figure between two ends."""

    said: float
    low: float
    high: float

    def __add__(self, other: Range) -> Range:
        return Range(self.said + other.said, self.low + other.low, self.high + other.high)

    def times(self, factor: float) -> Range:
        """So many times as large."""
        return Range(factor * self.said, factor * self.low, factor * self.high)


@dataclass(frozen=True, slots=True)
class How:
    """How a figure was come by."""

    method: str
    source: str
    profile: str | None


@dataclass(frozen=True, slots=True)
class Reached:
    """The phases on a device: as its figures say, and at their slow and fast ends."""

    said: PhaseTimes
    slow: PhaseTimes
    fast: PhaseTimes
    transfer: Transfer


def figures(
    reached: Reached, case: PerfCase, calibration: Calibration, profile: HardwareProfile | None
) -> dict[str, Value]:
    """Quantity -> Value of one case; joules are missing where no watts are known."""
    said, slow, fast = reached.said, reached.slow, reached.fast
    early, late = reached.transfer.time_factor, reached.transfer.rate_factor
    vision = _range(said.vision, slow.vision, fast.vision, early)
    prefill = _range(said.prefill, slow.prefill, fast.prefill, early)
    ttft = _range(said.ttft, slow.ttft, fast.ttft, early)
    token = _range(said.token, slow.token, fast.token, late)
    latency = ttft + token.times(case.new_tokens - 1)
    seconds = {
        "vision_s": vision,
        "projector_s": _range(said.projector, slow.projector, fast.projector, early),
        "prefill_s": prefill,
        "ttft_s": ttft,
        "latency_s": latency,
        "decode_tok_per_s": Range(1 / token.said, 1 / token.high, 1 / token.low),
    }
    disturbed = " (while others used that machine)" if calibration.contended else ""
    how = How(
        method=f"{METHOD}: {reached.transfer.words}",
        source=f"calibration {calibration.id} of {calibration.date}{disturbed}",
        profile=profile.id if profile else None,
    )
    spent = {
        "vision_j": vision,
        "request_j": latency,
        "prefill_j_per_token": prefill.times(1 / said.tokens_in),
        "decode_j_per_token": token.times(1 / case.batch),
    }
    made = {name: _value(name, each, how) for name, each in seconds.items()}
    return made | _joules(spent, profile, how)


def missing(reason: str, profile: HardwareProfile) -> dict[str, Value]:
    """Every quantity, with the reason why it could not be had."""
    return {
        name: Value(None, unit, "missing", reason=reason, profile=profile.id)
        for name, unit in UNITS.items()
    }


def _range(said: Time, slow: Time, fast: Time, factor: float) -> Range:
    """From the fast end of the device's figures to the slow one, and the factor beyond both."""
    beyond = widened(factor, said.spread)
    return Range(said.seconds, fast.seconds / beyond, slow.seconds * beyond)


def _joules(spent: dict[str, Range], profile: HardwareProfile | None, how: How) -> dict[str, Value]:
    """Watts under lasting load times seconds; the watts may be off by a factor of their own."""
    watts = profile.power.sustained_w if profile else None
    if watts is None:
        reason = f"{profile.name} states no watts under load" if profile else (
            "no profile states this machine's watts"
        )  # fmt: skip
        return {
            name: Value(None, UNITS[name], "missing", reason=reason, profile=how.profile)
            for name in spent
        }
    low_w, high_w = ends(watts)
    told = replace(how, method=f"{how.method}; times {watts.value:g} W under lasting load")
    return {
        name: _value(name, _power(seconds, low_w, watts.value, high_w), told)
        for name, seconds in spent.items()
    }


def _power(seconds: Range, low_w: float, said_w: float, high_w: float) -> Range:
    faster, slower = seconds.said / seconds.low, seconds.high / seconds.said
    joules = seconds.said * said_w
    return Range(
        joules,
        joules * low_w / said_w / joules_factor(faster),
        joules * high_w / said_w * joules_factor(slower),
    )


def ends(figure: Figure) -> tuple[float, float]:
    """The range of a profile's figure; itself twice where it has none."""
    return figure.interval or (figure.value, figure.value)


def _value(name: str, found: Range, how: How) -> Value:
    return Value(
        found.said,
        UNITS[name],
        "projected",
        interval=(found.low, found.high),
        method=how.method,
        source=how.source,
        profile=how.profile,
    )
