"""What a model's process said, as readings with a unit and a provenance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from omnibench.core import MeterReading, Value
from omnibench.engine.measure.messages import Answered, Ended, Opened, Reply, Stamp
from omnibench.meters import clock_step, spent_values
from omnibench.meters.memory import Memory
from omnibench.meters.tdp import PowerModel, Tdp

KEPT_BYTES = ("peak_rss_bytes", "rss_anon_bytes", "rss_file_bytes")


@dataclass(frozen=True, slots=True)
class Watts:
    """What joules are estimated from: a power model, over so many processors."""

    power: PowerModel
    processors: int

    def joules(self, began: Stamp, ended: Stamp) -> dict[str, Value]:
        """The estimate for the process that took the stamps; "package_j"."""
        tdp = Tdp(self.power, lambda: None, self.processors, tick_s=None)
        return spent_values(tdp, *(self._reading(stamp) for stamp in (began, ended)))

    def _reading(self, stamp: Stamp) -> MeterReading:
        times_s = (stamp.time_ns / 1e9, stamp.unix_ns / 1e9)
        cpu_s = stamp.cpu_ns / 1e9
        return Tdp(
            self.power, lambda: cpu_s, self.processors, lambda: times_s, tick_s=None
        ).read()  # fmt: skip


@dataclass(frozen=True, slots=True)
class Request:
    """What has been said of one request so far; it may have been cut."""

    phases: dict[str, Ended]
    answered: Answered | None

    @classmethod
    def of(cls, said: Sequence[Reply]) -> Self:
        """From what a process said to an Ask, whether it came to its end or not."""
        phases: dict[str, Ended] = {each.phase: each for each in said if isinstance(each, Ended)}
        last = said[-1] if said else None
        return cls(phases, last if isinstance(last, Answered) else None)

    @property
    def tokens_in(self) -> int | None:
        """Positions that the language model read, visual tokens among them."""
        return self.phases["prefill"].tokens or None if "prefill" in self.phases else None

    @property
    def visual_tokens(self) -> int | None:
        """None where the runtime does not tell projector and tower apart."""
        return self.phases["projector"].tokens or None if "projector" in self.phases else None

    @property
    def token_times_s(self) -> tuple[float, ...]:
        """When each token was there, from the start of the request."""
        if self.answered is None:
            return ()
        began_ns = self.answered.began.time_ns
        return tuple((moment - began_ns) / 1e9 for moment in self.answered.token_times_ns)


def load_readings(opened: Opened, started: Stamp, pid: int, *, drawn: bool) -> dict[str, Value]:
    """How long the process and the weights took. started: before the process was.

    drawn: the weights are random numbers, so that nothing was loaded.
    """
    readings = {"start.time_s": seconds(started, opened.began)}
    took = seconds(opened.began, opened.ended)
    if drawn:
        reason = "the weights are random: they were drawn, and nothing was loaded"
        readings["draw.time_s"] = took
        took = Value(None, "s", "missing", reason=reason)
    return {**readings, "load.time_s": took, **memory_bytes("load", opened.memory, pid)}


def request_readings(
    request: Request, pid: int, *, watts: Watts | None, cut: str | None
) -> dict[str, Value]:
    """The readings of one request. cut: why it did not come to its end, if so."""
    phases = list(request.phases.values())
    readings: dict[str, Value] = {}
    for ended in phases:
        if ended.memory is not None:
            readings |= memory_bytes(ended.phase, ended.memory, pid)
    for name, (began, ended_at) in _spans(phases).items():
        readings[f"{name}.time_s"] = seconds(began, ended_at)
        cpu_s = (ended_at.cpu_ns - began.cpu_ns) / 1e9
        readings[f"{name}.cpu_s"] = Value(cpu_s, "s", "measured")
        if watts is not None:
            joules = watts.joules(began, ended_at)
            readings |= {f"{name}.{quantity}": value for quantity, value in joules.items()}
    if "ttft.time_s" in readings:
        stages = [each.phase for each in phases if each.phase != "decode"]
        readings["gap.time_s"] = _gap(readings, stages)
    if request.answered is not None:
        file_s = request.answered.file_decode_ns / 1e9
        readings["file_decode.time_s"] = Value(file_s, "s", "measured")
    if cut is not None:
        missing = Value(None, "s", "missing", reason=cut)
        lost = {f"{name}.time_s": missing for name in ("ttft", "decode", "request")}
        readings = lost | readings
    return readings


def seconds(began: Stamp, ended: Stamp) -> Value:
    """The time between two stamps; missing where the clocks disagree about it."""
    took_s = (ended.time_ns - began.time_ns) / 1e9
    step = clock_step(took_s, (ended.unix_ns - began.unix_ns) / 1e9)
    if step is not None:
        return Value(None, "s", "missing", reason=str(step))
    return Value(took_s, "s", "measured")


def memory_bytes(phase: str, reading: MeterReading, pid: int) -> dict[str, Value]:
    """Memory at the end of a phase, and its peak within it."""
    values = spent_values(Memory(Path(f"/proc/{pid}")), reading, reading)
    return {f"{phase}.{name}": values[name] for name in KEPT_BYTES}


def _spans(phases: Sequence[Ended]) -> dict[str, tuple[Stamp, Stamp]]:
    """Each phase, and from the start: to the first token, and to the last once that has come."""
    found: dict[str, tuple[Stamp, Stamp]] = {
        each.phase: (each.began, each.ended) for each in phases
    }
    if "first_sample" in found:
        found["ttft"] = (phases[0].began, found["first_sample"][1])
    if "decode" in found:
        found["request"] = (phases[0].began, found["decode"][1])
    return found


def _gap(readings: Mapping[str, Value], stages: Sequence[str]) -> Value:
    """What lies between the stages up to the first token."""
    whole, parts = readings["ttft.time_s"], [readings[f"{stage}.time_s"] for stage in stages]
    if whole.value is None:
        return whole
    return Value(
        whole.value - sum(part.value or 0.0 for part in parts),
        "s",
        "derived",
        method="ttft less its stages",
    )
