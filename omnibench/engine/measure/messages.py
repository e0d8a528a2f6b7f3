"""What the engine and a model's process say to each other: one line of JSON each."""

from __future__ import annotations

import time

import msgspec

from omnibench.core import MeterReading, ModelCard, PerfCase, Phase


class Stamp(msgspec.Struct, frozen=True, array_like=True):
    """One moment, by three clocks.

    time_ns: one that never steps, the same in all processes; unix_ns: the system's, since 1970;
    cpu_ns: the CPU time of the process that took the stamp.
    """

    time_ns: int
    unix_ns: int
    cpu_ns: int


def stamp() -> Stamp:
    """Now, in this process."""
    return Stamp(time.perf_counter_ns(), time.time_ns(), time.process_time_ns())


class Open(msgspec.Struct, frozen=True, tag=True):
    """Load a model, as `open_for_speed` takes it; answered by Opened."""

    model: str
    weights: str | None
    device: str
    dtype: str
    threads: int


class Ask(msgspec.Struct, frozen=True, tag=True):
    """One request, on the clock; answered by an Ended a phase and an Answered.

    picture: the seed of its picture, so that another number is another picture.
    """

    case: PerfCase
    picture: int
    new_tokens: int


class Hold(msgspec.Struct, frozen=True, tag=True):
    """Bring so many requests to where their `skip`-th step has ended; answered by Held.

    After Go each is taken `take` steps on (None: to its end), one after the other; answered by Ran.
    """

    case: PerfCase
    pictures: tuple[int, ...]
    skip: int
    take: int | None


class Go(msgspec.Struct, frozen=True, tag=True):
    """Run what is held."""


class Opened(msgspec.Struct, frozen=True, tag=True):
    """The model is there. threads: that torch computes with; None where there is no torch."""

    card: ModelCard
    began: Stamp
    ended: Stamp
    memory: MeterReading
    threads: int | None


class Ended(msgspec.Struct, frozen=True, tag=True):
    """A phase has ended. All of decode is one, and has the first token's memory with it.

    memory: at its end, with the phase's own peak.
    """

    phase: Phase
    began: Stamp
    ended: Stamp
    tokens: int
    memory: MeterReading | None = None


class Answered(msgspec.Struct, frozen=True, tag=True):
    """A request is done. token_times_ns: when each token was there."""

    began: Stamp
    token_times_ns: tuple[int, ...]
    file_decode_ns: int


class Held(msgspec.Struct, frozen=True, tag=True):
    """Requests stand where they should."""


class Ran(msgspec.Struct, frozen=True, tag=True):
    """What was held has run, between these moments."""

    began: Stamp
    ended: Stamp


class Failed(msgspec.Struct, frozen=True, tag=True):
    """The command could not be carried out; the process goes on."""

    error: str


Command = Open | Ask | Hold | Go
Reply = Opened | Ended | Answered | Held | Ran | Failed
